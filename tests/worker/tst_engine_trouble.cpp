// SPDX-License-Identifier: GPL-3.0-or-later
// Trouble with the machine: a clock that is set, a full disk, a locked vault.
#include "tests/worker/crowdbench.h"

#include <QNetworkProxy>
#include <QSslConfiguration>
#include <QSslKey>
#include <QTest>

#include <ctime>

using namespace Scep;
using namespace TestSupport;
using namespace std::chrono_literals;
using State = TransactionStatus::State;

class TestEngineTrouble : public QObject
{
    Q_OBJECT

private slots:
    // -- time --------------------------------------------------------------------------------------------------------------------

    void clockSetWhilePending_data()
    {
        QTest::addColumn<int>("hours");
        QTest::newRow("back three days") << -72;
        QTest::newRow("back an hour, as a wrong winter time") << -1;
        QTest::newRow("forward an hour") << 1;
        QTest::newRow("forward eight days, past the end of polling") << 8 * 24;
    }
    void clockSetWhilePending()
    {
        QFETCH(int, hours);
        EngineBench bench;
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.pending(request); };
        QVERIFY(bench.enrollUntil(State::Pending));
        bench.settle();
        const qint64 wait = bench.clock.now().secsTo(bench.status().nextAttemptAt);
        QVERIFY(wait > 30);
        bench.clock.setNow(bench.clock.now().addSecs(hours * 3600));
        bench.settle();
        QCOMPARE(bench.operations(), 1); // no minute has passed
        QCOMPARE(bench.status().state, State::Pending);
        QCOMPARE(bench.clock.now().secsTo(bench.status().nextAttemptAt), wait);
        bench.clock.advance(std::chrono::seconds(wait));
        QTRY_COMPARE(bench.operations(), 2);
        bench.settle();
        QCOMPARE(bench.status().state, State::Pending); // the end of polling has not come nearer
        const auto stored = bench.journal.open.value(EngineBench::requestId);
        QVERIFY(stored.firstPendingAt <= bench.clock.now());
        QVERIFY(stored.firstPendingAt.secsTo(bench.clock.now()) <= wait + 1);
        bench.pass(8 * 24h, 1800s);
        QCOMPARE(bench.errorCode(), ErrorCode::PollingEnded); // but comes
    }

    void clockSetBackWhileNobodyRan()
    {
        EngineBench bench;
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.pending(request); };
        QVERIFY(bench.enrollUntil(State::Pending));
        bench.stop();
        bench.clock.setNow(bench.clock.now().addDays(-30));
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.issue(request); };
        bench.ca.ca = TestCa::create("Bench", bench.clock.now()); // in force then too
        bench.journal.knowledgeTable.clear();
        bench.changeServer([&](EnrollmentServer &server) { server.anchor = bench.ca.anchor(); });
        bench.start();
        QVERIFY(bench.waitFor(State::Done)); // not in a month
    }

    void renewalsAreBoundToDates()
    {
        EngineBench bench;
        QVERIFY(bench.enrollUntil(State::Done));
        const QDateTime due = bench.engine->renewalDueAt(EngineBench::requestId);
        bench.clock.setNow(bench.clock.now().addDays(20));
        bench.settle();
        QCOMPARE(bench.engine->renewalDueAt(EngineBench::requestId), due);
    }

    void summerTimeChangesNothing()
    {
        const QByteArray zone = qgetenv("TZ");
        qputenv("TZ", "Europe/Berlin");
        tzset();
        for (const QDateTime &night : {QDateTime({2026, 3, 29}, {0, 58}, Qt::UTC), QDateTime({2026, 10, 25}, {0, 58}, Qt::UTC)}) {
            EngineBench bench;
            bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.pending(request); };
            bench.changeServer([](EnrollmentServer &server) { server.polling.growth = 1; });
            bench.clock.advanceTo(night);
            QVERIFY(bench.enrollUntil(State::Pending));
            bench.settle();
            bench.pass(10 * 60s, 10s);
            QVERIFY2(bench.operations() >= 9 && bench.operations() <= 13, qPrintable(QString::number(bench.operations())));
        }
        qputenv("TZ", zone);
        tzset();
    }

    // -- storage -----------------------------------------------------------------------------------------------------------------

    void fullDiskStopsAllAndLosesNothing()
    {
        CrowdBench bench;
        bench.addCrowd(20);
        QSet<RequestId> told;
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.pending(request); };
        bench.start();
        for (int i = 0; i < 10; ++i) // ten are pending when the disk becomes full
            bench.engine->enroll(bench.crowd.at(i));
        QTRY_COMPARE(bench.countOf(State::Pending), 10);
        bench.settle();
        const Error full{ErrorCode::DiskFull, "the disk is full"};
        for (const char *call : {"begin", "update", "complete", "close"})
            bench.journal.failNext(call, full, 1000000);
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.issue(request); };
        for (int i = 10; i < 20; ++i)
            bench.engine->enroll(bench.crowd.at(i));
        bench.settle();
        const int sent = bench.operations();
        QCOMPARE(sent, 10);
        bench.pass(12h, 900s);
        QCOMPARE(bench.operations(), sent); // the answer could not be kept, so nothing is asked
        for (const RequestId id : std::as_const(bench.crowd)) {
            QCOMPARE(bench.errorCode(id), ErrorCode::DiskFull);
            QCOMPARE(bench.status(id).state, bench.journal.open.contains(id) ? State::Retrying : State::Queued);
        }
        for (const char *call : {"begin", "update", "complete", "close"})
            bench.journal.failNext(call, full, 0);
        if (QTest::currentDataTag() == QByteArray("told"))
            bench.engine->storageAvailable();
        else
            bench.pass(66min, 60s); // the first write that works lets the others go on
        QTRY_COMPARE_WITH_TIMEOUT(bench.journal.issued.size(), 20, 20000);
        QSet<QString> transactions;
        for (const ReceivedRequest &request : std::as_const(bench.ca.received))
            transactions.insert(request.transactionId.toText());
        QCOMPARE(transactions.size(), 20); // each is still the one that was begun
    }
    void fullDiskStopsAllAndLosesNothing_data()
    {
        QTest::addColumn<int>("unused");
        QTest::newRow("noticed") << 0;
        QTest::newRow("told") << 0;
    }

    void firstWriteThatWorksLetsAllGoOn()
    {
        CrowdBench bench;
        bench.addCrowd(8);
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.pending(request); };
        bench.start();
        for (const RequestId id : std::as_const(bench.crowd))
            bench.engine->enroll(id);
        QTRY_COMPARE(bench.countOf(State::Pending), 8);
        bench.journal.failNext("update", {ErrorCode::StoreFailure, "read-only"}, 1000000);
        bench.pass(12h, 900s);
        bench.journal.failNext("update", {}, 0);
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.issue(request); };
        bench.engine->attemptNow(bench.crowd.first()); // one of them
        QTRY_COMPARE_WITH_TIMEOUT(bench.journal.issued.size(), 8, 10000);
    }

    void secretThatCannotBeReadStopsOnlyWhatNeedsIt_data()
    {
        QTest::addColumn<int>("code");
        QTest::newRow("locked vault") << int(ErrorCode::VaultLocked);
        QTest::newRow("damaged") << int(ErrorCode::DecryptionFailed);
        QTest::newRow("no key") << int(ErrorCode::Malformed);
    }
    void secretThatCannotBeReadStopsOnlyWhatNeedsIt()
    {
        QFETCH(int, code);
        const ErrorCode trouble = static_cast<ErrorCode>(code);
        CrowdBench bench;
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.pending(request); };
        QVERIFY(bench.enrollUntil(State::Pending));
        bench.addCrowd(1);
        bench.journal.failNext("challenge", {trouble, "cannot be read"}, 1000000);
        bench.engine->enroll(bench.crowd.first());
        bench.settle();
        QCOMPARE(bench.errorCode(bench.crowd.first()), trouble);
        const int sent = bench.operations();
        bench.pass(30min, 60s);
        QVERIFY(bench.operations() > sent); // polling needs no secret that is not at hand
        QCOMPARE(bench.errorCode(bench.crowd.first()), trouble);
        bench.journal.failNext("challenge", {}, 0);
        bench.engine->storageAvailable();
        QVERIFY(bench.waitFor(State::Pending, bench.crowd.first()));
    }

    /// Nothing else is under way, so no write shows that the storage is well.
    void oneDamagedSecretLetsOthersBegin()
    {
        CrowdBench bench;
        bench.addCrowd(2);
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.pending(request); };
        bench.start();
        bench.journal.failNext("challenge", {ErrorCode::DecryptionFailed, {}}, 1);
        bench.engine->enroll(bench.crowd.first());
        bench.settle();
        QCOMPARE(bench.errorCode(bench.crowd.first()), ErrorCode::DecryptionFailed);
        bench.engine->enroll(bench.crowd.last());
        QVERIFY(bench.waitFor(State::Pending, bench.crowd.last()));
    }

    void proxyPasswordComesFromTheVault()
    {
        EngineBench bench;
        bench.changeServer([&](EnrollmentServer &server) {
            server.transport.proxy = QUrl("http://proxy.example:3128");
            server.transport.proxyUser = "joe";
        });
        bench.journal.proxyPasswords.insert(EngineBench::serverId, "geheim");
        QStringList seen;
        bench.ca.standing = [&](const ReceivedRequest &request) {
            const QUrl url = bench.network.requests().last().request.url();
            const QNetworkProxy proxy = bench.network.proxyFactory()->queryProxy(QNetworkProxyQuery(url)).first();
            seen.append(proxy.user() + ":" + proxy.password() + "@" + proxy.hostName());
            return bench.ca.pending(request);
        };
        bench.journal.failNext("proxyPassword", {ErrorCode::VaultLocked, "the vault is locked"}, 1000000);
        bench.start();
        bench.journal.failNext("proxyPassword", {}, 0);
        bench.engine->storageAvailable();
        bench.engine->enroll(EngineBench::requestId);
        QVERIFY(bench.waitFor(State::Pending));
        QCOMPARE(seen.last(), QString("joe:geheim@proxy.example"));
        // Another one is given, and counts at once; without one the engine keeps the one it has.
        EnrollmentServer server = bench.journal.serverTable.value(EngineBench::serverId);
        server.transport.proxyPassword = std::make_shared<const Pki::SecretBytes>(QByteArrayView("another"));
        bench.engine->setServer(server);
        server.transport.proxyPassword.reset();
        bench.engine->setServer(server);
        bench.engine->attemptNow(EngineBench::requestId);
        QTRY_COMPARE(seen.last(), QString("joe:another@proxy.example"));
    }

    void clientKeyComesFromTheVault()
    {
        EngineBench bench;
        const Pki::PrivateKey key = rsaKey("tls client");
        bench.changeServer([&](EnrollmentServer &server) {
            server.url = QUrl("https://ca.example/scep");
            server.transport.clientCertificates = {makeSelfSigned("CN=client", key, bench.clock.now()).certificate};
        });
        bench.journal.clientKeys.insert(EngineBench::serverId, key);
        bench.journal.failNext("clientKey", {ErrorCode::VaultLocked, "the vault is locked"}, 1000000);
        bench.start();
        bench.engine->enroll(EngineBench::requestId);
        bench.settle();
        QCOMPARE(bench.network.requests().size(), 0); // never without it
        QCOMPARE(bench.errorCode(), ErrorCode::KeyMismatch);
        bench.journal.failNext("clientKey", {}, 0);
        bench.engine->storageAvailable();
        QVERIFY(bench.waitFor(State::Done));
        const auto requests = bench.network.requests();
        for (const ScriptedRequest &request : requests) {
            const QSslConfiguration tls = request.request.sslConfiguration();
            QCOMPARE(tls.privateKey().toPem(), QSslKey(key.toPkcs8Pem().view().toByteArray(), QSsl::Rsa).toPem());
            QCOMPARE(tls.localCertificateChain().size(), 1);
        }
    }
};

QTEST_GUILESS_MAIN(TestEngineTrouble)
#include "tst_engine_trouble.moc"
