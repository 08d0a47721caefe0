// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/certificate.h"

#include "tests/support/opensslprogram.h"

#include <QtTest>

#include <thread>

using namespace Pki;
using Kind = SubjectAlternativeName::Kind;

namespace {

/// What every certificate made here by openssl has.
constexpr auto configuration = R"(
[req]
distinguished_name=dn
prompt=no
utf8=yes
[dn]
C=SE
O=Lab
CN=plc-7
[ca]
basicConstraints=critical,CA:TRUE,pathlen:3
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
[all]
basicConstraints=CA:FALSE
keyUsage=critical,digitalSignature,keyEncipherment
extendedKeyUsage=serverAuth,clientAuth,1.2.3.4.5
subjectAltName=DNS:plc-7.lab.example,IP:192.0.2.7,IP:2001:db8::7,email:a@lab.example,URI:urn:lab:7
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
crlDistributionPoints=URI:http://crl.lab.example/ca.crl,URI:ldap://lab.example/x
authorityInfoAccess=caIssuers;URI:http://lab.example/ca.crt,OCSP;URI:http://ocsp.lab.example/
certificatePolicies=1.2.3.4
1.3.6.1.4.1.311.20.2=ASN1:BMPSTRING:DeviceTemplate
1.3.6.1.4.1.311.21.7=ASN1:SEQUENCE:template2
1.3.6.1.4.1.311.25.2=ASN1:SEQUENCE:sid
1.2.3.4.5.6=DER:0401ff
[template2]
a=OID:1.3.6.1.4.1.311.21.8.1.2
b=INTEGER:100
c=INTEGER:7
[sid]
a=IMPLICIT:0,SEQUENCE:sidname
[sidname]
a=OID:1.3.6.1.4.1.311.25.2.1
b=EXPLICIT:0,FORMAT:ASCII,OCTETSTRING:S-1-5-21-1-2-3-500
)";

} // namespace

class TestCertificate : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void readsFields();
    void readsExtensions();
    void readsCas();
    void readsSignatureAlgorithms_data();
    void readsSignatureAlgorithms();
    void readsOldVersions();
    void readsPem();
    void refuses_data();
    void refuses();
    void survivesBitFlips();
    void knowsItsIssuer();
    void knowsItsKey();
    void knowsItsPeriod();
    void nullIsHarmless();
    void showsTheAsn1();
    void mayBeReadFromManyThreads();
    void serialNumbers_data();
    void serialNumbers();
    void refusesSerialNumbers();
    void issuerAndSerialNumber();
    void keyUsageText();

private:
    Certificate certificate(const QString &file) const { return Certificate::fromBytes(m_openssl.read(file)).value_or(Certificate()); }
    PrivateKey key(const QString &file) const { return PrivateKey::fromBytes(m_openssl.read(file)).value_or(PrivateKey()); }
    Test::OpensslProgram m_openssl;
};

void TestCertificate::initTestCase()
{
    m_openssl.write("openssl.cnf", configuration);
    m_openssl.output({"genrsa", "-out", "ca.key", "2048"});
    m_openssl.output({"genrsa", "-out", "leaf.key", "2048"});
    m_openssl.output({"ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "ec.key"});
    m_openssl.output({"req", "-x509", "-new", "-key", "ca.key", "-config", "openssl.cnf", "-subj", "/O=Lab/CN=Root", "-extensions", "ca",
                      "-days", "30", "-set_serial", "0x0102030405060708090a", "-out", "ca.pem"});
    m_openssl.output({"req", "-new", "-key", "leaf.key", "-config", "openssl.cnf", "-out", "leaf.csr"});
    m_openssl.output({"x509", "-req", "-in", "leaf.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial", "0xf102", "-days", "10",
                      "-extfile", "openssl.cnf", "-extensions", "all", "-out", "leaf.pem"});
    m_openssl.output({"x509", "-in", "leaf.pem", "-outform", "DER", "-out", "leaf.der"});
}

void TestCertificate::readsFields()
{
    const Certificate leaf = certificate("leaf.pem");
    QVERIFY(!leaf.isNull());
    QCOMPARE(leaf.der(), m_openssl.read("leaf.der"));
    QCOMPARE(leaf.version(), 3);
    QCOMPARE(leaf.subject().toText(), "C=SE, O=Lab, CN=plc-7");
    QCOMPARE(leaf.issuer().toText(), "O=Lab, CN=Root");
    QCOMPARE(leaf.serialNumber().toHex(), "f102");
    QCOMPARE(leaf.serialNumber().bytes().toHex(), "00f102");
    QCOMPARE("serial=" + leaf.serialNumber().toHex().toUpper().toLatin1() + '\n',
             m_openssl.output({"x509", "-in", "leaf.pem", "-noout", "-serial"}));
    QCOMPARE(leaf.publicKey().displayName(), "RSA 2048");
    QVERIFY(leaf.publicKey() == key("leaf.key").publicKey());
    QCOMPARE(leaf.signatureAlgorithm(), "sha256WithRSAEncryption");
    QVERIFY(leaf.signatureDigest() == Digest::Sha256);
    QCOMPARE(leaf.notBefore().timeSpec(), Qt::UTC);
    QCOMPARE(leaf.notBefore().secsTo(leaf.notAfter()), 10 * 86400);
    QVERIFY(qAbs(leaf.notBefore().secsTo(QDateTime::currentDateTimeUtc())) < 600);
    for (const auto &[digest, option] :
         {std::pair(Digest::Md5, "-md5"), {Digest::Sha1, "-sha1"}, {Digest::Sha256, "-sha256"}, {Digest::Sha512, "-sha512"}}) {
        const QByteArray line = m_openssl.output({"x509", "-in", "leaf.pem", "-noout", "-fingerprint", option});
        QVERIFY(leaf.fingerprint(digest) == *Fingerprint::fromText(QString::fromLatin1(line)));
    }
    QVERIFY(leaf == certificate("leaf.der"));
    QVERIFY(leaf != certificate("ca.pem"));
    QString text;
    QDebug(&text) << leaf;
    QVERIFY(text.contains("CN=plc-7") && text.contains(leaf.fingerprint().toHex()));
}

void TestCertificate::readsExtensions()
{
    const Certificate leaf = certificate("leaf.pem");
    QVERIFY(leaf.keyUsage() == (KeyUsageBit::DigitalSignature | KeyUsageBit::KeyEncipherment));
    QCOMPARE(toText(leaf.extendedKeyUsage()), "serverAuth, clientAuth, 1.2.3.4.5");
    QCOMPARE(leaf.subjectAlternativeNames(), (SubjectAlternativeNames{{Kind::Dns, "plc-7.lab.example"},
                                                                      {Kind::Ip, "192.0.2.7"},
                                                                      {Kind::Ip, "2001:db8::7"},
                                                                      {Kind::Email, "a@lab.example"},
                                                                      {Kind::Uri, "urn:lab:7"}}));
    QVERIFY(!leaf.isCa());
    QVERIFY(!leaf.pathLength());
    QCOMPARE(leaf.templateName(), "DeviceTemplate");
    QCOMPARE(leaf.crlDistributionPoints(), (QStringList{"http://crl.lab.example/ca.crl", "ldap://lab.example/x"}));
    QCOMPARE(leaf.authorityInformationUrls(), (QStringList{"CA issuers: http://lab.example/ca.crt", "OCSP: http://ocsp.lab.example/"}));
    QCOMPARE(leaf.subjectKeyIdentifier().size(), 20);
    QCOMPARE(leaf.authorityKeyIdentifier(), certificate("ca.pem").subjectKeyIdentifier());

    QMap<QString, Extension> byOid;
    const auto extensions = leaf.extensions();
    for (const Extension &extension : extensions)
        byOid.insert(extension.oid.toText(), extension);
    QCOMPARE(extensions.size(), 13);
    QVERIFY(byOid["2.5.29.15"].isCritical);
    QVERIFY(!byOid["2.5.29.17"].isCritical);
    QCOMPARE(byOid["2.5.29.15"].text, "digitalSignature, keyEncipherment");
    QCOMPARE(byOid["2.5.29.37"].text, "serverAuth, clientAuth, 1.2.3.4.5");
    QCOMPARE(byOid["2.5.29.17"].text, "DNS:plc-7.lab.example, IP:192.0.2.7, IP:2001:db8::7, email:a@lab.example, URI:urn:lab:7");
    QCOMPARE(byOid["2.5.29.19"].text, "CA:FALSE");
    QVERIFY(byOid["2.5.29.31"].text.contains("http://crl.lab.example/ca.crl"));
    QVERIFY(byOid["1.3.6.1.5.5.7.1.1"].text.contains("http://ocsp.lab.example/"));
    QVERIFY(byOid["2.5.29.32"].text.contains("1.2.3.4"));
    QCOMPARE(byOid["1.3.6.1.4.1.311.20.2"].text, "DeviceTemplate");
    QCOMPARE(byOid["1.3.6.1.4.1.311.21.7"].text, "1.3.6.1.4.1.311.21.8.1.2, version 100.7");
    QCOMPARE(byOid["1.3.6.1.4.1.311.25.2"].text, "S-1-5-21-1-2-3-500");
    QCOMPARE(byOid["1.2.3.4.5.6"].text, "04:01:ff");
    QCOMPARE(byOid["1.2.3.4.5.6"].value.toHex(), "0401ff");
}

void TestCertificate::readsCas()
{
    const Certificate ca = certificate("ca.pem");
    QVERIFY(ca.isCa());
    QVERIFY(ca.pathLength() == 3);
    QVERIFY(ca.keyUsage() == (KeyUsageBit::KeyCertSign | KeyUsageBit::CrlSign));
    QCOMPARE(ca.serialNumber().toDisplay(), "01:02:03:04:05:06:07:08:09:0A");
    QVERIFY(ca.extendedKeyUsage().isEmpty());
    QVERIFY(ca.subjectAlternativeNames().isEmpty());
    QVERIFY(ca.crlDistributionPoints().isEmpty());
    QVERIFY(ca.authorityInformationUrls().isEmpty());
    QCOMPARE(ca.templateName(), "");
}

void TestCertificate::readsSignatureAlgorithms_data()
{
    QTest::addColumn<QString>("key");
    QTest::addColumn<QStringList>("options");
    QTest::addColumn<QString>("name");
    QTest::addColumn<std::optional<Digest>>("digest");
    QTest::newRow("MD5") << "ca.key" << QStringList{"-md5"} << "md5WithRSAEncryption" << std::optional(Digest::Md5);
    QTest::newRow("SHA-1") << "ca.key" << QStringList{"-sha1"} << "sha1WithRSAEncryption" << std::optional(Digest::Sha1);
    QTest::newRow("SHA-512") << "ca.key" << QStringList{"-sha512"} << "sha512WithRSAEncryption" << std::optional(Digest::Sha512);
    QTest::newRow("PSS") << "ca.key" << QStringList{"-sha384", "-sigopt", "rsa_padding_mode:pss"} << "rsassaPss"
                         << std::optional(Digest::Sha384);
    QTest::newRow("ECDSA") << "ec.key" << QStringList{"-sha256"} << "ecdsa-with-SHA256" << std::optional(Digest::Sha256);
}

void TestCertificate::readsSignatureAlgorithms()
{
    QFETCH(QString, key);
    QFETCH(QStringList, options);
    QFETCH(QString, name);
    QFETCH(std::optional<Digest>, digest);
    m_openssl.output(
        QStringList{"req", "-x509", "-new", "-key", key, "-config", "openssl.cnf", "-extensions", "ca", "-out", "algorithm.pem"} + options);
    const Certificate made = certificate("algorithm.pem");
    QCOMPARE(made.signatureAlgorithm(), name);
    QVERIFY(made.signatureDigest() == digest);
    QVERIFY(made.isSelfSigned());
}

void TestCertificate::readsOldVersions()
{
    m_openssl.output({"x509", "-req", "-in", "leaf.csr", "-signkey", "leaf.key", "-out", "v1.pem"}); // no extensions: version 1
    const Certificate old = certificate("v1.pem");
    QCOMPARE(old.version(), 1);
    QVERIFY(old.extensions().isEmpty());
    QVERIFY(!old.keyUsage());
    QVERIFY(!old.isCa());
    QVERIFY(old.subjectKeyIdentifier().isEmpty() && old.authorityKeyIdentifier().isEmpty());
    QVERIFY(old.isSelfSigned());
}

void TestCertificate::readsPem()
{
    const Certificate leaf = certificate("leaf.pem");
    const Certificate ca = certificate("ca.pem");
    QCOMPARE(leaf.toPem(), m_openssl.output({"x509", "-in", "leaf.pem"}));
    const QByteArray bundle = "some text\n" + m_openssl.read("leaf.key") + leaf.toPem() + "more\n" + ca.toPem();
    const auto list = Certificate::listFromPem(bundle);
    QVERIFY(list);
    QCOMPARE(*list, (QList<Certificate>{leaf, ca}));
    QCOMPARE(toPem(*list), leaf.toPem() + ca.toPem());
    QVERIFY(*Certificate::fromPem(bundle) == leaf);
    QVERIFY(*Certificate::fromPem(leaf.toPem().replace("\n", "\r\n")) == leaf);
    QCOMPARE(Certificate::listFromPem("hello").error().code, ErrorCode::NotRecognised);
    QCOMPARE(Certificate::listFromPem(m_openssl.read("leaf.key")).error().code, ErrorCode::NotRecognised);
    QCOMPARE(Certificate::listFromPem(leaf.toPem() + ca.toPem().chopped(30)).error().code, ErrorCode::Malformed);
}

void TestCertificate::refuses_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<int>("code");
    const QByteArray der = m_openssl.read("leaf.der");
    const QByteArray pem = m_openssl.read("leaf.pem");
    const auto row = [](const char *name, const QByteArray &bytes, ErrorCode code) { QTest::newRow(name) << bytes << int(code); };
    row("nothing", {}, ErrorCode::NotRecognised);
    row("text", "hello", ErrorCode::NotRecognised);
    row("key", m_openssl.read("leaf.key"), ErrorCode::NotRecognised);
    row("trailing byte", der + '\0', ErrorCode::Malformed);
    row("two certificates", der + der, ErrorCode::Malformed);
    row("truncated", der.chopped(1), ErrorCode::Malformed);
    row("sequence of nothing", QByteArray::fromHex("3000"), ErrorCode::Malformed);
    row("truncated PEM", pem.left(pem.size() / 2), ErrorCode::Malformed);
    row("request as PEM certificate", QByteArray(m_openssl.read("leaf.csr")).replace("CERTIFICATE REQUEST", "CERTIFICATE"),
        ErrorCode::Malformed);
    row("deep nesting", QByteArray("\x30\x80").repeated(100000), ErrorCode::Malformed);
}

void TestCertificate::refuses()
{
    QFETCH(QByteArray, bytes);
    QFETCH(int, code);
    const auto certificate = Certificate::fromBytes(bytes);
    QVERIFY(!certificate);
    QCOMPARE(int(certificate.error().code), code);
}

void TestCertificate::survivesBitFlips()
{
    // Any byte may be anything: reading everything must neither crash nor find a good signature. The signature itself is left out of the
    // second claim only where a flip hits the BER freedom of the outer lengths.
    const QByteArray der = m_openssl.read("leaf.der");
    const Certificate ca = certificate("ca.pem");
    int readable = 0;
    for (qsizetype i = 0; i < der.size(); ++i) {
        QByteArray changed = der;
        changed[i] = static_cast<char>(changed[i] ^ (1 << (i % 8)));
        const auto read = Certificate::fromDer(changed);
        if (!read)
            continue;
        ++readable;
        QVERIFY(!read->isSignedBy(ca));
        QVERIFY(read->extensions().size() <= 13);
        QVERIFY(!read->asn1Text().isEmpty());
        std::ignore = read->subject().toText() + read->templateName() + read->crlDistributionPoints().join(' ') +
                      read->authorityInformationUrls().join(' ') + toText(read->subjectAlternativeNames());
        std::ignore = read->notAfter();
        std::ignore = read->pathLength();
    }
    QVERIFY(readable > 100);
}

void TestCertificate::knowsItsIssuer()
{
    const Certificate leaf = certificate("leaf.pem");
    const Certificate ca = certificate("ca.pem");
    QVERIFY(leaf.isSignedBy(ca));
    QVERIFY(!ca.isSignedBy(leaf));
    QVERIFY(!leaf.isSelfIssued() && !leaf.isSelfSigned());
    QVERIFY(ca.isSelfIssued() && ca.isSelfSigned());

    // The same name with another key: names fit, the signature does not.
    m_openssl.output({"req", "-x509", "-new", "-key", "leaf.key", "-config", "openssl.cnf", "-subj", "/O=Lab/CN=Root", "-extensions", "ca",
                      "-out", "impostor.pem"});
    QVERIFY(!leaf.isSignedBy(certificate("impostor.pem")));
    // The same key under another name: the signature would verify, the names do not fit.
    m_openssl.output({"req", "-x509", "-new", "-key", "ca.key", "-config", "openssl.cnf", "-subj", "/O=Lab/CN=Other", "-extensions", "ca",
                      "-out", "renamed.pem"});
    QVERIFY(!leaf.isSignedBy(certificate("renamed.pem")));
    QVERIFY(!leaf.isSignedBy({}));
    QVERIFY(!Certificate().isSignedBy(ca));
}

void TestCertificate::knowsItsKey()
{
    const Certificate leaf = certificate("leaf.pem");
    QVERIFY(belongTogether(key("leaf.key"), leaf));
    QVERIFY(!belongTogether(key("ca.key"), leaf));
    QVERIFY(!belongTogether(key("ec.key"), leaf));
    QVERIFY(!belongTogether({}, leaf));
    QVERIFY(!belongTogether(key("leaf.key"), {}));
}

void TestCertificate::knowsItsPeriod()
{
    const Certificate leaf = certificate("leaf.pem");
    QVERIFY(leaf.isValidAt(leaf.notBefore()));
    QVERIFY(leaf.isValidAt(leaf.notAfter()));
    QVERIFY(!leaf.isValidAt(leaf.notBefore().addSecs(-1)));
    QVERIFY(!leaf.isValidAt(leaf.notAfter().addSecs(1)));
    QVERIFY(leaf.isValidAt(leaf.notAfter().toOffsetFromUtc(7200)));
    QVERIFY(!Certificate().isValidAt(QDateTime::currentDateTimeUtc()));
}

void TestCertificate::nullIsHarmless()
{
    const Certificate null;
    QVERIFY(null.isNull());
    QVERIFY(null.der().isEmpty() && null.toPem().isEmpty() && null.asn1Text().isEmpty());
    QVERIFY(null.subject().isEmpty() && null.issuer().isEmpty() && null.serialNumber().isEmpty());
    QVERIFY(!null.notBefore().isValid() && !null.notAfter().isValid());
    QVERIFY(null.publicKey().isNull() && null.fingerprint().isEmpty() && null.extensions().isEmpty());
    QVERIFY(!null.isCa() && !null.isSelfIssued() && !null.isSelfSigned() && !null.keyUsage() && !null.signatureDigest());
    QCOMPARE(null.version(), 0);
    QCOMPARE(null.signatureAlgorithm(), "");
}

void TestCertificate::showsTheAsn1()
{
    const QString tree = certificate("leaf.pem").asn1Text();
    QVERIFY(tree.contains("SEQUENCE") && tree.contains("commonName") && tree.contains("UTF8STRING") && tree.contains("plc-7"));
    QVERIFY(tree.count('\n') > 40);
}

void TestCertificate::mayBeReadFromManyThreads()
{
    const Certificate leaf = certificate("leaf.pem");
    const Certificate ca = certificate("ca.pem");
    std::atomic<int> good = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int round = 0; round < 50; ++round) {
                if (leaf.isSignedBy(ca) && leaf.subjectAlternativeNames().size() == 5 && leaf.extensions().size() == 13 &&
                    leaf.signatureDigest() == Digest::Sha256 && leaf.subject().commonName() == "plc-7")
                    ++good;
            }
        });
    }
    for (std::thread &thread : threads)
        thread.join();
    QCOMPARE(good.load(), 200);
}

void TestCertificate::serialNumbers_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QByteArray>("content");
    QTest::addColumn<QString>("hex");
    QTest::addColumn<QString>("shown");
    QTest::newRow("small") << "7" << QByteArray("07") << "07" << "07";
    QTest::newRow("zero") << "0" << QByteArray("00") << "00" << "00";
    QTest::newRow("top bit") << "f102" << QByteArray("00f102") << "f102" << "F1:02";
    QTest::newRow("prefix and colons") << "0x4F:02" << QByteArray("4f02") << "4f02" << "4F:02";
    QTest::newRow("leading zeros") << "00000012" << QByteArray("12") << "12" << "12";
    QTest::newRow("long") << "ffffffffffffffffffffffffffffffffffffffff" << QByteArray("00ffffffffffffffffffffffffffffffffffffffff")
                          << "ffffffffffffffffffffffffffffffffffffffff" << QString("FF:").repeated(20).chopped(1);
    QTest::newRow("negative") << "-0F" << QByteArray("f1") << "-0f" << "-0F";
    QTest::newRow("negative, two bytes") << "-80ff" << QByteArray("ff7f01") << "-80ff" << "-80:FF";
}

void TestCertificate::serialNumbers()
{
    QFETCH(QString, text);
    QFETCH(QByteArray, content);
    QFETCH(QString, hex);
    QFETCH(QString, shown);
    const auto serial = SerialNumber::fromHex(text);
    QVERIFY(serial);
    QCOMPARE(serial->bytes().toHex(), content);
    QCOMPARE(serial->toHex(), hex);
    QCOMPARE(serial->toDisplay(), shown);
    QVERIFY(*SerialNumber::fromHex(serial->toHex()) == *serial);
    QVERIFY(*SerialNumber::fromHex(serial->toDisplay()) == *serial);
}

void TestCertificate::refusesSerialNumbers()
{
    for (const QString &text : {QString(), QString("-"), QString("0x"), QString("xyz"), QString("1 2"), QString("--1"), QString(130, '1')})
        QCOMPARE(SerialNumber::fromHex(text).error().code, ErrorCode::InvalidArgument);
    QCOMPARE(SerialNumber().toHex(), "");
}

void TestCertificate::issuerAndSerialNumber()
{
    const IssuerAndSerialNumber id = certificate("leaf.pem").issuerAndSerialNumber();
    QVERIFY(id.issuer == certificate("ca.pem").subject());
    const QByteArray der = id.der();
    m_openssl.write("ias.der", der);
    const QByteArray tree = m_openssl.output({"asn1parse", "-inform", "DER", "-in", "ias.der"});
    QVERIFY(tree.contains("INTEGER           :F102"));
    const auto again = IssuerAndSerialNumber::fromDer(der);
    QVERIFY(again);
    QVERIFY(*again == id);
    QCOMPARE(IssuerAndSerialNumber::fromDer(der + '\0').error().code, ErrorCode::Malformed);
    QCOMPARE(IssuerAndSerialNumber::fromDer(der.chopped(1)).error().code, ErrorCode::Malformed);
    QCOMPARE(IssuerAndSerialNumber::fromDer({}).error().code, ErrorCode::Malformed);
}

void TestCertificate::keyUsageText()
{
    const QString all =
        "digitalSignature, nonRepudiation, keyEncipherment, dataEncipherment, keyAgreement, keyCertSign, cRLSign, encipherOnly, "
        "decipherOnly";
    QCOMPARE(toText(*keyUsageFromText(all)), all);
    QVERIFY(*keyUsageFromText("KEYENCIPHERMENT,contentCommitment") == (KeyUsageBit::KeyEncipherment | KeyUsageBit::NonRepudiation));
    QVERIFY(keyUsageFromText("")->toInt() == 0);
    QCOMPARE(keyUsageFromText("digitalSignature, foo").error().code, ErrorCode::InvalidArgument);
    QCOMPARE(toText(*extendedKeyUsageFromText("ServerAuth, 1.2.3.4, clientauth, serverAuth")), "serverAuth, 1.2.3.4, clientAuth");
    QVERIFY(extendedKeyUsageFromText("")->isEmpty());
    QCOMPARE(extendedKeyUsageFromText("serverAuth, foo").error().code, ErrorCode::InvalidArgument);
    QCOMPARE(extendedKeyUsageFromText("1.2.03").error().code, ErrorCode::InvalidArgument);
}

QTEST_GUILESS_MAIN(TestCertificate)
#include "tst_certificate.moc"
