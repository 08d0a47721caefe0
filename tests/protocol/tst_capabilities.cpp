// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/protocol/capabilities.h"
#include "tests/protocol/protocoltest.h"

using namespace Scep;
using Keyword = Capabilities::Keyword;

class TestCapabilities : public QObject
{
    Q_OBJECT

private slots:
    void cutLinesStayTheSame()
    {
        // Found by fuzz_capabilities: a line cut behind a blank was another one when it was read again.
        for (const QByteArray &longLine : {QByteArray("DES") + QByteArray(400, '\x0b') + "3", QByteArray(400, 'A')}) {
            const auto read = Scep::Capabilities::fromBody("AES\n" + longLine + "\nDES3\n");
            QCOMPARE(read.lines().size(), 3);
            QVERIFY(Scep::Capabilities::fromLines(read.lines()) == read);
            // Alone it is no list of capabilities, and does not become one by being cut.
            QVERIFY(Scep::Capabilities::fromBody(longLine).isEmpty());
        }
    }

    void reading_data()
    {
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<QStringList>("lines");
        QTest::addColumn<QStringList>("unknown");
        const QStringList three{"AES", "POSTPKIOperation", "SHA-256"};
        QTest::newRow("LF") << QByteArray("AES\nPOSTPKIOperation\nSHA-256\n") << three << QStringList();
        QTest::newRow("CRLF, no line end at the end") << QByteArray("AES\r\nPOSTPKIOperation\r\nSHA-256") << three << QStringList();
        QTest::newRow("CR") << QByteArray("AES\rPOSTPKIOperation\rSHA-256\r") << three << QStringList();
        QTest::newRow("byte order mark") << QByteArray("\xEF\xBB\xBF"
                                                       "AES\nPOSTPKIOperation\nSHA-256\n")
                                         << three << QStringList();
        QTest::newRow("blanks and blank lines") << QByteArray("\n\n AES \t\n\nPOSTPKIOperation\n\nSHA-256  \n\n") << three << QStringList();
        QTest::newRow("unknown words stay") << QByteArray("AES\nX-Vendor-42\n") << QStringList{"AES", "X-Vendor-42"}
                                            << QStringList{"X-Vendor-42"};
        QTest::newRow("only unknown words") << QByteArray("X-Vendor-42\n") << QStringList{"X-Vendor-42"} << QStringList{"X-Vendor-42"};
        QTest::newRow("empty") << QByteArray() << QStringList() << QStringList();
        QTest::newRow("only line ends") << QByteArray("\r\n\r\n") << QStringList() << QStringList();
        QTest::newRow("HTML") << QByteArray("<!DOCTYPE html>\n<html><body>\nAES\n</body></html>") << QStringList() << QStringList();
        QTest::newRow("HTML behind blanks and a mark") << QByteArray("\xEF\xBB\xBF \r\n<html>\nAES\n") << QStringList() << QStringList();
        QTest::newRow("a sentence") << QByteArray("The operation is not supported here.") << QStringList() << QStringList();
        QTest::newRow("binary") << QByteArray("\x30\x82\x01\x00\x02 \x01", 7) << QStringList() << QStringList();
        QTest::newRow("too large") << QByteArray("AES\n").repeated(20000) << QStringList() << QStringList();
    }
    void reading()
    {
        QFETCH(QByteArray, body);
        const Capabilities capabilities = Capabilities::fromBody(body);
        QTEST(capabilities.lines(), "lines");
        QTEST(capabilities.unknown(), "unknown");
        QCOMPARE(capabilities.isEmpty(), capabilities.lines().isEmpty());
    }

    void everyKeyword()
    {
        for (const Keyword keyword :
             {Keyword::Aes, Keyword::Des3, Keyword::GetNextCaCert, Keyword::PostPkiOperation, Keyword::Renewal, Keyword::Sha1,
              Keyword::Sha224, Keyword::Sha256, Keyword::Sha384, Keyword::Sha512, Keyword::Des, Keyword::Md5, Keyword::Update}) {
            const QString name = displayName(keyword);
            for (const QString &spelling : {name, name.toUpper(), name.toLower()}) {
                const Capabilities capabilities = Capabilities::fromBody(spelling.toLatin1());
                QVERIFY2(capabilities.has(keyword), qPrintable(spelling));
                QVERIFY(capabilities.unknown().isEmpty());
            }
        }
    }

    void prefixesDoNotMatch_data()
    {
        QTest::addColumn<QByteArray>("line");
        for (const char *line : {"SHA-1024", "SHA-", "SHA", "AES128", "AE", "DES33", "DES 3", "POSTPKIOperationX", "SHA-256,AES", "MD5x"})
            QTest::newRow(line) << QByteArray(line);
    }
    void prefixesDoNotMatch()
    {
        QFETCH(QByteArray, line);
        const Capabilities capabilities = Capabilities::fromBody(line + "\nX\n");
        for (const Keyword keyword :
             {Keyword::Aes, Keyword::Des3, Keyword::Des, Keyword::Sha1, Keyword::Sha256, Keyword::PostPkiOperation, Keyword::Md5})
            QVERIFY2(!capabilities.has(keyword), qPrintable(displayName(keyword)));
        QCOMPARE(capabilities.unknown().size(), 2);
    }

    void standardImplies()
    {
        const Capabilities capabilities = Capabilities::fromBody("scepstandard\n");
        QVERIFY(capabilities.has(Keyword::ScepStandard));
        QVERIFY(capabilities.has(Keyword::Aes));
        QVERIFY(capabilities.has(Keyword::PostPkiOperation));
        QVERIFY(capabilities.has(Keyword::Sha256));
        QVERIFY(!capabilities.has(Keyword::Renewal));
        QVERIFY(!capabilities.has(Keyword::Des3));
        QVERIFY(!capabilities.has(Keyword::Sha512));
    }

    void realServers()
    {
        // As interop.md 1 lists them.
        const Capabilities ndes = Capabilities::fromBody("POSTPKIOperation\r\nRenewal\r\nSHA-512\r\nSHA-256\r\nSHA-1\r\nDES3\r\n");
        QVERIFY(ndes.has(Keyword::Des3) && !ndes.has(Keyword::Aes) && ndes.has(Keyword::Sha256));
        const Capabilities stepCa =
            Capabilities::fromBody("Renewal\r\nSHA-1\r\nSHA-256\r\nAES\r\nDES3\r\nSCEPStandard\r\nPOSTPKIOperation");
        QVERIFY(stepCa.has(Keyword::Aes) && stepCa.has(Keyword::PostPkiOperation) && stepCa.unknown().isEmpty());
    }

    void shrinkageIsSeen()
    {
        const Capabilities earlier = Capabilities::fromLines({"AES", "SHA-256", "POSTPKIOperation", "X-Vendor"});
        QCOMPARE(earlier.missingSince(earlier), QStringList());
        QCOMPARE(Capabilities::fromLines({"SHA-256"}).missingSince(earlier), (QStringList{"AES", "POSTPKIOperation"}));
        QCOMPARE(Capabilities().missingSince(earlier), (QStringList{"AES", "POSTPKIOperation", "SHA-256"}));
        // What SCEPStandard implies is not missing.
        QCOMPARE(Capabilities::fromLines({"SCEPStandard"}).missingSince(earlier), QStringList());
        QCOMPARE(earlier.missingSince(Capabilities()), QStringList());
    }

    void linesSurviveStorage()
    {
        const Capabilities first = Capabilities::fromBody("\xEF\xBB\xBF"
                                                          "aes\r\nFoo\r\nSHA-1");
        QVERIFY(Capabilities::fromLines(first.lines()) == first);
    }
};

QTEST_GUILESS_MAIN(TestCapabilities)
#include "tst_capabilities.moc"
