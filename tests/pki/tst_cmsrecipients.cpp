// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/cmsrecipients.h"

#include "scep/pki/keyfile.h"
#include "tests/support/opensslprogram.h"
#include "tests/support/testca.h"

#include <QTest>

using namespace Pki;
using TestSupport::must;

class TestCmsRecipients final : public QObject
{
    Q_OBJECT

private slots:
    void tellsOaepOfOthers_data();
    void tellsOaepOfOthers();
    void tellsNothingOfOtherBytes_data();
    void tellsNothingOfOtherBytes();
    void agreesOnKeys();
    void keysAreAsHardAsTheirRounds();
};

void TestCmsRecipients::tellsOaepOfOthers_data()
{
    QTest::addColumn<QStringList>("options"); // of `openssl cms -encrypt`
    QTest::addColumn<KeyTransport>("expected");
    QTest::newRow("PKCS#1") << QStringList() << KeyTransport::RsaPkcs1;
    QTest::newRow("OAEP, default") << QStringList{"-keyopt", "rsa_padding_mode:oaep"} << KeyTransport::RsaOaepSha1;
    QTest::newRow("OAEP, SHA-256") << QStringList{"-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256"}
                                   << KeyTransport::RsaOaepSha256;
    QTest::newRow("OAEP, SHA-512, which is not written here")
        << QStringList{"-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha512"} << KeyTransport::RsaOaepSha1;
}

void TestCmsRecipients::tellsOaepOfOthers()
{
    QFETCH(const QStringList, options);
    const auto recipient = TestSupport::makeSelfSigned("CN=plc-7", TestSupport::rsaKey("recipient", 2048), QDateTime::currentDateTimeUtc());
    const Test::OpensslProgram openssl;
    openssl.write("recipient.pem", recipient.certificate.toPem());
    openssl.write("text", "hello");
    const QByteArray der = openssl.output(
        QStringList{"cms", "-encrypt", "-binary", "-in", "text", "-aes-128-cbc", "-outform", "DER", "-recip", "recipient.pem"} + options);
    QVERIFY(!der.isEmpty());
    QFETCH(const KeyTransport, expected);
    QCOMPARE(keyTransportUsed(der), std::optional(expected));
    for (qsizetype length = 0; length < der.size(); length += 7)
        QCOMPARE(keyTransportUsed(der.left(length)), std::optional<KeyTransport>());
}

void TestCmsRecipients::tellsNothingOfOtherBytes_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("nothing") << QByteArray();
    QTest::newRow("text") << QByteArray("hello");
    QTest::newRow("certificates") << must(
        degenerateCms({TestSupport::makeSelfSigned("CN=a", TestSupport::rsaKey("a"), QDateTime::currentDateTimeUtc()).certificate}));
    QTest::newRow("password recipient") << must(encryptCmsWithPassword("hello", SecretBytes(QByteArrayView("secret")), Cipher::Aes128));
}

void TestCmsRecipients::tellsNothingOfOtherBytes()
{
    QFETCH(const QByteArray, bytes);
    QCOMPARE(keyTransportUsed(bytes), std::optional<KeyTransport>());
}

void TestCmsRecipients::agreesOnKeys()
{
    const auto recipient = TestSupport::makeSelfSigned("CN=plc-7", TestSupport::ecKey("recipient"), QDateTime::currentDateTimeUtc());
    const auto other = TestSupport::makeSelfSigned("CN=plc-8", TestSupport::ecKey("other"), QDateTime::currentDateTimeUtc());
    const QByteArray der = must(encryptCmsByKeyAgreement("hello", recipient.certificate, Cipher::Aes256));
    const auto envelope = must(EnvelopedData::fromDer(der));
    QCOMPARE(envelope.recipients().first().kind, RecipientInfo::Kind::KeyAgreement);
    QCOMPARE(envelope.recipients().first().recipientId.serialNumber, recipient.certificate.serialNumber());
    QCOMPARE(must(envelope.decrypt(recipient.key, recipient.certificate)), QByteArray("hello"));
    QVERIFY(!envelope.decrypt(other.key, other.certificate));
    QCOMPARE(keyTransportUsed(der), std::optional<KeyTransport>());
    const auto rsa = TestSupport::makeSelfSigned("CN=rsa", TestSupport::rsaKey("rsa"), QDateTime::currentDateTimeUtc());
    QCOMPARE(encryptCmsByKeyAgreement("hello", rsa.certificate, Cipher::Aes128).error().code, ErrorCode::UnsupportedAlgorithm);
    QCOMPARE(encryptCmsByKeyAgreement("hello", {}, Cipher::Aes128).error().code, ErrorCode::InvalidArgument);
}

void TestCmsRecipients::keysAreAsHardAsTheirRounds()
{
    const PrivateKey key = TestSupport::rsaKey("sealed");
    const SecretBytes secret(QByteArrayView("0123456789abcdef"));
    for (const int rounds : {randomSecretRounds, passphraseRounds}) {
        const QByteArray pem = must(encryptedPkcs8Pem(key, secret, rounds));
        QVERIFY(isEncryptedPem(pem));
        QVERIFY(!isEncryptedPem(key.toPkcs8Pem().view()));
        QCOMPARE(must(PrivateKey::fromBytes(pem, secret)).publicKey(), key.publicKey());
        QCOMPARE(PrivateKey::fromBytes(pem, SecretBytes(QByteArrayView("wrong"))).error().code, ErrorCode::WrongPassphrase);
        const Test::OpensslProgram openssl;
        openssl.write("key.pem", pem);
        const QByteArray shown = openssl.output({"asn1parse", "-in", "key.pem"});
        QVERIFY2(shown.contains(QByteArray::number(rounds, 16).toUpper()), shown.constData());
        QVERIFY(shown.contains("aes-256-cbc") && shown.contains("hmacWithSHA256"));
        QCOMPARE(keyDerivationRounds(pem), std::optional(rounds));
        // Of what another program made, too; older schemes and what is no encrypted key tell nothing.
        openssl.write("open.pem", key.toPkcs8Pem().view().toByteArray());
        const QStringList seal{"pkcs8", "-topk8", "-in", "open.pem", "-passout", "pass:wrong"};
        QCOMPARE(keyDerivationRounds(openssl.output(seal + QStringList{"-iter", QString::number(rounds)})), std::optional(rounds));
        QVERIFY(!keyDerivationRounds(openssl.output(seal + QStringList{"-v1", "PBE-SHA1-3DES"})));
        QVERIFY(!keyDerivationRounds(key.toPkcs8Pem().view().toByteArray()));
        QVERIFY(!keyDerivationRounds(pem.first(pem.size() / 2)));
    }
    QCOMPARE(encryptedPkcs8Pem(key, {}).error().code, ErrorCode::EmptyPassphrase);
    QCOMPARE(encryptedPkcs8Pem({}, secret).error().code, ErrorCode::InvalidArgument);
}

QTEST_GUILESS_MAIN(TestCmsRecipients)
#include "tst_cmsrecipients.moc"
