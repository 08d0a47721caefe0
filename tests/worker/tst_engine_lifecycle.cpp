// SPDX-License-Identifier: GPL-3.0-or-later
// What begins, stops and goes on by itself: enrollment without being asked, disabled servers, dead servers, a clock that is set, a full
// disk.
#include "tests/worker/enginebench.h"

#include <QSslConfiguration>
#include <QSslKey>
#include <QTest>

#include <ctime>

using namespace Scep;
using namespace TestSupport;
using namespace std::chrono_literals;
using State = TransactionStatus::State;

namespace {

constexpr ServerId deadId{2};

/// Many requests, and a server that may be dead.
class CrowdBench : public EngineBench
{
public:
    /// Requests number 100, 101, ..., with one key for all: keys are not what is tested here.
    void addCrowd(int count, ServerId server = serverId, qint64 first = 100)
    {
        for (int i = 0; i < count; ++i) {
            const RequestId id{first + i};
            addRequest(id, QString("device-%1").arg(id.value), server);
            journal.keys.insert(id, rsaKey("crowd"));
            crowd.append(id);
        }
    }
    [[nodiscard]] int countOf(State state) const
    {
        return static_cast<int>(std::ranges::count_if(crowd, [&](RequestId id) { return engine->status(id).state == state; }));
    }
    void addDeadServer()
    {
        EnrollmentServer dead = server();
        dead.id = deadId;
        dead.label = "dead";
        dead.url = QUrl("http://dead.example/scep");
        journal.serverTable.insert(deadId, dead);
        network.handle("PKIOperation", [this](const ScriptedRequest &request) {
            if (request.url.host() == "dead.example" && isDead) {
                ++triesOfDead;
                return ScriptedAnswer::failed(QNetworkReply::ConnectionRefusedError);
            }
            atOnce = std::max(atOnce, network.running() + 1);
            return ca.answer(request);
        });
    }
    QList<RequestId> crowd;
    bool isDead = true;
    int triesOfDead = 0;
    int atOnce = 0;
};

} // namespace

class TestEngineLifecycle : public QObject
{
    Q_OBJECT

private slots:
    // -- without being asked ---------------------------------------------------------------------------------------------------

    void enrolsWhatHasNoCertificate_data()
    {
        QTest::addColumn<QString>("obstacle");
        QTest::addColumn<bool>("begins");
        QTest::newRow("nothing in the way") << "" << true;
        QTest::newRow("rejected before") << "rejected" << false;
        QTest::newRow("has a certificate") << "certificate" << false;
        QTest::newRow("server disabled") << "disabled" << false;
        QTest::newRow("server not confirmed") << "untrusted" << false;
    }
    void enrolsWhatHasNoCertificate()
    {
        QFETCH(QString, obstacle);
        QFETCH(bool, begins);
        EngineBench bench;
        bench.journal.enrollsByItself = true;
        if (obstacle == "rejected")
            bench.journal.waiting.insert(EngineBench::requestId);
        if (obstacle == "certificate") {
            IssuedCertificate present;
            present.request = EngineBench::requestId;
            present.certificate = bench.ca.ca.issue(makeRequest("CN=plc-7", rsaKey("plc-7")), bench.clock.now());
            bench.journal.current.insert(EngineBench::requestId, present);
        }
        bench.changeServer([&](EnrollmentServer &server) {
            server.isEnabled = obstacle != "disabled";
            if (obstacle == "untrusted")
                server.anchor = {};
        });
        bench.start();
        bench.settle();
        bench.pass(3600s, 600s);
        QCOMPARE(bench.journal.issued.size(), begins ? 1 : 0);
        QCOMPARE(bench.operations(), begins ? 1 : 0);
        if (obstacle == "disabled" || obstacle == "untrusted") {
            bench.changeServer([&](EnrollmentServer &server) {
                server.isEnabled = true;
                server.anchor = bench.ca.anchor();
            });
            QVERIFY(bench.waitFor(State::Done));
        }
    }

    void enrolsWhatIsAddedMeanwhile()
    {
        EngineBench bench;
        bench.journal.enrollsByItself = true;
        bench.start();
        QVERIFY(bench.waitFor(State::Done));
        bench.addRequest({20}, "plc-20");
        QVERIFY(bench.waitFor(State::Done, {20}));
        QCOMPARE(bench.journal.issued.size(), 2);
    }

    void rejectedWaitsForAPersonAcrossAStart()
    {
        EngineBench bench;
        bench.journal.enrollsByItself = true;
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.refuse(request, FailInfo::BadRequest); };
        bench.start();
        QVERIFY(bench.waitFor(State::Rejected));
        bench.pass(48h, 6h);
        bench.restart();
        bench.pass(48h, 6h);
        QCOMPARE(bench.operations(), 1);
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.issue(request); };
        bench.engine->enroll(EngineBench::requestId);
        QVERIFY(bench.waitFor(State::Done));
    }

    void askedForButNotBegunBeginsAfterACrash()
    {
        EngineBench bench;
        bench.journal.enrollsByItself = true;
        bench.journal.waiting.insert(EngineBench::requestId); // a person asked in spite of the refusal
        TransactionStatus queued;
        queued.request = EngineBench::requestId;
        queued.state = State::Queued;
        QVERIFY(bench.journal.recordStatus(queued));
        bench.start();
        QVERIFY(bench.waitFor(State::Done));
    }

    // -- disabled --------------------------------------------------------------------------------------------------------------

    void disabledServerFallsSilentAtOnce()
    {
        CrowdBench bench;
        bench.addCrowd(30);
        bench.start();
        bench.ca.standing = [](const ReceivedRequest &) { return ScriptedAnswer::hanging(); };
        for (const RequestId id : std::as_const(bench.crowd))
            bench.engine->enroll(id);
        QTRY_COMPARE(bench.network.running(), 4);
        const int sent = bench.operations();
        bench.changeServer([](EnrollmentServer &server) { server.isEnabled = false; });
        QCOMPARE(bench.network.running(), 0); // not later: now
        bench.pass(2h, 600s);
        QCOMPARE(bench.operations(), sent);
        QCOMPARE(bench.countOf(State::Queued), 30);
        const auto open = bench.journal.open;
        QVERIFY(!open.isEmpty());
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.issue(request); };
        bench.changeServer([](EnrollmentServer &server) { server.isEnabled = true; });
        QTRY_COMPARE_WITH_TIMEOUT(bench.journal.issued.size(), 30, 20000);
        for (const Transaction &transaction : open) { // the same transactions went on
            const bool wentOn = std::ranges::any_of(bench.journal.issued, [&](const IssuedCertificate &issued) {
                return issued.transactionId == transaction.id.toText() && issued.request == transaction.request;
            });
            QVERIFY(wentOn);
        }
    }

    // -- dead servers ------------------------------------------------------------------------------------------------------------

    void deadServerDelaysNobodyElse()
    {
        CrowdBench bench;
        bench.addDeadServer();
        bench.addCrowd(30, deadId);
        bench.start();
        for (const RequestId id : std::as_const(bench.crowd))
            bench.engine->enroll(id);
        bench.settle();
        QVERIFY(bench.triesOfDead > 0);
        bench.engine->enroll(EngineBench::requestId); // at the other server
        QVERIFY(bench.waitFor(State::Done));
        const int before = bench.triesOfDead;
        bench.pass(24h, 300s);
        // One at a time, at most once an hour in the end: not thirty times that.
        QVERIFY2(bench.triesOfDead - before < 60, qPrintable(QString::number(bench.triesOfDead - before)));
        QVERIFY(bench.triesOfDead - before > 20);
        QCOMPARE(bench.countOf(State::Retrying), 30);
        for (const RequestId id : std::as_const(bench.crowd))
            QVERIFY(bench.status(id).nextAttemptAt.isValid());
    }

    void whatPiledUpDoesNotFallOnItAtOnce()
    {
        CrowdBench bench;
        bench.addDeadServer();
        bench.journal.serverTable[deadId].exchangesAtOnce = 8;
        bench.addCrowd(40, deadId);
        bench.start();
        for (const RequestId id : std::as_const(bench.crowd))
            bench.engine->enroll(id);
        bench.pass(2h, 300s);
        QCOMPARE(bench.countOf(State::Retrying), 40);
        bench.isDead = false;
        QList<int> running;
        bench.ca.standing = [&](const ReceivedRequest &request) {
            running.append(bench.network.running() + 1);
            return bench.ca.issue(request);
        };
        bench.pass(4h, 300s);
        QCOMPARE(bench.journal.issued.size(), 40);
        QCOMPARE(running.size(), 40);
        QCOMPARE(running.first(), 1);
        QVERIFY(running.at(1) <= 2);
        QVERIFY(running.at(3) <= 4);
        QVERIFY(std::ranges::max(running) <= 8);
    }

    void aPersonNeedNotWaitForTheBackOff()
    {
        CrowdBench bench;
        bench.addDeadServer();
        bench.addCrowd(10, deadId);
        bench.start();
        for (const RequestId id : std::as_const(bench.crowd))
            bench.engine->enroll(id);
        bench.pass(6h, 300s);
        bench.isDead = false;
        bench.engine->attemptNow(bench.crowd.at(7));
        QTRY_COMPARE(bench.engine->status(bench.crowd.at(7)).state, State::Done);
    }

    void soManyRequestsInAMinute()
    {
        CrowdBench bench;
        bench.changeServer([](EnrollmentServer &server) { server.requestsPerMinute = 6; });
        bench.addCrowd(20);
        bench.start();
        for (const RequestId id : std::as_const(bench.crowd))
            bench.engine->enroll(id);
        bench.settle();
        QCOMPARE(bench.operations(), 6);
        for (int minute = 1; minute <= 3; ++minute) {
            bench.pass(59s, 59s);
            QCOMPARE(bench.operations(), 6 * minute);
            bench.pass(1s);
            QCOMPARE(bench.operations(), std::min(20, 6 * (minute + 1)));
        }
        QCOMPARE(bench.journal.issued.size(), 20);
    }

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

    void lockedVaultStopsOnlyWhatNeedsIt()
    {
        CrowdBench bench;
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.pending(request); };
        QVERIFY(bench.enrollUntil(State::Pending));
        bench.addCrowd(1);
        bench.journal.failNext("challenge", {ErrorCode::VaultLocked, "the vault is locked"}, 1000000);
        bench.engine->enroll(bench.crowd.first());
        bench.settle();
        QCOMPARE(bench.errorCode(bench.crowd.first()), ErrorCode::VaultLocked);
        const int sent = bench.operations();
        bench.pass(30min, 60s);
        QVERIFY(bench.operations() > sent); // polling needs no secret that is not at hand
        QCOMPARE(bench.errorCode(bench.crowd.first()), ErrorCode::VaultLocked);
        bench.journal.failNext("challenge", {}, 0);
        bench.engine->storageAvailable();
        QVERIFY(bench.waitFor(State::Pending, bench.crowd.first()));
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

QTEST_GUILESS_MAIN(TestEngineLifecycle)
#include "tst_engine_lifecycle.moc"
