// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/privatekey.h"

#include "tests/support/opensslprogram.h"

#include <QtTest>

using namespace Pki;

namespace {

SecretBytes secret(const char *text)
{
    return SecretBytes(QByteArrayView(text));
}

} // namespace

class TestPrivateKey : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void readsKeySpecs_data();
    void readsKeySpecs();
    void refusesKeySpecs_data();
    void refusesKeySpecs();
    void generates_data();
    void generates();
    void refusesToGenerateOtherSizes();
    void readsForeignFiles_data();
    void readsForeignFiles();
    void tellsMissingFromWrongPassphrase_data();
    void tellsMissingFromWrongPassphrase();
    void refusesFiles_data();
    void refusesFiles();
    void opensslReadsWhatWeWrite_data();
    void opensslReadsWhatWeWrite();
    void wantsAPassphrase();
    void survivesTruncation();
    void readsPublicKeys_data();
    void readsPublicKeys();
    void refusesPublicKeys();
    void nullKeysAreHarmless();

private:
    Test::OpensslProgram m_openssl;
};

void TestPrivateKey::initTestCase()
{
    // One key in every wrapping; "right" is the pass phrase.
    m_openssl.output({"genrsa", "-out", "rsa.pem", "2048"});
    m_openssl.output({"pkey", "-in", "rsa.pem", "-outform", "DER", "-out", "rsa-traditional.der", "-traditional"});
    m_openssl.output({"pkey", "-in", "rsa.pem", "-out", "rsa-traditional.pem", "-traditional"});
    m_openssl.output({"pkcs8", "-topk8", "-nocrypt", "-in", "rsa.pem", "-outform", "DER", "-out", "rsa.der"});
    m_openssl.output({"ecparam", "-name", "prime256v1", "-genkey", "-out", "ec-with-parameters.pem"});
    m_openssl.output({"ec", "-in", "ec-with-parameters.pem", "-outform", "DER", "-out", "ec-sec1.der"});
    m_openssl.output({"pkcs8", "-topk8", "-nocrypt", "-in", "ec-with-parameters.pem", "-out", "ec.pem"});
    for (const char *algorithm : {"aes-256-cbc", "aes-128-cbc", "des3"})
        m_openssl.output({"pkcs8", "-topk8", "-v2", algorithm, "-passout", "pass:right", "-in", "rsa.pem", "-out",
                          QString("pbes2-%1.pem").arg(algorithm)});
    m_openssl.output({"pkcs8", "-topk8", "-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA1", "-iter", "1000", "-passout", "pass:right", "-in",
                      "rsa.pem", "-outform", "DER", "-out", "pbes2-sha1.der"});
    m_openssl.output({"pkcs8", "-topk8", "-scrypt", "-passout", "pass:right", "-in", "rsa.pem", "-out", "scrypt.pem"});
    m_openssl.output({"pkcs8", "-topk8", "-v1", "PBE-SHA1-3DES", "-passout", "pass:right", "-in", "rsa.pem", "-out", "pbes1-3des.pem"});
    m_openssl.output({"pkcs8", "-topk8", "-v1", "PBE-MD5-DES", "-provider", "default", "-provider", "legacy", "-passout", "pass:right",
                      "-in", "rsa.pem", "-out", "pbes1-des.pem"});
    m_openssl.output({"rsa", "-aes128", "-traditional", "-passout", "pass:right", "-in", "rsa.pem", "-out", "traditional-aes.pem"});
    m_openssl.output({"ec", "-des3", "-passout", "pass:right", "-in", "ec-with-parameters.pem", "-out", "traditional-ec.pem"});
    m_openssl.output({"req", "-x509", "-new", "-key", "rsa.pem", "-subj", "/CN=x", "-out", "certificate.pem"});
    m_openssl.output({"x509", "-in", "certificate.pem", "-outform", "DER", "-out", "certificate.der"});
    m_openssl.write("bundle.pem", m_openssl.read("certificate.pem") + "some text\n" + m_openssl.read("rsa.pem"));
    m_openssl.output({"genpkey", "-algorithm", "ED25519", "-out", "ed25519.pem"});
    m_openssl.output({"ecparam", "-name", "secp256k1", "-genkey", "-noout", "-out", "secp256k1.pem"});
    m_openssl.output({"ecparam", "-name", "prime256v1", "-param_enc", "explicit", "-genkey", "-noout", "-out", "explicit.pem"});
}

void TestPrivateKey::readsKeySpecs_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("canonical");
    QTest::addColumn<QString>("shown");
    QTest::addColumn<bool>("isWeak");
    for (const int bits : {1024, 2048, 3072, 4096}) {
        const QString number = QString::number(bits);
        for (const QString &text : {"rsa:" + number, "rsa" + number, "RSA-" + number, " Rsa " + number + " "})
            QTest::newRow(qPrintable(text)) << text << "rsa:" + number << "RSA " + number << (bits == 1024);
    }
    for (const int bits : {256, 384, 521}) {
        const QString number = QString::number(bits);
        for (const QString &text : {"ec:P-" + number, "ec:" + number, "EC P-" + number, "ecp" + number, "ec-" + number})
            QTest::newRow(qPrintable(text)) << text << "ec:P-" + number << "EC P-" + number << false;
    }
}

void TestPrivateKey::readsKeySpecs()
{
    QFETCH(QString, text);
    QFETCH(QString, canonical);
    QFETCH(QString, shown);
    QFETCH(bool, isWeak);
    const auto spec = KeySpec::fromText(text);
    QVERIFY2(spec, spec ? "" : qPrintable(spec.error().detail));
    QCOMPARE(spec->toText(), canonical);
    QCOMPARE(spec->displayName(), shown);
    QCOMPARE(spec->isWeak(), isWeak);
    QVERIFY(*KeySpec::fromText(spec->toText()) == *spec);
}

void TestPrivateKey::refusesKeySpecs_data()
{
    QTest::addColumn<QString>("text");
    for (const char *text : {"", "rsa", "rsa:", "rsa:512", "rsa:2047", "rsa:16384", "rsa:-2048", "rsa:2048x", "rsa:99999999999999", "ec",
                             "ec:P-", "ec:P-255", "ec:P-224", "ec:secp256k1", "dsa:1024", "ed25519", "2048"})
        QTest::newRow(text) << QString(text);
}

void TestPrivateKey::refusesKeySpecs()
{
    QFETCH(QString, text);
    const auto spec = KeySpec::fromText(text);
    QVERIFY(!spec);
    QCOMPARE(spec.error().code, ErrorCode::InvalidKeyType);
}

void TestPrivateKey::generates_data()
{
    QTest::addColumn<QString>("spec");
    QTest::addColumn<bool>("canDecrypt");
    for (const char *spec : {"rsa:1024", "rsa:2048", "rsa:3072", "rsa:4096"})
        QTest::newRow(spec) << QString(spec) << true;
    for (const char *spec : {"ec:P-256", "ec:P-384", "ec:P-521"})
        QTest::newRow(spec) << QString(spec) << false;
}

void TestPrivateKey::generates()
{
    QFETCH(QString, spec);
    QFETCH(bool, canDecrypt);
    const KeySpec wanted = *KeySpec::fromText(spec);
    const auto key = PrivateKey::generate(wanted);
    QVERIFY2(key, key ? "" : qPrintable(key.error().detail));
    QVERIFY(!key->isNull());
    QVERIFY(key->spec() == wanted);
    QCOMPARE(key->canDecrypt(), canDecrypt);
    QCOMPARE(key->publicKey().displayName(), wanted.displayName());
    QCOMPARE(key->publicKey().bits(), wanted.bits);
    QCOMPARE(key->publicKey().isRsa(), canDecrypt);

    // There and back, and another key is another key.
    const auto again = PrivateKey::fromBytes(key->toPkcs8Der().view());
    QVERIFY(again);
    QVERIFY(again->publicKey() == key->publicKey());
    if (wanted.algorithm == KeySpec::Algorithm::Ec)
        QVERIFY(PrivateKey::generate(wanted)->publicKey() != key->publicKey());

    // openssl finds it sound and writes the same public key.
    m_openssl.write("generated.pem", key->toPkcs8Pem().view().toByteArray());
    m_openssl.output({"pkey", "-in", "generated.pem", "-check", "-noout"});
    QCOMPARE(m_openssl.output({"pkey", "-in", "generated.pem", "-pubout", "-outform", "DER"}).toHex(), key->publicKey().der().toHex());
}

void TestPrivateKey::refusesToGenerateOtherSizes()
{
    for (const KeySpec &spec : {KeySpec{KeySpec::Algorithm::Rsa, 512}, KeySpec{KeySpec::Algorithm::Rsa, 2049},
                                KeySpec{KeySpec::Algorithm::Ec, 2048}, KeySpec{KeySpec::Algorithm::Rsa, -1}}) {
        const auto key = PrivateKey::generate(spec);
        QVERIFY(!key);
        QCOMPARE(key.error().code, ErrorCode::InvalidKeyType);
    }
}

void TestPrivateKey::readsForeignFiles_data()
{
    QTest::addColumn<QString>("file");
    QTest::addColumn<QByteArray>("passphrase");
    for (const char *file : {"rsa.pem", "rsa-traditional.pem", "rsa-traditional.der", "rsa.der", "bundle.pem", "ec-with-parameters.pem",
                             "ec-sec1.der", "ec.pem"})
        QTest::newRow(file) << QString(file) << QByteArray();
    for (const char *file : {"pbes2-aes-256-cbc.pem", "pbes2-aes-128-cbc.pem", "pbes2-des3.pem", "pbes2-sha1.der", "scrypt.pem",
                             "pbes1-3des.pem", "pbes1-des.pem", "traditional-aes.pem", "traditional-ec.pem"})
        QTest::newRow(file) << QString(file) << QByteArray("right");
}

void TestPrivateKey::readsForeignFiles()
{
    QFETCH(QString, file);
    QFETCH(QByteArray, passphrase);
    const auto key = PrivateKey::fromBytes(m_openssl.read(file), SecretBytes{QByteArrayView(passphrase)});
    QVERIFY2(key, key ? "" : qPrintable(QString("%1 %2").arg(int(key.error().code)).arg(key.error().detail)));
    const bool isEc = file.contains("ec");
    QCOMPARE(key->spec().toText(), isEc ? "ec:P-256" : "rsa:2048");
    const QByteArray spki = m_openssl.output({"pkey", "-in", isEc ? "ec.pem" : "rsa.pem", "-pubout", "-outform", "DER"});
    QCOMPARE(key->publicKey().der().toHex(), spki.toHex());
    if (passphrase.isEmpty()) // one that is not needed does no harm
        QVERIFY(PrivateKey::fromBytes(m_openssl.read(file), secret("unneeded")));
}

void TestPrivateKey::tellsMissingFromWrongPassphrase_data()
{
    QTest::addColumn<QString>("file");
    for (const char *file : {"pbes2-aes-256-cbc.pem", "pbes2-des3.pem", "pbes2-sha1.der", "scrypt.pem", "pbes1-3des.pem", "pbes1-des.pem",
                             "traditional-aes.pem", "traditional-ec.pem"})
        QTest::newRow(file) << QString(file);
}

void TestPrivateKey::tellsMissingFromWrongPassphrase()
{
    QFETCH(QString, file);
    const QByteArray bytes = m_openssl.read(file);
    QCOMPARE(PrivateKey::fromBytes(bytes).error().code, ErrorCode::PassphraseRequired);
    const QByteArray longPassphrase(5000, 'x');
    for (const QByteArray &wrong : {QByteArray("wrong"), QByteArray("Right"), QByteArray("right "), longPassphrase}) {
        const auto key = PrivateKey::fromBytes(bytes, SecretBytes{QByteArrayView(wrong)});
        QVERIFY(!key);
        QCOMPARE(key.error().code, ErrorCode::WrongPassphrase);
        QVERIFY(!key.error().detail.contains("ight"));
    }
}

void TestPrivateKey::refusesFiles_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<int>("code");
    const QByteArray pem = m_openssl.read("rsa.pem");
    const QByteArray der = m_openssl.read("rsa.der");
    const auto row = [](const char *name, const QByteArray &bytes, ErrorCode code) { QTest::newRow(name) << bytes << int(code); };
    row("nothing", {}, ErrorCode::NotRecognised);
    row("text", "hello", ErrorCode::NotRecognised);
    row("certificate PEM", m_openssl.read("certificate.pem"), ErrorCode::NotRecognised);
    row("certificate DER", m_openssl.read("certificate.der"), ErrorCode::NotRecognised);
    row("random", QByteArray::fromHex("deadbeef00"), ErrorCode::NotRecognised);
    row("truncated PEM", pem.left(pem.size() / 2), ErrorCode::Malformed);
    row("PEM with a broken line", QByteArray(pem).replace(100, 4, "!!!!"), ErrorCode::Malformed);
    row("PEM of something else", "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n", ErrorCode::Malformed);
    row("truncated DER", der.chopped(5), ErrorCode::Malformed);
    row("trailing byte", der + '\0', ErrorCode::Malformed);
    row("deep nesting", QByteArray("\x30\x80").repeated(5000), ErrorCode::TooLarge);
    row("Ed25519", m_openssl.read("ed25519.pem"), ErrorCode::UnsupportedAlgorithm);
    row("secp256k1", m_openssl.read("secp256k1.pem"), ErrorCode::UnsupportedAlgorithm);
}

void TestPrivateKey::refusesFiles()
{
    QFETCH(QByteArray, bytes);
    QFETCH(int, code);
    const auto key = PrivateKey::fromBytes(bytes, secret("right"));
    QVERIFY(!key);
    QCOMPARE(int(key.error().code), code);
}

void TestPrivateKey::opensslReadsWhatWeWrite_data()
{
    QTest::addColumn<QString>("spec");
    QTest::newRow("RSA") << "rsa:2048";
    QTest::newRow("EC") << "ec:P-384";
}

void TestPrivateKey::opensslReadsWhatWeWrite()
{
    QFETCH(QString, spec);
    const auto key = PrivateKey::generate(*KeySpec::fromText(spec));
    QVERIFY(key);
    m_openssl.write("plain.der", key->toPkcs8Der().view().toByteArray());
    QCOMPARE(m_openssl.output({"pkey", "-inform", "DER", "-in", "plain.der", "-pubout", "-outform", "DER"}), key->publicKey().der());

    const QByteArray phrase = "p\xc3\xa5ss, phrase with = and spaces";
    const auto encrypted = key->toEncryptedPkcs8Pem(SecretBytes{QByteArrayView(phrase)});
    QVERIFY(encrypted);
    QVERIFY(encrypted->startsWith("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
    m_openssl.write("encrypted.pem", *encrypted);
    m_openssl.write("phrase", phrase);
    QCOMPARE(m_openssl.output({"pkey", "-in", "encrypted.pem", "-passin", "file:phrase", "-pubout", "-outform", "DER"}),
             key->publicKey().der());
    const QByteArray tree = m_openssl.output({"asn1parse", "-in", "encrypted.pem"});
    for (const char *part : {"PBES2", "PBKDF2", "hmacWithSHA256", "aes-256-cbc", "INTEGER           :0927C0"}) // 600000
        QVERIFY2(tree.contains(part), part);
    QVERIFY(*encrypted != *key->toEncryptedPkcs8Pem(SecretBytes{QByteArrayView(phrase)})); // salt and IV are fresh

    const auto again = PrivateKey::fromBytes(*encrypted, SecretBytes{QByteArrayView(phrase)});
    QVERIFY(again);
    QVERIFY(again->publicKey() == key->publicKey());
    QCOMPARE(PrivateKey::fromBytes(*encrypted).error().code, ErrorCode::PassphraseRequired);
    QCOMPARE(PrivateKey::fromBytes(*encrypted, secret("other")).error().code, ErrorCode::WrongPassphrase);
}

void TestPrivateKey::wantsAPassphrase()
{
    const auto key = PrivateKey::generate(*KeySpec::fromText("ec:P-256"));
    QCOMPARE(key->toEncryptedPkcs8Pem({}).error().code, ErrorCode::EmptyPassphrase);
}

void TestPrivateKey::survivesTruncation()
{
    for (const char *file : {"ec-sec1.der", "pbes2-sha1.der", "rsa-traditional.der"}) {
        const QByteArray der = m_openssl.read(file);
        for (qsizetype length = 0; length < der.size(); ++length)
            QVERIFY(!PrivateKey::fromBytes(der.left(length), secret("right")));
    }
}

void TestPrivateKey::readsPublicKeys_data()
{
    QTest::addColumn<QString>("file");
    QTest::addColumn<QString>("shown");
    QTest::addColumn<int>("bits");
    QTest::newRow("RSA") << "rsa.pem" << "RSA 2048" << 2048;
    QTest::newRow("EC") << "ec.pem" << "EC P-256" << 256;
    QTest::newRow("Ed25519") << "ed25519.pem" << "Ed25519" << 256;
    QTest::newRow("secp256k1") << "secp256k1.pem" << "EC secp256k1" << 256;
}

void TestPrivateKey::readsPublicKeys()
{
    QFETCH(QString, file);
    QFETCH(QString, shown);
    QFETCH(int, bits);
    const QByteArray spki = m_openssl.output({"pkey", "-in", file, "-pubout", "-outform", "DER"});
    const auto key = PublicKey::fromDer(spki);
    QVERIFY(key);
    QCOMPARE(key->der(), spki);
    QCOMPARE(key->displayName(), shown);
    QVERIFY(bits - key->bits() <= 3); // Ed25519 counts 253
    QCOMPARE(key->isRsa(), file.startsWith("rsa"));
}

void TestPrivateKey::refusesPublicKeys()
{
    const QByteArray spki = m_openssl.output({"pkey", "-in", "rsa.pem", "-pubout", "-outform", "DER"});
    QCOMPARE(PublicKey::fromDer({}).error().code, ErrorCode::Malformed);
    QCOMPARE(PublicKey::fromDer(spki + '\0').error().code, ErrorCode::Malformed);
    QCOMPARE(PublicKey::fromDer(spki.chopped(1)).error().code, ErrorCode::Malformed);
    // SubjectPublicKeyInfo { { 1.2.3.4 }, BIT STRING }
    QCOMPARE(PublicKey::fromDer(QByteArray::fromHex("300c300506032a030403030000ff")).error().code, ErrorCode::UnsupportedAlgorithm);
}

void TestPrivateKey::nullKeysAreHarmless()
{
    const PrivateKey key;
    QVERIFY(key.isNull());
    QVERIFY(!key.canDecrypt());
    QVERIFY(key.publicKey().isNull());
    QVERIFY(key.toPkcs8Der().isEmpty());
    QVERIFY(key.toPkcs8Pem().isEmpty());
    QCOMPARE(key.toEncryptedPkcs8Pem(secret("x")).error().code, ErrorCode::InvalidArgument);
    QCOMPARE(PublicKey().displayName(), "");
    QCOMPARE(PublicKey().bits(), 0);
}

QTEST_GUILESS_MAIN(TestPrivateKey)
#include "tst_privatekey.moc"
