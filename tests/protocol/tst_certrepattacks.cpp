// SPDX-License-Identifier: GPL-3.0-or-later
// One attack a row (interop.md 3). Each must end in its own error and in nothing else.
#include "tests/protocol/certrepfixture.h"

using namespace Scep;
using namespace TestSupport;
using Pki::Digest;

namespace {

Pki::Attribute scepAttribute(int arc, const QList<QByteArray> &values)
{
    return {must(Pki::Oid::fromText(QString("2.16.840.1.113733.1.9.%1").arg(arc))), values};
}

/// The DER of a node that holds `children`.
DerNode node(quint8 tag, const QList<DerNode> &children)
{
    return {tag, {}, children};
}

/// `envelope` with its content cipher's OID replaced by the equally long `to` (given with tag and length).
QByteArray withCipher(const QByteArray &envelope, const char *to)
{
    // 2.16.840.1.101.3.4.1.2 = AES-128-CBC
    return withReplacedBytes(envelope,
                             QByteArray::fromHex("060960864801650304010"
                                                 "2"),
                             QByteArray::fromHex(to));
}

} // namespace

class TestCertRepAttacks : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase() { m_f = CertRepFixture::create(); }

    void attacks_data()
    {
        QTest::addColumn<QByteArray>("message");
        QTest::addColumn<int>("code");
        const auto row = [](const char *name, const QByteArray &message, ErrorCode code) { QTest::newRow(name) << message << int(code); };
        /// Changes a PENDING: whatever is wrong must be found before the status matters.
        const auto pending = [this](const std::function<void(ReplyPlan &)> &change) {
            ReplyPlan plan = m_f.pending();
            change(plan);
            return makeReply(plan);
        };
        const auto issued = [this](const std::function<void(ReplyPlan &)> &change) {
            ReplyPlan plan = m_f.issued();
            change(plan);
            return makeReply(plan);
        };
        const QByteArray good = makeReply(m_f.issued());

        // Not a message at all
        row("empty body", {}, ErrorCode::EmptyReply);
        row("HTML", "\r\n<html><body>Service unavailable</body></html>", ErrorCode::HtmlReply);
        row("text", "FAILURE", ErrorCode::ReplyMalformed);
        row("certificate", m_f.leaf.der(), ErrorCode::ReplyMalformed);
        row("envelope without signature", *m_f.issued().content, ErrorCode::ReplyMalformed);
        row("trailing byte", good + '\0', ErrorCode::ReplyMalformed);
        row("10 MB", QByteArray(10 * 1024 * 1024, '\x30'), ErrorCode::ReplyTooLarge);
        row("10 MB behind a good message", good + QByteArray(10 * 1024 * 1024, '\0'), ErrorCode::ReplyTooLarge);
        row("nested a thousand times", nested(1000), ErrorCode::ReplyTooLarge);

        // Signer
        row("degenerate, no signer", must(Pki::degenerateCms({m_f.leaf, m_f.ca.ra.certificate})), ErrorCode::SignerCount);
        row("two signers, both good", withSignersOf(good, makeReply(m_f.issued())), ErrorCode::SignerCount);
        row("two signers, one a stranger", withSignersOf(good, issued([this](ReplyPlan &p) { p.signer = stranger(); })),
            ErrorCode::SignerCount);
        row("stranger, certificate embedded", issued([this](ReplyPlan &p) {
                p.signer = stranger();
                p.embedded = {p.signer.certificate};
            }),
            ErrorCode::SignerUnknown);
        row("leaf of the same CA", issued([this](ReplyPlan &p) {
                p.signer = sibling();
                p.embedded = {p.signer.certificate, m_f.ca.issuing.certificate};
            }),
            ErrorCode::SignerUnknown);
        row("RA of another CA", issued([](ReplyPlan &p) {
                p.signer = TestCa::create("Evil", testNow()).ra;
                p.embedded = {p.signer.certificate};
            }),
            ErrorCode::SignerUnknown);
        row("the requester itself", issued([this](ReplyPlan &p) {
                p.signer = {m_f.signer, m_f.key};
                p.embedded = {m_f.signer};
            }),
            ErrorCode::SignerUnknown);
        row("namesake of the RA, embedded", issued([this](ReplyPlan &p) {
                p.signer = namesake();
                p.embedded = {p.signer.certificate};
            }),
            ErrorCode::SignerUnknown);
        row("namesake of the RA, not embedded", issued([this](ReplyPlan &p) {
                p.signer = namesake();
                p.embedded.clear();
            }),
            ErrorCode::SignatureInvalid);
        row("namesake signs, the RA is embedded", issued([this](ReplyPlan &p) { p.signer = namesake(); }), ErrorCode::SignatureInvalid);

        // Signature
        row("broken signature", withBrokenSignature(good), ErrorCode::SignatureInvalid);
        row("changed nonce", withReplacedBytes(good, m_f.context.senderNonce.bytes(), "sixteen bytes no"), ErrorCode::SignatureInvalid);
        row("FAILURE made from PENDING", withReplacedBytes(makeReply(m_f.pending()), status("3"), status("2")),
            ErrorCode::SignatureInvalid);
        row("content exchanged", withContent(good, makeEnvelope({foreignLeaf()}, m_f.signer)), ErrorCode::SignatureInvalid);
        row("content removed", changeSignedData(good, [](DerNode &data) { data.children[2].children.removeLast(); }),
            ErrorCode::SignatureInvalid);
        row("signed with MD5", issued([](ReplyPlan &p) { p.digest = Digest::Md5; }), ErrorCode::AlgorithmBelowFloor);
        row("no signed attributes", changeSignedData(good, [](DerNode &data) { data.children.last().children[0].children.removeAt(3); }),
            ErrorCode::AttributeMissing);

        // Attributes
        row("PKCSReq reflected", pending([](ReplyPlan &p) { p.messageType = QByteArray("19"); }), ErrorCode::MessageTypeMismatch);
        row("messageType 03", pending([](ReplyPlan &p) { p.messageType = QByteArray("03"); }), ErrorCode::MessageTypeMismatch);
        row("messageType 3 with blank", pending([](ReplyPlan &p) { p.messageType = QByteArray("3 "); }), ErrorCode::MessageTypeMismatch);
        row("messageType 33", pending([](ReplyPlan &p) { p.messageType = QByteArray("33"); }), ErrorCode::MessageTypeMismatch);
        row("empty messageType", pending([](ReplyPlan &p) { p.messageType = QByteArray(); }), ErrorCode::MessageTypeMismatch);
        row("no messageType", pending([](ReplyPlan &p) { p.messageType.reset(); }), ErrorCode::AttributeMissing);
        row("messageType as INTEGER", pending([](ReplyPlan &p) {
                p.messageType.reset();
                p.extraAttributes = {scepAttribute(2, {QByteArray("\x02\x01\x03")})};
            }),
            ErrorCode::ReplyMalformed);
        row("messageType twice", pending([](ReplyPlan &p) { p.extraAttributes = {scepAttribute(2, {Pki::printableStringDer("3")})}; }),
            ErrorCode::ReplyMalformed);
        row("other transaction", pending([](ReplyPlan &p) { p.transactionId = QByteArray(40, '0'); }), ErrorCode::TransactionMismatch);
        row("transaction cut short", pending([](ReplyPlan &p) { p.transactionId->chop(1); }), ErrorCode::TransactionMismatch);
        row("transaction with more", pending([](ReplyPlan &p) { p.transactionId->append('0'); }), ErrorCode::TransactionMismatch);
        row("transaction in lower case", pending([](ReplyPlan &p) { p.transactionId = p.transactionId->toLower(); }),
            ErrorCode::TransactionMismatch);
        row("no transactionID", pending([](ReplyPlan &p) { p.transactionId.reset(); }), ErrorCode::AttributeMissing);
        row("transactionID twice",
            pending([](ReplyPlan &p) { p.extraAttributes = {scepAttribute(7, {Pki::printableStringDer(*p.transactionId)})}; }),
            ErrorCode::ReplyMalformed);
        row("transactionID with two values", pending([](ReplyPlan &p) {
                p.extraAttributes = {scepAttribute(7, {Pki::printableStringDer(*p.transactionId), Pki::printableStringDer("X")})};
                p.transactionId.reset();
            }),
            ErrorCode::ReplyMalformed);
        row("other nonce", pending([](ReplyPlan &p) { p.recipientNonce = QByteArray(16, 'x'); }), ErrorCode::NonceMismatch);
        row("nonce cut to 8 bytes", pending([](ReplyPlan &p) { p.recipientNonce = p.recipientNonce->left(8); }), ErrorCode::NonceMismatch);
        row("empty nonce", pending([](ReplyPlan &p) { p.recipientNonce = QByteArray(); }), ErrorCode::NonceMismatch);
        row("nonce with more", pending([](ReplyPlan &p) { p.recipientNonce->append('x'); }), ErrorCode::NonceMismatch);
        row("our nonce as senderNonce only", pending([](ReplyPlan &p) {
                p.senderNonce = p.recipientNonce;
                p.recipientNonce.reset();
            }),
            ErrorCode::AttributeMissing);
        row("nonce twice", pending([](ReplyPlan &p) { p.extraAttributes = {scepAttribute(6, {Pki::octetStringDer(*p.recipientNonce)})}; }),
            ErrorCode::ReplyMalformed);
        row("no status", pending([](ReplyPlan &p) { p.pkiStatus.reset(); }), ErrorCode::AttributeMissing);
        row("status 1", pending([](ReplyPlan &p) { p.pkiStatus = QByteArray("1"); }), ErrorCode::StatusUnknown);
        row("status 00", pending([](ReplyPlan &p) { p.pkiStatus = QByteArray("00"); }), ErrorCode::StatusUnknown);
        row("status SUCCESS in words", pending([](ReplyPlan &p) { p.pkiStatus = QByteArray("SUCCESS"); }), ErrorCode::StatusUnknown);
        row("status PENDING and SUCCESS",
            pending([](ReplyPlan &p) { p.extraAttributes = {scepAttribute(3, {Pki::printableStringDer("0")})}; }),
            ErrorCode::ReplyMalformed);
        row(
            "failInfo twice",
            [this] {
                ReplyPlan plan = m_f.rejected();
                plan.extraAttributes = {scepAttribute(4, {Pki::printableStringDer("0")})};
                return makeReply(plan);
            }(),
            ErrorCode::ReplyMalformed);

        // Content of SUCCESS
        row("SUCCESS without content", issued([](ReplyPlan &p) { p.content.reset(); }), ErrorCode::ContentRefused);
        row("SUCCESS with empty content", issued([](ReplyPlan &p) { p.content = QByteArray(); }), ErrorCode::ContentRefused);
        row("certificates in the clear", issued([this](ReplyPlan &p) { p.content = must(Pki::degenerateCms({m_f.leaf})); }),
            ErrorCode::ContentRefused);
        row("nested signedData", issued([&good](ReplyPlan &p) { p.content = good; }), ErrorCode::ContentRefused);
        row("AuthEnvelopedData", issued([](ReplyPlan &p) {
                // 1.2.840.113549.1.7.3 -> 1.2.840.113549.1.9.16.1.23
                DerNode envelope = DerNode::fromDer(*p.content);
                envelope.children[0].content = QByteArray::fromHex("2a864886f70d0109100117");
                p.content = envelope.toDer();
            }),
            ErrorCode::ContentRefused);
        row("compressedData", issued([](ReplyPlan &p) {
                DerNode envelope = DerNode::fromDer(*p.content);
                envelope.children[0].content = QByteArray::fromHex("2a864886f70d0109100109");
                p.content = envelope.toDer();
            }),
            ErrorCode::ContentRefused);
        row("AES-128-GCM in EnvelopedData", issued([](ReplyPlan &p) { p.content = withCipher(*p.content, "0609608648016503040106"); }),
            ErrorCode::ContentRefused);
        row("AES-128-CFB", issued([](ReplyPlan &p) { p.content = withCipher(*p.content, "0609608648016503040104"); }),
            ErrorCode::ContentRefused);
        row("encrypted to somebody else", issued([this](ReplyPlan &p) { p.content = makeEnvelope({m_f.leaf}, sibling().certificate); }),
            ErrorCode::DecryptionFailed);
        row("changed ciphertext", issued([](ReplyPlan &p) {
                p.content->chop(16);
                p.content->append(QByteArray(16, 'x'));
            }),
            ErrorCode::DecryptionFailed);
        row("half a block missing", issued([](ReplyPlan &p) {
                DerNode envelope = DerNode::fromDer(*p.content);
                envelope.children[1].children[0].children[2].children[2].content.chop(8);
                p.content = envelope.toDer();
            }),
            ErrorCode::DecryptionFailed);
        row("nine recipients", issued([](ReplyPlan &p) {
                DerNode envelope = DerNode::fromDer(*p.content);
                DerNode &recipients = envelope.children[1].children[0].children[1];
                for (int i = 0; i < 8; ++i)
                    recipients.children.append(recipients.children.first());
                p.content = envelope.toDer();
            }),
            ErrorCode::ReplyTooLarge);
        row("text inside the envelope", issued([this](ReplyPlan &p) { p.content = encrypted("hello"); }), ErrorCode::DecryptionFailed);
        row("bare certificate inside", issued([this](ReplyPlan &p) { p.content = encrypted(m_f.leaf.der()); }), ErrorCode::ReplyMalformed);
        row("envelope in the envelope", issued([this](ReplyPlan &p) { p.content = encrypted(*p.content); }), ErrorCode::ReplyMalformed);
        row("bundle with trailing byte",
            issued([this](ReplyPlan &p) { p.content = encrypted(must(Pki::degenerateCms({m_f.leaf})) + 'x'); }), ErrorCode::ReplyMalformed);
        row("empty bundle", issued([this](ReplyPlan &p) { p.content = encrypted(must(Pki::degenerateCms({}))); }),
            ErrorCode::ReplyMalformed);
        row("33 certificates", makeReply(m_f.issued(QList<Pki::Certificate>(33, m_f.leaf))), ErrorCode::ReplyTooLarge);

        // The issued certificate
        row("foreign public key", makeReply(m_f.issued({foreignLeaf()})), ErrorCode::ForeignPublicKey);
        row("only CA certificates", makeReply(m_f.issued({m_f.ca.issuing.certificate, m_f.ca.root.certificate})),
            ErrorCode::ForeignPublicKey);
        row("two for our key", makeReply(m_f.issued({m_f.leaf, m_f.ca.issue(m_f.csr, testNow())})), ErrorCode::ReplyMalformed);
        row("leaf of another CA", makeReply(m_f.issued({TestCa::create("Evil", testNow()).issue(m_f.csr, testNow())})),
            ErrorCode::ChainBroken);
        row(
            "leaf of another CA with its whole chain",
            [this] {
                const TestCa evil = TestCa::create("Evil", testNow());
                return makeReply(m_f.issued({evil.issue(m_f.csr, testNow()), evil.issuing.certificate, evil.root.certificate}));
            }(),
            ErrorCode::ChainBroken);
        row("leaf of the CA's namesake", makeReply(m_f.issued({leafOfNamesake()})), ErrorCode::ChainBroken);
        row("leaf straight from the root",
            makeReply(m_f.issued({makeCertificate("O=Lab, CN=plc-7", m_f.csr.publicKey(), m_f.ca.root, testNow())})),
            ErrorCode::ChainBroken);
        row("leaf signed by another leaf",
            makeReply(m_f.issued({makeCertificate("O=Lab, CN=plc-7", m_f.csr.publicKey(), sibling(), testNow()), sibling().certificate})),
            ErrorCode::ChainBroken);
        row("self-signed, ours", makeReply(m_f.issued({m_f.signer})), ErrorCode::ChainBroken);
        row("CA:TRUE", makeReply(m_f.issued({leaf([](CertificateOptions &o) { o.isCa = true; })})), ErrorCode::IssuedCertificateIsCa);
        row("expired", makeReply(m_f.issued({leaf([](CertificateOptions &o) {
                o.notBefore = testNow().addDays(-30);
                o.notAfter = testNow().addDays(-1);
            })})),
            ErrorCode::IssuedCertificateNotInForce);
        row("not yet valid", makeReply(m_f.issued({leaf([](CertificateOptions &o) { o.notBefore = testNow().addDays(1); })})),
            ErrorCode::IssuedCertificateNotInForce);
        row("expired and of the CA's namesake", makeReply(m_f.issued({leafOfNamesake(testNow().addDays(-1))})), ErrorCode::ChainBroken);
        row("signed with MD5 by the CA", makeReply(m_f.issued({leaf([](CertificateOptions &o) { o.digest = Digest::Md5; })})),
            ErrorCode::AlgorithmBelowFloor);
    }
    void attacks()
    {
        QFETCH(QByteArray, message);
        QFETCH(int, code);
        COMPARE_ERROR(processCertRep(message, m_f.context), static_cast<ErrorCode>(code));
    }

    void theUnchangedReplyIsGood()
    {
        // All rows above start from this one: it must be accepted, or they would prove nothing.
        VERIFY_RESULT(processCertRep(makeReply(m_f.issued()), m_f.context));
        VERIFY_RESULT(processCertRep(makeReply(m_f.pending()), m_f.context));
        VERIFY_RESULT(processCertRep(makeReply(m_f.rejected()), m_f.context));
    }

    void signerOutOfForce()
    {
        CertRepContext later = m_f.context;
        later.now = testNow().addYears(6); // the RA lives five
        COMPARE_ERROR(processCertRep(makeReply(m_f.pending()), later), ErrorCode::SignerNotInForce);
        CertRepContext earlier = m_f.context;
        earlier.now = testNow().addYears(-2);
        COMPARE_ERROR(processCertRep(makeReply(m_f.pending()), earlier), ErrorCode::SignerNotInForce);
    }

    void signatureComesBeforeAttributes()
    {
        // Everything is wrong at once: the errors come in the order of the checks, so nothing is learnt from unsigned words.
        ReplyPlan plan = m_f.pending();
        plan.signer = stranger();
        plan.recipientNonce = QByteArray(16, 'x');
        plan.transactionId = QByteArray("0");
        plan.messageType = QByteArray("19");
        COMPARE_ERROR(processCertRep(makeReply(plan), m_f.context), ErrorCode::SignerUnknown);
        plan.signer = m_f.ca.ra;
        COMPARE_ERROR(processCertRep(withBrokenSignature(makeReply(plan)), m_f.context), ErrorCode::SignatureInvalid);
        COMPARE_ERROR(processCertRep(makeReply(plan), m_f.context), ErrorCode::MessageTypeMismatch);
        plan.messageType = QByteArray("3");
        COMPARE_ERROR(processCertRep(makeReply(plan), m_f.context), ErrorCode::TransactionMismatch);
        plan.transactionId = m_f.pending().transactionId;
        COMPARE_ERROR(processCertRep(makeReply(plan), m_f.context), ErrorCode::NonceMismatch);
    }

    void decryptionFailuresLookAlike()
    {
        // No word tells an attacker why.
        ReplyPlan elsewhere = m_f.issued();
        elsewhere.content = makeEnvelope({m_f.leaf}, sibling().certificate);
        ReplyPlan padding = m_f.issued();
        padding.content->chop(16);
        padding.content->append(QByteArray(16, 'x'));
        ReplyPlan garbage = m_f.issued();
        garbage.content = encrypted("hello");
        const auto first = processCertRep(makeReply(elsewhere), m_f.context);
        const auto second = processCertRep(makeReply(padding), m_f.context);
        const auto third = processCertRep(makeReply(garbage), m_f.context);
        QVERIFY(!first && !second && !third);
        QCOMPARE(first.error(), second.error());
        QCOMPARE(first.error(), third.error());
    }

    void everyTruncationIsAnError()
    {
        const QByteArray message = makeReply(m_f.issued());
        for (qsizetype length = 0; length < message.size(); ++length)
            QVERIFY2(!processCertRep(message.left(length), m_f.context), qPrintable(QString::number(length)));
    }

    void everyChangedByteIsAnErrorOrChangesNothing()
    {
        // A PENDING with one bit changed may never become SUCCESS or FAILURE. Bits outside of the signature's cover (embedded certificates)
        // may change without effect.
        const QByteArray message = makeReply(m_f.pending());
        for (qsizetype position = 0; position < message.size(); ++position) {
            QByteArray changed = message;
            changed[position] = static_cast<char>(changed.at(position) ^ (1 << (position % 8)));
            const auto reply = processCertRep(changed, m_f.context);
            QVERIFY2(!reply || std::holds_alternative<PendingReply>(*reply), qPrintable(QString::number(position)));
        }
    }

    void strangersAreNoAnchors()
    {
        // A self-signed root in the reply is not trusted, kept or put into the chain.
        CertificateOptions ca;
        ca.isCa = true;
        const Identity root = makeSelfSigned("CN=Trust me", rsaKey("trust me"), testNow(), ca);
        const auto reply = processCertRep(makeReply(m_f.issued({m_f.leaf, root.certificate})), m_f.context);
        VERIFY_RESULT(reply);
        QVERIFY(std::get<IssuedReply>(*reply).extras.isEmpty());
        QVERIFY(std::get<IssuedReply>(*reply).chain.links.last().certificate == m_f.ca.root.certificate);
    }

private:
    [[nodiscard]] Identity stranger() const
    {
        static const Identity identity = makeSelfSigned("CN=Stranger", rsaKey("stranger"), testNow());
        return identity;
    }
    /// Another certificate holder of the same CA.
    [[nodiscard]] Identity sibling() const
    {
        static const Identity identity{makeCertificate("O=Lab, CN=plc-8", rsaKey("sibling").publicKey(), m_f.ca.issuing, testNow()),
                                       rsaKey("sibling")};
        return identity;
    }
    /// Issuer and serial number of the RA, another key.
    [[nodiscard]] Identity namesake() const
    {
        CertificateOptions ca;
        ca.isCa = true;
        const Identity fake =
            makeSelfSigned(m_f.ca.issuing.certificate.subject().toText(), rsaKey("fake issuing of attacks"), testNow(), ca);
        CertificateOptions options;
        options.serialNumber = m_f.ca.ra.certificate.serialNumber();
        return {makeCertificate(m_f.ca.ra.certificate.subject().toText(), rsaKey("namesake").publicKey(), fake, testNow(), options),
                rsaKey("namesake")};
    }
    [[nodiscard]] Pki::Certificate leafOfNamesake(const QDateTime &notAfter = {}) const
    {
        CertificateOptions ca;
        ca.isCa = true;
        const Identity fake =
            makeSelfSigned(m_f.ca.issuing.certificate.subject().toText(), rsaKey("fake issuing of attacks"), testNow(), ca);
        CertificateOptions options;
        options.notBefore = testNow().addDays(-10);
        options.notAfter = notAfter;
        return makeCertificate("O=Lab, CN=plc-7", m_f.csr.publicKey(), fake, testNow(), options);
    }
    /// The right names and CA, another key.
    [[nodiscard]] Pki::Certificate foreignLeaf() const
    {
        return makeCertificate("O=Lab, CN=plc-7", rsaKey("foreign").publicKey(), m_f.ca.issuing, testNow());
    }
    [[nodiscard]] Pki::Certificate leaf(const std::function<void(CertificateOptions &)> &change) const
    {
        CertificateOptions options;
        change(options);
        return m_f.ca.issue(m_f.csr, testNow(), options);
    }
    [[nodiscard]] QByteArray encrypted(const QByteArray &plain) const
    {
        return must(Pki::encryptCms(plain, m_f.signer, Pki::Cipher::Aes128));
    }
    static QByteArray status(const QByteArray &value)
    {
        return scepAttributeDer(QByteArray::fromHex("060a6086480186f845010903"), Pki::printableStringDer(value));
    }
    static QByteArray scepAttributeDer(const QByteArray &oid, const QByteArray &value)
    {
        return oid + node(0x31, {DerNode::fromDer(value)}).toDer();
    }
    static QByteArray nested(int depth)
    {
        QByteArray inner = QByteArray::fromHex("0500");
        for (int i = 0; i < depth; ++i) {
            QByteArray length;
            for (qsizetype rest = inner.size(); rest > 0; rest >>= 8)
                length.prepend(static_cast<char>(rest & 0xff));
            inner = QByteArray("\x30") + static_cast<char>(0x80 | length.size()) + length + inner;
        }
        return inner;
    }

    CertRepFixture m_f;
};

QTEST_GUILESS_MAIN(TestCertRepAttacks)
#include "tst_certrepattacks.moc"
