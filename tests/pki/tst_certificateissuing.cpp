// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/certificate.h"

#include "tests/support/opensslprogram.h"
#include "tests/support/testca.h"

#include <QtTest>

using namespace Pki;
using Kind = SubjectAlternativeName::Kind;

namespace {

QDateTime utc(const char *iso)
{
    return QDateTime::fromString(QString(iso) + "Z", Qt::ISODate);
}

} // namespace

class TestCertificateIssuing : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void issuesWhatOpensslVerifies_data();
    void issuesWhatOpensslVerifies();
    void issuesEverything();
    void saysOfItselfWhatItsBytesSay();
    void issuesSelfSigned();
    void refusesToIssue();

private:
    Test::OpensslProgram m_openssl;
    PrivateKey m_caKey;
    PrivateKey m_ecKey;
    PrivateKey m_leafKey;
    Certificate m_ca;
};

void TestCertificateIssuing::initTestCase()
{
    m_caKey = TestSupport::rsaKey("issuing-ca", 2048);
    m_leafKey = TestSupport::rsaKey("issuing-leaf", 2048);
    m_ecKey = *PrivateKey::generate(*KeySpec::fromText("ec:P-256"));
    CertificateTemplate description;
    description.subject = *DistinguishedName::fromText("C=SE, O=Lab, CN=CA");
    description.notBefore = QDateTime::currentDateTimeUtc();
    description.notAfter = description.notBefore.addDays(30);
    description.isCa = true;
    description.keyUsage = KeyUsageBit::KeyCertSign | KeyUsageBit::CrlSign;
    m_ca = TestSupport::must(issueCertificate(description, m_caKey));
}

void TestCertificateIssuing::issuesWhatOpensslVerifies_data()
{
    QTest::addColumn<QString>("rootSpec");
    QTest::addColumn<QString>("leafSpec");
    QTest::addColumn<int>("digest");
    QTest::newRow("RSA, RSA") << "rsa:2048" << "rsa:2048" << int(Digest::Sha256);
    QTest::newRow("RSA, EC") << "rsa:2048" << "ec:P-256" << int(Digest::Sha512);
    QTest::newRow("EC, RSA") << "ec:P-384" << "rsa:2048" << int(Digest::Sha384);
    QTest::newRow("EC, EC") << "ec:P-521" << "ec:P-256" << int(Digest::Sha256);
}

void TestCertificateIssuing::issuesWhatOpensslVerifies()
{
    QFETCH(QString, rootSpec);
    QFETCH(QString, leafSpec);
    QFETCH(int, digest);
    const QDateTime now = QDateTime::currentDateTimeUtc();
    const PrivateKey rootKey = *PrivateKey::generate(*KeySpec::fromText(rootSpec));
    const PrivateKey issuingKey = *PrivateKey::generate(*KeySpec::fromText("rsa:2048"));
    const PrivateKey leafKey = *PrivateKey::generate(*KeySpec::fromText(leafSpec));

    CertificateTemplate description;
    description.subject = *DistinguishedName::fromText("O=Lab, CN=Root");
    description.notBefore = now.addSecs(-60);
    description.notAfter = now.addDays(30);
    description.isCa = true;
    description.keyUsage = KeyUsageBit::KeyCertSign | KeyUsageBit::CrlSign;
    const auto root = issueCertificate(description, rootKey, {}, Digest(digest));
    QVERIFY2(root, root ? "" : qPrintable(root.error().detail));

    description.subject = *DistinguishedName::fromText("O=Lab, CN=Issuing");
    description.publicKey = issuingKey.publicKey();
    description.pathLength = 0;
    const auto issuing = issueCertificate(description, rootKey, *root, Digest(digest));
    QVERIFY(issuing);
    QVERIFY(issuing->pathLength() == 0);

    CertificateTemplate leafDescription;
    leafDescription.subject = *DistinguishedName::fromText("CN=plc-7");
    leafDescription.publicKey = leafKey.publicKey();
    leafDescription.notBefore = description.notBefore;
    leafDescription.notAfter = description.notAfter;
    leafDescription.keyUsage = KeyUsageBit::DigitalSignature;
    leafDescription.subjectAlternativeNames = {{Kind::Dns, "plc-7.lab.example"}, {Kind::Ip, "192.0.2.7"}};
    const auto leaf = issueCertificate(leafDescription, issuingKey, *issuing, Digest(digest));
    QVERIFY(leaf);
    QVERIFY(leaf->isSignedBy(*issuing) && issuing->isSignedBy(*root) && root->isSelfSigned());
    QVERIFY(belongTogether(leafKey, *leaf));
    QVERIFY(leaf->signatureDigest() == Digest(digest));

    m_openssl.write("root.pem", root->toPem());
    m_openssl.write("issuing.pem", issuing->toPem());
    m_openssl.write("issued.pem", leaf->toPem());
    const auto verified = m_openssl.run({"verify", "-x509_strict", "-purpose", "any", "-verify_hostname", "plc-7.lab.example", "-CAfile",
                                         "root.pem", "-untrusted", "issuing.pem", "issued.pem"});
    QVERIFY2(verified.isGood(), verified.errors.constData());
}

void TestCertificateIssuing::issuesEverything()
{
    CertificateTemplate description;
    description.subject = *DistinguishedName::fromText("C=SE, O=Lab\\, Inc., CN=plc-7");
    description.publicKey = m_ecKey.publicKey();
    description.serialNumber = SerialNumber(QByteArray::fromHex("f1")); // becomes positive
    description.notBefore = utc("2049-12-31T23:59:59");
    description.notAfter = utc("2050-01-01T00:00:00"); // UTCTime and GeneralizedTime (RFC 5280 4.1.2.5)
    description.keyUsage = KeyUsageBit::DigitalSignature | KeyUsageBit::DecipherOnly;
    description.extendedKeyUsage = *extendedKeyUsageFromText("clientAuth, 1.2.3.4");
    description.subjectAlternativeNames = {{Kind::Upn, "user@lab.example"}, {Kind::DirectoryName, "CN=x, O=y"}};
    description.templateName = QString::fromUtf8("Ger\u00e4t");
    description.crlDistributionPoints = QStringList{"http://a.example/x.crl", "http://b.example/y,z.crl"};
    description.caIssuerUrls = QStringList{"http://a.example/ca.crt"};
    const auto issued = issueCertificate(description, m_caKey, m_ca, Digest::Sha384);
    QVERIFY2(issued, issued ? "" : qPrintable(issued.error().detail));
    QVERIFY(issued->subject() == description.subject);
    QVERIFY(issued->issuer() == m_ca.subject());
    QCOMPARE(issued->serialNumber().toHex(), "f1");
    QCOMPARE(issued->notBefore(), description.notBefore);
    QCOMPARE(issued->notAfter(), description.notAfter);
    QVERIFY(issued->keyUsage() == description.keyUsage);
    QVERIFY(issued->extendedKeyUsage() == description.extendedKeyUsage);
    QCOMPARE(issued->subjectAlternativeNames(), description.subjectAlternativeNames);
    QCOMPARE(issued->templateName(), description.templateName);
    QCOMPARE(issued->crlDistributionPoints(), description.crlDistributionPoints);
    QCOMPARE(issued->authorityInformationUrls(), QStringList{"CA issuers: http://a.example/ca.crt"});
    QCOMPARE(issued->authorityKeyIdentifier(), m_ca.subjectKeyIdentifier());
    QCOMPARE(issued->subjectKeyIdentifier().size(), 20);
    const QByteArray text = m_openssl.output({"x509", "-noout", "-text", "-certopt", "ext_error"}, issued->toPem());
    QVERIFY(text.contains("URI:http://b.example/y,z.crl") && text.contains("Decipher Only") && text.contains("CA:FALSE"));

    description.withKeyIdentifiers = false;
    description.subject = {};
    const auto nameless = issueCertificate(description, m_caKey, m_ca);
    QVERIFY(nameless);
    QVERIFY(nameless->subjectKeyIdentifier().isEmpty() && nameless->authorityKeyIdentifier().isEmpty());
    QVERIFY(nameless->subject().isEmpty());
    const auto extensions = nameless->extensions();
    for (const Extension &extension : extensions) {
        if (extension.oid.toText() == "2.5.29.17")
            QVERIFY(extension.isCritical); // RFC 5280 4.2.1.6
    }
}

void TestCertificateIssuing::saysOfItselfWhatItsBytesSay()
{
    // What was just made answers some questions without being decoded; another process reads the same from the bytes.
    CertificateTemplate description;
    description.subject = *DistinguishedName::fromText("CN=plc-7, O=Lab");
    description.issuer = *DistinguishedName::fromText("CN=As it is written, O=Lab");
    description.publicKey = m_leafKey.publicKey();
    description.serialNumber = SerialNumber(QByteArray::fromHex("00f1"));
    description.notBefore = QDateTime::currentDateTimeUtc();
    description.notAfter = description.notBefore.addDays(1);
    QByteArray bytes;
    DistinguishedName issuer;
    SerialNumber serialNumber;
    PublicKey publicKey;
    {
        const Certificate made = TestSupport::must(issueCertificate(description, m_caKey, m_ca));
        QCOMPARE(TestSupport::must(Certificate::fromDer(made.der())).data(), made.data());
        bytes = QByteArray(made.der().constData(), made.der().size());
        issuer = made.issuer();
        serialNumber = made.serialNumber();
        publicKey = made.publicKey();
        QVERIFY(!made.isSignedBy(m_ca)); // another issuer's name
        QCOMPARE(made.subject(), description.subject);
    }
    const Certificate read = TestSupport::must(Certificate::fromDer(bytes));
    QCOMPARE(read.issuer(), issuer);
    QCOMPARE(read.serialNumber(), serialNumber);
    QCOMPARE(read.publicKey(), publicKey);
    QCOMPARE(m_openssl.output({"x509", "-noout", "-serial"}, read.toPem()).trimmed(), QByteArray("serial=F1"));
    QCOMPARE(read.issuer(), description.issuer);
}

void TestCertificateIssuing::issuesSelfSigned()
{
    // The signer of a first PKCSReq (RFC 8894 2.3).
    const PrivateKey ownKey = m_ecKey;
    CertificateTemplate description;
    description.subject = *DistinguishedName::fromText("CN=plc-7");
    description.issuer = *DistinguishedName::fromText("CN=ignored");
    description.publicKey = ownKey.publicKey();
    description.notBefore = QDateTime::currentDateTimeUtc();
    description.notAfter = description.notBefore.addDays(1);
    const auto first = issueCertificate(description, ownKey);
    const auto second = issueCertificate(description, ownKey);
    QVERIFY(first && second);
    QVERIFY(first->isSelfSigned());
    QVERIFY(first->issuer() == description.subject);
    QVERIFY(first->serialNumber() != second->serialNumber());
    QVERIFY(first->serialNumber().bytes().size() <= 16);
    QVERIFY((first->serialNumber().bytes().at(0) & 0x80) == 0);
    QCOMPARE(first->authorityKeyIdentifier(), first->subjectKeyIdentifier());
}

void TestCertificateIssuing::refusesToIssue()
{
    CertificateTemplate good;
    good.subject = *DistinguishedName::fromText("CN=plc-7");
    good.publicKey = m_leafKey.publicKey();
    good.notBefore = QDateTime::currentDateTimeUtc();
    good.notAfter = good.notBefore.addDays(1);
    QVERIFY(issueCertificate(good, m_caKey, m_ca));

    QCOMPARE(issueCertificate(good, {}, m_ca).error().code, ErrorCode::InvalidArgument);
    QCOMPARE(issueCertificate(good, m_caKey).error().code, ErrorCode::KeyMismatch); // self-signed by another key
    CertificateTemplate bad = good;
    bad.notAfter = bad.notBefore.addSecs(-1);
    QCOMPARE(issueCertificate(bad, m_caKey, m_ca).error().code, ErrorCode::InvalidArgument);
    bad = good;
    bad.notBefore = {};
    QCOMPARE(issueCertificate(bad, m_caKey, m_ca).error().code, ErrorCode::InvalidArgument);
    bad = good;
    bad.publicKey = {};
    QCOMPARE(issueCertificate(bad, m_caKey, m_ca).error().code, ErrorCode::InvalidArgument);
    bad = good;
    bad.subjectAlternativeNames = {{Kind::Dns, "not a name"}};
    QCOMPARE(issueCertificate(bad, m_caKey, m_ca).error().code, ErrorCode::InvalidSubjectAlternativeName);
    bad = good;
    bad.crlDistributionPoints = QStringList{"/relative"};
    QCOMPARE(issueCertificate(bad, m_caKey, m_ca).error().code, ErrorCode::InvalidUrl);
    bad = good;
    bad.caIssuerUrls = QStringList{""};
    QCOMPARE(issueCertificate(bad, m_caKey, m_ca).error().code, ErrorCode::InvalidUrl);
}

QTEST_GUILESS_MAIN(TestCertificateIssuing)
#include "tst_certificateissuing.moc"
