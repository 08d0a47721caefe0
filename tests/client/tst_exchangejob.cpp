// SPDX-License-Identifier: GPL-3.0-or-later
// The job contract, over a scripted network; the wire itself is in tst_exchangewire.
#include "tests/client/exchangerunner.h"
#include "tests/support/scriptednetwork.h"

#include <QPointer>
#include <QTest>

using namespace std::chrono_literals;
using Pki::ErrorCode;
using Scep::ExchangeJob;
using Scep::HttpMethod;
using Scep::Operation;

namespace {
const QUrl server(QStringLiteral("http://ca.example/scep"));
const QByteArray message = QByteArray::fromHex("fbf0ff3e"); // base64 "+/D/Pg==": all three characters that must be encoded
} // namespace

class TestExchangeJob : public QObject
{
    Q_OBJECT

private slots:
    void capsArrive()
    {
        ScriptedNetwork network;
        network.answerOnce(
            "GetCACaps",
            ScriptedAnswer::ok("AES\nSHA-256\n", "text/plain; charset=utf-8").withHeader("Date", "Sun, 06 Nov 1994 08:49:37 GMT"));
        ExchangeRunner runner(network, exchange(Operation::GetCaCaps, server));
        QVERIFY(runner.run());
        QVERIFY2(!runner.outcome.error, qPrintable(runner.detail()));
        const Scep::ExchangeReply &reply = runner.outcome.reply;
        QCOMPARE(reply.httpStatus, 200);
        QCOMPARE(reply.contentType, QString("text/plain; charset=utf-8"));
        QCOMPARE(reply.body, QByteArray("AES\nSHA-256\n"));
        QCOMPARE(reply.serverDate, QDateTime::fromString("1994-11-06T08:49:37Z", Qt::ISODate));
        QCOMPARE(reply.url, QUrl("http://ca.example/scep?operation=GetCACaps"));
        QCOMPARE(reply.method, HttpMethod::Get);
        QVERIFY(reply.notes.isEmpty());
        QVERIFY(!reply.retryAfter);
        QCOMPARE(runner.job->request().operation, Operation::GetCaCaps);
        QVERIFY(network.allAsked());
    }

    void requestIsPlain()
    {
        ScriptedNetwork network;
        network.answer("PKIOperation", ScriptedAnswer::ok("x", "application/x-pki-message"));
        Scep::ExchangeRequest asked = exchange(Operation::PkiOperation, server, message);
        asked.caIdentifier = "lab";
        ExchangeRunner runner(network, asked);
        QVERIFY(runner.run());
        const ScriptedRequest &request = network.requests().value(0);
        QCOMPARE(request.method, QByteArray("POST"));
        QCOMPARE(request.body, message);
        QCOMPARE(request.url.toEncoded(), QByteArray("http://ca.example/scep?operation=PKIOperation")); // CA-IDENT stays off
        QCOMPARE(request.request.rawHeader("Content-Type"), QByteArray("application/x-pki-message"));
        const auto attribute = [&](QNetworkRequest::Attribute which) { return request.request.attribute(which); };
        QCOMPARE(attribute(QNetworkRequest::RedirectPolicyAttribute).toInt(), int(QNetworkRequest::ManualRedirectPolicy));
        QCOMPARE(attribute(QNetworkRequest::Http2AllowedAttribute), QVariant(false));
        QCOMPARE(attribute(QNetworkRequest::HttpPipeliningAllowedAttribute), QVariant(false));
        QCOMPARE(attribute(QNetworkRequest::CookieLoadControlAttribute).toInt(), int(QNetworkRequest::Manual));
        QCOMPARE(attribute(QNetworkRequest::CookieSaveControlAttribute).toInt(), int(QNetworkRequest::Manual));
        QCOMPARE(attribute(QNetworkRequest::CacheLoadControlAttribute).toInt(), int(QNetworkRequest::AlwaysNetwork));
        QCOMPARE(attribute(QNetworkRequest::CacheSaveControlAttribute), QVariant(false));
        QVERIFY(request.request.decompressedSafetyCheckThreshold() > 0);
    }

    void caIdentifierGoesWithGetOperations()
    {
        ScriptedNetwork network;
        network.answer("GetCACert", ScriptedAnswer::ok("x"));
        Scep::ExchangeRequest asked = exchange(Operation::GetCaCert, server);
        asked.caIdentifier = "Lab CA/1";
        ExchangeRunner runner(network, asked);
        QVERIFY(runner.run());
        QCOMPARE(network.requests().value(0).message, QByteArray("Lab CA/1"));
    }

    void errors_data()
    {
        QTest::addColumn<ScriptedAnswer>("answer");
        QTest::addColumn<ErrorCode>("code");
        QTest::addColumn<QString>("word");
        QTest::addColumn<QByteArray>("body");
        const auto failed = [](QNetworkReply::NetworkError error) { return ScriptedAnswer::failed(error); };
        QTest::newRow("refused") << failed(QNetworkReply::ConnectionRefusedError) << ErrorCode::ConnectionRefused << "ca.example"
                                 << QByteArray();
        QTest::newRow("not found") << failed(QNetworkReply::HostNotFoundError) << ErrorCode::HostNotFound << "ca.example" << QByteArray();
        QTest::newRow("closed") << failed(QNetworkReply::RemoteHostClosedError) << ErrorCode::NetworkFailure << "closed" << QByteArray();
        QTest::newRow("TLS") << failed(QNetworkReply::SslHandshakeFailedError) << ErrorCode::TlsFailure << "TLS" << QByteArray();
        QTest::newRow("404") << ScriptedAnswer::http(404, "Not Found", "no such alias") << ErrorCode::HttpStatus
                             << "404 Not Found: no such alias" << QByteArray("no such alias");
        QTest::newRow("405 on GET") << ScriptedAnswer::http(405, "Method Not Allowed") << ErrorCode::HttpStatus << "405" << QByteArray();
        QTest::newRow("201") << ScriptedAnswer::http(201, "Created", "x") << ErrorCode::HttpStatus << "201 Created: x" << QByteArray("x");
        QTest::newRow("304") << ScriptedAnswer::http(304, "Not Modified") << ErrorCode::HttpStatus << "304 Not Modified" << QByteArray();
        QTest::newRow("204") << ScriptedAnswer::http(204, "No Content") << ErrorCode::EmptyReply << "ca.example" << QByteArray();
        QTest::newRow("empty 200") << ScriptedAnswer::ok({}) << ErrorCode::EmptyReply << "ca.example" << QByteArray();
        QTest::newRow("too large") << ScriptedAnswer::ok(QByteArray(101, 'x')) << ErrorCode::ReplyTooLarge << "100 bytes"
                                   << QByteArray(100, 'x');
        QTest::newRow("too large in drips") << ScriptedAnswer::ok(QByteArray(1000, 'x')).dripping(10, 0ms) << ErrorCode::ReplyTooLarge
                                            << "100 bytes" << QByteArray(100, 'x');
        QTest::newRow("announced too large") << ScriptedAnswer::ok("x").withHeader("Content-Length", "101") << ErrorCode::ReplyTooLarge
                                             << "100 bytes" << QByteArray();
        QTest::newRow("large error page") << ScriptedAnswer::http(500, "Broken", QByteArray(1000, 'x')) << ErrorCode::HttpStatus
                                          << "500 Broken: xxx" << QByteArray(100, 'x');
        QTest::newRow("redirect to elsewhere") << ScriptedAnswer::redirect(302, "http://evil.example/") << ErrorCode::RedirectRefused
                                               << "evil.example" << QByteArray();
        QTest::newRow("round and round") << ScriptedAnswer::redirect(302, "/scep?operation=GetCACaps") << ErrorCode::RedirectRefused
                                         << "more than 5" << QByteArray();
    }
    void errors()
    {
        QFETCH(ScriptedAnswer, answer);
        QFETCH(ErrorCode, code);
        QFETCH(QString, word);
        QFETCH(QByteArray, body);
        ScriptedNetwork network;
        network.answer("GetCACaps", answer);
        Scep::BodyLimits limits;
        limits.caps = 100;
        ExchangeRunner runner(network, exchange(Operation::GetCaCaps, server), {}, limits);
        QVERIFY(runner.run());
        QVERIFY(runner.outcome.error);
        QCOMPARE(runner.code(), code);
        QVERIFY2(runner.detail().contains(word), qPrintable(runner.detail()));
        QCOMPARE(runner.outcome.reply.body, body);
        QCOMPARE(network.running(), 0);
        QCoreApplication::processEvents();
        QCOMPARE(runner.finishedCount, 1);
    }

    void exactlyTheLimitIsFine()
    {
        ScriptedNetwork network;
        network.answer("GetCACert", ScriptedAnswer::ok(QByteArray(100, 'x')).dripping(30, 0ms));
        Scep::BodyLimits limits;
        limits.caCertificates = 100;
        ExchangeRunner runner(network, exchange(Operation::GetCaCert, server), {}, limits);
        QVERIFY(runner.run());
        QVERIFY2(!runner.outcome.error, qPrintable(runner.detail()));
        QCOMPARE(runner.outcome.reply.body.size(), 100);
    }

    void limitsByOperation_data()
    {
        QTest::addColumn<Operation>("operation");
        QTest::addColumn<qint64>("limit");
        QTest::newRow("caps") << Operation::GetCaCaps << qint64(64 * 1024);
        QTest::newRow("certificates") << Operation::GetCaCert << qint64(1024 * 1024);
        QTest::newRow("chain") << Operation::GetCaCertChain << qint64(1024 * 1024);
        QTest::newRow("next") << Operation::GetNextCaCert << qint64(1024 * 1024);
        QTest::newRow("CertRep") << Operation::PkiOperation << qint64(2 * 1024 * 1024);
    }
    void limitsByOperation()
    {
        QFETCH(Operation, operation);
        QFETCH(qint64, limit);
        for (const qint64 extra : {0, 1}) {
            ScriptedNetwork network;
            network.answer(Scep::wireName(operation).toLatin1(), ScriptedAnswer::ok(QByteArray(limit + extra, 'x')));
            ExchangeRunner runner(network, exchange(operation, server, message));
            QVERIFY(runner.run());
            QCOMPARE(runner.outcome.error.has_value(), extra == 1);
            if (extra == 1)
                QCOMPARE(runner.code(), ErrorCode::ReplyTooLarge);
        }
    }

    void htmlIsNoErrorHere()
    {
        ScriptedNetwork network;
        network.answer("GetCACert", ScriptedAnswer::ok("<html>hello</html>", "text/html"));
        ExchangeRunner runner(network, exchange(Operation::GetCaCert, server));
        QVERIFY(runner.run());
        QVERIFY(!runner.outcome.error);
        QCOMPARE(runner.outcome.reply.contentType, QString("text/html"));
    }

    void refusedArguments_data()
    {
        QTest::addColumn<Scep::ExchangeRequest>("request");
        QTest::addColumn<QUrl>("proxy");
        QTest::addColumn<ErrorCode>("code");
        const auto get = [](const QString &url) { return exchange(Operation::GetCaCaps, QUrl(url)); };
        QTest::newRow("no URL") << get("") << QUrl() << ErrorCode::InvalidUrl;
        QTest::newRow("file") << get("file:///etc/passwd") << QUrl() << ErrorCode::InvalidUrl;
        QTest::newRow("data") << get("data:text/plain,AES") << QUrl() << ErrorCode::InvalidUrl;
        QTest::newRow("no host") << get("http:///scep") << QUrl() << ErrorCode::InvalidUrl;
        QTest::newRow("user info") << get("http://joe:pw@ca.example/scep") << QUrl() << ErrorCode::InvalidUrl;
        QTest::newRow("no message") << exchange(Operation::PkiOperation, server) << QUrl() << ErrorCode::InvalidArgument;
        QTest::newRow("proxy") << get("http://ca.example/scep") << QUrl("ftp://proxy:21") << ErrorCode::InvalidUrl;
    }
    void refusedArguments()
    {
        QFETCH(Scep::ExchangeRequest, request);
        QFETCH(QUrl, proxy);
        QFETCH(ErrorCode, code);
        ScriptedNetwork network; // complains about any request
        Scep::TransportSettings settings;
        settings.proxy = proxy;
        ExchangeRunner runner(network, request, settings);
        runner.job->start();
        QCOMPARE(runner.finishedCount, 0); // never in the caller's stack
        QVERIFY(runner.wait());
        QCOMPARE(runner.code(), code);
        QVERIFY(!runner.detail().contains("pw"));
        QVERIFY(network.requests().isEmpty());
    }

    void fallsBackToGet_data()
    {
        QTest::addColumn<int>("status");
        QTest::newRow("405") << 405;
        QTest::newRow("501") << 501;
    }
    void fallsBackToGet()
    {
        QFETCH(int, status);
        ScriptedNetwork network;
        network.answerOnce("PKIOperation", ScriptedAnswer::http(status, "No", "POST? no"));
        network.answerOnce("PKIOperation", ScriptedAnswer::ok("reply", "application/x-pki-message"));
        ExchangeRunner runner(network, exchange(Operation::PkiOperation, server, message));
        QVERIFY(runner.run());
        QVERIFY2(!runner.outcome.error, qPrintable(runner.detail()));
        QCOMPARE(network.requests().size(), 2);
        QCOMPARE(network.requests().at(1).method, QByteArray("GET"));
        QCOMPARE(network.requests().at(1).pkiMessage(), message);
        QCOMPARE(runner.outcome.reply.method, HttpMethod::Get);
        QCOMPARE(runner.outcome.reply.body, QByteArray("reply"));
        QCOMPARE(runner.outcome.reply.notes, QStringList(QString("POST refused (%1), used GET").arg(status)));
    }

    void fallsBackOnlyOnce()
    {
        ScriptedNetwork network;
        network.answer("PKIOperation", ScriptedAnswer::http(405, "No"));
        ExchangeRunner runner(network, exchange(Operation::PkiOperation, server, message));
        QVERIFY(runner.run());
        QCOMPARE(runner.code(), ErrorCode::HttpStatus);
        QCOMPARE(network.requests().size(), 2);
    }

    void redirectKeepsPost_data()
    {
        QTest::addColumn<int>("status");
        for (const int status : {301, 302, 307, 308})
            QTest::addRow("%d", status) << status;
    }
    void redirectKeepsPost()
    {
        QFETCH(int, status);
        ScriptedNetwork network;
        network.answerOnce("PKIOperation", ScriptedAnswer::redirect(status, "/other?operation=PKIOperation"));
        network.answerOnce("PKIOperation", ScriptedAnswer::ok("reply"));
        ExchangeRunner runner(network, exchange(Operation::PkiOperation, server, message));
        QVERIFY(runner.run());
        QVERIFY2(!runner.outcome.error, qPrintable(runner.detail()));
        const ScriptedRequest &second = network.requests().value(1);
        QCOMPARE(second.method, QByteArray("POST"));
        QCOMPARE(second.body, message);
        QCOMPARE(second.request.rawHeader("Content-Type"), QByteArray("application/x-pki-message"));
        QCOMPARE(runner.outcome.reply.url, QUrl("http://ca.example/other?operation=PKIOperation"));
        QCOMPARE(runner.outcome.reply.notes, QStringList("redirected to http://ca.example/other"));
    }

    void redirectToAnErrorIsNamed()
    {
        ScriptedNetwork network;
        network.answerOnce("PKIOperation", ScriptedAnswer::redirect(301, "/moved"));
        network.answerOnce({}, ScriptedAnswer::http(500, "Internal Server Error", "what do you want"));
        ExchangeRunner runner(network, exchange(Operation::PkiOperation, server, message));
        QVERIFY(runner.run());
        QCOMPARE(runner.code(), ErrorCode::HttpStatus);
        QVERIFY2(runner.detail().contains("500") && runner.detail().endsWith("(after a redirect to http://ca.example/moved)"),
                 qPrintable(runner.detail()));
    }

    void retryAfter_data()
    {
        QTest::addColumn<int>("status");
        QTest::addColumn<QByteArray>("value");
        QTest::addColumn<int>("expected"); // -1: none
        QTest::newRow("503 seconds") << 503 << QByteArray("90") << 90;
        QTest::newRow("429 seconds") << 429 << QByteArray("5") << 5;
        QTest::newRow("503 date, by the server's clock") << 503 << QByteArray("Sun, 06 Nov 1994 08:50:37 GMT") << 60;
        QTest::newRow("500 has no meaning") << 500 << QByteArray("90") << -1;
        QTest::newRow("nonsense") << 503 << QByteArray("later") << -1;
    }
    void retryAfter()
    {
        QFETCH(int, status);
        QFETCH(QByteArray, value);
        QFETCH(int, expected);
        ScriptedNetwork network;
        network.answer(
            "GetCACaps",
            ScriptedAnswer::http(status, "Busy").withHeader("Retry-After", value).withHeader("Date", "Sun, 06 Nov 1994 08:49:37 GMT"));
        ExchangeRunner runner(network, exchange(Operation::GetCaCaps, server));
        QVERIFY(runner.run());
        QCOMPARE(runner.code(), ErrorCode::HttpStatus);
        QCOMPARE(runner.outcome.reply.retryAfter.has_value(), expected >= 0);
        if (expected >= 0)
            QCOMPARE(runner.outcome.reply.retryAfter->count(), expected);
    }

    // A server that answers PENDING may say in HTTP when to ask again.
    void retryAfterOfAGoodAnswer()
    {
        ScriptedNetwork network;
        network.answer("GetCACaps", ScriptedAnswer::ok("AES").withHeader("Retry-After", "90"));
        ExchangeRunner runner(network, exchange(Operation::GetCaCaps, server));
        QVERIFY(runner.run());
        QVERIFY(!runner.outcome.error);
        QCOMPARE(runner.outcome.reply.retryAfter.value().count(), 90);
    }

    void timesOut_data()
    {
        QTest::addColumn<ScriptedAnswer>("answer");
        QTest::addColumn<bool>("hasStatus");
        auto stallsInTheBody = ScriptedAnswer::ok("abc");
        stallsInTheBody.hangs = true;
        QTest::newRow("no answer") << ScriptedAnswer::hanging() << false;
        QTest::newRow("trickle") << ScriptedAnswer::ok(QByteArray(10000, 'x')).dripping(1, 2ms) << true;
        QTest::newRow("stalls in the body") << stallsInTheBody << true;
        QTest::newRow("slow redirects") << ScriptedAnswer::redirect(302, "/x?operation=GetCACaps").withHeader("X", "y") << true;
    }
    void timesOut()
    {
        QFETCH(ScriptedAnswer, answer);
        QFETCH(bool, hasStatus);
        if (answer.status == 302) { // four redirects, each within the time, together over it
            answer.body = QByteArray(30, 'x');
            answer = answer.dripping(1, 1ms);
        }
        ScriptedNetwork network;
        network.answer("GetCACaps", answer);
        Scep::TransportSettings settings;
        settings.timeout = 80ms;
        ExchangeRunner runner(network, exchange(Operation::GetCaCaps, server), settings);
        QVERIFY(runner.run());
        QCOMPARE(runner.code(), ErrorCode::Timeout);
        QVERIFY2(runner.detail().contains("ca.example within 0.08 s"), qPrintable(runner.detail()));
        QCOMPARE(runner.outcome.reply.httpStatus > 0 || network.requests().size() > 1, hasStatus);
        QVERIFY(runner.outcome.reply.duration >= 70ms); // timers may be early by a twentieth
        QCOMPARE(network.running(), 0);
    }

    void nothingHappensInTheCallersStack()
    {
        ScriptedNetwork network;
        network.answer("GetCACaps", ScriptedAnswer::ok("AES"));
        ExchangeRunner runner(network, exchange(Operation::GetCaCaps, server));
        runner.job->start();
        QVERIFY(network.requests().isEmpty());
        QVERIFY(runner.wait());
        runner.job->start();  // a second start is none
        runner.job->cancel(); // after the end: nothing
        drainEvents();
        QCOMPARE(runner.finishedCount, 1);
        QCOMPARE(network.requests().size(), 1);
        QVERIFY(!runner.outcome.error);
    }

    void startTwice()
    {
        ScriptedNetwork network;
        network.answer("GetCACaps", ScriptedAnswer::ok("AES"));
        ExchangeRunner runner(network, exchange(Operation::GetCaCaps, server));
        runner.job->start();
        QVERIFY(runner.run());
        drainEvents();
        QCOMPARE(network.requests().size(), 1);
        QCOMPARE(runner.finishedCount, 1);
    }

    void cancel_data()
    {
        QTest::addColumn<QString>("stage");
        for (const char *stage : {"before start", "after start", "sent", "head", "body", "ended, not told", "redirected", "fell back"})
            QTest::newRow(stage) << stage;
    }
    void cancel()
    {
        QFETCH(QString, stage);
        ScriptedNetwork network;
        auto stalls = ScriptedAnswer::ok("abc");
        stalls.hangs = true;
        Scep::ExchangeRequest asked = exchange(Operation::PkiOperation, server, message);
        ScriptedAnswer answer = stalls;
        int requestsWanted = 1;
        if (stage == "head")
            answer.body.clear();
        if (stage == "sent")
            answer = ScriptedAnswer::hanging();
        if (stage == "ended, not told")
            answer = ScriptedAnswer::ok("abc");
        if (stage == "redirected" || stage == "fell back") {
            network.answerOnce("PKIOperation", stage == "redirected" ? ScriptedAnswer::redirect(307, "/x?operation=PKIOperation")
                                                                     : ScriptedAnswer::http(405, "No"));
            answer = ScriptedAnswer::hanging();
            requestsWanted = 2;
        }
        network.answer("PKIOperation", answer);
        ExchangeRunner runner(network, asked);

        if (stage != "before start")
            runner.job->start();
        if (stage == "ended, not told") {
            QVERIFY(QTest::qWaitFor([&] { return network.requests().size() == 1; }));
            auto *reply = network.findChild<QNetworkReply *>();
            connect(reply, &QNetworkReply::finished, this, [&] { runner.job->cancel(); }); // after the job's own slot
        } else if (stage != "before start" && stage != "after start") {
            QVERIFY(QTest::qWaitFor([&] { return network.requests().size() == requestsWanted; }));
            QCoreApplication::processEvents();
            if (stage == "body")
                drainEvents();
            runner.job->cancel();
        } else {
            runner.job->cancel();
        }
        if (stage != "ended, not told") {
            runner.job->cancel(); // idempotent
            QCOMPARE(runner.finishedCount, 0);
        }
        QVERIFY(runner.wait());
        QCOMPARE(runner.code(), ErrorCode::Cancelled);
        runner.job->cancel();
        runner.job->start();
        drainEvents();
        QCOMPARE(runner.finishedCount, 1);
        QCOMPARE(runner.code(), ErrorCode::Cancelled);
        QCOMPARE(network.running(), 0);
        QVERIFY(network.requests().size() <= requestsWanted);
    }

    void deletedWhileRunning_data()
    {
        QTest::addColumn<int>("requestsBefore"); // 0: right after start()
        QTest::newRow("not sent yet") << 0;
        QTest::newRow("waiting for the answer") << 1;
        QTest::newRow("after the fallback") << 2;
    }
    void deletedWhileRunning()
    {
        QFETCH(int, requestsBefore);
        ScriptedNetwork network;
        network.answerOnce("PKIOperation", requestsBefore < 2 ? ScriptedAnswer::hanging() : ScriptedAnswer::http(405, "No"));
        network.answer("PKIOperation", ScriptedAnswer::hanging());
        ExchangeRunner runner(network, exchange(Operation::PkiOperation, server, message));
        runner.job->start();
        QVERIFY(QTest::qWaitFor([&] { return network.requests().size() >= requestsBefore; }));
        runner.job.reset();
        drainEvents();
        QCOMPARE(runner.finishedCount, 0);
        QCOMPARE(network.running(), 0);
        QCOMPARE(network.requests().size(), requestsBefore);
    }

    void deletedInItsOwnSignal()
    {
        ScriptedNetwork network;
        network.answer("GetCACaps", ScriptedAnswer::ok("AES"));
        QPointer<ExchangeJob> job = new ExchangeJob(network, exchange(Operation::GetCaCaps, server), {});
        connect(job, &ExchangeJob::finished, this, [&] { delete job.data(); });
        job->start();
        QVERIFY(QTest::qWaitFor([&] { return job.isNull(); }));
    }

    void manyAtOnce()
    {
        ScriptedNetwork network;
        network.handle("PKIOperation", [](const ScriptedRequest &request) { return ScriptedAnswer::ok("for " + request.pkiMessage()); });
        std::vector<std::unique_ptr<ExchangeRunner>> runners;
        for (int i = 0; i < 20; ++i) {
            const auto method = i % 2 == 0 ? HttpMethod::Post : HttpMethod::Get;
            runners.push_back(
                std::make_unique<ExchangeRunner>(network, exchange(Operation::PkiOperation, server, QByteArray::number(i), method)));
            runners.back()->job->start();
        }
        for (int i = 0; i < 20; ++i) {
            QVERIFY(runners[i]->wait());
            QCOMPARE(runners[i]->outcome.reply.body, "for " + QByteArray::number(i));
        }
    }
};

QTEST_GUILESS_MAIN(TestExchangeJob)
#include "tst_exchangejob.moc"
