// SPDX-License-Identifier: GPL-3.0-or-later
// A renewal that is still open when its certificate expires becomes a new enrollment: an expired certificate vouches for nobody.
#include "tests/worker/enginebench.h"

#include <QTest>

using namespace Scep;
using namespace TestSupport;
using namespace std::chrono_literals;
using State = TransactionStatus::State;

namespace {

/// The usual request, enrolled; its certificate lives for a year and is renewed when 80 percent of it are over.
class ExpiryBench : public EngineBench
{
public:
    ExpiryBench()
    {
        ca.capabilities = "AES\nSHA-256\nPOSTPKIOperation\nRenewal\n";
        journal.requestTable[requestId].keySpec.bits = 1024;
    }
    [[nodiscard]] bool enrol()
    {
        if (!enrollUntil(State::Done))
            return false;
        settle();
        former = journal.current.value(requestId);
        forget();
        return true;
    }
    void forget()
    {
        ca.received.clear();
        changes.clear();
        journal.calls.clear();
    }
    /// Nobody is there until further notice.
    void switchOff()
    {
        for (const char *operation : {"GetCACaps", "GetCACert", "PKIOperation"})
            network.answer(operation, ScriptedAnswer::failed(QNetworkReply::ConnectionRefusedError));
    }
    void switchOn()
    {
        network.clear();
        ca.serve(network);
    }
    /// Refuses whoever comes with an expired certificate, as a server must.
    void refuseExpired()
    {
        ca.standing = [this](const ReceivedRequest &request) {
            return clock.now() > request.signer.notAfter() ? ca.refuse(request, FailInfo::BadMessageCheck) : ca.issue(request);
        };
    }
    void answerPending()
    {
        ca.standing = [this](const ReceivedRequest &request) { return ca.pending(request); };
    }
    [[nodiscard]] QDateTime end() const { return former.certificate.notAfter(); }
    [[nodiscard]] QList<MessageType> sentTypes() const
    {
        QList<MessageType> types;
        for (const ReceivedRequest &request : ca.received)
            types.append(request.type);
        return types;
    }
    /// The last message: a new enrollment with the renewal's key, under a certificate of its own.
    void verifyEnrollment(const Pki::PublicKey &renewalKey) const
    {
        QVERIFY(!ca.received.isEmpty());
        const ReceivedRequest &last = ca.received.last();
        QCOMPARE(last.type, MessageType::PkcsReq);
        QCOMPARE(last.signer.issuer(), last.signer.subject());
        QCOMPARE(last.signer.publicKey(), renewalKey);
        QCOMPARE(must(Pki::CertificationRequest::fromDer(last.payload)).publicKey(), renewalKey);
        QCOMPARE(must(Pki::CertificationRequest::fromDer(last.payload)).subject(), former.certificate.subject());
    }

    IssuedCertificate former;
};

} // namespace

class TestEngineExpiry : public QObject
{
    Q_OBJECT

private slots:
    void aServerThatIsDownOverTheEnd_data()
    {
        QTest::addColumn<bool>("restarts");
        QTest::addColumn<bool>("hasChallenge");
        QTest::newRow("running on") << false << false;
        QTest::newRow("running on, with a challenge") << false << true;
        QTest::newRow("in another process afterwards") << true << false;
    }
    void aServerThatIsDownOverTheEnd()
    {
        QFETCH(bool, restarts);
        QFETCH(bool, hasChallenge);
        ExpiryBench bench;
        QVERIFY(bench.enrol());
        bench.refuseExpired();
        bench.switchOff();
        bench.clock.advanceTo(bench.end().addDays(-1));
        QVERIFY(bench.waitFor(State::Retrying));
        QVERIFY(bench.status().isRenewal);
        const Pki::PublicKey key = bench.journal.open.value(EngineBench::requestId).key.publicKey();
        const QString id = bench.status().transactionId;
        if (hasChallenge)
            bench.journal.challenges.insert(EngineBench::requestId, "once more");
        if (restarts)
            bench.stop();
        bench.clock.advanceTo(bench.end().addSecs(7200));
        if (restarts)
            bench.start();
        bench.settle();
        bench.switchOn();
        bench.engine->refreshServer(EngineBench::serverId);
        bench.pass(2h, 600s);
        QCOMPARE(bench.status().state, State::Done);
        // The renewal never arrived; nothing arrived under the expired certificate, and nobody was needed.
        QCOMPARE(bench.sentTypes(), QList{MessageType::PkcsReq});
        bench.verifyEnrollment(key);
        QVERIFY(bench.ca.received.first().transactionId.toText() != id);
        QCOMPARE(must(Pki::CertificationRequest::fromDer(bench.ca.received.first().payload)).hasChallengePassword(), hasChallenge);
        QCOMPARE(bench.journal.calls.count("replace"), 1);
        QVERIFY(bench.journal.closed.isEmpty());
        QVERIFY(!bench.states().contains(State::Rejected));
        QVERIFY(!bench.changes.last().isRenewal);
        QCOMPARE(bench.journal.current.value(EngineBench::requestId).key.publicKey(), key);
    }

    void aRenewalThatCouldNotBegin()
    {
        ExpiryBench bench;
        QVERIFY(bench.enrol());
        bench.refuseExpired();
        bench.changeServer([](EnrollmentServer &server) { server.isEnabled = false; });
        bench.clock.advanceTo(bench.end().addDays(-1));
        bench.settle();
        QCOMPARE(bench.status().state, State::Queued);
        bench.clock.advanceTo(bench.end().addSecs(60));
        bench.settle();
        bench.changeServer([](EnrollmentServer &server) { server.isEnabled = true; });
        QVERIFY(bench.waitFor(State::Done));
        QCOMPARE(bench.sentTypes(), QList{MessageType::PkcsReq});
        QVERIFY(bench.ca.received.first().signer != bench.former.certificate);
    }

    /// The key was made and the certificate read before the end, while the server was not to be trusted.
    void aRenewalThatWasPreparedBefore()
    {
        ExpiryBench bench;
        QVERIFY(bench.enrol());
        bench.refuseExpired();
        const TestCa other = TestCa::create("Other", bench.clock.now());
        bench.clock.advanceTo(bench.end().addDays(-30));
        bench.settle();
        bench.forget();
        bench.journal.closed.clear();
        const qsizetype issuedBefore = bench.journal.issued.size();
        bench.former = bench.journal.current.value(EngineBench::requestId);
        // Unreachable for GetCACert: the engine prepares, and cannot go on without knowing the CA.
        bench.changeServer([](EnrollmentServer &server) { server.url = QUrl("http://moved.example/scep"); });
        bench.switchOff();
        bench.settle();
        bench.engine->renew(EngineBench::requestId);
        bench.settle();
        QVERIFY(bench.status().isOpen());
        QVERIFY(bench.journal.open.isEmpty());
        bench.clock.advanceTo(bench.end().addSecs(60));
        bench.switchOn();
        bench.pass(2h, 600s);
        QCOMPARE(bench.journal.issued.size(), issuedBefore + 1);
        QCOMPARE(bench.sentTypes(), QList{MessageType::PkcsReq});
        QVERIFY(bench.ca.received.first().signer != bench.former.certificate);
    }

    /// However far away the next poll is: at the end the server is asked once more, and then anew.
    void pendingOverTheEnd_data()
    {
        QTest::addColumn<QString>("answer");
        QTest::addColumn<bool>("restarts");
        QTest::newRow("still pending") << "pending" << false;
        QTest::newRow("still pending, in another process") << "pending" << true;
        QTest::newRow("refuses the expired certificate") << "refused" << false;
        QTest::newRow("does not know it any more") << "unknown" << false;
        QTest::newRow("HTTP error") << "http" << false;
    }
    void pendingOverTheEnd()
    {
        QFETCH(QString, answer);
        QFETCH(bool, restarts);
        ExpiryBench bench;
        QVERIFY(bench.enrol());
        bench.changeServer([](EnrollmentServer &server) { server.polling = {48h, 1.5, 48h, 90 * 24h}; });
        bench.answerPending();
        bench.clock.advanceTo(bench.end().addDays(-1));
        QVERIFY(bench.waitFor(State::Pending));
        bench.settle();
        const Pki::PublicKey key = bench.journal.open.value(EngineBench::requestId).key.publicKey();
        const qsizetype before = bench.ca.received.size();
        bench.ca.standing = [&](const ReceivedRequest &request) {
            if (request.signer.issuer() == request.signer.subject())
                return bench.ca.issue(request);
            if (answer == "http")
                return ScriptedAnswer::http(500, "Trouble");
            if (answer == "pending")
                return bench.ca.pending(request);
            return bench.ca.refuse(request, answer == "refused" ? FailInfo::BadMessageCheck : FailInfo::BadCertId);
        };
        bench.clock.advanceTo(bench.end());
        bench.settle();
        QCOMPARE(bench.ca.received.size(), before); // its last second is its own
        if (restarts)
            bench.stop();
        bench.clock.advanceTo(bench.end().addSecs(2));
        if (restarts)
            bench.start();
        QTRY_COMPARE(bench.journal.issued.size(), 2);
        bench.settle();
        QCOMPARE(bench.sentTypes().mid(before), QList({MessageType::CertPoll, MessageType::PkcsReq}));
        bench.verifyEnrollment(key);
        QVERIFY(bench.journal.closed.isEmpty());
    }

    void whatWasIssuedMeanwhileIsNotLost()
    {
        ExpiryBench bench;
        QVERIFY(bench.enrol());
        bench.answerPending();
        bench.clock.advanceTo(bench.end().addDays(-1));
        QVERIFY(bench.waitFor(State::Pending));
        bench.settle();
        bench.stop();
        bench.forget();
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.issue(request); };
        bench.clock.advanceTo(bench.end().addDays(2));
        bench.start();
        QTRY_COMPARE(bench.journal.issued.size(), 2);
        QCOMPARE(bench.sentTypes(), QList{MessageType::CertPoll});
        QCOMPARE(bench.journal.calls.count("replace"), 0);
    }

    /// The last poll meets nobody: it is tried again until somebody answers.
    void theLastPollIsNotGivenUp()
    {
        ExpiryBench bench;
        QVERIFY(bench.enrol());
        bench.answerPending();
        bench.clock.advanceTo(bench.end().addSecs(-600));
        QVERIFY(bench.waitFor(State::Pending));
        bench.settle();
        bench.forget();
        bench.switchOff();
        bench.pass(2h, 60s);
        QVERIFY(bench.journal.open.contains(EngineBench::requestId));
        QCOMPARE(bench.journal.calls.count("replace"), 0);
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.issue(request); };
        bench.switchOn();
        bench.pass(3h, 60s);
        QCOMPARE(bench.status().state, State::Done);
        QCOMPARE(bench.sentTypes(), QList{MessageType::CertPoll});
    }

    /// A clock that is set must not move the date of an expiry.
    void aClockThatIsSetMovesNoExpiry()
    {
        ExpiryBench bench;
        QVERIFY(bench.enrol());
        bench.changeServer([](EnrollmentServer &server) { server.polling = {200 * 24h, 1.5, 200 * 24h, 400 * 24h}; });
        bench.answerPending();
        bench.clock.advanceTo(bench.end().addDays(-40));
        QVERIFY(bench.waitFor(State::Pending));
        bench.settle();
        bench.forget();
        bench.clock.setNow(bench.clock.now().addDays(10));
        bench.settle();
        bench.clock.advanceTo(bench.end().addSecs(-1));
        bench.settle();
        QVERIFY(bench.ca.received.isEmpty());
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.issue(request); };
        bench.clock.advanceTo(bench.end().addSecs(2));
        QTRY_COMPARE(bench.journal.issued.size(), 2);
    }

    void aStorageInTroubleSendsNothing()
    {
        ExpiryBench bench;
        QVERIFY(bench.enrol());
        bench.switchOff();
        bench.clock.advanceTo(bench.end().addDays(-1));
        QVERIFY(bench.waitFor(State::Retrying));
        bench.settle();
        bench.switchOn();
        bench.forget();
        bench.journal.failNext("replace", {ErrorCode::StoreFailure, "disk full"}, 2);
        bench.clock.advanceTo(bench.end().addSecs(2));
        bench.settle();
        QVERIFY(bench.ca.received.isEmpty());
        QCOMPARE(bench.errorCode(), ErrorCode::StoreFailure);
        bench.pass(1h, 60s);
        QCOMPARE(bench.status().state, State::Done);
        QCOMPARE(bench.sentTypes(), QList{MessageType::PkcsReq});
    }
};

QTEST_GUILESS_MAIN(TestEngineExpiry)
#include "tst_engine_expiry.moc"
