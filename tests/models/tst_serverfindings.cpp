// SPDX-License-Identifier: GPL-3.0-or-later

// Facts about a server in, findings out: one row a finding, and beside it the fact that makes it go away.

#include "models/service/serverfindings.h"
#include "tests/support/testca.h"

#include <QTest>

using namespace Models;
using namespace TestSupport;
using Severity = Finding::Severity;
using Change = std::function<void(ServerFacts &)>;
Q_DECLARE_METATYPE(Change)
Q_DECLARE_METATYPE(Models::Finding::Severity)

namespace {

QDateTime now()
{
    return {QDate(2026, 6, 1), QTime(12, 0), Qt::UTC};
}

/// A server of which nothing need be said.
ServerFacts good()
{
    static const TestCa ca = TestCa::create("Findings", now());
    static const Identity strongRa = [] {
        CertificateOptions options;
        options.keyUsage = Pki::KeyUsage(Pki::KeyUsageBit::DigitalSignature);
        const auto key = rsaKey("findings ra", 2048);
        return Identity{makeCertificate("CN=RA signing", key.publicKey(), ca.issuing, now(), options), key};
    }();
    ServerFacts facts;
    facts.server = "plant";
    facts.url = QUrl("http://plant.example/scep");
    facts.answeredFrom = QUrl("http://plant.example/scep?operation=GetCACert");
    facts.now = now();
    facts.hasAnsweredCapabilities = true;
    facts.capabilities = Scep::Capabilities::fromLines({"AES", "SHA-256", "POSTPKIOperation", "Renewal", "SCEPStandard", "GetNextCACert"});
    facts.anchor = {ca.root.certificate.fingerprint(), {}};
    Scep::CaRoles roles;
    roles.anchor = roles.root = ca.root.certificate;
    roles.issuing = ca.issuing.certificate;
    roles.raSigning = strongRa.certificate;
    roles.raEncryption = ca.raEncryption.certificate;
    roles.recipient = ca.raEncryption.certificate;
    facts.roles = roles;
    facts.offered.certificates = {strongRa.certificate};
    facts.clockSkew = std::chrono::seconds(3);
    facts.nextCa = ProbeAnswer::Understood;
    facts.certPoll = ProbeAnswer::Understood;
    facts.getCrl = ProbeAnswer::Understood;
    facts.replyDigest = Pki::Digest::Sha256;
    facts.replyCipher = Pki::Cipher::Aes128;
    facts.cryptoLibrary = Pki::CryptoLibrary{"OpenSSL 3.0.99", true, true};
    return facts;
}

void announce(ServerFacts &facts, const QStringList &lines)
{
    facts.capabilities = Scep::Capabilities::fromLines(lines);
}

/// As micromdm's scepserver 2.1.0 was seen (Debian package scep).
void likeScepserver(ServerFacts &facts)
{
    announce(facts, {"Renewal", "SHA-1", "SHA-256", "AES", "DES3", "SCEPStandard", "POSTPKIOperation"});
    facts.roles->recipient = facts.roles->issuing;
    facts.roles->raSigning = facts.roles->raEncryption = {};
    facts.nextCa = facts.getCrl = facts.certPoll = ProbeAnswer::NotUnderstood;
    facts.refusalText = "500 operation not implemented";
    facts.replyDigest.reset();
    facts.replyCipher.reset();
}

const Finding *find(const QList<Finding> &findings, const QString &id)
{
    const auto found = std::ranges::find(findings, id, &Finding::id);
    return found != findings.end() ? &*found : nullptr;
}

} // namespace

class TestServerFindings : public QObject
{
    Q_OBJECT

private slots:
    void nothingToSayOfAGoodServer()
    {
        const QList<Finding> findings = judge(good());
        QVERIFY(findings.size() >= 10);
        for (const Finding &finding : findings)
            QVERIFY2(finding.severity == Severity::Ok, qPrintable(finding.id + ": " + finding.what));
    }

    void oneFactOneFinding_data()
    {
        QTest::addColumn<Change>("change");
        QTest::addColumn<QString>("id");
        QTest::addColumn<Finding::Severity>("severity");
        const auto row = [](const char *name, const Change &change, const QString &id, Severity severity) {
            QTest::newRow(name) << change << id << severity;
        };
        row("slow clock", [](ServerFacts &f) { f.clockSkew = std::chrono::seconds(-121); }, "clock-skew", Severity::Warning);
        row("fast clock", [](ServerFacts &f) { f.clockSkew = std::chrono::hours(1); }, "clock-skew", Severity::Warning);
        row("clock at the edge", [](ServerFacts &f) { f.clockSkew = std::chrono::seconds(120); }, "clock-skew", Severity::Ok);
        row("other host", [](ServerFacts &f) { f.answeredFrom = QUrl("http://other.example/scep"); }, "redirected", Severity::Warning);
        row("other path", [](ServerFacts &f) { f.answeredFrom = QUrl("http://plant.example/new"); }, "redirected", Severity::Warning);
        row(
            "PEM reply", [](ServerFacts &f) { f.offered.leniencies = QStringList{"PEM instead of DER"}; }, "lenient-ca-reply",
            Severity::Notice);
        row("old OpenSSL", [](ServerFacts &f) { f.cryptoLibrary->isPatched = false; }, "openssl", Severity::Warning);
        row(
            "no legacy provider", [](ServerFacts &f) { f.cryptoLibrary->hasLegacyProvider = false; }, "no-legacy-provider",
            Severity::Warning);
        row("wrong CA", [](ServerFacts &f) { f.trustError = Error{ErrorCode::FingerprintMismatch, {}}; }, "fingerprint", Severity::Problem);
        row("not confirmed", [](ServerFacts &f) { f.anchor = {}; }, "not-confirmed", Severity::Warning);
        row(
            "SHA-1 pin", [](ServerFacts &f) { f.anchor.fingerprint = f.roles->root.fingerprint(Pki::Digest::Sha1); }, "fingerprint",
            Severity::Warning);
        row(
            "MD5 pin", [](ServerFacts &f) { f.anchor.fingerprint = f.roles->root.fingerprint(Pki::Digest::Md5); }, "fingerprint",
            Severity::Warning);
        row(
            "SHA-512 pin", [](ServerFacts &f) { f.anchor.fingerprint = f.roles->root.fingerprint(Pki::Digest::Sha512); }, "fingerprint",
            Severity::Ok);
        row("no capabilities", [](ServerFacts &f) { announce(f, {}); }, "no-capabilities", Severity::Warning);
        row(
            "vendor word", [](ServerFacts &f) { announce(f, f.capabilities.lines() + QStringList{"Vendor-X"}); }, "unknown-capabilities",
            Severity::Notice);
        row("GET only", [](ServerFacts &f) { announce(f, {"AES", "SHA-256", "Renewal"}); }, "no-post", Severity::Notice);
        row("POST refused", [](ServerFacts &f) { f.isPostRefused = true; }, "post-refused", Severity::Warning);
        row("no renewal", [](ServerFacts &f) { announce(f, {"AES", "SHA-256", "POSTPKIOperation"}); }, "no-renewal", Severity::Notice);
        row("no AES", [](ServerFacts &f) { announce(f, {"DES3", "SHA-256"}); }, "no-aes", Severity::Warning);
        row("no SHA-2", [](ServerFacts &f) { announce(f, {"AES", "SHA-1"}); }, "no-sha2", Severity::Warning);
        row("3DES beside AES", [](ServerFacts &f) { announce(f, {"AES", "DES3"}); }, "des3-offered", Severity::Notice);
        row("SHA-1 beside SHA-256", [](ServerFacts &f) { announce(f, {"SHA-1", "SHA-256"}); }, "sha1-offered", Severity::Notice);
        row("DES", [](ServerFacts &f) { announce(f, {"DES", "AES"}); }, "des-offered", Severity::Warning);
        row("MD5", [](ServerFacts &f) { announce(f, {"MD5", "SHA-256"}); }, "md5-offered", Severity::Warning);
        row("CA alone", [](ServerFacts &f) { f.roles->recipient = f.roles->issuing; }, "single-certificate", Severity::Notice);
        row("one RA", [](ServerFacts &f) { f.roles->raSigning = f.roles->raEncryption; }, "single-ra-certificate", Severity::Notice);
        row("no root", [](ServerFacts &f) { f.roles->root = {}; }, "no-root", Severity::Notice);
        row("stranger", [](ServerFacts &f) { f.roles->unused = {f.roles->raEncryption}; }, "unrelated-certificate", Severity::Warning);
        row(
            "EC CA without RA", [](ServerFacts &f) { f.rolesError = Error{ErrorCode::NoUsableCaCertificate, {}}; }, "no-usable-certificate",
            Severity::Problem);
        row(
            "expired", [](ServerFacts &f) { f.now = f.offered.certificates.first().notAfter().addSecs(1); }, "certificate-expired",
            Severity::Problem);
        row(
            "not yet valid", [](ServerFacts &f) { f.now = f.offered.certificates.first().notBefore().addSecs(-1); },
            "certificate-not-yet-valid", Severity::Problem);
        row(
            "29 days left", [](ServerFacts &f) { f.now = f.offered.certificates.first().notAfter().addDays(-29); },
            "certificate-expires-soon", Severity::Warning);
        row("RSA 1024", [](ServerFacts &f) { f.offered.certificates = {f.roles->raEncryption}; }, "weak-key", Severity::Warning);
        row(
            "forged next CA",
            [](ServerFacts &f) {
                f.nextCa = ProbeAnswer::Refused;
                f.probeError = Error{ErrorCode::SignatureInvalid, {}};
            },
            "next-ca-refused", Severity::Problem);
        row("none at the moment", [](ServerFacts &f) { f.nextCa = ProbeAnswer::NotUnderstood; }, "no-next-ca-yet", Severity::Notice);
        row(
            "no GetNextCACert",
            [](ServerFacts &f) {
                announce(f, {"AES", "SHA-256"});
                f.nextCa = ProbeAnswer::NotUnderstood;
            },
            "no-next-ca", Severity::Notice);
        row("no GetCRL", [](ServerFacts &f) { f.getCrl = ProbeAnswer::NotUnderstood; }, "no-get-crl", Severity::Notice);
        row("no CertPoll", [](ServerFacts &f) { f.certPoll = ProbeAnswer::NotUnderstood; }, "no-cert-poll", Severity::Warning);
        row(
            "forged reply",
            [](ServerFacts &f) {
                f.certPoll = ProbeAnswer::Refused;
                f.probeError = Error{ErrorCode::NonceMismatch, {}};
            },
            "bad-reply", Severity::Problem);
        row("DES seen", [](ServerFacts &f) { f.replyCipher = Pki::Cipher::Des; }, "des-replies", Severity::Warning);
        row("3DES seen", [](ServerFacts &f) { f.replyCipher = Pki::Cipher::TripleDes; }, "reply-cipher", Severity::Ok);
        row("SHA-1 seen", [](ServerFacts &f) { f.replyDigest = Pki::Digest::Sha1; }, "weak-reply-signature", Severity::Warning);
        row(
            "unreachable", [](ServerFacts &f) { f.error = Error{ErrorCode::ConnectionRefused, {}}; }, "no-ca-certificates",
            Severity::Problem);
    }

    void oneFactOneFinding()
    {
        QFETCH(Change, change);
        QFETCH(QString, id);
        QFETCH(Finding::Severity, severity);
        ServerFacts facts = good();
        change(facts);
        const QList<Finding> findings = judge(facts);
        const Finding *finding = find(findings, id);
        QVERIFY2(finding != nullptr, qPrintable(id));
        QVERIFY(finding->severity == severity);
        QVERIFY(!finding->object.isEmpty() && finding->what.endsWith('.') && !finding->what.endsWith("..") && finding->why.endsWith('.'));
        QVERIFY(severity < Severity::Warning || finding->action.endsWith('.'));
        const QList<Finding> usual = judge(good());
        const Finding *before = find(usual, id);
        QVERIFY2(before == nullptr || before->severity == Severity::Ok, "the finding does not come from this fact");
        QVERIFY(std::ranges::is_sorted(findings, [](const Finding &a, const Finding &b) { return a.severity > b.severity; }));
    }

    void scepserverIsNamed()
    {
        ServerFacts facts = good();
        likeScepserver(facts);
        const QList<Finding> findings = judge(facts);
        for (const QString id : {"des-replies", "sha1-offered", "des3-offered", "no-next-ca", "no-cert-poll", "single-certificate"})
            QVERIFY2(find(findings, id) != nullptr, qPrintable(id));
        QVERIFY(find(findings, "des-replies")->what.contains("scepserver"));
        // Not asked, because the CA is not confirmed: told from what it is.
        facts.certPoll = ProbeAnswer::NotAsked;
        facts.anchor = {};
        QVERIFY(find(judge(facts), "no-cert-poll") != nullptr);
        // What was seen counts more than what is expected.
        facts.replyCipher = Pki::Cipher::Aes128;
        QVERIFY(find(judge(facts), "des-replies") == nullptr);
    }

    void serverTextIsSafe()
    {
        ServerFacts facts = good();
        facts.server = QString("pl") + QChar(0x202e) + "ant";
        announce(facts, {"AES", QString("Vendor") + QChar(0x202e)});
        for (const Finding &finding : judge(facts))
            QVERIFY(!(finding.object + finding.what + finding.why + finding.action).contains(QChar(0x202e)));
    }

    void knowledgeBecomesFacts()
    {
        Scep::EnrollmentServer server;
        server.url = QUrl("http://plant.example/scep");
        Scep::ServerKnowledge knowledge;
        knowledge.capabilities = Scep::Capabilities::fromLines({"AES", "SHA-256"});
        knowledge.pollsByRequest = true;
        knowledge.trust = Scep::ServerKnowledge::Trust::Confirmed;
        knowledge.roles = *good().roles;
        knowledge.offered = good().offered;
        const ServerFacts facts = factsOf(server, knowledge, now());
        QCOMPARE(facts.server, QString("plant.example"));
        QVERIFY(facts.roles && !facts.error && facts.certPoll == ProbeAnswer::NotUnderstood);
        knowledge.trust = Scep::ServerKnowledge::Trust::Refused;
        knowledge.lastError = Error{ErrorCode::CaChanged, {}};
        QVERIFY(factsOf(server, knowledge, now()).trustError->code == ErrorCode::CaChanged);
        QVERIFY(factsOf(server, {}, now()).error.has_value());
    }
};

QTEST_GUILESS_MAIN(TestServerFindings)
#include "tst_serverfindings.moc"
