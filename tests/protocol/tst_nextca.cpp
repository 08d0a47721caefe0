// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/protocol/nextca.h"
#include "tests/protocol/berencoding.h"
#include "tests/protocol/protocoltest.h"
#include "tests/support/opensslprogram.h"
#include "tests/support/testca.h"

using namespace Scep;
using namespace TestSupport;
using Certificates = QList<Pki::Certificate>;

/// GetNextCACert (RFC 8894 4.7): only what the current CA signed counts.
class TestNextCa : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        m_current = TestCa::create("Current", testNow());
        m_other = TestCa::create("Another", testNow());
        // The next CA begins in our future.
        CertificateOptions options;
        options.isCa = true;
        options.notBefore = testNow().addDays(30);
        options.notAfter = testNow().addYears(10);
        m_next = {makeCertificate("CN=Next", rsaKey("next").publicKey(), m_current.root, testNow(), options), rsaKey("next")};
        CertificateOptions ra;
        ra.notBefore = testNow().addDays(31);
        ra.notAfter = testNow().addYears(3);
        m_nextRa = makeCertificate("CN=Next RA", rsaKey("next ra").publicKey(), m_next, testNow(), ra);
        CaCertificates offered;
        offered.certificates = {m_current.root.certificate, m_current.issuing.certificate, m_current.ra.certificate};
        m_roles = must(chooseRoles(offered, m_current.root.certificate, testNow()));
    }

    void announced_data()
    {
        QTest::addColumn<QByteArray>("message");
        QTest::addColumn<QString>("note");
        const Certificates next{m_next.certificate, m_nextRa};
        const auto built = [&next](const Identity &signer, Pki::Digest digest, bool includesSigner) {
            return must(buildNextCa(next, signer.certificate, signer.key, digest, includesSigner));
        };
        const QByteArray bundle = must(Pki::degenerateCms(next));
        const QByteArray usual = built(m_current.ra, Pki::Digest::Sha256, true);
        QTest::newRow("by the RA") << usual << "";
        QTest::newRow("by the CA") << built(m_current.issuing, Pki::Digest::Sha512, true) << "";
        QTest::newRow("no embedded certificates") << built(m_current.ra, Pki::Digest::Sha256, false) << "found among the CA's";
        QTest::newRow("SHA-1") << built(m_current.ra, Pki::Digest::Sha1, true) << "SHA-1";
        QTest::newRow("BER") << signedDataInBer(usual) << "";
        QTest::newRow("base64") << usual.toBase64() << "base64";
        QTest::newRow("in an OCTET STRING more") << signedBy(m_current.ra, Pki::octetStringDer(bundle)) << "OCTET STRING";
        QTest::newRow("SignedData without ContentInfo")
            << signedBy(m_current.ra, DerNode::fromDer(bundle).children[1].children[0].toDer()) << "found among the CA's";
        QTest::newRow("made by openssl") << byOpenssl(bundle, {}) << "";
        QTest::newRow("made by openssl, no signed attributes") << byOpenssl(bundle, {"-noattr"}) << "";
        QTest::newRow("made by openssl, BER") << byOpenssl(bundle, {"-stream", "-indef"}) << "";
        QTest::newRow("made by openssl, content type signedData") << byOpenssl(bundle, {"-econtent_type", "1.2.840.113549.1.7.2"}) << "";
    }
    void announced()
    {
        QFETCH(QByteArray, message);
        QFETCH(QString, note);
        const auto next = processNextCa(message, m_roles, testNow());
        VERIFY_RESULT(next);
        QVERIFY(next->offered.certificates == (Certificates{m_next.certificate, m_nextRa}));
        QCOMPARE(next->inForceFrom, m_next.certificate.notBefore());
        QVERIFY(m_roles.expectedSigners.contains(next->signer));
        if (note.isEmpty())
            QVERIFY2(next->notes.isEmpty(), qPrintable(next->notes.join('\n')));
        else
            QVERIFY2(next->notes.join('\n').contains(note), qPrintable(next->notes.join('\n')));
    }

    void contentThatIsNoOctetString()
    {
        // PKCS#7 1.5: the SignedData stands in the content field itself, and the digest leaves out its tag and length (RFC 5652 5.2.1).
        const DerNode inner = DerNode::fromDer(must(Pki::degenerateCms({m_next.certificate}))).children[1].children[0];
        QByteArray contentOctets;
        for (const DerNode &child : inner.children)
            contentOctets += child.toDer();
        const QByteArray message = changeSignedData(byOpenssl(contentOctets, {"-econtent_type", "1.2.840.113549.1.7.2"}),
                                                    [&inner](DerNode &data) { data.children[2].children[1].children = {inner}; });
        const auto next = processNextCa(message, m_roles, testNow());
        VERIFY_RESULT(next);
        QVERIFY(next->offered.certificates == Certificates{m_next.certificate});
        const DerNode foreign = DerNode::fromDer(must(Pki::degenerateCms({m_other.root.certificate}))).children[1].children[0];
        COMPARE_ERROR(
            processNextCa(changeSignedData(message, [&foreign](DerNode &data) { data.children[2].children[1].children = {foreign}; }),
                          m_roles, testNow()),
            ErrorCode::SignatureInvalid);
    }

    void outerCertificatesAreNeverTaken()
    {
        // No signature covers them (RFC 5652 5.1): whoever is on the way can add his own.
        const QByteArray message = changeSignedData(usual(), [this](DerNode &data) {
            data.children[3].children.append(DerNode::fromDer(m_other.root.certificate.der()));
            data.children[3].children.append(DerNode::fromDer(m_other.issuing.certificate.der()));
        });
        const auto next = processNextCa(message, m_roles, testNow());
        VERIFY_RESULT(next);
        QVERIFY(next->offered.certificates == (Certificates{m_next.certificate, m_nextRa}));
    }

    void refused_data()
    {
        QTest::addColumn<QByteArray>("message");
        QTest::addColumn<int>("code");
        const auto row = [](const char *name, const QByteArray &message, ErrorCode code) { QTest::newRow(name) << message << int(code); };
        const Certificates next{m_next.certificate, m_nextRa};
        const QByteArray bundle = must(Pki::degenerateCms(next));
        const QByteArray good = usual();
        row("empty", {}, ErrorCode::EmptyReply);
        row("HTML", "<html><body>404</body></html>", ErrorCode::HtmlReply);
        row("text", "no next CA", ErrorCode::ReplyMalformed);
        row("trailing byte", good + 'x', ErrorCode::ReplyMalformed);
        row("unsigned", bundle, ErrorCode::SignerCount);
        row("two signers", withSignersOf(good, signedBy(m_other.ra, bundle)), ErrorCode::SignerCount);
        row("the same signer twice", withSignersOf(good, good), ErrorCode::SignerCount);
        row("another CA's RA", must(buildNextCa(next, m_other.ra.certificate, m_other.ra.key)), ErrorCode::SignerUnknown);
        row("the next CA signs itself", must(buildNextCa(next, m_next.certificate, m_next.key)), ErrorCode::SignerUnknown);
        row("a device of the same CA signs", must(buildNextCa(next, device().certificate, device().key)), ErrorCode::SignerUnknown);
        row("broken signature", withBrokenSignature(good), ErrorCode::SignatureInvalid);
        row("content exchanged", withContent(good, must(Pki::degenerateCms({m_other.root.certificate}))), ErrorCode::SignatureInvalid);
        row("content removed, certificates outside",
            changeSignedData(good,
                             [this](DerNode &data) {
                                 data.children[2].children.removeLast();
                                 data.children[3].children.append(DerNode::fromDer(m_other.root.certificate.der()));
                             }),
            ErrorCode::SignatureInvalid);
        row("signed with MD5", must(buildNextCa(next, m_current.ra.certificate, m_current.ra.key, Pki::Digest::Md5)),
            ErrorCode::AlgorithmBelowFloor);
        row("signed emptiness", signedBy(m_current.ra, {}), ErrorCode::ContentRefused);
        row("signed text", signedBy(m_current.ra, "hello"), ErrorCode::ContentRefused);
        row("signed bare certificate", signedBy(m_current.ra, m_next.certificate.der()), ErrorCode::ContentRefused);
        row("signed envelope", signedBy(m_current.ra, makeEnvelope(next, m_current.ra.certificate)), ErrorCode::ReplyMalformed);
        row("signed empty bundle", signedBy(m_current.ra, must(Pki::degenerateCms({}))), ErrorCode::ReplyMalformed);
        row("33 certificates", signedBy(m_current.ra, must(Pki::degenerateCms(many()))), ErrorCode::ReplyTooLarge);
        row("no CA certificate", signedBy(m_current.ra, must(Pki::degenerateCms({m_nextRa}))), ErrorCode::NoUsableCaCertificate);
        ReplyPlan certRep;
        certRep.transactionId = QByteArray("1");
        certRep.recipientNonce = QByteArray(16, 'n');
        certRep.signer = m_current.ra;
        certRep.content = bundle;
        row("a CertRep over a bundle", makeReply(certRep), ErrorCode::MessageTypeMismatch);
    }
    void refused()
    {
        QFETCH(QByteArray, message);
        QFETCH(int, code);
        COMPARE_ERROR(processNextCa(message, m_roles, testNow()), static_cast<ErrorCode>(code));
    }

    void theCurrentCaMustBeInForce() { COMPARE_ERROR(processNextCa(usual(), m_roles, testNow().addYears(6)), ErrorCode::SignerNotInForce); }

    void everyTruncationIsAnError()
    {
        const QByteArray message = usual();
        for (qsizetype length = 0; length < message.size(); ++length)
            QVERIFY2(!processNextCa(message.left(length), m_roles, testNow()), qPrintable(QString::number(length)));
    }

    void building()
    {
        COMPARE_ERROR(buildNextCa({}, m_current.ra.certificate, m_current.ra.key), ErrorCode::InvalidArgument);
        COMPARE_ERROR(buildNextCa({m_next.certificate}, m_current.ra.certificate, m_next.key), ErrorCode::KeyMismatch);
    }

private:
    [[nodiscard]] QByteArray usual() const
    {
        return must(buildNextCa({m_next.certificate, m_nextRa}, m_current.ra.certificate, m_current.ra.key));
    }
    static QByteArray signedBy(const Identity &signer, const QByteArray &content)
    {
        return must(Pki::signCms(content, signer.certificate, signer.key, {}));
    }
    [[nodiscard]] QByteArray byOpenssl(const QByteArray &bundle, const QStringList &options) const
    {
        m_openssl.write("bundle", bundle);
        m_openssl.write("ra.pem", m_current.ra.certificate.toPem());
        m_openssl.write("ra.key", m_current.ra.key.toPkcs8Pem().view().toByteArray());
        return m_openssl.output(QStringList{"cms", "-sign", "-binary", "-nodetach", "-in", "bundle", "-signer", "ra.pem", "-inkey",
                                            "ra.key", "-outform", "DER"} +
                                options);
    }
    [[nodiscard]] Identity device() const
    {
        return {makeCertificate("CN=device", rsaKey("device").publicKey(), m_current.issuing, testNow()), rsaKey("device")};
    }
    [[nodiscard]] static Certificates many()
    {
        Certificates result;
        for (int i = 0; i < 33; ++i)
            result.append(makeSelfSigned(QString("CN=%1").arg(i), rsaKey("device"), testNow()).certificate);
        return result;
    }

    Test::OpensslProgram m_openssl;
    TestCa m_current;
    TestCa m_other;
    Identity m_next;
    Pki::Certificate m_nextRa;
    CaRoles m_roles;
};

QTEST_GUILESS_MAIN(TestNextCa)
#include "tst_nextca.moc"
