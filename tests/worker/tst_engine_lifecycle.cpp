// SPDX-License-Identifier: GPL-3.0-or-later
// What begins, stops and goes on by itself: enrollment without being asked, disabled servers, dead servers.
#include "tests/worker/crowdbench.h"

#include <QTest>

using namespace Scep;
using namespace TestSupport;
using namespace std::chrono_literals;
using State = TransactionStatus::State;

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

    void aPersonOvertakesWhatGoesByItself_data()
    {
        QTest::addColumn<bool>("isNew");
        QTest::newRow("a new request") << true;
        QTest::newRow("one of those that wait") << false;
    }
    void aPersonOvertakesWhatGoesByItself()
    {
        QFETCH(bool, isNew);
        CrowdBench bench;
        bench.journal.requestTable.remove(EngineBench::requestId);
        bench.journal.enrollsByItself = true;
        bench.changeServer([](EnrollmentServer &server) { server.requestsPerMinute = 2; });
        bench.addCrowd(20);
        bench.start();
        bench.settle();
        QCOMPARE(bench.operations(), 2);
        RequestId asked;
        if (isNew) {
            bench.journal.enrollsByItself = false;
            asked = {500};
            bench.addRequest(asked, "hurried");
            bench.engine->enroll(asked);
        } else {
            const auto waits = [&](RequestId id) { return bench.status(id).state != State::Done; };
            asked = *std::ranges::find_if(bench.crowd.rbegin(), bench.crowd.rend(), waits);
            bench.engine->attemptNow(asked);
        }
        bench.settle();
        QCOMPARE(bench.operations(), 2); // not before its minute
        bench.pass(60s);
        QCOMPARE(bench.operations(), 4);
        QCOMPARE(bench.status(asked).state, State::Done);
        bench.pass(10 * 60s);
        QCOMPARE(bench.journal.issued.size(), isNew ? 21 : 20);
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
};

QTEST_GUILESS_MAIN(TestEngineLifecycle)
#include "tst_engine_lifecycle.moc"
