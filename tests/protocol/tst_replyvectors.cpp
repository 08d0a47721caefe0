// SPDX-License-Identifier: GPL-3.0-or-later
// CertReps whose signature or envelope was made by the openssl program, and the encodings of other writers.
#include "tests/protocol/berencoding.h"
#include "tests/protocol/certrepfixture.h"
#include "tests/support/opensslprogram.h"

#include <algorithm>

using namespace Scep;
using namespace TestSupport;

namespace {

/// The SignerInfo of a message.
DerNode &signerOf(DerNode &signedData)
{
    return signedData.children.last().children.first();
}

bool hasNote(const QStringList &notes, const QString &part)
{
    return std::ranges::any_of(notes, [&part](const QString &note) { return note.contains(part); });
}

} // namespace

class TestReplyVectors : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        m_f = CertRepFixture::create();
        writeIdentity("ra", m_f.ca.ra);
    }

    void pssSignature_data()
    {
        QTest::addColumn<QByteArray>("digest");
        QTest::addColumn<QByteArray>("parameters"); // RSASSA-PSS-params
        QTest::addColumn<int>("saltLength");
        QTest::newRow("SHA-256") << QByteArray("sha256")
                                 << QByteArray::fromHex("3034a00f300d06096086480165030402010500"
                                                        "a11c301a06092a864886f70d010108300d06096086480165030402010500"
                                                        "a203020120")
                                 << 32;
        QTest::newRow("SHA-1 by default") << QByteArray("sha1") << QByteArray::fromHex("3000") << 20;
    }
    void pssSignature()
    {
        QFETCH(QByteArray, digest);
        QFETCH(QByteArray, parameters);
        QFETCH(int, saltLength);
        ReplyPlan plan = m_f.issued();
        plan.digest = digest == "sha1" ? Pki::Digest::Sha1 : Pki::Digest::Sha256;
        const QByteArray message = changeSignedData(makeReply(plan), [&](DerNode &data) {
            DerNode &signer = signerOf(data);
            DerNode attributes = signer.children[3];
            attributes.tag = 0x31;
            signer.children[4].children = {{0x06, QByteArray::fromHex("2a864886f70d01010a"), {}}, DerNode::fromDer(parameters)};
            signer.children[5].content = m_openssl.output({"dgst", "-" + digest, "-sign", "ra.key", "-sigopt", "rsa_padding_mode:pss",
                                                           "-sigopt", QString("rsa_pss_saltlen:%1").arg(saltLength)},
                                                          attributes.toDer());
        });
        const auto reply = processCertRep(message, m_f.context);
        VERIFY_RESULT(reply);
        QVERIFY(std::get<IssuedReply>(*reply).certificate == m_f.leaf);
        COMPARE_ERROR(processCertRep(withBrokenSignature(message), m_f.context), ErrorCode::SignatureInvalid);
    }

    void ecRequester_data()
    {
        QTest::addColumn<QStringList>("options"); // of openssl cms -encrypt
        QTest::addColumn<bool>("needsChallenge");
        QTest::newRow("kari") << QStringList{"-aes128", "-recip", "ec.pem"} << false;
        QTest::newRow("kari, AES-256") << QStringList{"-aes256", "-recip", "ec.pem"} << false;
        QTest::newRow("kari, 3DES") << QStringList{"-des3", "-recip", "ec.pem"} << false;
        QTest::newRow("kari, SHA-256 KDF") << QStringList{"-aes128", "-recip", "ec.pem", "-keyopt", "ecdh_kdf_md:sha256"} << false;
        QTest::newRow("kari, key identifier") << QStringList{"-aes128", "-keyid", "-recip", "ec.pem"} << false;
        QTest::newRow("kari, BER") << QStringList{"-aes128", "-stream", "-indef", "-recip", "ec.pem"} << false;
        QTest::newRow("pwri") << QStringList{"-aes128", "-pwri_password", "pass word"} << true;
        QTest::newRow("pwri, 3DES") << QStringList{"-des3", "-pwri_password", "pass word"} << true;
        QTest::newRow("pwri, BER") << QStringList{"-aes256", "-stream", "-indef", "-pwri_password", "pass word"} << true;
    }
    void ecRequester()
    {
        QFETCH(QStringList, options);
        QFETCH(bool, needsChallenge);
        // The request was made by an EC key: its signer certificate is what the server encrypts to, or it takes the challenge.
        const Pki::PrivateKey key = ecKey("vector ec");
        const Pki::CertificationRequest csr = makeRequest("CN=ec", key);
        CertRepContext context = m_f.context;
        context.publicKey = csr.publicKey();
        context.signer = makeSelfSigned("CN=ec", key, testNow()).certificate;
        context.signerKey = key;
        m_openssl.write("ec.pem", context.signer.toPem());
        const Pki::Certificate leaf = m_f.ca.issue(csr, testNow());
        ReplyPlan plan = m_f.issued();
        plan.content =
            m_openssl.output(QStringList{"cms", "-encrypt", "-binary", "-outform", "DER"} + options, must(Pki::degenerateCms({leaf})));
        const QByteArray message = makeReply(plan);
        if (needsChallenge) {
            COMPARE_ERROR(processCertRep(message, context), ErrorCode::DecryptionFailed);
            const Pki::SecretBytes wrong(QByteArrayView("pass words"));
            context.challenge = &wrong;
            COMPARE_ERROR(processCertRep(message, context), ErrorCode::DecryptionFailed);
        }
        const Pki::SecretBytes challenge(QByteArrayView("pass word"));
        context.challenge = &challenge;
        const auto reply = processCertRep(message, context);
        VERIFY_RESULT(reply);
        QVERIFY(std::get<IssuedReply>(*reply).certificate == leaf);
        // Another EC key opens nothing.
        context.challenge = nullptr;
        context.signerKey = ecKey("vector other ec");
        COMPARE_ERROR(processCertRep(message, context), ErrorCode::DecryptionFailed);
    }

    void encodings_data()
    {
        QTest::addColumn<QByteArray>("message");
        QTest::addColumn<QString>("note");
        const QByteArray usual = makeReply(m_f.issued());
        QTest::newRow("BER, strings in parts") << signedDataInBer(usual) << "";
        ReplyPlan inner = m_f.issued();
        inner.content = envelopedDataInBer(*inner.content);
        QTest::newRow("BER inside, DER outside") << makeReply(inner) << "";
        QTest::newRow("BER inside and outside") << signedDataInBer(makeReply(inner)) << "";
        QTest::newRow("BouncyCastle: version 3 and content type envelopedData") << bouncyCastle() << "";
        QTest::newRow("signed attributes unsorted, signed as sent") << unsorted(true) << "";
        QTest::newRow("signed attributes unsorted, signed in DER order") << unsorted(false) << "";
        QTest::newRow("base64") << usual.toBase64() << "base64";
        QTest::newRow("base64 on lines") << onLines(usual) << "base64";
        QTest::newRow("PEM") << "-----BEGIN PKCS7-----\r\n" + onLines(usual) + "-----END PKCS7-----\r\n" << "base64 or PEM";
        ReplyPlan eightBytes = m_f.issued();
        eightBytes.senderNonce = QByteArray(8, 's');
        QTest::newRow("their nonce has 8 bytes") << makeReply(eightBytes) << "";
        ReplyPlan bareKeyTransport = m_f.issued();
        DerNode envelope = DerNode::fromDer(*bareKeyTransport.content);
        // ContentInfo, [0], EnvelopedData, recipientInfos, ktri, keyEncryptionAlgorithm: NULL left out by Go servers
        envelope.children[1].children[0].children[1].children[0].children[2].children.removeLast();
        bareKeyTransport.content = envelope.toDer();
        QTest::newRow("key transport without parameters") << makeReply(bareKeyTransport) << "";
    }
    void encodings()
    {
        QFETCH(QByteArray, message);
        QFETCH(QString, note);
        const auto reply = processCertRep(message, m_f.context);
        VERIFY_RESULT(reply);
        const auto &issued = std::get<IssuedReply>(*reply);
        QVERIFY(issued.certificate == m_f.leaf);
        if (note.isEmpty())
            QVERIFY2(issued.notes.isEmpty(), qPrintable(issued.notes.join('\n')));
        else
            QVERIFY2(hasNote(issued.notes, note), qPrintable(issued.notes.join('\n')));
    }

    void mirroredShortNonce()
    {
        // A request with an 8-byte nonce (iOS) is mirrored as it is; a longer echo of it is none.
        CertRepContext context = m_f.context;
        context.senderNonce = must(Nonce::fromBytes("8 bytes!"));
        ReplyPlan plan = m_f.issued();
        plan.recipientNonce = QByteArray("8 bytes!");
        VERIFY_RESULT(processCertRep(makeReply(plan), context));
        plan.recipientNonce = QByteArray("8 bytes!") + QByteArray(8, '\0');
        COMPARE_ERROR(processCertRep(makeReply(plan), context), ErrorCode::NonceMismatch);
    }

    void theNewCaSignsAfterTheSwitch()
    {
        // With the next CA's roles its RA is an expected signer, and the former CA's is none any more (RFC 8894 4.7).
        const TestCa next = TestCa::create("After the switch", testNow());
        CaCertificates offered;
        offered.certificates = {next.root.certificate, next.issuing.certificate, next.ra.certificate};
        CertRepContext switched = m_f.context;
        switched.roles = must(chooseRoles(offered, next.root.certificate, testNow()));
        ReplyPlan plan = m_f.issued({next.issue(m_f.csr, testNow())});
        plan.signer = next.ra;
        plan.embedded = {next.ra.certificate};
        VERIFY_RESULT(processCertRep(makeReply(plan), switched));
        COMPARE_ERROR(processCertRep(makeReply(plan), m_f.context), ErrorCode::SignerUnknown);
        COMPARE_ERROR(processCertRep(makeReply(m_f.issued()), switched), ErrorCode::SignerUnknown);
    }

private:
    void writeIdentity(const QString &name, const Identity &identity) const
    {
        m_openssl.write(name + ".pem", identity.certificate.toPem());
        m_openssl.write(name + ".key", identity.key.toPkcs8Pem().view().toByteArray());
    }
    static QByteArray onLines(const QByteArray &message)
    {
        const QByteArray text = message.toBase64();
        QByteArray lines;
        for (qsizetype i = 0; i < text.size(); i += 64)
            lines += text.mid(i, 64) + "\r\n";
        return lines;
    }
    /// `message` with its signature made anew over `attributes` as SET OF.
    [[nodiscard]] QByteArray signedAnew(const QByteArray &attributes) const
    {
        return m_openssl.output({"dgst", "-sha256", "-sign", "ra.key"}, attributes);
    }
    /// The signed attributes in reverse order, signed as they stand (Cisco IOS) or in DER order.
    [[nodiscard]] QByteArray unsorted(bool isSignedAsSent) const
    {
        return changeSignedData(makeReply(m_f.issued()), [&](DerNode &data) {
            DerNode &signer = signerOf(data);
            std::ranges::reverse(signer.children[3].children);
            if (!isSignedAsSent)
                return; // the signature over the sorted form is already there
            DerNode set = signer.children[3];
            set.tag = 0x31;
            signer.children[5].content = signedAnew(set.toDer());
        });
    }
    [[nodiscard]] QByteArray bouncyCastle() const
    {
        const QByteArray type = QByteArray::fromHex("2a864886f70d010703");
        return changeSignedData(makeReply(m_f.issued()), [&](DerNode &data) {
            data.children[0].content = QByteArray(1, '\x03');
            data.children[2].children[0].content = type;
            DerNode &signer = signerOf(data);
            for (DerNode &attribute : signer.children[3].children) {
                if (attribute.children[0].content == QByteArray::fromHex("2a864886f70d010903")) // contentType
                    attribute.children[1].children[0].content = type;
            }
            DerNode set = signer.children[3];
            set.tag = 0x31;
            signer.children[5].content = signedAnew(set.toDer());
        });
    }

    Test::OpensslProgram m_openssl;
    CertRepFixture m_f;
};

QTEST_GUILESS_MAIN(TestReplyVectors)
#include "tst_replyvectors.moc"
