// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/oaepkey.h"
#include "scep/protocol/negotiationpreview.h"
#include "scep/protocol/pkirequest.h"
#include "tests/protocol/protocoltest.h"
#include "tests/support/opensslprogram.h"
#include "tests/support/testca.h"

#include <algorithm>

using namespace Scep;
using namespace TestSupport;
using What = NegotiationRow::What;

class TestNegotiationPreview : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        m_ca = TestCa::create("Preview", testNow());
        m_input.capabilities = Capabilities::fromLines({"AES", "POSTPKIOperation", "SHA-256"});
        m_input.roles =
            rolesOf({m_ca.root.certificate, m_ca.issuing.certificate, m_ca.raSigning.certificate, m_ca.raEncryption.certificate});
    }

    void everyRowOnceInOrder()
    {
        const auto rows = previewNegotiation(m_input);
        VERIFY_RESULT(rows);
        QList<What> order;
        for (const NegotiationRow &row : *rows) {
            order.append(row.what);
            QVERIFY(!row.value.isEmpty() && !row.reason.isEmpty() && !displayName(row.what).isEmpty());
            QVERIFY2(row.what == What::Recipient || row.warnings.isEmpty(), qPrintable(row.warnings.join('\n')));
        }
        QCOMPARE(order, (QList<What>{What::Cipher, What::Digest, What::Transport, What::KeyTransport, What::Recipient, What::Signers,
                                     What::Reply}));
        QCOMPARE(row(*rows, What::Cipher), (NegotiationRow{What::Cipher, "AES-128-CBC", "announced by the server", {}}));
        QCOMPARE(row(*rows, What::Transport).value, "POST");
        QCOMPARE(row(*rows, What::KeyTransport).value, "RSA PKCS#1 v1.5");
        QVERIFY(row(*rows, What::Recipient).value.startsWith("CN=Preview RA encryption"));
        QCOMPARE(row(*rows, What::Recipient).warnings, QStringList{"The recipient's key has 1024 bits only."});
        QVERIFY(row(*rows, What::Signers).value.contains("CN=Preview RA signing"));
    }

    void itSaysWhatNegotiateDoes_data()
    {
        QTest::addColumn<QStringList>("capabilities");
        QTest::newRow("nothing") << QStringList{};
        QTest::newRow("NDES") << QStringList{"POSTPKIOperation", "Renewal", "SHA-512", "SHA-256", "SHA-1", "DES3"};
        QTest::newRow("SHA-1 only") << QStringList{"SHA-1", "AES"};
        QTest::newRow("standard") << QStringList{"SCEPStandard"};
    }
    void itSaysWhatNegotiateDoes()
    {
        QFETCH(QStringList, capabilities);
        NegotiationInput input = m_input;
        input.capabilities = Capabilities::fromLines(capabilities);
        const auto negotiated = negotiate(input.policy, input.capabilities);
        const auto rows = previewNegotiation(input);
        VERIFY_RESULT(negotiated);
        VERIFY_RESULT(rows);
        QCOMPARE(row(*rows, What::Cipher).value, Pki::displayName(negotiated->cipher));
        QCOMPARE(row(*rows, What::Digest).value, Pki::displayName(negotiated->digest));
        QCOMPARE(row(*rows, What::Transport).value, negotiated->method == HttpMethod::Post ? "POST" : "GET");
        QStringList warnings = row(*rows, What::Cipher).warnings + row(*rows, What::Digest).warnings + row(*rows, What::Transport).warnings;
        QStringList expected = negotiated->warnings;
        warnings.sort();
        expected.sort();
        QCOMPARE(warnings, expected);
    }

    void belowTheFloor()
    {
        NegotiationInput input = m_input;
        input.capabilities = Capabilities::fromLines({"DES", "SHA-256"});
        COMPARE_ERROR(previewNegotiation(input), ErrorCode::AlgorithmBelowFloor);
        input.capabilities = Capabilities::fromLines({"AES", "MD5"});
        COMPARE_ERROR(previewNegotiation(input), ErrorCode::AlgorithmBelowFloor);
        // Opted in for this server.
        input.policy.allowMd5 = true;
        const auto rows = previewNegotiation(input);
        VERIFY_RESULT(rows);
        QVERIFY(!row(*rows, What::Digest).warnings.isEmpty());
    }

    void strippedCapabilitiesEndAtTheFloor()
    {
        // Whoever strips GetCACaps on the way gets 3DES and SHA-1 at the worst, and not even that where SHA-1 is not allowed.
        NegotiationInput input = m_input;
        input.capabilities = {};
        const auto rows = previewNegotiation(input);
        VERIFY_RESULT(rows);
        QCOMPARE(row(*rows, What::Cipher).value, "3DES-CBC");
        QVERIFY(!row(*rows, What::Cipher).warnings.isEmpty() && !row(*rows, What::Digest).warnings.isEmpty());
        input.policy.allowSha1 = false;
        COMPARE_ERROR(previewNegotiation(input), ErrorCode::AlgorithmBelowFloor);
    }

    void ecKeyNeedsAChallenge()
    {
        NegotiationInput input = m_input;
        input.keyAlgorithm = Pki::KeySpec::Algorithm::Ec;
        COMPARE_ERROR(previewNegotiation(input), ErrorCode::UnsupportedAlgorithm);
        input.hasChallenge = true;
        const auto rows = previewNegotiation(input);
        VERIFY_RESULT(rows);
        QVERIFY(row(*rows, What::Reply).value.contains("pwri"));
        QVERIFY(!row(*rows, What::Reply).warnings.isEmpty());
    }

    void rolesChosenByHand()
    {
        NegotiationInput input = m_input;
        input.roleOverride.encryption = m_ca.ra.certificate.fingerprint();
        input.roleOverride.signing = m_ca.ra.certificate.fingerprint();
        input.roleOverride.reason = "told by the administrator";
        CaCertificates offered;
        offered.certificates = {m_ca.root.certificate, m_ca.issuing.certificate, m_ca.ra.certificate, m_ca.raEncryption.certificate};
        input.roles = must(chooseRoles(offered, m_ca.root.certificate, testNow(), input.roleOverride));
        const auto rows = previewNegotiation(input);
        VERIFY_RESULT(rows);
        QCOMPARE(row(*rows, What::Recipient).reason, "chosen by hand: told by the administrator");
        QCOMPARE(row(*rows, What::Signers).value, "CN=Preview RA");
    }

    void noRecipient()
    {
        NegotiationInput input = m_input;
        input.roles = {};
        COMPARE_ERROR(previewNegotiation(input), ErrorCode::NoUsableCaCertificate);
    }

    void oaepOnlyCertificate_data()
    {
        QTest::addColumn<QByteArray>("parameters");
        QTest::addColumn<int>("transport");
        QTest::addColumn<QString>("name");
        const QByteArray sha256 = QByteArray::fromHex("300fa00d300b0609608648016503040201");
        QTest::newRow("defaults") << QByteArray::fromHex("3000") << int(Pki::KeyTransport::RsaOaepSha1) << "RSA-OAEP with SHA-1";
        QTest::newRow("absent") << QByteArray() << int(Pki::KeyTransport::RsaOaepSha1) << "RSA-OAEP with SHA-1";
        QTest::newRow("SHA-256") << sha256 << int(Pki::KeyTransport::RsaOaepSha256) << "RSA-OAEP with SHA-256";
    }
    void oaepOnlyCertificate()
    {
        QFETCH(QByteArray, parameters);
        QFETCH(int, transport);
        QFETCH(QString, name);
        const Identity ra = oaepRa(parameters);
        QCOMPARE(ra.certificate.publicKey().displayName(), "RSA-OAEP 2048");
        QVERIFY(ra.certificate.isSignedBy(m_ca.issuing.certificate));
        QVERIFY(Pki::belongTogether(ra.key, ra.certificate));
        QVERIFY(!Pki::belongTogether(m_ca.ra.key, ra.certificate));
        const auto demanded = Pki::demandedKeyTransport(ra.certificate);
        QVERIFY(demanded);
        QCOMPARE(int(*demanded), transport);
        QVERIFY(!Pki::demandedKeyTransport(m_ca.ra.certificate));
        QVERIFY(!Pki::demandedKeyTransport({}));

        NegotiationInput input = m_input;
        input.roles = rolesOf({m_ca.root.certificate, m_ca.issuing.certificate, ra.certificate});
        QVERIFY(input.roles.recipient == ra.certificate);
        const auto rows = previewNegotiation(input);
        VERIFY_RESULT(rows);
        QCOMPARE(row(*rows, What::KeyTransport).value, name);
        QVERIFY(row(*rows, What::KeyTransport).reason.contains("nothing but OAEP"));

        // What is really sent: the server's side reads it and sees the key transport.
        const Pki::PrivateKey key = rsaKey("preview device");
        PkiRequest request;
        request.transactionId = TransactionId::create(key.publicKey());
        request.senderNonce = Nonce::create();
        request.payload = makeRequest("CN=x", key).der();
        request.signer = must(createRequestSigner(must(Pki::DistinguishedName::fromText("CN=x")), key, testNow()));
        request.recipient = ra.certificate;
        request.algorithms = must(negotiate(input.policy, input.capabilities));
        const auto message = buildPkiRequest(request, key);
        VERIFY_RESULT(message);
        const auto received = readPkiRequest(*message, ra.certificate, ra.key);
        QVERIFY2(received, received ? "" : qPrintable(received.error().text));
        QVERIFY(received->keyTransport != Pki::KeyTransport::RsaPkcs1);
        QCOMPARE(received->payload, request.payload);
    }

private:
    static NegotiationRow row(const QList<NegotiationRow> &rows, What what)
    {
        const auto found = std::ranges::find(rows, what, &NegotiationRow::what);
        return found == rows.end() ? NegotiationRow() : *found;
    }
    [[nodiscard]] CaRoles rolesOf(const QList<Pki::Certificate> &certificates) const
    {
        CaCertificates offered;
        offered.certificates = certificates;
        return must(chooseRoles(offered, m_ca.root.certificate, testNow()));
    }
    /// An RA certificate whose SubjectPublicKeyInfo says id-RSAES-OAEP (RFC 4055 1.2): an ordinary one changed and signed anew.
    [[nodiscard]] Identity oaepRa(const QByteArray &parameters) const
    {
        CertificateOptions options;
        options.keyUsage = Pki::KeyUsageBit::KeyEncipherment;
        const Pki::PrivateKey key = rsaKey("oaep ra", 2048);
        DerNode certificate = DerNode::fromDer(makeCertificate("CN=OAEP RA", key.publicKey(), m_ca.issuing, testNow(), options).der());
        DerNode &algorithm = certificate.children[0].children[6].children[0];
        algorithm.children = {{0x06, QByteArray::fromHex("2a864886f70d010107"), {}}};
        if (!parameters.isEmpty())
            algorithm.children.append(DerNode::fromDer(parameters));
        const QByteArray signature = signatureOver(certificate.children[0].toDer());
        certificate.children[2].content = QByteArray(1, '\0') + signature;
        return {must(Pki::Certificate::fromDer(certificate.toDer())), key};
    }
    /// sha256WithRSA by the issuing CA.
    [[nodiscard]] QByteArray signatureOver(const QByteArray &bytes) const
    {
        const Test::OpensslProgram openssl;
        openssl.write("ca.key", m_ca.issuing.key.toPkcs8Pem().view().toByteArray());
        return openssl.output({"dgst", "-sha256", "-sign", "ca.key"}, bytes);
    }

    TestCa m_ca;
    NegotiationInput m_input;
};

QTEST_GUILESS_MAIN(TestNegotiationPreview)
#include "tst_negotiationpreview.moc"
