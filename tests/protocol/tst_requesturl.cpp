// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/protocol/requesturl.h"
#include "tests/protocol/protocoltest.h"

using namespace Scep;

class TestRequestUrl : public QObject
{
    Q_OBJECT

private slots:
    void typed_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QByteArray>("encoded");
        QTest::newRow("http") << "http://ca.example/scep" << QByteArray("http://ca.example/scep");
        QTest::newRow("https, port") << "https://ca.example:8443/certsrv/mscep/mscep.dll"
                                     << QByteArray("https://ca.example:8443/certsrv/mscep/mscep.dll");
        QTest::newRow("blanks around") << "  http://ca.example/scep\n" << QByteArray("http://ca.example/scep");
        QTest::newRow("no scheme") << "ca.example/scep" << QByteArray("http://ca.example/scep");
        QTest::newRow("no scheme, port") << "ca.example:8080/scep" << QByteArray("http://ca.example:8080/scep");
        QTest::newRow("localhost with port") << "localhost:9000" << QByteArray("http://localhost:9000");
        QTest::newRow("IPv4") << "192.0.2.7/scep" << QByteArray("http://192.0.2.7/scep");
        QTest::newRow("IPv6") << "http://[2001:db8::7]:80/scep" << QByteArray("http://[2001:db8::7]:80/scep");
        QTest::newRow("upper case scheme") << "HTTP://CA.example/Scep" << QByteArray("http://ca.example/Scep");
        QTest::newRow("query") << "http://ca.example/scep?tenant=7" << QByteArray("http://ca.example/scep?tenant=7");
        QTest::newRow("host with umlaut") << QString::fromUtf8("http://b\u00fccher.example/scep")
                                          << QByteArray("http://xn--bcher-kva.example/scep");
        QTest::newRow("nothing is appended") << "http://ca.example" << QByteArray("http://ca.example");
    }
    void typed()
    {
        QFETCH(QString, text);
        const auto url = serverUrlFromText(text);
        VERIFY_RESULT(url);
        QTEST(url->toEncoded(), "encoded");
    }

    void refused_data()
    {
        QTest::addColumn<QString>("text");
        for (const char *text : {"",
                                 "   ",
                                 "http://",
                                 "https:///scep",
                                 "http://:8080/scep",
                                 "file:///etc/passwd",
                                 "file:/etc/passwd",
                                 "ftp://ca.example/scep",
                                 "data:text/html,x",
                                 "javascript:alert(1)",
                                 "mailto:a@b.example",
                                 "qrc:/x",
                                 "http://user@ca.example/scep",
                                 "http://user:secret@ca.example/scep",
                                 "http://@ca.example/scep",
                                 "user@ca.example/scep",
                                 "http://ca.example/scep#part",
                                 "http://ca.example/sc ep",
                                 "http://ca.exam\tple/",
                                 "http://ca.example:99999/",
                                 "http://ca.example:0/",
                                 "http://[2001:db8::7/scep",
                                 "http://ca.example/scep?operation=GetCACert",
                                 "http://ca.example/scep?x=1&operation=PKIOperation",
                                 "http://exa mple"})
            QTest::newRow(text) << QString::fromLatin1(text);
        QTest::newRow("right-to-left override") << QString("http://ca.example/") + QChar(0x202e) + "scep";
    }
    void refused()
    {
        QFETCH(QString, text);
        const auto url = serverUrlFromText(text);
        COMPARE_ERROR(url, ErrorCode::InvalidUrl);
        QVERIFY2(!url.error().detail.contains("secret"), "a password must not come back in a message");
    }

    void requests_data()
    {
        QTest::addColumn<QString>("server");
        QTest::addColumn<int>("operation");
        QTest::addColumn<QString>("identifier");
        QTest::addColumn<QByteArray>("encoded");
        const QString plain = "http://ca.example/scep";
        QTest::newRow("caps") << plain << int(Operation::GetCaCaps) << "" << QByteArray("http://ca.example/scep?operation=GetCACaps");
        QTest::newRow("CA") << plain << int(Operation::GetCaCert) << "" << QByteArray("http://ca.example/scep?operation=GetCACert");
        QTest::newRow("next CA") << plain << int(Operation::GetNextCaCert) << ""
                                 << QByteArray("http://ca.example/scep?operation=GetNextCACert");
        QTest::newRow("chain") << plain << int(Operation::GetCaCertChain) << "x"
                               << QByteArray("http://ca.example/scep?operation=GetCACertChain&message=x");
        QTest::newRow("POST") << plain << int(Operation::PkiOperation) << "" << QByteArray("http://ca.example/scep?operation=PKIOperation");
        QTest::newRow("existing query") << "http://ca.example/scep?tenant=7&a=b%2Bc" << int(Operation::GetCaCert) << "default"
                                        << QByteArray("http://ca.example/scep?tenant=7&a=b%2Bc&operation=GetCACert&message=default");
        QTest::newRow("identifier with blanks") << plain << int(Operation::GetCaCert) << "Lab CA 1"
                                                << QByteArray("http://ca.example/scep?operation=GetCACert&message=Lab%20CA%201");
        QTest::newRow("identifier with slash, plus, ampersand, percent, hash")
            << plain << int(Operation::GetCaCert) << "a/b+c&d=e%f#g?h"
            << QByteArray("http://ca.example/scep?operation=GetCACert&message=a%2Fb%2Bc%26d%3De%25f%23g%3Fh");
        QTest::newRow("identifier with umlaut") << plain << int(Operation::GetCaCert) << QString::fromUtf8("Z\u00fcrich")
                                                << QByteArray("http://ca.example/scep?operation=GetCACert&message=Z%C3%BCrich");
        QTest::newRow("no path") << "http://ca.example" << int(Operation::GetCaCaps) << ""
                                 << QByteArray("http://ca.example?operation=GetCACaps");
    }
    void requests()
    {
        QFETCH(QString, server);
        QFETCH(int, operation);
        QFETCH(QString, identifier);
        const auto url = serverUrlFromText(server);
        VERIFY_RESULT(url);
        QTEST(requestUrl(*url, static_cast<Operation>(operation), identifier).toEncoded(), "encoded");
    }

    void getFormEncodesEveryByte()
    {
        // Its base64 holds '+', '/' and '=': "++//+w==" (RFC 8894 4.1).
        const QByteArray message = QByteArray::fromBase64("++//+w==");
        const auto url = serverUrlFromText("http://ca.example/scep");
        VERIFY_RESULT(url);
        QCOMPARE(pkiOperationGetUrl(*url, message).toEncoded(),
                 QByteArray("http://ca.example/scep?operation=PKIOperation&message=%2B%2B%2F%2F%2Bw%3D%3D"));
    }

    void getFormReadsBack()
    {
        QByteArray message(3000, '\0');
        for (qsizetype i = 0; i < message.size(); ++i)
            message[i] = static_cast<char>(i * 7 + i / 256);
        const auto url = serverUrlFromText("http://ca.example/scep?x=1");
        VERIFY_RESULT(url);
        const QByteArray encoded = pkiOperationGetUrl(*url, message).toEncoded();
        const QByteArray value = encoded.mid(encoded.indexOf("message=") + 8);
        QVERIFY(!value.contains('+') && !value.contains('/') && !value.contains('=') && !value.contains('\n') && !value.contains("%0A"));
        QCOMPARE(QByteArray::fromBase64(QByteArray::fromPercentEncoding(value)), message);
    }
};

QTEST_GUILESS_MAIN(TestRequestUrl)
#include "tst_requesturl.moc"
