// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/client/bodytext.h"

#include <QTest>

class TestBodyText : public QObject
{
    Q_OBJECT

private slots:
    void start_data()
    {
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<QString>("expected");
        QTest::newRow("empty") << QByteArray() << QString();
        QTest::newRow("plain") << QByteArray("no such transaction\n") << "no such transaction";
        QTest::newRow("lines") << QByteArray("first\r\n\r\n\tsecond") << "first second";
        QTest::newRow("control characters") << QByteArray("a\x1b[31mred\x07z") << "a[31mredz";
        QTest::newRow("bidi override") << QByteArray("abc\xe2\x80\xae txt") << "abc txt";
        QTest::newRow("umlaut") << QByteArray("ung\xc3\xbcltig") << QString::fromUtf8("ung\xc3\xbcltig");
        QTest::newRow("broken UTF-8") << QByteArray("ab\xff\xfe cd") << "ab cd";
        QTest::newRow("HTML") << QByteArray("<!DOCTYPE html><html><head><title>404</title><style>b { color: red }</style>"
                                            "<script>if (a < b) alert('x')</script></head><body><h1>Not here</h1></body></html>")
                              << "404 Not here";
        QTest::newRow("tag without end") << QByteArray("<p>fine <img src=") << "fine";
        QTest::newRow("style without end") << QByteArray("<p>fine<style>b {") << "fine";
        QTest::newRow("DER") << QByteArray("\x30\x82\x00\x10\x06\x09", 6) << QString();
        QTest::newRow("long") << QByteArray(500, 'x') << QString(199, 'x') + QChar(0x2026);
        QTest::newRow("exactly as long as allowed") << QByteArray(200, 'x') << QString(200, 'x');
    }
    void start()
    {
        QFETCH(QByteArray, body);
        QFETCH(QString, expected);
        QCOMPARE(Scep::printableStart(body), expected);
    }

    void lineNeverSplitsACharacter()
    {
        const QString smile = QString::fromUcs4(U"\U0001F600", 1);
        const QString line = Scep::printableLine(smile.repeated(5), 6);
        QCOMPARE(line, smile.repeated(2) + QChar(0x2026));
    }
};

QTEST_GUILESS_MAIN(TestBodyText)
#include "tst_bodytext.moc"
