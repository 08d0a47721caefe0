// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/service/errortext.h"

#include "models/records/errorname.h"

#include <QSet>
#include <QTest>

using namespace Models;

class TestErrorText : public QObject
{
    Q_OBJECT

private slots:
    void everyCodeHasItsText()
    {
        QSet<QString> sentences;
        const QList<ErrorCode> codes = allErrorCodes();
        QVERIFY(codes.size() >= 60);
        for (const ErrorCode code : codes) {
            const Explanation text = explain(Error{code, "the particulars"}, "server plant");
            const QByteArray name = errorName(code).toUtf8();
            QVERIFY2(text.what.startsWith("server plant: "), name.constData());
            QVERIFY2(text.what.endsWith("(the particulars)."), name.constData());
            QVERIFY2(text.nextStep.endsWith('.') && text.nextStep.size() > 15, name.constData());
            QVERIFY2(!text.oneLine().contains('\n') && text.oneLine() == text.what + " " + text.nextStep, name.constData());
            sentences.insert(explain(Error{code, {}}, {}).what);
            QCOMPARE(errorFromName(errorName(code)), std::optional(code));
        }
        QCOMPARE(sentences.size(), codes.size()); // all different
        QVERIFY(!errorFromName("NoSuchCode"));
    }

    void rejections_data()
    {
        QTest::addColumn<int>("number");
        QTest::addColumn<QString>("what");
        QTest::newRow("badAlg") << 0 << "(badAlg)";
        QTest::newRow("badMessageCheck") << 1 << "(badMessageCheck)";
        QTest::newRow("badRequest") << 2 << "(badRequest)";
        QTest::newRow("badTime") << 3 << "(badTime)";
        QTest::newRow("badCertId") << 4 << "(badCertId)";
        QTest::newRow("unknown") << 7 << "number 7";
        QTest::newRow("none") << -1 << "without naming";
    }
    void rejections()
    {
        QFETCH(int, number);
        QFETCH(QString, what);
        const Explanation bare = explain(Scep::Rejection{number, {}, std::nullopt}, "request plc-7");
        QVERIFY2(bare.what.startsWith("request plc-7: the server refused") && bare.what.contains(what), qPrintable(bare.what));
        QVERIFY(bare.what.endsWith('.'));
        QVERIFY(bare.nextStep.endsWith('.'));
        const Explanation full = explain(Scep::Rejection{number, "wrong challenge %1 <b>", qint32(-2147024809)}, "request plc-7");
        QVERIFY2(full.what.contains("it says: \"wrong challenge %1 <b>\""), qPrintable(full.what));
        QVERIFY2(full.what.contains("0x80070057"), qPrintable(full.what));
    }

    void statuses()
    {
        Scep::TransactionStatus status;
        QVERIFY(explain(status, "x").what.isEmpty());
        status.state = Scep::TransactionStatus::State::Cancelled;
        QCOMPARE(explain(status, "x").what, explain(Error{ErrorCode::Cancelled, {}}, "x").what);
        status.state = Scep::TransactionStatus::State::Rejected;
        QVERIFY(explain(status, "x").what.contains("without naming"));
        status.error = Error{ErrorCode::NonceMismatch, {}};
        QCOMPARE(explain(status, "x").what, explain(*status.error, "x").what);
        status.rejection = Scep::Rejection{2, "no", std::nullopt};
        QCOMPARE(explain(status, "x").what, explain(*status.rejection, "x").what);
    }

    void hostileTextIsHarmless_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("safe");
        QTest::newRow("plain") << "wrong challenge" << "wrong challenge";
        QTest::newRow("markup stays text") << "<img src=x>" << "<img src=x>";
        QTest::newRow("lines") << "a\r\nb\tc" << "a b c";
        QTest::newRow("escape sequence") << "a\x1b[2Jb" << "a\\u{001B}[2Jb";
        QTest::newRow("NUL") << QString("a") + QChar(0) + "b" << "a\\u{0000}b";
        QTest::newRow("right to left") << QString("moc") + QChar(0x202e) + "exe" << "moc\\u{202E}exe";
        QTest::newRow("isolate") << QString(QChar(0x2066)) << "\\u{2066}";
        QTest::newRow("zero width") << QString("a") + QChar(0x200b) + "b" << "a\\u{200B}b";
        QTest::newRow("tag characters") << QString::fromUcs4(U"a\U000E0041") << "a\\u{E0041}";
        QTest::newRow("lone surrogate") << QString("a") + QChar(0xd800) << QString("a") + QChar(0xfffd);
        QTest::newRow("astral letters stay") << QString::fromUcs4(U"\U00010330\U0001F600") << QString::fromUcs4(U"\U00010330\U0001F600");
        QTest::newRow("umlauts stay") << QString::fromUtf8("größe") << QString::fromUtf8("größe");
    }
    void hostileTextIsHarmless()
    {
        QFETCH(QString, text);
        QFETCH(QString, safe);
        QCOMPARE(safeText(text), safe);
        QVERIFY(!explain(Error{ErrorCode::HttpStatus, text}, text).oneLine().contains(QChar(0x202e)));
    }

    void longTextIsCut()
    {
        QCOMPARE(safeText(QString(1000, 'x')).size(), 300);
        QVERIFY(safeText(QString(1000, 'x')).endsWith(QChar(0x2026)));
        QCOMPARE(safeText(QString(300, 'x')), QString(300, 'x'));
        QCOMPARE(safeText(QString(10'000'000, 'x'), 10).size(), 10);
        // No half character at the cut.
        const QString cut = safeText(QString::fromUcs4(U"\U0001F600\U0001F600\U0001F600"), 4);
        QCOMPARE(cut, QString::fromUcs4(U"\U0001F600\u2026"));
        QCOMPARE(safeText(QString(1000, QChar(0x202e))).size(), 300);
    }
};

QTEST_GUILESS_MAIN(TestErrorText)
#include "tst_errortext.moc"
