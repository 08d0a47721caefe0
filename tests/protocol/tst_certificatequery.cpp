// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/protocol/certificatequery.h"
#include "tests/protocol/certrepfixture.h"
#include "tests/support/opensslprogram.h"

using namespace Scep;
using namespace TestSupport;

/// GetCert and GetCRL (RFC 8894 3.3.4): the answer is what was asked for, and the authenticated CA's, or an error.
class TestCertificateQuery : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        m_f = CertRepFixture::create();
        m_f.context.publicKey = {};
        m_about = m_f.leaf.issuerAndSerialNumber();
    }

    void payload()
    {
        const QByteArray der = issuerAndSerialNumberDer(m_f.leaf.issuer(), m_f.leaf.serialNumber());
        const auto read = issuerAndSerialNumberFromDer(der);
        VERIFY_RESULT(read);
        QCOMPARE(*read, m_about);
        COMPARE_ERROR(issuerAndSerialNumberFromDer(der + 'x'), ErrorCode::Malformed);
        COMPARE_ERROR(issuerAndSerialNumberFromDer(der.left(der.size() - 1)), ErrorCode::Malformed);
        COMPARE_ERROR(issuerAndSerialNumberFromDer({}), ErrorCode::Malformed);
        // As openssl sees it: SEQUENCE { Name, INTEGER }.
        const QByteArray text = m_openssl.output({"asn1parse", "-inform", "DER"}, der);
        QVERIFY2(text.contains("INTEGER           :" + m_f.leaf.serialNumber().toHex().toUpper().toLatin1()), text.constData());
    }

    void certificate()
    {
        const auto reply = ask({m_f.ca.root.certificate, sibling(), m_f.leaf});
        VERIFY_RESULT(reply);
        const auto answer = answeredCertificate(*reply, m_about, m_f.context.roles, testNow());
        VERIFY_RESULT(answer);
        QVERIFY(answer->certificate == m_f.leaf);
        QVERIFY(answer->chain.isTrusted);
        QVERIFY(answer->notes.join('\n').contains("not asked for"));
    }

    void expiredCertificateIsAnAnswer()
    {
        CertificateOptions options;
        options.notBefore = testNow().addDays(-30);
        options.notAfter = testNow().addDays(-1);
        const Pki::Certificate expired = m_f.ca.issue(m_f.csr, testNow(), options);
        const auto reply = ask({expired});
        VERIFY_RESULT(reply);
        const auto answer = answeredCertificate(*reply, expired.issuerAndSerialNumber(), m_f.context.roles, testNow());
        VERIFY_RESULT(answer);
        QVERIFY(!answer->chain.isTrusted);
        QVERIFY(answer->notes.join('\n').contains("is valid from"));
    }

    void certificateOfTheCaItself()
    {
        const Pki::Certificate &issuing = m_f.ca.issuing.certificate;
        const auto reply = ask({issuing});
        VERIFY_RESULT(reply);
        const auto answer = answeredCertificate(*reply, issuing.issuerAndSerialNumber(), m_f.context.roles, testNow());
        VERIFY_RESULT(answer);
        QVERIFY(answer->certificate == issuing);
    }

    void wrongCertificate_data()
    {
        QTest::addColumn<QList<Pki::Certificate>>("certificates");
        QTest::addColumn<int>("code");
        // The same issuer name and serial number, another CA's key.
        CertificateOptions ca;
        ca.isCa = true;
        const Identity fake = makeSelfSigned(m_f.ca.issuing.certificate.subject().toText(), rsaKey("query fake"), testNow(), ca);
        CertificateOptions same;
        same.serialNumber = m_f.leaf.serialNumber();
        const Pki::Certificate forged = makeCertificate("CN=forged", rsaKey("query forged").publicKey(), fake, testNow(), same);
        QCOMPARE(forged.issuerAndSerialNumber(), m_about);
        using List = QList<Pki::Certificate>;
        QTest::newRow("another of the same CA") << List{sibling()} << int(ErrorCode::TransactionMismatch);
        QTest::newRow("forged") << List{forged} << int(ErrorCode::ChainBroken);
        QTest::newRow("forged with its CA") << List{forged, fake.certificate} << int(ErrorCode::ChainBroken);
        QTest::newRow("forged beside a good one") << List{forged, sibling()} << int(ErrorCode::TransactionMismatch);
        QTest::newRow("nothing") << List{} << int(ErrorCode::ReplyMalformed);
    }
    void wrongCertificate()
    {
        QFETCH(QList<Pki::Certificate>, certificates);
        QFETCH(int, code);
        const auto reply = ask(certificates);
        const auto answer = reply ? answeredCertificate(*reply, m_about, m_f.context.roles, testNow())
                                  : Result<CertificateAnswer>(std::unexpected(reply.error()));
        COMPARE_ERROR(answer, static_cast<ErrorCode>(code));
    }

    void crl()
    {
        const Pki::Crl older = crlOf(m_f.ca.issuing, testNow().addDays(-9), testNow().addDays(-2));
        const Pki::Crl newer = crlOf(m_f.ca.issuing, testNow().addDays(-1), testNow().addDays(6));
        auto reply = ask({}, {older, newer});
        VERIFY_RESULT(reply);
        auto answer = answeredCrl(*reply, m_about, testNow());
        VERIFY_RESULT(answer);
        QCOMPARE(answer->crl.der(), newer.der());
        QVERIFY(!answer->isStale);

        reply = ask({}, {older});
        VERIFY_RESULT(reply);
        answer = answeredCrl(*reply, m_about, testNow());
        VERIFY_RESULT(answer);
        QVERIFY(answer->isStale);
        QVERIFY(answer->notes.join('\n').contains("stale"));
    }

    void wrongCrl()
    {
        const Pki::Crl good = crlOf(m_f.ca.issuing, testNow(), testNow().addDays(7));
        // Signed by somebody of the issuer's name.
        CertificateOptions ca;
        ca.isCa = true;
        const Identity fake = makeSelfSigned(m_f.ca.issuing.certificate.subject().toText(), rsaKey("query fake"), testNow(), ca);
        COMPARE_ERROR(ask({}, {crlOf(fake, testNow(), testNow().addDays(7))}), ErrorCode::ChainBroken);
        COMPARE_ERROR(ask({}, {crlOf(m_f.ca.root, testNow(), testNow().addDays(7))}), ErrorCode::ChainBroken);
        // Asked about a certificate of the root, answered with the issuing CA's list.
        auto reply = ask({}, {good});
        VERIFY_RESULT(reply);
        COMPARE_ERROR(answeredCrl(*reply, m_f.ca.issuing.certificate.issuerAndSerialNumber(), testNow()), ErrorCode::TransactionMismatch);
        // A certificate where a CRL was asked for, and a list from next week.
        reply = ask({m_f.leaf});
        VERIFY_RESULT(reply);
        COMPARE_ERROR(answeredCrl(*reply, m_about, testNow()), ErrorCode::ReplyMalformed);
        reply = ask({}, {crlOf(m_f.ca.issuing, testNow().addDays(7), testNow().addDays(14))});
        VERIFY_RESULT(reply);
        COMPARE_ERROR(answeredCrl(*reply, m_about, testNow()), ErrorCode::SignerNotInForce);
    }

private:
    [[nodiscard]] static Pki::Crl crlOf(const Identity &issuer, const QDateTime &thisUpdate, const QDateTime &nextUpdate)
    {
        return must(Pki::issueCrl(issuer.certificate, issuer.key, {}, thisUpdate, nextUpdate, 1));
    }
    [[nodiscard]] Pki::Certificate sibling() const
    {
        static const Pki::Certificate made = makeCertificate("CN=plc-8", rsaKey("query sibling").publicKey(), m_f.ca.issuing, testNow());
        return made;
    }
    /// A SUCCESS that carries these, processed as the answer to a query.
    [[nodiscard]] Result<IssuedReply> ask(const QList<Pki::Certificate> &certificates, const QList<Pki::Crl> &crls = {}) const
    {
        ReplyPlan plan = m_f.issued();
        plan.content = must(Pki::encryptCms(must(Pki::degenerateCms(certificates, crls)), m_f.signer, Pki::Cipher::Aes128));
        const auto reply = processCertRep(makeReply(plan), m_f.context);
        if (!reply)
            return std::unexpected(reply.error());
        return std::get<IssuedReply>(*reply);
    }

    Test::OpensslProgram m_openssl;
    CertRepFixture m_f;
    Pki::IssuerAndSerialNumber m_about;
};

QTEST_GUILESS_MAIN(TestCertificateQuery)
#include "tst_certificatequery.moc"
