// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/certificationrequest.h"
#include "tests/support/opensslprogram.h"
#include "tests/support/testca.h"

#include <QTest>

using namespace Pki;
using namespace TestSupport;

namespace {

CertificationRequestTemplate descriptionOf(const QString &subject)
{
    CertificationRequestTemplate description;
    description.subject = must(DistinguishedName::fromText(subject));
    return description;
}

SecretBytes secret(const QString &text)
{
    const QByteArray utf8 = text.toUtf8();
    return SecretBytes(QByteArrayView(utf8));
}

} // namespace

class TestCertificationRequest : public QObject
{
    Q_OBJECT

private slots:
    void everything_data()
    {
        QTest::addColumn<bool>("isEc");
        QTest::addColumn<TemplateNameEncoding>("encoding");
        QTest::newRow("rsa, UTF8String") << false << TemplateNameEncoding::Utf8String;
        QTest::newRow("ec, BMPString") << true << TemplateNameEncoding::BmpString;
    }
    void everything()
    {
        QFETCH(bool, isEc);
        QFETCH(TemplateNameEncoding, encoding);
        const PrivateKey key = isEc ? ecKey("device") : rsaKey("device");
        CertificationRequestTemplate description = descriptionOf("C=SE, O=Lab, CN=plc-7");
        description.subjectAlternativeNames = must(subjectAlternativeNamesFromText("DNS:plc-7.lab.example, IP:192.0.2.7"));
        description.keyUsage = KeyUsageBit::DigitalSignature | KeyUsageBit::KeyEncipherment;
        description.extendedKeyUsage = must(extendedKeyUsageFromText("serverAuth, clientAuth"));
        description.templateName = "Device";
        description.templateNameEncoding = encoding;
        description.challengePassword = secret("open sesame");
        const CertificationRequest made = must(CertificationRequest::create(description, key));

        for (const CertificationRequest &request : {made, must(CertificationRequest::fromBytes(made.toPem()))}) {
            QCOMPARE(request.der(), made.der());
            QCOMPARE(request.subject(), description.subject);
            QCOMPARE(request.publicKey(), key.publicKey());
            QCOMPARE(request.signatureAlgorithm(), QString(isEc ? "ecdsa-with-SHA256" : "sha256WithRSAEncryption"));
            QVERIFY(request.isSignatureValid());
            QVERIFY(request.hasChallengePassword());
            QVERIFY(request.challengePassword() == secret("open sesame"));
            QCOMPARE(toText(request.subjectAlternativeNames()), toText(description.subjectAlternativeNames));
            QCOMPARE(request.keyUsage(), description.keyUsage);
            QCOMPARE(request.extendedKeyUsage(), description.extendedKeyUsage);
            QCOMPARE(request.templateName(), QString("Device"));
            QCOMPARE(request.extensions().size(), 4);
        }
        const auto verified = m_openssl.run({"req", "-verify", "-text", "-noout"}, made.toPem());
        QVERIFY2(verified.isGood(), verified.errors.constData());
        QVERIFY(verified.errors.contains("OK") || verified.output.contains("OK"));
        QVERIFY(verified.output.contains("C = SE, O = Lab, CN = plc-7") || verified.output.contains("C=SE, O=Lab, CN=plc-7"));
        QVERIFY(verified.output.contains("DNS:plc-7.lab.example, IP Address:192.0.2.7"));
        QVERIFY(verified.output.contains("Digital Signature, Key Encipherment"));
        QVERIFY(verified.output.contains("challengePassword"));
        QVERIFY(verified.output.contains("Version: 1"));
        QCOMPARE(made.der().contains(QByteArray::fromHex("1e0c004400650076006900630065")), encoding == TemplateNameEncoding::BmpString);
        QCOMPARE(made.der().contains(QByteArray::fromHex("0c06446576696365")), encoding == TemplateNameEncoding::Utf8String);
    }

    void challengeEncoding_data()
    {
        QTest::addColumn<QString>("challenge");
        QTest::addColumn<int>("tag");
        QTest::newRow("hex") << "2A88F0" << 0x13;
        QTest::newRow("all of PrintableString") << "aZ09 '()+,-./:=?" << 0x13;
        QTest::newRow("at sign") << "a@b" << 0x0C;
        QTest::newRow("asterisk") << "a*b" << 0x0C;
        QTest::newRow("umlaut") << QString(QChar(0xE4)) << 0x0C;
    }
    void challengeEncoding()
    {
        QFETCH(QString, challenge);
        QFETCH(int, tag);
        CertificationRequestTemplate description = descriptionOf("CN=x");
        description.challengePassword = secret(challenge);
        const CertificationRequest request = must(CertificationRequest::create(description, ecKey("device")));
        const QByteArray utf8 = challenge.toUtf8();
        QVERIFY(request.der().contains(QByteArray(1, static_cast<char>(tag)) + QByteArray(1, static_cast<char>(utf8.size())) + utf8));
        QVERIFY(request.challengePassword() == secret(challenge));
    }

    void nothingAskedFor()
    {
        const CertificationRequest request = must(CertificationRequest::create(descriptionOf("CN=x"), rsaKey("device"), Digest::Sha1));
        QVERIFY(!request.hasChallengePassword());
        QVERIFY(request.challengePassword().isEmpty());
        QVERIFY(request.extensions().isEmpty());
        QVERIFY(!request.keyUsage());
        QVERIFY(request.templateName().isEmpty());
        QCOMPARE(request.signatureAlgorithm(), QString("sha1WithRSAEncryption"));
        const CertificationRequest empty = must(CertificationRequest::create(CertificationRequestTemplate(), rsaKey("device")));
        QVERIFY(empty.subject().isEmpty());
        QVERIFY(empty.isSignatureValid());
    }

    void readsOpenssl_data()
    {
        QTest::addColumn<QByteArray>("attribute");
        QTest::newRow("PrintableString") << QByteArray("challengePassword=secret1\n");
        QTest::newRow("UTF8String") << QByteArray("challengePassword=sec@ret1\n");
    }
    void readsOpenssl()
    {
        QFETCH(QByteArray, attribute);
        m_openssl.write("req.cnf", "[req]\nprompt=no\ndistinguished_name=dn\nattributes=at\nreq_extensions=ex\n[dn]\nCN=foreign\n[at]\n" +
                                       attribute +
                                       "[ex]\nsubjectAltName=DNS:a.example\nkeyUsage=critical,digitalSignature\n"
                                       "1.3.6.1.4.1.311.20.2=ASN1:BMPSTRING:Machine\n");
        const QByteArray pem = m_openssl.output({"req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", "k.pem", "-config", "req.cnf"});
        const CertificationRequest request = must(CertificationRequest::fromBytes(pem));
        QVERIFY(request.isSignatureValid());
        QVERIFY(request.challengePassword() == secret(QString::fromLatin1(attribute.trimmed().mid(18))));
        QCOMPARE(request.keyUsage(), std::optional(KeyUsage(KeyUsageBit::DigitalSignature)));
        QCOMPARE(request.templateName(), QString("Machine"));
        QCOMPARE(toText(request.subjectAlternativeNames()), QString("DNS:a.example"));
        const QByteArray newName = QByteArray(pem).replace("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST");
        QCOMPARE(must(CertificationRequest::fromBytes(newName)).der(), request.der());
    }

    // Microsoft's older attribute holds the same list of extensions.
    void microsoftExtensionAttribute()
    {
        CertificationRequestTemplate description = descriptionOf("CN=x");
        description.subjectAlternativeNames = must(subjectAlternativeNamesFromText("DNS:old.example"));
        DerNode root = DerNode::fromDer(must(CertificationRequest::create(description, ecKey("device"))).der());
        root.children[0].children[3].children[0].children[0].content = QByteArray::fromHex("2b060104018237"
                                                                                           "02010e");
        const CertificationRequest request = must(CertificationRequest::fromDer(root.toDer()));
        QCOMPARE(toText(request.subjectAlternativeNames()), QString("DNS:old.example"));
        QVERIFY(!request.isSignatureValid()); // changed after signing
    }

    void refused()
    {
        QCOMPARE(CertificationRequest::create(descriptionOf("CN=x"), {}).error().code, ErrorCode::InvalidArgument);
        CertificationRequestTemplate badName = descriptionOf("CN=x");
        badName.subjectAlternativeNames = {{SubjectAlternativeName::Kind::Ip, "300.1.1.1"}};
        QCOMPARE(CertificationRequest::create(badName, ecKey("device")).error().code, ErrorCode::InvalidSubjectAlternativeName);
        const QByteArray der = must(CertificationRequest::create(descriptionOf("CN=x"), ecKey("device"))).der();
        QCOMPARE(CertificationRequest::fromDer(der + QByteArray(1, '\0')).error().code, ErrorCode::Malformed);
        for (qsizetype length = 0; length < der.size(); ++length)
            QVERIFY(!CertificationRequest::fromDer(der.first(length)));
        for (qsizetype i = 0; i < der.size(); ++i) {
            QByteArray damaged = der;
            damaged[i] = static_cast<char>(damaged[i] ^ 0x20);
            const Result<CertificationRequest> read = CertificationRequest::fromDer(damaged);
            QVERIFY(!read || !read->isSignatureValid());
        }
        QCOMPARE(CertificationRequest::fromBytes("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").error().code,
                 ErrorCode::NotRecognised);
        QCOMPARE(
            CertificationRequest::fromBytes("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n").error().code,
            ErrorCode::Malformed);
        QVERIFY(CertificationRequest().isNull());
        QVERIFY(!CertificationRequest().isSignatureValid());
        QVERIFY(CertificationRequest().subject().isEmpty());
    }

private:
    Test::OpensslProgram m_openssl;
};

QTEST_GUILESS_MAIN(TestCertificationRequest)
#include "tst_certificationrequest.moc"
