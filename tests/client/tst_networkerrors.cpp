// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/client/networkerrors.h"

#include <QTest>
#include <QUrl>

using Pki::ErrorCode;

class TestNetworkErrors : public QObject
{
    Q_OBJECT

private slots:
    void maps_data()
    {
        QTest::addColumn<QNetworkReply::NetworkError>("error");
        QTest::addColumn<ErrorCode>("code");
        QTest::addColumn<QString>("word");
        QTest::newRow("not resolved") << QNetworkReply::HostNotFoundError << ErrorCode::HostNotFound << "ca.example";
        QTest::newRow("refused") << QNetworkReply::ConnectionRefusedError << ErrorCode::ConnectionRefused << "ca.example:81";
        QTest::newRow("proxy refused") << QNetworkReply::ProxyConnectionRefusedError << ErrorCode::ConnectionRefused << "proxy";
        QTest::newRow("proxy not resolved") << QNetworkReply::ProxyNotFoundError << ErrorCode::HostNotFound << "proxy";
        QTest::newRow("proxy password") << QNetworkReply::ProxyAuthenticationRequiredError << ErrorCode::NetworkFailure << "password";
        QTest::newRow("timeout") << QNetworkReply::TimeoutError << ErrorCode::Timeout << "ca.example:81";
        QTest::newRow("TLS") << QNetworkReply::SslHandshakeFailedError << ErrorCode::TlsFailure << "ca.example:81";
        QTest::newRow("closed") << QNetworkReply::RemoteHostClosedError << ErrorCode::NetworkFailure << "closed";
        QTest::newRow("not HTTP") << QNetworkReply::ProtocolFailure << ErrorCode::NetworkFailure << "not HTTP";
        QTest::newRow("not unpacked") << QNetworkReply::UnknownContentError << ErrorCode::ReplyMalformed << "unpacked";
        QTest::newRow("no network") << QNetworkReply::TemporaryNetworkFailureError << ErrorCode::NetworkFailure << "not available";
        QTest::newRow("scheme") << QNetworkReply::ProtocolUnknownError << ErrorCode::InvalidUrl << "ca.example";
        QTest::newRow("redirect") << QNetworkReply::InsecureRedirectError << ErrorCode::RedirectRefused << "ca.example";
        QTest::newRow("unknown") << QNetworkReply::UnknownNetworkError << ErrorCode::NetworkFailure << "99";
    }
    void maps()
    {
        QFETCH(QNetworkReply::NetworkError, error);
        QFETCH(ErrorCode, code);
        QFETCH(QString, word);
        const Pki::Error result = Scep::networkError(error, QUrl("http://ca.example:81/scep?message=secret"));
        QCOMPARE(result.code, code);
        QVERIFY2(result.detail.contains(word), qPrintable(result.detail));
        QVERIFY(!result.detail.contains("secret"));
    }

    void truncatedTellsHowMuchCame()
    {
        const Pki::Error result = Scep::networkError(QNetworkReply::RemoteHostClosedError, QUrl("http://ca.example/scep"), 17);
        QVERIFY2(result.detail.contains("17 bytes"), qPrintable(result.detail));
    }

    void tls()
    {
        const QUrl url("https://ca.example/scep");
        const Pki::Error known = Scep::tlsError(
            {QSslError(QSslError::HostNameMismatch), QSslError(QSslError::CertificateExpired), QSslError(QSslError::CertificateExpired)},
            url);
        QCOMPARE(known.code, ErrorCode::TlsFailure);
        QCOMPARE(known.detail, QString("ca.example: the certificate is for another host name; a certificate has expired"));
        QCOMPARE(Scep::tlsError({}, url).code, ErrorCode::TlsFailure);
        QVERIFY(!Scep::tlsError({QSslError(QSslError::OcspMalformedResponse)}, url).detail.isEmpty());
    }

    void httpStatus()
    {
        const Pki::Error error = Scep::httpStatusError(404, "Not\x1b Found", "<h1>no such page</h1>");
        QCOMPARE(error.code, ErrorCode::HttpStatus);
        QCOMPARE(error.detail, QString("404 Not Found: no such page"));
        QCOMPARE(Scep::httpStatusError(500, {}, {}).detail, QString("500"));
        QVERIFY(Scep::httpStatusError(500, QString(5000, 'r'), QByteArray(5000, 'b')).detail.size() < 300);
    }

    void hostAndPort()
    {
        QCOMPARE(Scep::hostAndPort(QUrl("http://ca.example/x")), QString("ca.example"));
        QCOMPARE(Scep::hostAndPort(QUrl("http://ca.example:8080/x")), QString("ca.example:8080"));
        QCOMPARE(Scep::hostAndPort(QUrl("http://[::1]:8080/x")), QString("[::1]:8080"));
    }
};

QTEST_GUILESS_MAIN(TestNetworkErrors)
#include "tst_networkerrors.moc"
