// SPDX-License-Identifier: GPL-3.0-or-later
// The job over real sockets: what arrives at a server byte for byte, and what a broken server does to us.
#include "tests/client/exchangerunner.h"
#include "tests/support/rawhttpserver.h"

#include <QNetworkAccessManager>
#include <QProcess>
#include <QTcpServer>
#include <QTest>

using namespace std::chrono_literals;
using Pki::ErrorCode;
using Scep::HttpMethod;
using Scep::Operation;

namespace {

const QByteArray message = QByteArray::fromHex("fbf0ff3e"); // base64 "+/D/Pg=="

/// `raw` compressed by the gzip program.
QByteArray gzipped(const QByteArray &raw)
{
    QProcess gzip;
    gzip.start("gzip", {"-9", "-c"});
    gzip.write(raw);
    gzip.closeWriteChannel();
    gzip.waitForFinished();
    return gzip.readAllStandardOutput();
}

Scep::TransportSettings shortTimeout()
{
    Scep::TransportSettings settings;
    settings.timeout = 300ms;
    return settings;
}

} // namespace

class TestExchangeWire : public QObject
{
    Q_OBJECT

private slots:
    void getQueryIsExact()
    {
        RawHttpServer server([](const RawRequest &) { return RawAnswer::http("200 OK", "x"); });
        QNetworkAccessManager network;
        ExchangeRunner runner(network, exchange(Operation::PkiOperation, server.url(), message, HttpMethod::Get));
        QVERIFY(runner.run());
        QVERIFY2(!runner.outcome.error, qPrintable(runner.detail()));
        const RawRequest &request = server.requests().value(0);
        QCOMPARE(request.method, QByteArray("GET"));
        QCOMPARE(request.path, QByteArray("/scep"));
        QCOMPARE(request.query, QByteArray("operation=PKIOperation&message=%2B%2FD%2FPg%3D%3D"));
        QVERIFY(request.headers.value("user-agent").startsWith("Scepter/"));
        QVERIFY(request.headers.contains("host"));
        QVERIFY(!request.headers.contains("cookie"));
    }

    void postIsExact()
    {
        RawHttpServer server([](const RawRequest &) {
            return RawAnswer::http("200 OK", "reply", "Content-Type: application/x-pki-message\r\nSet-Cookie: a=b\r\n");
        });
        QNetworkAccessManager network;
        const QByteArray binary("\x30\x00\r\n\r\n\xff", 7);
        for (int i = 0; i < 2; ++i) {
            ExchangeRunner runner(network, exchange(Operation::PkiOperation, server.url(), binary));
            QVERIFY(runner.run());
            QVERIFY2(!runner.outcome.error, qPrintable(runner.detail()));
            QCOMPARE(runner.outcome.reply.contentType, QString("application/x-pki-message"));
            const RawRequest &request = server.requests().value(i);
            QCOMPARE(request.method, QByteArray("POST"));
            QCOMPARE(request.query, QByteArray("operation=PKIOperation"));
            QCOMPARE(request.headers.value("content-type"), QByteArray("application/x-pki-message"));
            QCOMPARE(request.body, binary);
            QVERIFY(!request.headers.contains("cookie")); // none is kept
        }
        QCOMPARE(server.connectionCount(), 1); // the second exchange used the open connection
    }

    void statusWithBody_data()
    {
        QTest::addColumn<QByteArray>("status");
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<QString>("detail");
        QTest::newRow("404") << QByteArray("404 Not Found") << QByteArray("<html><title>gone</title></html>") << "404 Not Found: gone";
        QTest::newRow("500") << QByteArray("500 Internal Server Error") << QByteArray("pkcs7: Message digest mismatch\n")
                             << "500 Internal Server Error: pkcs7: Message digest mismatch";
        QTest::newRow("500 without body") << QByteArray("500 Oops") << QByteArray() << "500 Oops";
        QTest::newRow("403 without reason") << QByteArray("403 ") << QByteArray("x") << "403: x";
        QTest::newRow("401") << QByteArray("401 Unauthorized") << QByteArray("who?") << "401 Unauthorized: who?";
    }
    void statusWithBody()
    {
        QFETCH(QByteArray, status);
        QFETCH(QByteArray, body);
        QFETCH(QString, detail);
        for (const Operation operation : {Operation::GetCaCert, Operation::PkiOperation}) {
            RawHttpServer server([&](const RawRequest &) { return RawAnswer::http(status, body); });
            QNetworkAccessManager network;
            ExchangeRunner runner(network, exchange(operation, server.url(), message));
            QVERIFY(runner.run());
            QCOMPARE(runner.code(), ErrorCode::HttpStatus);
            QCOMPARE(runner.detail(), detail);
            QCOMPARE(runner.outcome.reply.httpStatus, status.left(3).toInt());
            QCOMPARE(runner.outcome.reply.body, body);
        }
    }

    void refusedConnection()
    {
        quint16 port = 0;
        {
            QTcpServer closed;
            QVERIFY(closed.listen(QHostAddress::LocalHost));
            port = closed.serverPort();
        }
        QNetworkAccessManager network;
        ExchangeRunner runner(network, exchange(Operation::GetCaCaps, QUrl(QString("http://127.0.0.1:%1/scep").arg(port))));
        QVERIFY(runner.run());
        QCOMPARE(runner.code(), ErrorCode::ConnectionRefused);
        QCOMPARE(runner.detail(), QString("127.0.0.1:%1").arg(port));
        QCOMPARE(runner.outcome.reply.httpStatus, 0);
    }

    void hostNotResolved()
    {
        QNetworkAccessManager network;
        ExchangeRunner runner(network, exchange(Operation::GetCaCaps, QUrl("http://scep.invalid/scep")));
        QVERIFY(runner.run());
        QCOMPARE(runner.code(), ErrorCode::HostNotFound);
        QCOMPARE(runner.detail(), QString("scep.invalid"));
    }

    void broken_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<ErrorCode>("code");
        QTest::addColumn<QByteArray>("body"); // as far as it came
        QTest::newRow("closes at once") << QByteArray() << ErrorCode::NetworkFailure << QByteArray();
        QTest::newRow("closes in the head") << QByteArray("HTTP/1.1 200 OK\r\nContent-Le") << ErrorCode::NetworkFailure << QByteArray();
        QTest::newRow("truncated") << QByteArray("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc") << ErrorCode::NetworkFailure
                                   << QByteArray("abc");
        QTest::newRow("truncated chunk") << QByteArray("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nabc")
                                         << ErrorCode::NetworkFailure << QByteArray("abc");
        QTest::newRow("last chunk missing") << QByteArray("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
                                            << ErrorCode::NetworkFailure << QByteArray("abc");
        QTest::newRow("no HTTP") << QByteArray("SSH-2.0-OpenSSH_9.2\r\n\r\n") << ErrorCode::NetworkFailure << QByteArray();
        QTest::newRow("broken gzip") << QByteArray("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nabcde")
                                     << ErrorCode::ReplyMalformed << QByteArray();
        QTest::newRow("empty") << QByteArray("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") << ErrorCode::EmptyReply << QByteArray();
    }
    void broken()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(ErrorCode, code);
        QFETCH(QByteArray, body);
        RawHttpServer server([&](const RawRequest &) { return RawAnswer::bytesThenClose(bytes); });
        QNetworkAccessManager network;
        ExchangeRunner runner(network, exchange(Operation::PkiOperation, server.url(), message));
        QVERIFY(runner.run());
        QVERIFY(runner.outcome.error);
        QVERIFY2(runner.code() == code, qPrintable(runner.detail()));
        QCOMPARE(runner.outcome.reply.body, body);
    }

    void wellFormed_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::newRow("chunked") << QByteArray("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n");
        QTest::newRow("until the end, HTTP/1.0") << QByteArray("HTTP/1.0 200 OK\r\n\r\nabc");
        QTest::newRow("until the end, HTTP/1.1") << QByteArray("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc");
        QTest::newRow("gzip") << "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n" + gzipped("abc");
        QTest::newRow("100 first") << QByteArray("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc");
    }
    void wellFormed()
    {
        QFETCH(QByteArray, bytes);
        RawHttpServer server([&](const RawRequest &) { return RawAnswer::bytesThenClose(bytes); });
        QNetworkAccessManager network;
        ExchangeRunner runner(network, exchange(Operation::PkiOperation, server.url(), message));
        QVERIFY(runner.run());
        QVERIFY2(!runner.outcome.error, qPrintable(runner.detail()));
        QCOMPARE(runner.outcome.reply.body, QByteArray("abc"));
    }

    void timesOut_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<int>("drip");
        QTest::newRow("silence") << QByteArray() << 0;
        QTest::newRow("stall in the head") << QByteArray("HTTP/1.1 200 OK\r\nContent") << 0;
        QTest::newRow("stall in the body") << QByteArray("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc") << 0;
        QTest::newRow("trickling head") << "HTTP/1.1 200 OK\r\nX-Padding: " + QByteArray(5000, 'x') << 1;
        QTest::newRow("trickling body") << "HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n" + QByteArray(9000, 'x') << 1;
    }
    void timesOut()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(int, drip);
        RawHttpServer server([&](const RawRequest &) {
            RawAnswer answer = RawAnswer::bytesThenStall(bytes);
            answer.dripBytes = drip;
            return answer;
        });
        QNetworkAccessManager network;
        ExchangeRunner runner(network, exchange(Operation::PkiOperation, server.url(), message), shortTimeout());
        QVERIFY(runner.run());
        QVERIFY2(runner.code() == ErrorCode::Timeout, qPrintable(runner.detail()));
        QVERIFY(runner.outcome.reply.duration < 2s);
        QTRY_COMPARE(server.closedCount(), 1); // the server is not left hanging
    }

    void oversizedIsCutOffEarly_data()
    {
        QTest::addColumn<QByteArray>("head");
        QTest::newRow("announced") << QByteArray("HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n");
        QTest::newRow("not announced") << QByteArray("HTTP/1.1 200 OK\r\n\r\n");
    }
    void oversizedIsCutOffEarly()
    {
        QFETCH(QByteArray, head);
        constexpr qsizetype size = 50'000'000;
        RawHttpServer server([&](const RawRequest &) { return RawAnswer::bytesThenClose(head + QByteArray(size, 'x')); });
        QNetworkAccessManager network;
        ExchangeRunner runner(network, exchange(Operation::PkiOperation, server.url(), message));
        QVERIFY(runner.run());
        QVERIFY2(runner.code() == ErrorCode::ReplyTooLarge, qPrintable(runner.detail()));
        QVERIFY(runner.outcome.reply.body.size() <= 2 * 1024 * 1024);
        QTRY_COMPARE(server.closedCount(), 1);
        QVERIFY2(server.bytesAccepted() < size / 2, qPrintable(QString::number(server.bytesAccepted())));
    }

    void compressedBombIsCutOff()
    {
        const QByteArray bomb = gzipped(QByteArray(100'000'000, '\0'));
        QVERIFY(bomb.size() < 200'000);
        RawHttpServer server([&](const RawRequest &) { return RawAnswer::http("200 OK", bomb, "Content-Encoding: gzip\r\n"); });
        QNetworkAccessManager network;
        ExchangeRunner runner(network, exchange(Operation::GetCaCaps, server.url()));
        QVERIFY(runner.run());
        QVERIFY(runner.outcome.error);
        QVERIFY2(runner.code() == ErrorCode::ReplyTooLarge || runner.code() == ErrorCode::ReplyMalformed, qPrintable(runner.detail()));
        QVERIFY(runner.outcome.reply.body.size() <= 64 * 1024);
    }

    void redirects()
    {
        RawHttpServer server([](const RawRequest &request) {
            if (request.path == "/scep")
                return RawAnswer::http("301 Moved", "go away", "Location: /second?operation=PKIOperation\r\n");
            if (request.path == "/second")
                return RawAnswer::http("307 Moved", {}, "Location: third?operation=PKIOperation\r\n");
            return RawAnswer::http("200 OK", "reply");
        });
        QNetworkAccessManager network;
        ExchangeRunner runner(network, exchange(Operation::PkiOperation, server.url(), message));
        QVERIFY(runner.run());
        QVERIFY2(!runner.outcome.error, qPrintable(runner.detail()));
        QCOMPARE(server.requests().size(), 3);
        for (const RawRequest &request : server.requests()) {
            QCOMPARE(request.method, QByteArray("POST"));
            QCOMPARE(request.body, message);
        }
        QCOMPARE(runner.outcome.reply.url.path(), QString("/third"));
        QCOMPARE(runner.outcome.reply.notes.size(), 2);
    }

    void redirectToAnotherHostIsNotFollowed_data()
    {
        QTest::addColumn<int>("status");
        QTest::addColumn<Operation>("operation");
        for (const int status : {301, 302, 303, 307, 308}) {
            QTest::addRow("%d GET", status) << status << Operation::GetCaCert;
            QTest::addRow("%d POST", status) << status << Operation::PkiOperation;
        }
    }
    void redirectToAnotherHostIsNotFollowed()
    {
        QFETCH(int, status);
        QFETCH(Operation, operation);
        RawHttpServer elsewhere([](const RawRequest &) { return RawAnswer::http("200 OK", "caught"); });
        RawHttpServer server([&](const RawRequest &) {
            return RawAnswer::http(QByteArray::number(status) + " Moved", {},
                                   "Location: " + elsewhere.url("/scep", "localhost").toEncoded() + "\r\n");
        });
        QNetworkAccessManager network;
        ExchangeRunner runner(network, exchange(operation, server.url(), message));
        QVERIFY(runner.run());
        QCOMPARE(runner.code(), ErrorCode::RedirectRefused);
        QCOMPARE(elsewhere.connectionCount(), 0);
    }

    void postRefusedGetUsed()
    {
        RawHttpServer server([](const RawRequest &request) {
            if (request.method == "POST")
                return RawAnswer::http("405 Method Not Allowed", "GET only", "Allow: GET\r\n");
            return RawAnswer::http("200 OK", "reply");
        });
        QNetworkAccessManager network;
        ExchangeRunner runner(network, exchange(Operation::PkiOperation, server.url(), message));
        QVERIFY(runner.run());
        QVERIFY2(!runner.outcome.error, qPrintable(runner.detail()));
        QCOMPARE(server.requests().value(1).query, QByteArray("operation=PKIOperation&message=%2B%2FD%2FPg%3D%3D"));
        QCOMPARE(runner.outcome.reply.notes, QStringList("POST refused (405), used GET"));
    }

    void headersAreTold()
    {
        RawHttpServer server([](const RawRequest &) {
            return RawAnswer::http("503 Busy", "later",
                                   "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nRetry-After: Sun, 06 Nov 1994 08:51:37 GMT\r\n");
        });
        QNetworkAccessManager network;
        ExchangeRunner runner(network, exchange(Operation::GetCaCaps, server.url()));
        QVERIFY(runner.run());
        QCOMPARE(runner.code(), ErrorCode::HttpStatus);
        QCOMPARE(runner.outcome.reply.serverDate, QDateTime::fromString("1994-11-06T08:49:37Z", Qt::ISODate));
        QCOMPARE(runner.outcome.reply.retryAfter, std::optional<std::chrono::seconds>(120s));
    }

    void cancelClosesTheConnection_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::newRow("no answer yet") << QByteArray();
        QTest::newRow("in the body") << QByteArray("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
    }
    void cancelClosesTheConnection()
    {
        QFETCH(QByteArray, bytes);
        RawHttpServer server([&](const RawRequest &) { return RawAnswer::bytesThenStall(bytes); });
        QNetworkAccessManager network;
        ExchangeRunner cancelled(network, exchange(Operation::PkiOperation, server.url(), message));
        cancelled.job->start();
        QTRY_COMPARE(server.requests().size(), 1);
        cancelled.job->cancel();
        QVERIFY(cancelled.wait());
        QCOMPARE(cancelled.code(), ErrorCode::Cancelled);
        QTRY_COMPARE(server.closedCount(), 1);

        ExchangeRunner deleted(network, exchange(Operation::PkiOperation, server.url(), message));
        deleted.job->start();
        QTRY_COMPARE(server.requests().size(), 2);
        deleted.job.reset();
        QTRY_COMPARE(server.closedCount(), 2);
        QCOMPARE(deleted.finishedCount, 0);
    }

    void explicitProxyIsUsed()
    {
        RawHttpServer proxy([](const RawRequest &) { return RawAnswer::http("200 OK", "through the proxy"); });
        QNetworkAccessManager network;
        Scep::TransportSettings settings;
        settings.proxy = QUrl(QString("http://127.0.0.1:%1").arg(proxy.port()));
        ExchangeRunner runner(network, exchange(Operation::GetCaCaps, QUrl("http://scep.invalid/scep")), settings);
        QVERIFY(runner.run());
        QVERIFY2(!runner.outcome.error, qPrintable(runner.detail()));
        QCOMPARE(runner.outcome.reply.body, QByteArray("through the proxy"));
        QCOMPARE(proxy.requests().value(0).path, QByteArray("http://scep.invalid/scep"));

        // Another exchange of the same manager, without the setting, goes straight.
        RawHttpServer server([](const RawRequest &) { return RawAnswer::http("200 OK", "straight"); });
        ExchangeRunner straight(network, exchange(Operation::GetCaCaps, server.url()));
        QVERIFY(straight.run());
        QCOMPARE(straight.outcome.reply.body, QByteArray("straight"));
        QCOMPARE(proxy.requests().size(), 1);
    }

    void proxyAsksForPassword()
    {
        // It grants only "joe:p@w", and asks before.
        RawHttpServer proxy([](const RawRequest &request) {
            const QByteArray granted = "Basic " + QByteArray("joe:p@w").toBase64();
            if (request.headers.value("proxy-authorization") == granted)
                return RawAnswer::http("200 OK", "through the proxy");
            return RawAnswer::http("407 Proxy Authentication Required", "who are you?", "Proxy-Authenticate: Basic realm=\"plant\"\r\n");
        });
        Scep::TransportSettings settings;
        settings.proxy = QUrl(QString("http://127.0.0.1:%1").arg(proxy.port()));
        settings.proxyUser = "joe";
        const auto run = [&](const char *password) {
            QNetworkAccessManager network;
            settings.proxyPassword = std::make_shared<const Pki::SecretBytes>(QByteArrayView(password));
            ExchangeRunner runner(network, exchange(Operation::GetCaCaps, QUrl("http://scep.invalid/scep")), settings);
            return runner.run() ? runner.outcome : Scep::ExchangeOutcome{};
        };
        QCOMPARE(run("p@w").reply.body, QByteArray("through the proxy"));
        const Scep::ExchangeOutcome refused = run("wrong");
        QVERIFY(refused.error);
        QVERIFY2(!refused.error->detail.contains("wrong"), qPrintable(refused.error->detail));
    }

    void refusedProxy()
    {
        quint16 port = 0;
        {
            QTcpServer closed;
            QVERIFY(closed.listen(QHostAddress::LocalHost));
            port = closed.serverPort();
        }
        QNetworkAccessManager network;
        Scep::TransportSettings settings;
        settings.proxy = QUrl(QString("http://127.0.0.1:%1").arg(port));
        ExchangeRunner runner(network, exchange(Operation::GetCaCaps, QUrl("http://scep.invalid/scep")), settings);
        QVERIFY(runner.run());
        QCOMPARE(runner.code(), ErrorCode::ConnectionRefused);
        QVERIFY2(runner.detail().contains("proxy"), qPrintable(runner.detail()));
    }
};

QTEST_GUILESS_MAIN(TestExchangeWire)
#include "tst_exchangewire.moc"
