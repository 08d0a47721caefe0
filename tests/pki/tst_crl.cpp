// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/crl.h"
#include "tests/support/opensslprogram.h"
#include "tests/support/testca.h"

#include <QTest>
#include <QTimeZone>

using namespace Pki;
using namespace TestSupport;

class TestCrl : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        m_now = QDateTime(QDate(2026, 5, 4), QTime(3, 2, 1), Qt::UTC);
        CertificateOptions options;
        options.isCa = true;
        options.keyUsage = KeyUsageBit::CrlSign | KeyUsageBit::KeyCertSign;
        m_ca = makeSelfSigned("O=Lab, CN=CRL CA", rsaKey("crl ca"), m_now, options);
        m_sameName = makeSelfSigned("O=Lab, CN=CRL CA", rsaKey("another ca"), m_now, options);
        m_openssl.write("ca.pem", m_ca.certificate.toPem());
        m_openssl.write("ca.key", m_ca.key.toPkcs8Pem().view().toByteArray());
    }

    void roundTrip()
    {
        const QList<RevokedCertificate> revoked{{must(SerialNumber::fromHex("01ff")), m_now.addDays(-2), "keyCompromise"},
                                                {must(SerialNumber::fromHex("7b")), m_now.addDays(-1), QString()},
                                                {must(SerialNumber::fromHex("80aabb")), m_now, "cessationOfOperation"}};
        const Crl crl = must(issueCrl(m_ca.certificate, m_ca.key, revoked, m_now, m_now.addDays(7), 258));
        QCOMPARE(crl.issuer(), m_ca.certificate.subject());
        QCOMPARE(crl.thisUpdate(), m_now);
        QCOMPARE(crl.nextUpdate(), m_now.addDays(7));
        QCOMPARE(crl.crlNumber(), QByteArray::fromHex("0102"));
        QCOMPARE(crl.signatureAlgorithm(), QString("sha256WithRSAEncryption"));
        QCOMPARE(crl.revoked().size(), 3);
        for (const RevokedCertificate &entry : revoked)
            QCOMPARE(crl.find(entry.serialNumber), std::optional(entry));
        QVERIFY(!crl.find(must(SerialNumber::fromHex("02"))));
        QVERIFY(crl.isSignedBy(m_ca.certificate));
        QVERIFY(!crl.isSignedBy(m_sameName.certificate));
        QVERIFY(!crl.isSignedBy({}));

        const Crl fromPem = must(Crl::fromBytes(crl.toPem()));
        QCOMPARE(fromPem.der(), crl.der());
        QCOMPARE(must(Crl::fromBytes(crl.der())).der(), crl.der());

        const auto verified = m_openssl.run({"crl", "-inform", "PEM", "-CAfile", "ca.pem", "-noout", "-text", "-verify"}, crl.toPem());
        QVERIFY2(verified.isGood(), verified.errors.constData());
        QVERIFY(verified.errors.contains("verify OK"));
        QVERIFY(verified.output.contains("Version 2"));
        QVERIFY(verified.output.contains("Key Compromise"));
        QVERIFY(verified.output.contains("Authority Key Identifier"));
    }

    void withoutNextUpdateAndEntries()
    {
        const Crl crl = must(issueCrl(m_ca.certificate, m_ca.key, {}, m_now, {}, 1, Digest::Sha512));
        QVERIFY(!crl.nextUpdate().isValid());
        QVERIFY(crl.revoked().isEmpty());
        QCOMPARE(crl.signatureAlgorithm(), QString("sha512WithRSAEncryption"));
    }

    void readsOpenssl()
    {
        m_openssl.write("ca.cnf", "[ca]\ndefault_ca=c\n[c]\ndatabase=index.txt\ndefault_md=sha256\ndefault_crl_days=3\ncrlnumber=number\n");
        m_openssl.write("index.txt", "R\t301231235959Z\t260101000000Z,superseded\t1234\tunknown\t/CN=gone\n");
        m_openssl.write("number", "0A\n");
        const QByteArray pem = m_openssl.output({"ca", "-config", "ca.cnf", "-gencrl", "-keyfile", "ca.key", "-cert", "ca.pem"});
        const Crl crl = must(Crl::fromBytes(pem));
        QVERIFY(crl.isSignedBy(m_ca.certificate));
        const std::optional<RevokedCertificate> entry = crl.find(must(SerialNumber::fromHex("1234")));
        QVERIFY(entry);
        QCOMPARE(entry->reason, QString("superseded"));
        QCOMPARE(entry->revocationDate, QDateTime(QDate(2026, 1, 1), QTime(0, 0), Qt::UTC));
    }

    void refused()
    {
        QCOMPARE(issueCrl(m_ca.certificate, m_sameName.key, {}, m_now, m_now, 1).error().code, ErrorCode::KeyMismatch);
        QCOMPARE(issueCrl({}, m_ca.key, {}, m_now, m_now, 1).error().code, ErrorCode::InvalidArgument);
        const QList<RevokedCertificate> unknownReason{{must(SerialNumber::fromHex("01")), m_now, "bored"}};
        QCOMPARE(issueCrl(m_ca.certificate, m_ca.key, unknownReason, m_now, m_now, 1).error().code, ErrorCode::InvalidArgument);
        QCOMPARE(Crl::fromBytes(m_ca.certificate.toPem()).error().code, ErrorCode::NotRecognised);
        QCOMPARE(Crl::fromBytes("-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n").error().code, ErrorCode::Malformed);
        QCOMPARE(Crl::fromDer(m_ca.certificate.der()).error().code, ErrorCode::Malformed);
        const QByteArray der = must(issueCrl(m_ca.certificate, m_ca.key, {}, m_now, m_now, 1)).der();
        QCOMPARE(Crl::fromDer(der + QByteArray(1, '\0')).error().code, ErrorCode::Malformed);
        for (qsizetype length = 0; length < der.size(); ++length)
            QVERIFY(!Crl::fromDer(der.first(length)));
        QVERIFY(Crl().der().isEmpty());
        QVERIFY(Crl().revoked().isEmpty());
    }

private:
    Test::OpensslProgram m_openssl;
    QDateTime m_now;
    Identity m_ca;
    Identity m_sameName;
};

QTEST_GUILESS_MAIN(TestCrl)
#include "tst_crl.moc"
