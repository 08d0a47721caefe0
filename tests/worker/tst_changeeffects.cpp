// SPDX-License-Identifier: GPL-3.0-or-later
// What a change is said to trigger. tst_engine_changes compares it with what the engine does.
#include "scep/worker/changeeffects.h"
#include "tests/support/testca.h"

#include <QTest>

using namespace Scep;
using namespace TestSupport;
using Effect = ChangeEffect;

using ServerChange = std::function<void(EnrollmentServer &)>;
using RequestChange = std::function<void(EnrollmentRequest &)>;
Q_DECLARE_METATYPE(ServerChange)
Q_DECLARE_METATYPE(RequestChange)

class TestChangeEffects : public QObject
{
    Q_OBJECT

private:
    QDateTime m_now{{2026, 3, 1}, {12, 0}, Qt::UTC};
    TestCa m_ca = TestCa::create("Changes", m_now);
    TestCa m_other = TestCa::create("Other", m_now);

    [[nodiscard]] EnrollmentServer server() const
    {
        EnrollmentServer usual;
        usual.id = {1};
        usual.label = "lab";
        usual.url = QUrl("http://ca.example/scep");
        usual.anchor = {m_ca.root.certificate.fingerprint(), {}};
        return usual;
    }
    [[nodiscard]] ServerKnowledge knowledge() const
    {
        ServerKnowledge known;
        known.id = {1};
        known.trust = ServerKnowledge::Trust::Confirmed;
        known.roles.anchor = m_ca.root.certificate;
        known.roles.root = m_ca.root.certificate;
        known.roles.issuing = m_ca.issuing.certificate;
        return known;
    }

private slots:
    void ofAServer_data()
    {
        QTest::addColumn<ServerChange>("change");
        QTest::addColumn<ChangeEffects>("expected");
        const ChangeEffects again = Effect::ForgetsServer | Effect::Bootstraps;
        const ChangeEffects otherCa = again | Effect::ResendsRequests | Effect::NewEnrollment;
        const auto row = [](const char *name, const ServerChange &change, ChangeEffects expected) {
            QTest::newRow(name) << change << expected;
        };
        row("nothing", [](EnrollmentServer &) {}, {});
        row("label", [](EnrollmentServer &s) { s.label = "plant"; }, {});
        row("description", [](EnrollmentServer &s) { s.description = "in the plant"; }, {});
        row("disabled", [](EnrollmentServer &s) { s.isEnabled = false; }, Effect::StopsTraffic);
        row("URL", [](EnrollmentServer &s) { s.url = QUrl("http://elsewhere.example/scep"); }, again);
        row("CA identifier", [](EnrollmentServer &s) { s.caIdentifier = "plant"; }, again);
        row(
            "anchor: another CA's fingerprint", [this](EnrollmentServer &s) { s.anchor = {m_other.root.certificate.fingerprint(), {}}; },
            otherCa);
        row("anchor: another CA's certificate", [this](EnrollmentServer &s) { s.anchor = {{}, m_other.root.certificate}; }, otherCa);
        row("anchor: the same CA's certificate", [this](EnrollmentServer &s) { s.anchor = {{}, m_ca.root.certificate}; }, again);
        row(
            "anchor: the same certificate's other fingerprint",
            [this](EnrollmentServer &s) { s.anchor = {m_ca.root.certificate.fingerprint(Pki::Digest::Sha512), {}}; }, again);
        row(
            "anchor: the issuing CA under it", [this](EnrollmentServer &s) { s.anchor = {m_ca.issuing.certificate.fingerprint(), {}}; },
            again);
        row("anchor: taken away", [](EnrollmentServer &s) { s.anchor = {}; }, again | Effect::StopsTraffic);
        row("roles", [this](EnrollmentServer &s) { s.roleOverride.encryption = m_ca.ra.certificate.fingerprint(); }, Effect::ChoosesRoles);
        row(
            "roles and URL",
            [this](EnrollmentServer &s) {
                s.roleOverride.encryption = m_ca.ra.certificate.fingerprint();
                s.url = QUrl("http://elsewhere.example/scep");
            },
            again);
        row("cipher", [](EnrollmentServer &s) { s.algorithms.cipher = Pki::Cipher::TripleDes; }, Effect::ChangesMessages);
        row("method", [](EnrollmentServer &s) { s.algorithms.method = HttpMethod::Get; }, Effect::ChangesMessages);
        row("opt-in", [](EnrollmentServer &s) { s.algorithms.allowDes = true; }, Effect::ChangesMessages);
        row("polling", [](EnrollmentServer &s) { s.polling.end = std::chrono::hours(1); }, {});
        row("proxy", [](EnrollmentServer &s) { s.transport.proxy = QUrl("http://proxy.example:3128"); }, {});
        row("requests in a minute", [](EnrollmentServer &s) { s.requestsPerMinute = 6; }, {});
    }
    void ofAServer()
    {
        QFETCH(ServerChange, change);
        QFETCH(ChangeEffects, expected);
        EnrollmentServer after = server();
        change(after);
        QCOMPARE(changeEffects(server(), after, knowledge()), expected);
    }

    void firstConfirmationIsNoOtherCa()
    {
        EnrollmentServer before = server();
        before.anchor = {};
        QCOMPARE(changeEffects(before, server()), Effect::ForgetsServer | Effect::Bootstraps | Effect::ResumesTraffic);
        EnrollmentServer disabled = server();
        disabled.isEnabled = false;
        QCOMPARE(changeEffects(disabled, server()), ChangeEffects(Effect::ResumesTraffic));
    }

    void withoutKnowledgeADeeperAnchorMayBeAnotherCa()
    {
        EnrollmentServer after = server();
        after.anchor = {m_ca.issuing.certificate.fingerprint(), {}};
        QVERIFY(changeEffects(server(), after).testFlag(Effect::NewEnrollment));
        ServerKnowledge refused = knowledge();
        refused.trust = ServerKnowledge::Trust::Refused;
        QVERIFY(changeEffects(server(), after, refused).testFlag(Effect::NewEnrollment));
    }

    void ofARequest_data()
    {
        QTest::addColumn<RequestChange>("change");
        QTest::addColumn<ChangeEffects>("expected");
        const auto row = [](const char *name, const RequestChange &change, ChangeEffects expected) {
            QTest::newRow(name) << change << expected;
        };
        row("nothing", [](EnrollmentRequest &) {}, {});
        row("label", [](EnrollmentRequest &r) { r.label = "plc-8"; }, {});
        row("server", [](EnrollmentRequest &r) { r.server = {2}; }, Effect::NewEnrollment);
        row("subject", [](EnrollmentRequest &r) { r.subject = must(Pki::DistinguishedName::fromText("CN=plc-8")); }, Effect::NewEnrollment);
        row(
            "alternative names",
            [](EnrollmentRequest &r) { r.subjectAlternativeNames = must(Pki::subjectAlternativeNamesFromText("DNS:plc-8.lab.example")); },
            Effect::ChangesNextRequest);
        row("profile", [](EnrollmentRequest &r) { r.profile = "Machine"; }, Effect::ChangesNextRequest);
        row("key usage", [](EnrollmentRequest &r) { r.keyUsage = Pki::KeyUsageBit::DigitalSignature; }, Effect::ChangesNextRequest);
        row(
            "subject and profile",
            [](EnrollmentRequest &r) {
                r.subject = must(Pki::DistinguishedName::fromText("CN=plc-8"));
                r.profile = "Machine";
            },
            Effect::NewEnrollment);
        row("key size", [](EnrollmentRequest &r) { r.keySpec.bits = 4096; }, Effect::NewKeyAtRenewal);
        row("reuse", [](EnrollmentRequest &r) { r.reusesKeyOnRenewal = true; }, Effect::KeepsKeyAtRenewal);
        row(
            "reuse of whatever key there is",
            [](EnrollmentRequest &r) {
                r.reusesKeyOnRenewal = true;
                r.keySpec.bits = 4096;
            },
            Effect::KeepsKeyAtRenewal);
        row("renewal", [](EnrollmentRequest &r) { r.renewal.value = 50; }, Effect::MovesRenewal);
    }
    void ofARequest()
    {
        QFETCH(RequestChange, change);
        QFETCH(ChangeEffects, expected);
        EnrollmentRequest before;
        before.id = {10};
        before.label = "plc-7";
        before.server = {1};
        before.subject = must(Pki::DistinguishedName::fromText("CN=plc-7"));
        EnrollmentRequest after = before;
        change(after);
        QCOMPARE(changeEffects(before, after), expected);
    }

    /// What was sent stays as it was; what waits for its beginning is made anew.
    void anOpenTransactionEndsAsItWasSent_data()
    {
        QTest::addColumn<RequestChange>("change");
        QTest::addColumn<TransactionStatus>("transaction");
        QTest::addColumn<ChangeEffects>("expected");
        using State = TransactionStatus::State;
        const auto status = [](State state, const QString &id) {
            TransactionStatus made;
            made.state = state;
            made.transactionId = id;
            return made;
        };
        const RequestChange key = [](EnrollmentRequest &r) { r.keySpec.bits = 4096; };
        const RequestChange profile = [](EnrollmentRequest &r) { r.profile = "Machine"; };
        const RequestChange server = [](EnrollmentRequest &r) { r.server = {2}; };
        const RequestChange renewal = [](EnrollmentRequest &r) { r.renewal.value = 50; };
        const Effect later = Effect::AfterOpenTransaction;
        QTest::newRow("key, pending") << key << status(State::Pending, "A1") << (Effect::NewKeyAtRenewal | later);
        QTest::newRow("key, retrying") << key << status(State::Retrying, "A1") << (Effect::NewKeyAtRenewal | later);
        QTest::newRow("key, not begun") << key << status(State::Queued, {}) << ChangeEffects(Effect::NewKeyAtRenewal);
        QTest::newRow("key, rejected") << key << status(State::Rejected, "A1") << ChangeEffects(Effect::NewKeyAtRenewal);
        QTest::newRow("key, done") << key << status(State::Done, "A1") << ChangeEffects(Effect::NewKeyAtRenewal);
        QTest::newRow("profile, pending") << profile << status(State::Pending, "A1") << (Effect::ChangesNextRequest | later);
        QTest::newRow("server, pending") << server << status(State::Pending, "A1") << (Effect::NewEnrollment | later);
        QTest::newRow("renewal, pending") << renewal << status(State::Pending, "A1") << ChangeEffects(Effect::MovesRenewal);
    }
    void anOpenTransactionEndsAsItWasSent()
    {
        QFETCH(RequestChange, change);
        QFETCH(TransactionStatus, transaction);
        QFETCH(ChangeEffects, expected);
        EnrollmentRequest before;
        before.server = {1};
        EnrollmentRequest after = before;
        change(after);
        QCOMPARE(changeEffects(before, after, transaction), expected);
    }

    void keySizeMeansNothingWhileTheKeyIsReused()
    {
        EnrollmentRequest before;
        before.reusesKeyOnRenewal = true;
        EnrollmentRequest after = before;
        after.keySpec.bits = 4096;
        QCOMPARE(changeEffects(before, after), ChangeEffects());
        after.reusesKeyOnRenewal = false;
        QCOMPARE(changeEffects(before, after), ChangeEffects(Effect::NewKeyAtRenewal));
    }

    void listsEachOnceInOrder()
    {
        QCOMPARE(toList({}), QList<Effect>());
        QCOMPARE(toList(Effect::MovesRenewal | Effect::StopsTraffic | Effect::NewEnrollment),
                 QList({Effect::StopsTraffic, Effect::NewEnrollment, Effect::MovesRenewal}));
    }

    void defaultsKeepWhatMakesItWhatItIs()
    {
        EnrollmentServer changed = server();
        changed.caIdentifier = "plant";
        changed.description = "in the plant";
        changed.isEnabled = false;
        EnrollmentServer expected = changed;
        changed.retryInterval = std::chrono::seconds(7);
        changed.requestsPerMinute = 3;
        changed.algorithms.allowDes = true;
        changed.transport.proxy = QUrl("http://proxy.example:3128");
        QVERIFY(withDefaults(changed) == expected);

        EnrollmentRequest request;
        request.id = {10};
        request.label = "plc-7";
        request.server = {1};
        request.subject = must(Pki::DistinguishedName::fromText("CN=plc-7"));
        EnrollmentRequest altered = request;
        altered.keySpec.bits = 4096;
        altered.profile = "Machine";
        altered.renewal = {RenewalRule::Kind::Off, 0};
        QVERIFY(withDefaults(altered) == request);
    }
};

QTEST_GUILESS_MAIN(TestChangeEffects)
#include "tst_changeeffects.moc"
