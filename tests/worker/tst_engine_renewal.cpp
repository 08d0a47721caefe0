// SPDX-License-Identifier: GPL-3.0-or-later
// Renewal: which message under which signer, the ladder, what is remembered, what begins by itself. tst_engine_kill has the crashes.
#include "scep/worker/renewalplan.h"
#include "tests/worker/enginebench.h"

#include <QTest>

using namespace Scep;
using namespace TestSupport;
using namespace std::chrono_literals;
using State = TransactionStatus::State;
using Step = RenewalStep;

namespace {

/// The usual request, enrolled. Its certificate lives from a day before to a year after the beginning.
class RenewalBench : public EngineBench
{
public:
    explicit RenewalBench(const QByteArray &capabilities = "AES\nSHA-256\nPOSTPKIOperation\nRenewal\n")
    {
        ca.capabilities = capabilities;
        journal.requestTable[requestId].keySpec.bits = 1024;
    }
    /// False if that did not go well.
    bool enrol()
    {
        if (!enrollUntil(State::Done))
            return false;
        settle();
        former = journal.current.value(requestId);
        ca.received.clear();
        changes.clear();
        issued.clear();
        return true;
    }
    bool renewUntil(State state)
    {
        clock.advance(24h); // the next certificate is another one
        engine->renew(requestId);
        return waitFor(state);
    }
    [[nodiscard]] QList<MessageType> sentTypes() const
    {
        QList<MessageType> types;
        for (const ReceivedRequest &request : ca.received)
            types.append(request.type);
        return types;
    }
    [[nodiscard]] Pki::CertificationRequest csr(int index) const
    {
        return must(Pki::CertificationRequest::fromDer(ca.received.at(index).payload));
    }
    [[nodiscard]] bool signedByFormer(int index) const { return ca.received.at(index).signer == former.certificate; }
    [[nodiscard]] bool isOldOneKept() const
    {
        const IssuedCertificate current = journal.current.value(requestId);
        return current.certificate == former.certificate && Pki::belongTogether(current.key, current.certificate);
    }
    [[nodiscard]] std::optional<Step> remembered() const { return journal.knowledgeTable.value(serverId).renewalStep; }

    /// Refuses everything but `accepted` by the current certificate or, for FreshPkcsReq, by a self-signed one.
    void acceptOnly(Step accepted, FailInfo otherwise = FailInfo::BadRequest)
    {
        ca.standing = [this, accepted, otherwise](const ReceivedRequest &request) {
            const bool isSelfSigned = request.signer.issuer() == request.signer.subject();
            const Step step = request.type == MessageType::RenewalReq ? Step::RenewalReq
                              : isSelfSigned                          ? Step::FreshPkcsReq
                                                                      : Step::PkcsReqByCertificate;
            return step == accepted ? ca.issue(request) : ca.refuse(request, otherwise);
        };
    }

    IssuedCertificate former;
};

} // namespace

class TestEngineRenewal : public QObject
{
    Q_OBJECT

private slots:
    /// Undo: what was deleted is not renewed, what was brought back is, without a new start.
    void aCertificateThatComesAndGoesByHand()
    {
        RenewalBench bench;
        QVERIFY(bench.enrol());
        const QDateTime due = bench.engine->renewalDueAt(EngineBench::requestId);
        QVERIFY(due.isValid());
        bench.engine->setCurrent({EngineBench::requestId, {}, false});
        QVERIFY(!bench.engine->renewalDueAt(EngineBench::requestId).isValid());
        bench.engine->setCurrent({EngineBench::requestId, bench.former.certificate, false});
        QCOMPARE(bench.engine->renewalDueAt(EngineBench::requestId), due);
        bench.engine->setCurrent({EngineBench::requestId, bench.former.certificate, true});
        QVERIFY(!bench.engine->renewalDueAt(EngineBench::requestId).isValid());
    }

    void renewalReqWhereItIsAnnounced()
    {
        RenewalBench bench;
        QVERIFY(bench.enrol());
        QVERIFY(bench.renewUntil(State::Done));
        QCOMPARE(bench.sentTypes(), QList{MessageType::RenewalReq});
        QVERIFY(bench.signedByFormer(0));
        QVERIFY(bench.csr(0).challengePassword().isEmpty());
        QVERIFY(bench.csr(0).publicKey() != bench.former.certificate.publicKey());
        QCOMPARE(bench.csr(0).subject(), bench.former.certificate.subject());
        QVERIFY(bench.ca.received.first().transactionId.toText() != bench.former.transactionId);
        const IssuedCertificate current = bench.journal.current.value(EngineBench::requestId);
        QVERIFY(current.certificate != bench.former.certificate);
        QVERIFY(Pki::belongTogether(current.key, current.certificate));
        QCOMPARE(bench.journal.issued.size(), 2);
        QVERIFY(bench.journal.open.isEmpty());
        QCOMPARE(bench.remembered(), std::optional(Step::RenewalReq));
        for (const TransactionStatus &status : std::as_const(bench.changes))
            QVERIFY(status.isRenewal);
        QVERIFY(bench.states().contains(State::GeneratingKey));
    }

    void pkcsReqByTheCurrentCertificateWhereItIsNot()
    {
        RenewalBench bench("AES\nSHA-256\nPOSTPKIOperation\n");
        QVERIFY(bench.enrol());
        QVERIFY(bench.renewUntil(State::Done));
        QCOMPARE(bench.sentTypes(), QList{MessageType::PkcsReq});
        QVERIFY(bench.signedByFormer(0));
        QVERIFY(bench.csr(0).challengePassword().isEmpty());
        QCOMPARE(bench.remembered(), std::optional(Step::PkcsReqByCertificate));
    }

    void settingDecides_data()
    {
        QTest::addColumn<RenewalMethod>("method");
        QTest::addColumn<QByteArray>("capabilities");
        QTest::addColumn<MessageType>("expected");
        QTest::newRow("PKCSReq though RenewalReq is announced")
            << RenewalMethod::PkcsReq << QByteArray("AES\nSHA-256\nRenewal\n") << MessageType::PkcsReq;
        QTest::newRow("RenewalReq though it is not announced")
            << RenewalMethod::RenewalReq << QByteArray("AES\nSHA-256\n") << MessageType::RenewalReq;
    }
    void settingDecides()
    {
        QFETCH(RenewalMethod, method);
        QFETCH(QByteArray, capabilities);
        QFETCH(MessageType, expected);
        RenewalBench bench(capabilities);
        bench.changeServer([&](EnrollmentServer &server) { server.renewalMethod = method; });
        QVERIFY(bench.enrol());
        QVERIFY(bench.renewUntil(State::Done));
        QCOMPARE(bench.sentTypes(), QList{expected});
        QVERIFY(bench.signedByFormer(0));
    }

    void challengeOnRenewal()
    {
        RenewalBench bench;
        bench.changeServer([](EnrollmentServer &server) { server.sendsChallengeOnRenewal = true; });
        QVERIFY(bench.enrol());
        bench.journal.challenges.insert(EngineBench::requestId, "once more");
        QVERIFY(bench.renewUntil(State::Done));
        QCOMPARE(bench.csr(0).challengePassword().view().toByteArray(), QByteArray("once more"));
        QVERIFY(bench.journal.challenges.isEmpty());
    }

    void keyIsReusedOnlyWhenAskedFor()
    {
        RenewalBench bench;
        bench.journal.requestTable[EngineBench::requestId].reusesKeyOnRenewal = true;
        QVERIFY(bench.enrol());
        QVERIFY(bench.renewUntil(State::Done));
        QCOMPARE(bench.csr(0).publicKey(), bench.former.certificate.publicKey());
        QVERIFY(!bench.states().contains(State::GeneratingKey));
        QVERIFY(bench.ca.received.first().transactionId.toText() != bench.former.transactionId);
        QVERIFY(Pki::belongTogether(bench.issued.first().key, bench.issued.first().certificate));
    }

    void stepsDownTheLadder_data()
    {
        QTest::addColumn<Step>("accepted");
        QTest::addColumn<FailInfo>("otherwise");
        QTest::newRow("to PKCSReq, badRequest") << Step::PkcsReqByCertificate << FailInfo::BadRequest;
        QTest::newRow("to PKCSReq, badMessageCheck") << Step::PkcsReqByCertificate << FailInfo::BadMessageCheck;
        QTest::newRow("to a fresh request") << Step::FreshPkcsReq << FailInfo::BadRequest;
    }
    void stepsDownTheLadder()
    {
        QFETCH(Step, accepted);
        QFETCH(FailInfo, otherwise);
        RenewalBench bench;
        QVERIFY(bench.enrol());
        bench.journal.challenges.insert(EngineBench::requestId, "once more");
        bench.acceptOnly(accepted, otherwise);
        QVERIFY(bench.renewUntil(State::Done));
        const bool isFresh = accepted == Step::FreshPkcsReq;
        QCOMPARE(bench.sentTypes(), isFresh ? QList({MessageType::RenewalReq, MessageType::PkcsReq, MessageType::PkcsReq})
                                            : QList({MessageType::RenewalReq, MessageType::PkcsReq}));
        QSet<QString> ids;
        for (int i = 0; i < bench.ca.received.size(); ++i) {
            ids.insert(bench.ca.received.at(i).transactionId.toText());
            QCOMPARE(bench.csr(i).publicKey(), bench.issued.first().key.publicKey()); // one new key for all of them
            const bool isLastOfFresh = isFresh && i == 2;
            QCOMPARE(bench.signedByFormer(i), !isLastOfFresh);
            QCOMPARE(bench.csr(i).challengePassword().isEmpty(), !isLastOfFresh);
        }
        QCOMPARE(ids.size(), bench.ca.received.size());
        QCOMPARE(bench.journal.calls.count("replace"), isFresh ? 2 : 1);
        QVERIFY(bench.journal.closed.isEmpty()); // one renewal to everybody outside
        QVERIFY(!bench.states().contains(State::Rejected));
        QCOMPARE(bench.remembered(), std::optional(accepted));

        // Next time what worked comes first, also after a restart; a challenge is never the first choice.
        bench.ca.received.clear();
        bench.restart();
        bench.former = bench.journal.current.value(EngineBench::requestId);
        QVERIFY(bench.renewUntil(isFresh ? State::Rejected : State::Done));
        QCOMPARE(bench.sentTypes(), isFresh ? QList({MessageType::RenewalReq, MessageType::PkcsReq}) : QList{MessageType::PkcsReq});
    }

    void stepsDownOverHttp_data()
    {
        QTest::addColumn<int>("status");
        for (const int status : {400, 500, 501})
            QTest::newRow(qPrintable(QString::number(status))) << status;
        QTest::newRow("an empty reply") << 200;
    }
    void stepsDownOverHttp()
    {
        QFETCH(int, status);
        RenewalBench bench("AES\nSHA-256\nRenewal\n"); // by GET: a 501 is not taken for a refused POST
        QVERIFY(bench.enrol());
        bench.ca.standing = [&](const ReceivedRequest &request) {
            if (request.type == MessageType::RenewalReq)
                return status == 200 ? ScriptedAnswer::ok({}, "application/x-pki-message")
                                     : ScriptedAnswer::http(status, "No", "unknown message type");
            return bench.ca.issue(request);
        };
        QVERIFY(bench.renewUntil(State::Done));
        QCOMPARE(bench.sentTypes(), QList({MessageType::RenewalReq, MessageType::PkcsReq}));
        QVERIFY(bench.signedByFormer(1));
    }

    void aServerInTroubleIsAskedTheSameAgain()
    {
        RenewalBench bench;
        QVERIFY(bench.enrol());
        QVERIFY(bench.renewUntil(State::Done)); // by RenewalReq
        bench.ca.received.clear();
        bench.ca.standing = [](const ReceivedRequest &) { return ScriptedAnswer::http(500, "Trouble"); };
        QVERIFY(bench.renewUntil(State::Retrying));
        bench.pass(600s);
        QVERIFY(bench.ca.received.size() > 2);
        for (const MessageType type : bench.sentTypes())
            QCOMPARE(type, MessageType::RenewalReq);
        QCOMPARE(bench.journal.calls.count("replace"), 0);
    }

    void allRungsRefused()
    {
        RenewalBench bench;
        QVERIFY(bench.enrol());
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.refuse(request, FailInfo::BadRequest, "too early"); };
        QVERIFY(bench.renewUntil(State::Rejected));
        QCOMPARE(bench.sentTypes(), QList({MessageType::RenewalReq, MessageType::PkcsReq}));
        QCOMPARE(bench.status().rejection->failInfoText, QString("too early"));
        QVERIFY2(bench.status().error->detail.contains("RenewalReq, PKCSReq"), qPrintable(bench.status().error->detail));
        QVERIFY(bench.isOldOneKept());
        QVERIFY(bench.journal.open.isEmpty());
        QVERIFY(!bench.remembered());
    }

    void algorithmsAndClocksAreNoMatterOfTheMessage_data()
    {
        QTest::addColumn<FailInfo>("info");
        QTest::newRow("badAlg") << FailInfo::BadAlg;
        QTest::newRow("badTime") << FailInfo::BadTime;
    }
    void algorithmsAndClocksAreNoMatterOfTheMessage()
    {
        QFETCH(FailInfo, info);
        RenewalBench bench;
        QVERIFY(bench.enrol());
        bench.journal.challenges.insert(EngineBench::requestId, "once more");
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.refuse(request, info); };
        QVERIFY(bench.renewUntil(State::Rejected));
        QCOMPARE(bench.sentTypes(), QList{MessageType::RenewalReq});
        QVERIFY(bench.isOldOneKept());
    }

    void forgedReplyNeverStepsDown()
    {
        RenewalBench bench;
        QVERIFY(bench.enrol());
        bench.journal.challenges.insert(EngineBench::requestId, "once more");
        const TestCa foreign = TestCa::create("Forger", bench.clock.now());
        bench.ca.standing = [&](const ReceivedRequest &request) {
            CertRepTemplate reply;
            reply.transactionId = request.transactionId;
            reply.senderNonce = Nonce::create();
            reply.recipientNonce = request.senderNonce;
            reply.signer = foreign.ra.certificate;
            reply.body = Rejection{static_cast<int>(FailInfo::BadRequest), {}, {}};
            return ScriptedCa::pkiMessage(must(buildCertRep(reply, foreign.ra.key)));
        };
        QVERIFY(bench.renewUntil(State::Retrying));
        QCOMPARE(bench.errorCode(), ErrorCode::SignerUnknown);
        bench.pass(2h, 60s);
        QCOMPARE(bench.status().state, State::Rejected);
        for (const MessageType type : bench.sentTypes())
            QCOMPARE(type, MessageType::RenewalReq);
        for (int i = 0; i < bench.ca.received.size(); ++i)
            QVERIFY(bench.csr(i).challengePassword().isEmpty());
        QVERIFY(bench.isOldOneKept());
    }

    void refusedAfterPendingIsADecision()
    {
        RenewalBench bench;
        QVERIFY(bench.enrol());
        bench.journal.challenges.insert(EngineBench::requestId, "once more");
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.pending(request); };
        QVERIFY(bench.renewUntil(State::Pending));
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.refuse(request, FailInfo::BadRequest); };
        bench.engine->attemptNow(EngineBench::requestId);
        QVERIFY(bench.waitFor(State::Rejected));
        QCOMPARE(bench.sentTypes(), QList({MessageType::RenewalReq, MessageType::CertPoll}));
        QVERIFY(bench.isOldOneKept());
    }

    // RFC 8894 3.3.2: the reply is encrypted to the signer, which is the current certificate: its key must still be there.
    void pendingRenewalIsPolledAndOpenedWithTheOldKey_data()
    {
        QTest::addColumn<bool>("restarts");
        QTest::newRow("running on") << false;
        QTest::newRow("after a restart") << true;
    }
    void pendingRenewalIsPolledAndOpenedWithTheOldKey()
    {
        QFETCH(bool, restarts);
        RenewalBench bench;
        QVERIFY(bench.enrol());
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.pending(request); };
        QVERIFY(bench.renewUntil(State::Pending));
        QVERIFY(bench.isOldOneKept());
        if (restarts)
            bench.restart();
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.issue(request); };
        bench.engine->attemptNow(EngineBench::requestId);
        QVERIFY(bench.waitFor(State::Done));
        QCOMPARE(bench.sentTypes(), QList({MessageType::RenewalReq, MessageType::CertPoll}));
        QVERIFY(bench.signedByFormer(1));
        QVERIFY(Pki::belongTogether(bench.issued.first().key, bench.issued.first().certificate));
        QVERIFY(bench.issued.first().key.publicKey() != bench.former.key.publicKey());
        QCOMPARE(bench.remembered(), std::optional(Step::RenewalReq));
    }

    void theOldCertificateIsNoRenewal_data()
    {
        QTest::addColumn<bool>("reusesKey");
        QTest::newRow("for the same key") << true;
        QTest::newRow("for a new key") << false;
    }
    void theOldCertificateIsNoRenewal()
    {
        QFETCH(bool, reusesKey);
        RenewalBench bench;
        bench.journal.requestTable[EngineBench::requestId].reusesKeyOnRenewal = reusesKey;
        QVERIFY(bench.enrol());
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.deliver(request, bench.former.certificate); };
        QVERIFY(bench.renewUntil(State::Rejected));
        QCOMPARE(bench.errorCode(), ErrorCode::OldCertificateReturned);
        bench.settle();
        QCOMPARE(bench.operations(), 2); // not asked again
        QVERIFY(bench.isOldOneKept());
        QVERIFY(!bench.remembered());
    }

    void renewedForNotLongerIsNoted()
    {
        RenewalBench bench;
        QVERIFY(bench.enrol());
        bench.ca.standing = [&](const ReceivedRequest &request) {
            CertificateOptions options;
            options.notAfter = bench.former.certificate.notAfter();
            const auto csr = must(Pki::CertificationRequest::fromDer(request.payload));
            return bench.ca.deliver(request, bench.ca.ca.issue(csr, bench.clock.now(), options));
        };
        QVERIFY(bench.renewUntil(State::Done));
        QVERIFY2(bench.issued.first().notes.join('\n').contains("does not last longer"), qPrintable(bench.issued.first().notes.join('\n')));
    }

    void whatCannotBeRenewed_data()
    {
        QTest::addColumn<QString>("what");
        QTest::addColumn<ErrorCode>("expected");
        QTest::newRow("no certificate") << "none" << ErrorCode::NotPossibleNow;
        QTest::newRow("the device has the key") << "device" << ErrorCode::DeviceCsrNeeded;
        QTest::newRow("another key") << "other" << ErrorCode::KeyMismatch;
    }
    void whatCannotBeRenewed()
    {
        QFETCH(QString, what);
        QFETCH(ErrorCode, expected);
        RenewalBench bench;
        QVERIFY(bench.enrol());
        if (what == "none")
            bench.journal.current.clear();
        else
            bench.journal.current[EngineBench::requestId].key = what == "device" ? Pki::PrivateKey() : rsaKey("another");
        QVERIFY(bench.renewUntil(State::Rejected));
        QCOMPARE(bench.errorCode(), expected);
        bench.settle();
        QVERIFY(bench.ca.received.isEmpty());
    }

    void anExpiredCertificateMeansANewEnrollment()
    {
        RenewalBench bench;
        bench.journal.requestTable[EngineBench::requestId].renewal.kind = RenewalRule::Kind::Off;
        QVERIFY(bench.enrol());
        bench.clock.advance(400 * 24h);
        bench.settle();
        bench.journal.challenges.insert(EngineBench::requestId, "once more");
        QVERIFY(bench.renewUntil(State::Done));
        QCOMPARE(bench.sentTypes(), QList{MessageType::PkcsReq});
        QVERIFY(!bench.signedByFormer(0));
        QCOMPARE(bench.csr(0).challengePassword().view().toByteArray(), QByteArray("once more"));
        QVERIFY(!bench.remembered());
    }

    // -- by itself ---------------------------------------------------------------------------------------------------------

    void renewsByItselfWhenItIsDue()
    {
        RenewalBench bench;
        QVERIFY(bench.enrol());
        const Pki::Certificate &former = bench.former.certificate;
        const QDateTime threshold = bench.journal.requestTable[EngineBench::requestId].renewal.dueAt(former.notBefore(), former.notAfter());
        const QDateTime due = spreadRenewal(EngineBench::requestId, threshold, former.notAfter());
        QVERIFY(due >= threshold && due <= threshold.addDays(1));
        QCOMPARE(bench.engine->renewalDueAt(EngineBench::requestId), due);
        bench.clock.advanceTo(due.addSecs(-5));
        bench.settle();
        QVERIFY(bench.ca.received.isEmpty());
        bench.clock.advanceTo(due);
        QTRY_COMPARE(bench.journal.issued.size(), 2);
        bench.settle();
        QCOMPARE(bench.sentTypes(), QList{MessageType::RenewalReq});
        QVERIFY(bench.engine->renewalDueAt(EngineBench::requestId) > due); // planned for the new one
        bench.pass(10 * 24h, 24h);
        QCOMPARE(bench.ca.received.size(), 1); // once
    }

    void whatBecameDueWhileNobodyRan()
    {
        RenewalBench bench;
        QVERIFY(bench.enrol());
        bench.stop();
        bench.clock.advance(320 * 24h);
        bench.start();
        QTRY_COMPARE(bench.journal.issued.size(), 2);
    }

    void ruleChanges()
    {
        RenewalBench bench;
        QVERIFY(bench.enrol());
        EnrollmentRequest request = bench.journal.requestTable[EngineBench::requestId];
        request.renewal = {RenewalRule::Kind::Off, 80};
        bench.engine->setRequest(request);
        QVERIFY(!bench.engine->renewalDueAt(EngineBench::requestId).isValid());
        request.renewal = {RenewalRule::Kind::HoursBeforeExpiry, 24};
        bench.engine->setRequest(request);
        const QDateTime end = bench.former.certificate.notAfter();
        QCOMPARE(bench.engine->renewalDueAt(EngineBench::requestId), spreadRenewal(EngineBench::requestId, end.addSecs(-24 * 3600), end));
        bench.clock.advance(300 * 24h);
        request.renewal = {RenewalRule::Kind::PercentOfValidity, 50}; // long over
        bench.engine->setRequest(request);
        QTRY_COMPARE(bench.journal.issued.size(), 2);
    }

    void removedRequestIsNotRenewed()
    {
        RenewalBench bench;
        QVERIFY(bench.enrol());
        bench.engine->removeRequest(EngineBench::requestId);
        bench.pass(330 * 24h, 10 * 24h);
        QVERIFY(bench.ca.received.isEmpty());
    }

    void refusedRenewalWaitsForAPerson_data()
    {
        QTest::addColumn<bool>("cancels");
        QTest::newRow("rejected") << false;
        QTest::newRow("cancelled") << true;
    }
    void refusedRenewalWaitsForAPerson()
    {
        QFETCH(bool, cancels);
        RenewalBench bench;
        QVERIFY(bench.enrol());
        bench.ca.standing = [&](const ReceivedRequest &request) {
            return cancels ? bench.ca.pending(request) : bench.ca.refuse(request, FailInfo::BadRequest);
        };
        bench.clock.advance(310 * 24h);
        if (cancels) {
            QVERIFY(bench.waitFor(State::Pending));
            bench.engine->cancel(EngineBench::requestId);
        } else {
            QVERIFY(bench.waitFor(State::Rejected));
        }
        const qsizetype sent = bench.ca.received.size();
        bench.pass(5 * 24h, 12h);
        bench.restart();
        bench.pass(5 * 24h, 12h);
        QCOMPARE(bench.ca.received.size(), sent);
        QVERIFY(!bench.engine->renewalDueAt(EngineBench::requestId).isValid());
        // The person says so: it goes on.
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.issue(request); };
        QVERIFY(bench.renewUntil(State::Done));
        QVERIFY(bench.engine->renewalDueAt(EngineBench::requestId).isValid());
    }

    void disabledServerRenewsWhenItIsBack()
    {
        RenewalBench bench;
        QVERIFY(bench.enrol());
        bench.changeServer([](EnrollmentServer &server) { server.isEnabled = false; });
        bench.pass(310 * 24h, 31 * 24h);
        QCOMPARE(bench.status().state, State::Queued);
        QVERIFY(bench.ca.received.isEmpty());
        bench.changeServer([](EnrollmentServer &server) { server.isEnabled = true; });
        QVERIFY(bench.waitFor(State::Done));
        QCOMPARE(bench.sentTypes(), QList{MessageType::RenewalReq});
    }

    void expiredWhileNobodyRan_data()
    {
        QTest::addColumn<bool>("hasChallenge");
        QTest::newRow("with a challenge at hand") << true;
        QTest::newRow("without") << false; // the server may want none, or ask a person
    }
    void expiredWhileNobodyRan()
    {
        QFETCH(bool, hasChallenge);
        RenewalBench bench;
        QVERIFY(bench.enrol());
        bench.stop();
        bench.clock.advance(400 * 24h);
        if (hasChallenge)
            bench.journal.challenges.insert(EngineBench::requestId, "once more");
        bench.start();
        QTRY_COMPARE(bench.journal.issued.size(), 2);
        bench.settle();
        QCOMPARE(bench.sentTypes(), QList{MessageType::PkcsReq}); // too late to renew: a new enrollment
        QVERIFY(!bench.signedByFormer(0));
        QCOMPARE(bench.csr(0).hasChallengePassword(), hasChallenge);
        QVERIFY(bench.csr(0).publicKey() != bench.former.certificate.publicKey());
    }

    void expiredKeepsItsKeyIfThatIsWanted()
    {
        RenewalBench bench;
        QVERIFY(bench.enrol());
        bench.journal.requestTable[EngineBench::requestId].reusesKeyOnRenewal = true;
        bench.stop();
        bench.clock.advance(400 * 24h);
        bench.start();
        QTRY_COMPARE(bench.journal.issued.size(), 2);
        QVERIFY(bench.csr(0).publicKey() == bench.former.certificate.publicKey());
    }

    void expiredAtADeviceIsForTheDevice()
    {
        RenewalBench bench;
        QVERIFY(bench.enrol());
        bench.journal.current[EngineBench::requestId].key = {};
        bench.stop();
        bench.clock.advance(400 * 24h);
        bench.start();
        QVERIFY(bench.waitFor(State::Rejected)); // no key of ours takes its place
        QVERIFY(bench.ca.received.isEmpty());
        QCOMPARE(bench.errorCode(), ErrorCode::DeviceCsrNeeded);
    }
};

QTEST_GUILESS_MAIN(TestEngineRenewal)
#include "tst_engine_renewal.moc"
