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

    void aReadOnlyFileSystemIsNoMatterOfPermissions()
    {
        const Explanation usual = explain(Error{ErrorCode::FileNotWritable, "/w/store.sqlite: Permission denied"}, {});
        QVERIFY(usual.nextStep.contains("permissions"));
        for (const char *detail : {"/w/store.sqlite: read-only file system", "/w/vault.json: Read-only file system"}) {
            const Explanation text = explain(Error{ErrorCode::FileNotWritable, detail}, {});
            QVERIFY(text.what.contains("ead-only file system"));
            QVERIFY2(!text.nextStep.contains("permissions") && text.nextStep.contains("writable"), qPrintable(text.nextStep));
        }
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

    void whatTheServerMeansIsToldWithTheCure_data()
    {
        QTest::addColumn<int>("failInfo");
        QTest::addColumn<QString>("said");
        QTest::addColumn<quint32>("hresult"); // 0: none
        QTest::addColumn<QString>("nextStep");
        const auto row = [](const char *name, int failInfo, const char *said, quint32 hresult, const char *nextStep) {
            QTest::newRow(name) << failInfo << QString(said) << hresult << QString(nextStep);
        };
        // failInfo alone
        row("badAlg", 0, "", 0, "another digest or cipher");
        row("badMessageCheck", 1, "", 0, "RA certificate");
        row("badRequest", 2, "", 0, "challenge, the subject and the profile");
        row("badTime", 3, "", 0, "clock of this computer");
        row("badCertId", 4, "", 0, "dropped the former request");
        row("nothing at all", -1, "", 0, "challenge, the subject and the profile");
        row("beyond the RFC", 7, "", 0, "challenge, the subject and the profile");
        // the HRESULTs of certificate services
        row("E_INVALIDARG", 2, "", 0x80070057, "new challenge");
        row("NTE_BAD_DATA", 1, "", 0x80090005, "RA certificate");
        row("NTE_BAD_ALGID", 2, "", 0x80090008, "another digest or cipher");
        row("E_ACCESSDENIED", 2, "", 0x80070005, "service account");
        row("RPC_S_SERVER_UNAVAILABLE", 2, "", 0x800706ba, "not running or not reached");
        row("CERTSRV_E_SERVER_SUSPENDED", 2, "", 0x80094006, "not running or not reached");
        row("CERTSRV_E_ENROLL_DENIED", 2, "", 0x80094011, "service account");
        row("CERTSRV_E_TEMPLATE_DENIED", 2, "", 0x80094012, "service account");
        row("CERTSRV_E_ADMIN_DENIED_REQUEST", 2, "", 0x80094014, "ask for the reason");
        row("CERTSRV_E_UNSUPPORTED_CERT_TYPE", 2, "", 0x80094800, "profile's name");
        row("CERTSRV_E_SUBJECT_ALT_NAME_REQUIRED", 2, "", 0x80094803, "alternative names");
        row("CERTSRV_E_BAD_RENEWAL_SUBJECT", 2, "", 0x80094806, "enroll anew");
        row("CERTSRV_E_SUBJECT_DNS_REQUIRED", 2, "", 0x8009480f, "subject");
        row("CERTSRV_E_KEY_LENGTH", 2, "", 0x80094811, "longer key");
        row("CERT_E_EXPIRED", 2, "", 0x800b0101, "compare the clocks");
        row("CRYPT_E_REVOKED", 2, "", 0x80092010, "revoked");
        row("CRYPT_E_REVOCATION_OFFLINE", 2, "", 0x80092013, "CRLs");
        row("CERT_E_CHAINING", 2, "", 0x800b010a, "install the CA certificates");
        row("an HRESULT that tells nothing", 3, "", 0x80004005, "clock of this computer");
        row("an unknown HRESULT", 0, "", 0x8badf00d, "another digest or cipher");
        // words of the servers
        row("challenge", 2, "challenge password does not match", 0, "new challenge");
        row("OTP", 2, "OTP expired", 0, "new challenge");
        row("too early", 2, "Renewal request too early", 0, "closer to the expiry");
        row("renewal window", 2, "not within the renewal period", 0, "closer to the expiry");
        row("duplicate", 2, "A certificate for this subject already exists", 0, "revoked or removed");
        row("profile", 2, "Unknown certificate profile", 0, "profile's name");
        row("key", 2, "RSA key is too small", 0, "longer key");
        row("subject", 2, "CN not allowed in subject", 0, "Correct the subject");
        row("revoked", 2, "signer certificate has been revoked", 0, "revoked");
        row("in capitals", 2, "INVALID CHALLENGE", 0, "new challenge");
        row("words that tell nothing", 3, "sorry", 0, "clock of this computer");
        row("the HRESULT counts more than words", 2, "see the challenge log", 0x80094811, "longer key");
    }
    void whatTheServerMeansIsToldWithTheCure()
    {
        QFETCH(int, failInfo);
        QFETCH(QString, said);
        QFETCH(quint32, hresult);
        QFETCH(QString, nextStep);
        Scep::Rejection rejection{failInfo, said, std::nullopt};
        if (hresult != 0)
            rejection.hresult = static_cast<qint32>(hresult);
        const Explanation text = explain(rejection, "request plc-7");
        QVERIFY2(text.nextStep.contains(nextStep), qPrintable(text.nextStep));
        QVERIFY(text.nextStep.endsWith('.'));
        QVERIFY(text.what.startsWith("request plc-7: the server refused") && text.what.endsWith('.'));
        QVERIFY(said.isEmpty() || text.what.contains(said));
        QVERIFY(hresult == 0 || text.what.contains(QString::number(hresult, 16)));
        QVERIFY(!text.oneLine().contains('\n'));
    }

    void httpErrorsAreToldWithTheCure_data()
    {
        QTest::addColumn<QString>("detail");
        QTest::addColumn<QString>("nextStep");
        const auto row = [](const char *detail, const char *nextStep) { QTest::newRow(detail) << QString(detail) << QString(nextStep); };
        row("400 Bad Request", "CA identifier");
        row("401 Unauthorized", "login");
        row("403 Forbidden", "forbids");
        row("404 Not Found", "nothing at this path");
        row("404 Not Found: HTTP Error 404.15 - Not Found The request filtering module", "POST");
        row("404 Not Found: The query string is too long", "POST");
        row("414 Request-URI Too Long", "POST");
        row("405 Method Not Allowed", "other method");
        row("407 Proxy Authentication Required", "proxy");
        row("429 Too Many Requests", "too often");
        row("500 Internal Server Error: challenge password incorrect", "wrong challenge");
        row("501 Not Implemented", "other method");
        row("502 Bad Gateway", "later");
        row("503 Service Unavailable", "stopped or overloaded");
        row("418 I'm a teapot", "path of the URL");
        row("", "path of the URL");
    }
    void httpErrorsAreToldWithTheCure()
    {
        QFETCH(QString, detail);
        QFETCH(QString, nextStep);
        const Explanation text = explain(Error{ErrorCode::HttpStatus, detail}, "server plant");
        QVERIFY2(text.nextStep.contains(nextStep), qPrintable(text.nextStep));
        QVERIFY(text.nextStep.endsWith('.'));
        QVERIFY(text.what.startsWith("server plant: the web server answered with an error"));
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
