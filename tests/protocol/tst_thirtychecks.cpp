// SPDX-License-Identifier: GPL-3.0-or-later
// Each check that stands between a hostile server and the technician's trust, by number, with the attack that comes through without it.
// The list is in scep/README.md's threat model; the checks of client, worker and store have their tests there. Every spelling of the
// attacks on a CertRep is in tst_certrepattacks.cpp: here is one for each check, so that a check taken out turns its row red.
#include "scep/protocol/algorithms.h"
#include "scep/protocol/nextca.h"
#include "tests/protocol/certrepfixture.h"

#include <algorithm>

using namespace Scep;
using namespace TestSupport;

namespace {

/// nullopt: the attack came through.
using Outcome = std::optional<Error>;

struct Attack {
    const char *name; ///< begins with the check's number
    ErrorCode expected;
    std::function<Outcome()> run;
};

template <typename T>
Outcome outcomeOf(const Result<T> &result)
{
    return result ? Outcome() : Outcome(result.error());
}

CaCertificates offer(const QList<Pki::Certificate> &certificates)
{
    CaCertificates result;
    result.certificates = certificates;
    return result;
}

} // namespace

class TestThirtyChecks : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        m_f = CertRepFixture::create();
        m_evil = TestCa::create("Evil", testNow());
        m_sibling = {makeCertificate("CN=plc-8", rsaKey("checks sibling").publicKey(), m_f.ca.issuing, testNow()),
                     rsaKey("checks sibling")};
        makeAttacks();
    }

    void attacks_data()
    {
        QTest::addColumn<int>("index");
        for (qsizetype i = 0; i < m_attacks.size(); ++i)
            QTest::newRow(m_attacks.at(i).name) << int(i);
    }
    void attacks()
    {
        QFETCH(int, index);
        const Attack &attack = m_attacks.at(index);
        const Outcome outcome = attack.run();
        QVERIFY2(outcome, "the attack came through");
        QVERIFY2(outcome->code == attack.expected, qPrintable(QDebug::toString(*outcome)));
    }

    void honestMessagesPass()
    {
        // What the attacks start from must be good, or they would prove nothing.
        VERIFY_RESULT(processCertRep(makeReply(m_f.issued()), m_f.context));
        VERIFY_RESULT(processCertRep(makeReply(m_f.pending()), m_f.context));
        VERIFY_RESULT(processCertRep(makeReply(m_f.rejected()), m_f.context));
        VERIFY_RESULT(processNextCa(nextCa(), m_f.context.roles, testNow()));
        VERIFY_RESULT(authenticate({m_f.ca.root.certificate.fingerprint(), {}}, offer(honestCas()), testNow()));
    }

    // -- checks whose breach is not an error but a wrong result ------------------------------------------------------------

    void check02_weakPinsAreFlagged()
    {
        QVERIFY(Pki::isWeak(Pki::Digest::Md5) && Pki::isWeak(Pki::Digest::Sha1));
        QVERIFY(!Pki::isWeak(m_f.ca.root.certificate.fingerprint().digest()));
        QCOMPARE(int(m_f.ca.root.certificate.fingerprint().digest()), int(Pki::Digest::Sha256));
    }

    void check03_raOfAnotherCaReceivesNothing()
    {
        // GetCACert is not signed: the attacker adds his CA and RA, newer than ours and with all the right marks.
        const auto roles = chooseRoles(offer(honestCas() + QList{m_evil.root.certificate, m_evil.issuing.certificate,
                                                                 m_evil.raEncryption.certificate, m_evil.raSigning.certificate}),
                                       m_f.ca.root.certificate, testNow());
        VERIFY_RESULT(roles);
        QVERIFY(roles->recipient == m_f.ca.ra.certificate);
        for (const Pki::Certificate &signer : roles->expectedSigners)
            QVERIFY(signer == m_f.ca.ra.certificate || signer == m_f.ca.issuing.certificate);
    }
    void check03_raWithForgedSignature()
    {
        // The name of our CA as issuer, signed by another key.
        CertificateOptions ca;
        ca.isCa = true;
        const Identity fake = makeSelfSigned(m_f.ca.issuing.certificate.subject().toText(), rsaKey("checks fake"), testNow(), ca);
        CertificateOptions ra;
        ra.keyUsage = Pki::KeyUsageBit::KeyEncipherment | Pki::KeyUsageBit::DigitalSignature;
        ra.extendedKeyUsage = {Pki::Oid::literal(Pki::Oids::certificateRequestAgent)};
        const Pki::Certificate forged = makeCertificate("CN=RA", rsaKey("checks forged ra").publicKey(), fake, testNow(), ra);
        const auto roles = chooseRoles(offer(honestCas() + QList{forged}), m_f.ca.root.certificate, testNow());
        VERIFY_RESULT(roles);
        QVERIFY(roles->recipient == m_f.ca.ra.certificate);
        QVERIFY(!roles->expectedSigners.contains(forged));
    }

    void check09_contentOfARefusalIsNeverRead()
    {
        // Nothing in a FAILURE's content is parsed: a bomb in it does not even cost an error.
        ReplyPlan plan = m_f.rejected();
        plan.content = makeEnvelope({m_f.leaf}, m_f.signer);
        const auto reply = processCertRep(makeReply(plan), m_f.context);
        VERIFY_RESULT(reply);
        QVERIFY(std::holds_alternative<RejectedReply>(*reply));
        plan = m_f.pending();
        plan.content = makeEnvelope({m_f.leaf}, m_f.signer);
        const auto pending = processCertRep(makeReply(plan), m_f.context);
        VERIFY_RESULT(pending);
        QVERIFY(std::holds_alternative<PendingReply>(*pending));
    }

    void check11_decryptionFailuresLookAlike()
    {
        ReplyPlan elsewhere = m_f.issued();
        elsewhere.content = makeEnvelope({m_f.leaf}, m_sibling.certificate);
        ReplyPlan padding = m_f.issued();
        padding.content->chop(16);
        padding.content->append(QByteArray(16, 'x'));
        const auto first = processCertRep(makeReply(elsewhere), m_f.context);
        const auto second = processCertRep(makeReply(padding), m_f.context);
        QVERIFY(!first && !second);
        QCOMPARE(first.error(), second.error());
    }

    void check14_extrasBecomeNoAnchors()
    {
        const auto reply =
            processCertRep(makeReply(m_f.issued({m_f.leaf, m_evil.root.certificate, m_evil.issuing.certificate})), m_f.context);
        VERIFY_RESULT(reply);
        const auto &issued = std::get<IssuedReply>(*reply);
        QVERIFY(issued.extras.isEmpty());
        QVERIFY(issued.chain.links.last().certificate == m_f.ca.root.certificate);
    }

    void check15_outerCertificatesOfNextCaAreIgnored()
    {
        const auto next = processNextCa(
            changeSignedData(nextCa(),
                             [this](DerNode &data) { data.children[3].children.append(DerNode::fromDer(m_evil.root.certificate.der())); }),
            m_f.context.roles, testNow());
        VERIFY_RESULT(next);
        QVERIFY(!next->offered.certificates.contains(m_evil.root.certificate));
    }

    void check16_shrinkageIsSeen()
    {
        const auto earlier = Capabilities::fromLines({"AES", "SHA-256", "POSTPKIOperation"});
        QVERIFY(!Capabilities::fromLines({"DES3", "SHA-1"}).missingSince(earlier).isEmpty());
        QVERIFY(earlier.missingSince(earlier).isEmpty());
    }

    void check28_signingTimeDoesNotMatter()
    {
        // A device without a clock would be locked out: neither a wrong nor a missing signingTime decides.
        ReplyPlan plan = m_f.issued();
        DerNode time{0x17, "700101000000Z", {}};
        plan.extraAttributes = {{Pki::Oid::literal("1.2.840.113549.1.9.5"), {time.toDer()}}};
        VERIFY_RESULT(processCertRep(makeReply(plan), m_f.context));
    }

private:
    [[nodiscard]] QList<Pki::Certificate> honestCas() const
    {
        return {m_f.ca.root.certificate, m_f.ca.issuing.certificate, m_f.ca.ra.certificate};
    }
    [[nodiscard]] QByteArray nextCa() const { return must(buildNextCa({m_f.ca.root.certificate}, m_f.ca.ra.certificate, m_f.ca.ra.key)); }
    [[nodiscard]] Outcome judged(const QByteArray &message) const { return outcomeOf(processCertRep(message, m_f.context)); }

    void add(const char *name, ErrorCode expected, std::function<Outcome()> run) { m_attacks.append({name, expected, std::move(run)}); }
    /// The attack changes a good PENDING or SUCCESS before the RA signs it.
    void addPending(const char *name, ErrorCode expected, const std::function<void(ReplyPlan &)> &change)
    {
        add(name, expected, [this, change] {
            ReplyPlan plan = m_f.pending();
            change(plan);
            return judged(makeReply(plan));
        });
    }
    void addIssued(const char *name, ErrorCode expected, const std::function<void(ReplyPlan &)> &change)
    {
        add(name, expected, [this, change] {
            ReplyPlan plan = m_f.issued();
            change(plan);
            return judged(makeReply(plan));
        });
    }
    /// The attack changes the envelope of a SUCCESS.
    void addEnvelope(const char *name, ErrorCode expected, const std::function<void(DerNode &)> &change)
    {
        addIssued(name, expected, [change](ReplyPlan &plan) {
            DerNode envelope = DerNode::fromDer(*plan.content);
            change(envelope);
            plan.content = envelope.toDer();
        });
    }

    void makeAttacks()
    {
        makeTrustAttacks();
        makeMessageAttacks();
        makeContentAttacks();
        makeOtherAttacks();
    }

    void makeTrustAttacks()
    {
        add("1 CA swapped before it was confirmed", ErrorCode::CaNotConfirmed,
            [this] { return outcomeOf(authenticate({}, offer({m_evil.root.certificate}), testNow())); });
        add("1 CA swapped after it was confirmed", ErrorCode::FingerprintMismatch, [this] {
            return outcomeOf(authenticate({m_f.ca.root.certificate.fingerprint(), {}}, offer({m_evil.root.certificate}), testNow()));
        });
        add("4 nobody signed", ErrorCode::SignerCount, [this] { return judged(must(Pki::degenerateCms({m_f.leaf}))); });
        add("4 two signed", ErrorCode::SignerCount,
            [this] { return judged(withSignersOf(makeReply(m_f.issued()), makeReply(m_f.issued()))); });
        add("4 the signature is of other bytes", ErrorCode::SignatureInvalid,
            [this] { return judged(withBrokenSignature(makeReply(m_f.issued()))); });
        add("4 the content was exchanged", ErrorCode::SignatureInvalid,
            [this] { return judged(withContent(makeReply(m_f.issued()), makeEnvelope({m_f.leaf}, m_f.signer))); });
        addIssued("5 a certificate holder of the same CA signed", ErrorCode::SignerUnknown, [this](ReplyPlan &plan) {
            plan.signer = m_sibling;
            plan.embedded = {m_sibling.certificate, m_f.ca.issuing.certificate};
        });
    }

    void makeMessageAttacks()
    {
        addPending("6 a request comes back", ErrorCode::MessageTypeMismatch, [](ReplyPlan &p) { p.messageType = QByteArray("19"); });
        addPending("6 messageType compared by its beginning", ErrorCode::MessageTypeMismatch,
                   [](ReplyPlan &p) { p.messageType = QByteArray("3x"); });
        addPending("7 reply to another transaction", ErrorCode::TransactionMismatch,
                   [](ReplyPlan &p) { p.transactionId = QByteArray(40, 'A'); });
        addPending("7 transactionID compared by its beginning", ErrorCode::TransactionMismatch,
                   [](ReplyPlan &p) { p.transactionId->chop(1); });
        addPending("8 an old reply is replayed", ErrorCode::NonceMismatch, [](ReplyPlan &p) { p.recipientNonce = QByteArray(16, 'o'); });
        addPending("8 only half the nonce", ErrorCode::NonceMismatch, [](ReplyPlan &p) { p.recipientNonce = p.recipientNonce->left(8); });
        addPending("8 no nonce at all", ErrorCode::AttributeMissing, [](ReplyPlan &p) { p.recipientNonce.reset(); });
    }

    void makeContentAttacks()
    {
        addIssued("9 SUCCESS without an envelope", ErrorCode::ContentRefused, [](ReplyPlan &p) { p.content.reset(); });
        addIssued("9 certificates in the clear", ErrorCode::ContentRefused,
                  [this](ReplyPlan &p) { p.content = must(Pki::degenerateCms({m_f.leaf})); });
        addEnvelope("10 GCM in EnvelopedData", ErrorCode::ContentRefused, [](DerNode &envelope) {
            envelope.children[1].children[0].children[2].children[1].children[0].content = QByteArray::fromHex("608648016503040106");
        });
        addEnvelope("10 AuthEnvelopedData", ErrorCode::ContentRefused,
                    [](DerNode &envelope) { envelope.children[0].content = QByteArray::fromHex("2a864886f70d0109100117"); });
        add("11 unsigned ciphertext offered for decryption", ErrorCode::SignatureInvalid, [this] {
            // Were it decrypted before the signature is checked, its error would be another one: an oracle.
            ReplyPlan plan = m_f.issued();
            plan.content = makeEnvelope({m_f.leaf}, m_sibling.certificate);
            return judged(withBrokenSignature(makeReply(plan)));
        });
        add("12 a foreign public key", ErrorCode::ForeignPublicKey, [this] {
            return judged(makeReply(
                m_f.issued({makeCertificate("O=Lab, CN=plc-7", rsaKey("checks foreign").publicKey(), m_f.ca.issuing, testNow())})));
        });
        add("12 two for our key", ErrorCode::ReplyMalformed,
            [this] { return judged(makeReply(m_f.issued({m_f.leaf, m_f.ca.issue(m_f.csr, testNow())}))); });
        add("13 issued by another CA", ErrorCode::ChainBroken, [this] {
            return judged(makeReply(m_f.issued({m_evil.issue(m_f.csr, testNow()), m_evil.issuing.certificate, m_evil.root.certificate})));
        });
        add("13 a CA certificate for our key", ErrorCode::IssuedCertificateIsCa, [this] {
            CertificateOptions ca;
            ca.isCa = true;
            return judged(makeReply(m_f.issued({m_f.ca.issue(m_f.csr, testNow(), ca)})));
        });
    }

    void makeOtherAttacks()
    {
        add("15 next CA signed by itself", ErrorCode::SignerUnknown, [this] {
            return outcomeOf(processNextCa(must(buildNextCa({m_evil.root.certificate}, m_evil.root.certificate, m_evil.root.key)),
                                           m_f.context.roles, testNow()));
        });
        add("15 next CA with a broken signature", ErrorCode::SignatureInvalid,
            [this] { return outcomeOf(processNextCa(withBrokenSignature(nextCa()), m_f.context.roles, testNow())); });
        add("15 next CA unsigned", ErrorCode::SignerCount,
            [this] { return outcomeOf(processNextCa(must(Pki::degenerateCms({m_evil.root.certificate})), m_f.context.roles, testNow())); });
        add("16 all ciphers but DES stripped", ErrorCode::AlgorithmBelowFloor,
            [] { return outcomeOf(negotiate({}, Capabilities::fromLines({"DES", "SHA-256"}))); });
        add("16 all digests but MD5 stripped", ErrorCode::AlgorithmBelowFloor,
            [] { return outcomeOf(negotiate({}, Capabilities::fromLines({"AES", "MD5"}))); });
        addIssued("16 the reply is signed with MD5", ErrorCode::AlgorithmBelowFloor, [](ReplyPlan &p) { p.digest = Pki::Digest::Md5; });
        add("17 a body of 3 MB", ErrorCode::ReplyTooLarge, [this] { return judged(QByteArray(3 * 1024 * 1024, '\x30')); });
        add("17 nested 200 deep", ErrorCode::ReplyTooLarge, [this] {
            DerNode inner{0x05, {}, {}};
            for (int i = 0; i < 200; ++i)
                inner = DerNode{0x30, {}, {inner}};
            return judged(inner.toDer());
        });
        add("17 33 certificates", ErrorCode::ReplyTooLarge,
            [this] { return judged(makeReply(m_f.issued(QList<Pki::Certificate>(33, m_f.leaf)))); });
        addIssued("17 65 more attributes", ErrorCode::ReplyTooLarge, [](ReplyPlan &p) {
            for (int i = 0; i < 65; ++i)
                p.extraAttributes.append({must(Pki::Oid::fromText(QString("1.2.3.%1").arg(i))), {Pki::printableStringDer("x")}});
        });
        addEnvelope("17 nine recipients", ErrorCode::ReplyTooLarge, [](DerNode &envelope) {
            DerNode &recipients = envelope.children[1].children[0].children[1];
            const DerNode first = recipients.children.first();
            for (int i = 0; i < 8; ++i)
                recipients.children.append(first);
        });
        add("28 the issued certificate has expired", ErrorCode::IssuedCertificateNotInForce, [this] {
            CertificateOptions options;
            options.notBefore = testNow().addDays(-30);
            options.notAfter = testNow().addDays(-1);
            return judged(makeReply(m_f.issued({m_f.ca.issue(m_f.csr, testNow(), options)})));
        });
        add("28 the signer has expired", ErrorCode::SignerNotInForce, [this] {
            CertRepContext later = m_f.context;
            later.now = testNow().addYears(6);
            return outcomeOf(processCertRep(makeReply(m_f.pending()), later));
        });
    }

    CertRepFixture m_f;
    TestCa m_evil;
    Identity m_sibling;
    QList<Attack> m_attacks;
};

QTEST_GUILESS_MAIN(TestThirtyChecks)
#include "tst_thirtychecks.moc"
