// SPDX-License-Identifier: GPL-3.0-or-later
// What changeEffects() announces of a change, and what the engine does about it: the same.
#include "scep/worker/changeeffects.h"
#include "tests/worker/enginebench.h"

#include <QTest>

using namespace Scep;
using namespace TestSupport;
using namespace std::chrono_literals;
using State = TransactionStatus::State;
using Effect = ChangeEffect;

namespace {

constexpr RequestId secondId{11};

/// One request with a certificate, one that is pending at the same server.
class ChangeBench : public EngineBench
{
public:
    ChangeBench()
        : other("Other", clock)
    {
        ca.capabilities = "AES\nSHA-256\nPOSTPKIOperation\nRenewal\n";
        other.capabilities = ca.capabilities;
        journal.requestTable[requestId].keySpec.bits = 1024;
    }
    [[nodiscard]] bool prepare()
    {
        if (!enrollUntil(State::Done))
            return false;
        addRequest(secondId, "plc-8");
        ca.standing = [this](const ReceivedRequest &request) { return ca.pending(request); };
        engine->enroll(secondId);
        if (!waitFor(State::Pending, secondId))
            return false;
        settle();
        former = journal.current.value(requestId).certificate;
        forget();
        return true;
    }
    void forget()
    {
        ca.received.clear();
        other.received.clear();
        knowledge.clear();
        askedBefore = network.count("GetCACert");
        sentBefore = operations();
    }
    [[nodiscard]] ChangeEffects announcedFor(const std::function<void(EnrollmentServer &)> &change) const
    {
        EnrollmentServer after = server();
        change(after);
        return changeEffects(server(), after, journal.knowledgeTable.value(serverId));
    }

    ScriptedCa other;
    Pki::Certificate former;
    int askedBefore = 0;
    int sentBefore = 0;
};

using ServerChange = std::function<void(EnrollmentServer &)>;

} // namespace

class TestEngineChanges : public QObject
{
    Q_OBJECT

private slots:
    void serverChangeDoesWhatIsSaid_data()
    {
        QTest::addColumn<QString>("change");
        for (const char *change : {"label", "cipher", "url", "identifier", "certificate of the same CA", "issuing CA", "another CA",
                                   "no anchor", "disabled", "roles", "polling"})
            QTest::newRow(change) << change;
    }
    void serverChangeDoesWhatIsSaid()
    {
        QFETCH(QString, change);
        ChangeBench bench;
        QVERIFY(bench.prepare());
        const QHash<QString, ServerChange> changes{
            {"label", [](EnrollmentServer &s) { s.label = "plant"; }},
            {"cipher", [](EnrollmentServer &s) { s.algorithms.cipher = Pki::Cipher::Aes128; }},
            {"url", [](EnrollmentServer &s) { s.url = QUrl("http://moved.example/scep"); }},
            {"identifier", [](EnrollmentServer &s) { s.caIdentifier = "plant"; }},
            {"certificate of the same CA", [&](EnrollmentServer &s) { s.anchor = {{}, bench.ca.ca.root.certificate}; }},
            {"issuing CA", [&](EnrollmentServer &s) { s.anchor = {bench.ca.ca.issuing.certificate.fingerprint(), {}}; }},
            {"another CA", [&](EnrollmentServer &s) { s.anchor = bench.other.anchor(); }},
            {"no anchor", [](EnrollmentServer &s) { s.anchor = {}; }},
            {"disabled", [](EnrollmentServer &s) { s.isEnabled = false; }},
            {"roles", [&](EnrollmentServer &s) { s.roleOverride.signing = bench.ca.ca.ra.certificate.fingerprint(); }},
            {"polling", [](EnrollmentServer &s) { s.polling.longest = 7200s; }},
        };
        const ChangeEffects said = bench.announcedFor(changes.value(change));
        if (change == "another CA") {
            bench.network.clear();
            bench.other.serve(bench.network);
        }
        bench.changeServer(changes.value(change));
        bench.settle();
        bench.clock.advance(5s);
        bench.settle();

        const int asked = bench.network.count("GetCACert") - bench.askedBefore;
        QCOMPARE(asked > 0, said.testFlag(Effect::Bootstraps));
        const bool hasForgotten = !bench.knowledge.isEmpty() && bench.knowledge.first().trust == ServerKnowledge::Trust::NotAsked;
        QCOMPARE(hasForgotten, said.testFlag(Effect::ForgetsServer));
        QCOMPARE(!bench.knowledge.isEmpty(), said.testFlag(Effect::ForgetsServer) || said.testFlag(Effect::ChoosesRoles));

        // The pending one: resent to the other CA with the same key, or left until its time.
        QCOMPARE(bench.other.received.size(), said.testFlag(Effect::NewEnrollment) ? 2 : 0);
        if (said.testFlag(Effect::ResendsRequests)) {
            QVERIFY(bench.waitFor(State::Done, secondId));
            const auto resent = std::ranges::find_if(bench.other.received, [](const ReceivedRequest &request) {
                return must(Pki::CertificationRequest::fromDer(request.payload)).subject().toText().contains("plc-8");
            });
            QVERIFY(resent != bench.other.received.end());
            QCOMPARE(resent->type, MessageType::PkcsReq);
            QCOMPARE(must(Pki::CertificationRequest::fromDer(resent->payload)).publicKey(), rsaKey("plc-8").publicKey());
        } else {
            QVERIFY(bench.journal.open.contains(secondId));
        }
        // The one with a certificate.
        if (said.testFlag(Effect::NewEnrollment)) {
            QVERIFY(bench.waitFor(State::Done));
            QVERIFY(bench.journal.current.value(EngineBench::requestId).certificate != bench.former);
            QCOMPARE(bench.journal.issued.size(), 3);
        } else {
            QCOMPARE(bench.journal.current.value(EngineBench::requestId).certificate, bench.former);
        }
        // Traffic.
        bench.forget();
        bench.clock.advance(2h);
        bench.settle();
        if (said.testFlag(Effect::StopsTraffic)) {
            QCOMPARE(bench.operations(), bench.sentBefore);
            QVERIFY(bench.journal.open.contains(secondId));
            // And back again.
            const EnrollmentServer stopped = bench.server();
            const ServerChange restore = [&](EnrollmentServer &s) {
                s.isEnabled = true;
                s.anchor = bench.ca.anchor();
            };
            QVERIFY(bench.announcedFor(restore).testFlag(Effect::ResumesTraffic));
            bench.changeServer(restore);
            QTRY_VERIFY(bench.operations() > bench.sentBefore);
            QCOMPARE(bench.ca.received.first().type, MessageType::CertPoll); // it goes on
        } else if (!said.testFlag(Effect::ResendsRequests)) {
            QVERIFY(bench.operations() > bench.sentBefore); // it was polled for
        }
    }

    void requestChangeDoesWhatIsSaid_data()
    {
        QTest::addColumn<QString>("change");
        for (const char *change : {"label", "subject", "server", "names", "key size", "reuse", "renewal"})
            QTest::newRow(change) << change;
    }
    void requestChangeDoesWhatIsSaid()
    {
        QFETCH(QString, change);
        ChangeBench bench;
        QVERIFY(bench.enrollUntil(State::Done));
        bench.settle();
        const auto former = bench.journal.current.value(EngineBench::requestId).certificate;
        const QDateTime formerDue = bench.engine->renewalDueAt(EngineBench::requestId);
        EnrollmentServer elsewhere = bench.server();
        elsewhere.id = {2};
        elsewhere.label = "second";
        elsewhere.url = QUrl("http://second.example/scep");
        bench.journal.serverTable.insert(elsewhere.id, elsewhere);
        bench.engine->setServer(elsewhere);
        bench.settle();
        bench.forget();
        bench.ca.received.clear();

        const EnrollmentRequest before = bench.journal.requestTable.value(EngineBench::requestId);
        EnrollmentRequest after = before;
        if (change == "label")
            after.label = "plc-77";
        else if (change == "subject")
            after.subject = must(Pki::DistinguishedName::fromText("CN=plc-77"));
        else if (change == "server")
            after.server = elsewhere.id;
        else if (change == "names")
            after.subjectAlternativeNames = must(Pki::subjectAlternativeNamesFromText("DNS:plc-77.lab.example"));
        else if (change == "key size")
            after.keySpec.bits = 2048;
        else if (change == "reuse")
            after.reusesKeyOnRenewal = true;
        else
            after.renewal.value = 50;
        const ChangeEffects said = changeEffects(before, after);
        bench.journal.requestTable[EngineBench::requestId] = after;
        bench.engine->setRequest(after);
        bench.settle();

        if (said.testFlag(Effect::NewEnrollment)) {
            QTRY_COMPARE(bench.journal.issued.size(), 2);
            QCOMPARE(bench.ca.received.size(), 1);
            QCOMPARE(bench.ca.received.first().type, MessageType::PkcsReq);
            QCOMPARE(bench.ca.received.first().signer.subject(), after.subject); // signed by itself: nothing is renewed
            QCOMPARE(bench.ca.received.first().signer.issuer(), after.subject);
            QVERIFY(bench.journal.current.value(EngineBench::requestId).certificate.publicKey() != former.publicKey());
            QCOMPARE(bench.journal.issued.last().server, after.server);
        } else {
            QVERIFY(bench.ca.received.isEmpty());
            QCOMPARE(bench.journal.current.value(EngineBench::requestId).certificate, former);
        }
        const bool hasMoved = bench.engine->renewalDueAt(EngineBench::requestId) != formerDue;
        if (!said.testFlag(Effect::NewEnrollment))
            QCOMPARE(hasMoved, said.testFlag(Effect::MovesRenewal));

        // The next renewal shows the rest.
        if (said.testFlag(Effect::NewEnrollment))
            return;
        bench.clock.advance(24h);
        bench.engine->renew(EngineBench::requestId);
        QTRY_COMPARE(bench.journal.issued.size(), 2);
        const auto renewed = bench.journal.current.value(EngineBench::requestId).certificate;
        const bool keepsKey = renewed.publicKey() == former.publicKey();
        QCOMPARE(keepsKey, said.testFlag(Effect::KeepsKeyAtRenewal));
        QCOMPARE(renewed.publicKey().bits() != former.publicKey().bits(), said.testFlag(Effect::NewKeyAtRenewal));
        const auto csr = must(Pki::CertificationRequest::fromDer(bench.ca.received.last().payload));
        QCOMPARE(csr.subjectAlternativeNames() != before.subjectAlternativeNames, said.testFlag(Effect::ChangesNextRequest));
    }

    void changedWhilePendingEndsAsSentAndEnrolsAnew()
    {
        ChangeBench bench;
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.pending(request); };
        QVERIFY(bench.enrollUntil(State::Pending));
        EnrollmentRequest after = bench.journal.requestTable.value(EngineBench::requestId);
        after.subject = must(Pki::DistinguishedName::fromText("CN=plc-77"));
        bench.journal.requestTable[EngineBench::requestId] = after;
        bench.engine->setRequest(after);
        bench.settle();
        QCOMPARE(bench.ca.received.size(), 1); // nothing new while it is open
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.issue(request); };
        bench.engine->attemptNow(EngineBench::requestId);
        QTRY_COMPARE(bench.journal.issued.size(), 2);
        QVERIFY(bench.journal.issued.at(0).certificate.subject() != after.subject);
        QCOMPARE(bench.journal.issued.at(1).certificate.subject(), after.subject);
        bench.settle();
        QCOMPARE(bench.journal.issued.size(), 2); // and that is all
    }

    void newEnrollmentSurvivesACrash()
    {
        ChangeBench bench;
        bench.journal.enrollsByItself = true;
        bench.start();
        QVERIFY(bench.waitFor(State::Done));
        bench.settle();
        bench.changeServer([](EnrollmentServer &server) { server.isEnabled = false; });
        EnrollmentRequest after = bench.journal.requestTable.value(EngineBench::requestId);
        after.subject = must(Pki::DistinguishedName::fromText("CN=plc-77"));
        bench.journal.requestTable[EngineBench::requestId] = after;
        bench.engine->setRequest(after);
        bench.settle();
        QCOMPARE(bench.status().state, State::Queued);
        bench.restart();
        bench.settle();
        QCOMPARE(bench.journal.issued.size(), 1);
        bench.changeServer([](EnrollmentServer &server) { server.isEnabled = true; });
        QTRY_COMPARE(bench.journal.issued.size(), 2);
        QCOMPARE(bench.journal.issued.last().certificate.subject(), after.subject);
    }
};

QTEST_GUILESS_MAIN(TestEngineChanges)
#include "tst_engine_changes.moc"
