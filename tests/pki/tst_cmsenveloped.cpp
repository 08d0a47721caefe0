// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/cms.h"
#include "tests/support/opensslprogram.h"
#include "tests/support/testca.h"

#include <QTest>

using namespace Pki;
using namespace TestSupport;

namespace {

const QByteArray plainText = "The quick brown fox jumps over the lazy dog\n";

DerNode &envelopedDataOf(DerNode &contentInfo)
{
    return contentInfo.children[1].children[0];
}

/// The usual limits with one of them changed.
template <typename T>
CmsLimits limitsWith(T CmsLimits::*member, T value)
{
    CmsLimits limits;
    limits.*member = value;
    return limits;
}

} // namespace

class TestCmsEnveloped : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        const QDateTime now = QDateTime::currentDateTimeUtc();
        // keyCertSign only, as scepserver's CA that is the recipient all the same
        CertificateOptions ca;
        ca.isCa = true;
        ca.keyUsage = KeyUsageBit::KeyCertSign;
        m_rsa = makeSelfSigned("CN=recipient", rsaKey("recipient", 2048), now, ca);
        m_sameName = makeSelfSigned("CN=somebody else", rsaKey("recipient", 2048), now);
        m_other = makeSelfSigned("CN=other", rsaKey("other", 2048), now);
        m_ec = makeSelfSigned("CN=ec", ecKey("ec"), now);
        for (const auto &[name, identity] : {std::pair("rsa", &m_rsa), std::pair("other", &m_other), std::pair("ec", &m_ec)}) {
            m_openssl.write(QString("%1.pem").arg(name), identity->certificate.toPem());
            m_openssl.write(QString("%1.key").arg(name), identity->key.toPkcs8Pem().view().toByteArray());
        }
    }

    void cipherNames_data()
    {
        QTest::addColumn<Cipher>("cipher");
        QTest::addColumn<QString>("setting");
        QTest::newRow("des") << Cipher::Des << "des-cbc";
        QTest::newRow("3des") << Cipher::TripleDes << "3des-cbc";
        QTest::newRow("aes128") << Cipher::Aes128 << "aes128-cbc";
        QTest::newRow("aes192") << Cipher::Aes192 << "aes192-cbc";
        QTest::newRow("aes256") << Cipher::Aes256 << "aes256-cbc";
    }
    void cipherNames()
    {
        QFETCH(Cipher, cipher);
        QFETCH(QString, setting);
        QCOMPARE(settingName(cipher), setting);
        QCOMPARE(cipherFromSettingName(setting), std::optional(cipher));
        QCOMPARE(cipherFromSettingName(setting.toUpper()), std::optional(cipher));
        QCOMPARE(isWeak(cipher), cipher == Cipher::Des);
        QVERIFY(displayName(cipher).endsWith("-CBC"));
        QVERIFY(!cipherFromSettingName("aes128-gcm"));
    }

    void roundTrip_data()
    {
        QTest::addColumn<Cipher>("cipher");
        QTest::addColumn<KeyTransport>("transport");
        QTest::addColumn<QString>("algorithm");
        for (const Cipher cipher : {Cipher::Des, Cipher::TripleDes, Cipher::Aes128, Cipher::Aes192, Cipher::Aes256}) {
            const QByteArray name = settingName(cipher).toLatin1();
            QTest::addRow("%s PKCS#1", name.constData()) << cipher << KeyTransport::RsaPkcs1 << "1.2.840.113549.1.1.1";
            QTest::addRow("%s OAEP SHA-1", name.constData()) << cipher << KeyTransport::RsaOaepSha1 << "1.2.840.113549.1.1.7";
            QTest::addRow("%s OAEP SHA-256", name.constData()) << cipher << KeyTransport::RsaOaepSha256 << "1.2.840.113549.1.1.7";
        }
    }
    void roundTrip()
    {
        QFETCH(Cipher, cipher);
        QFETCH(KeyTransport, transport);
        QFETCH(QString, algorithm);
        const QByteArray message = must(encryptCms(plainText, m_rsa.certificate, cipher, transport));
        const EnvelopedData read = must(EnvelopedData::fromDer(message));
        QCOMPARE(read.contentCipher(), std::optional(cipher));
        QCOMPARE(read.recipients().size(), 1);
        const RecipientInfo recipient = read.recipients().constFirst();
        QCOMPARE(recipient.kind, RecipientInfo::Kind::KeyTransport);
        QCOMPARE(recipient.recipientId, m_rsa.certificate.issuerAndSerialNumber());
        QCOMPARE(recipient.keyEncryptionAlgorithm.toText(), algorithm);
        QCOMPARE(must(read.decrypt(m_rsa.key, m_rsa.certificate)), plainText);

        m_openssl.write("message.der", message);
        const auto decrypted = m_openssl.run({"cms", "-decrypt", "-inform", "DER", "-in", "message.der", "-binary", "-recip", "rsa.pem",
                                              "-inkey", "rsa.key", "-provider", "default", "-provider", "legacy"});
        QVERIFY2(decrypted.isGood(), decrypted.errors.constData());
        QCOMPARE(decrypted.output, plainText);
        const auto shape = m_openssl.run({"asn1parse", "-inform", "DER", "-in", "message.der"});
        QVERIFY(shape.isGood());
        QVERIFY(!shape.output.contains("inf")); // definite lengths only
    }

    void emptyAndLargeContent()
    {
        for (const QByteArray &content : {QByteArray(), QByteArray(1'000'000, 'x')}) {
            const EnvelopedData read = must(EnvelopedData::fromDer(must(encryptCms(content, m_rsa.certificate, Cipher::Aes128))));
            QCOMPARE(must(read.decrypt(m_rsa.key, m_rsa.certificate)), content);
        }
    }

    void readsOpenssl_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("recipient");
        const QStringList ber{"-stream", "-indef"};
        for (const char *cipher : {"des-cbc", "des3", "aes-128-cbc", "aes-192-cbc", "aes-256-cbc"}) {
            const QStringList arguments{QLatin1Char('-') + QString::fromLatin1(cipher)};
            QTest::addRow("%s", cipher) << arguments << "rsa";
            QTest::addRow("%s BER", cipher) << arguments + ber << "rsa";
            if (qstrcmp(cipher, "des-cbc") != 0) // its key is too short for AES key wrap
                QTest::addRow("%s kari", cipher) << arguments << "ec";
        }
        QTest::newRow("kari BER") << QStringList{"-aes128"} + ber << "ec";
        QTest::newRow("keyid") << QStringList{"-aes128", "-keyid"} << "rsa";
        const QStringList oaep{"-aes128", "-keyopt", "rsa_padding_mode:oaep"};
        QTest::newRow("OAEP") << oaep << "rsa";
        QTest::newRow("OAEP SHA-256") << oaep + QStringList{"-keyopt", "rsa_oaep_md:sha256"} << "rsa";
        QTest::newRow("OAEP SHA-512 with MGF SHA-1")
            << oaep + QStringList{"-keyopt", "rsa_oaep_md:sha512", "-keyopt", "rsa_mgf1_md:sha1"} << "rsa";
        QTest::newRow("OAEP with a label") << oaep + QStringList{"-keyopt", "rsa_oaep_label:61626364"} << "rsa";
    }
    void readsOpenssl()
    {
        QFETCH(QStringList, arguments);
        QFETCH(QString, recipient);
        const QByteArray content(5000, 'c');
        // -recip with -keyopt must stand together; options for the message come first
        const QByteArray message = m_openssl.output(QStringList{"cms", "-encrypt", "-binary", "-outform", "DER", "-provider", "default",
                                                                "-provider", "legacy", "-recip", recipient + ".pem"} +
                                                        arguments,
                                                    content);
        const Identity &identity = recipient == "ec" ? m_ec : m_rsa;
        const EnvelopedData read = must(EnvelopedData::fromDer(message));
        QCOMPARE(read.recipients().constFirst().kind,
                 recipient == "ec" ? RecipientInfo::Kind::KeyAgreement : RecipientInfo::Kind::KeyTransport);
        if (!arguments.contains("-keyid"))
            QCOMPARE(read.recipients().constFirst().recipientId, identity.certificate.issuerAndSerialNumber());
        QCOMPARE(must(read.decrypt(identity.key, identity.certificate)), content);
        const Identity &stranger = recipient == "ec" ? makeSelfSigned("CN=x", ecKey("x"), QDateTime::currentDateTimeUtc()) : m_other;
        QCOMPARE(read.decrypt(stranger.key, stranger.certificate).error().code, ErrorCode::DecryptionFailed);
    }

    void password()
    {
        const SecretBytes right(QByteArrayView("secret"));
        const SecretBytes wrong(QByteArrayView("Secret"));
        const QByteArray message = must(encryptCmsWithPassword(plainText, right, Cipher::Aes128));
        const EnvelopedData read = must(EnvelopedData::fromDer(message));
        QCOMPARE(read.recipients().size(), 1);
        QCOMPARE(read.recipients().constFirst().kind, RecipientInfo::Kind::Password);
        QCOMPARE(must(read.decryptWithPassword(right)), plainText);
        QCOMPARE(read.decryptWithPassword(wrong).error().code, ErrorCode::DecryptionFailed);
        QCOMPARE(read.decryptWithPassword({}).error().code, ErrorCode::DecryptionFailed);
        QCOMPARE(read.decrypt(m_rsa.key, m_rsa.certificate).error().code, ErrorCode::DecryptionFailed);
        QCOMPARE(encryptCmsWithPassword(plainText, {}, Cipher::Aes128).error().code, ErrorCode::EmptyPassphrase);
        m_openssl.write("message.der", message);
        const auto decrypted =
            m_openssl.run({"cms", "-decrypt", "-inform", "DER", "-in", "message.der", "-binary", "-pwri_password", "secret"});
        QVERIFY2(decrypted.isGood(), decrypted.errors.constData());
        QCOMPARE(decrypted.output, plainText);

        const QByteArray foreign =
            m_openssl.output({"cms", "-encrypt", "-binary", "-outform", "DER", "-aes256", "-pwri_password", "secret"}, plainText);
        QCOMPARE(must(must(EnvelopedData::fromDer(foreign)).decryptWithPassword(right)), plainText);
    }

    void keysThatDoNotFit()
    {
        const EnvelopedData read = must(EnvelopedData::fromDer(must(encryptCms(plainText, m_rsa.certificate, Cipher::Aes128))));
        // The only recipient is tried although the certificate has another name.
        QCOMPARE(must(read.decrypt(m_rsa.key, m_sameName.certificate)), plainText);
        const Result<QByteArray> otherKey = read.decrypt(m_other.key, m_rsa.certificate);
        const Result<QByteArray> otherBoth = read.decrypt(m_other.key, m_other.certificate);
        const Result<QByteArray> ecKeyGiven = read.decrypt(m_ec.key, m_ec.certificate);
        const Result<QByteArray> noKey = read.decrypt({}, m_rsa.certificate);
        QCOMPARE(otherKey.error().code, ErrorCode::DecryptionFailed);
        QCOMPARE(otherBoth.error(), otherKey.error()); // one uniform error
        QCOMPARE(ecKeyGiven.error(), otherKey.error());
        QCOMPARE(noKey.error(), otherKey.error());
        QCOMPARE(read.decryptWithPassword(SecretBytes(QByteArrayView("x"))).error(), otherKey.error());
        QCOMPARE(EnvelopedData().decrypt(m_rsa.key, m_rsa.certificate).error(), otherKey.error());
        QCOMPARE(encryptCms(plainText, m_ec.certificate, Cipher::Aes128).error().code, ErrorCode::UnsupportedAlgorithm);
        QCOMPARE(encryptCms(plainText, {}, Cipher::Aes128).error().code, ErrorCode::InvalidArgument);
    }

    void severalRecipients()
    {
        const QByteArray message =
            m_openssl.output({"cms", "-encrypt", "-binary", "-outform", "DER", "-aes128", "other.pem", "rsa.pem", "ec.pem"}, plainText);
        const EnvelopedData read = must(EnvelopedData::fromDer(message));
        QCOMPARE(read.recipients().size(), 3);
        QCOMPARE(must(read.decrypt(m_rsa.key, m_rsa.certificate)), plainText);
        QCOMPARE(must(read.decrypt(m_other.key, m_other.certificate)), plainText);
        QCOMPARE(must(read.decrypt(m_ec.key, m_ec.certificate)), plainText);
        // With several of them, a certificate that none names is not tried.
        QCOMPARE(read.decrypt(m_rsa.key, m_sameName.certificate).error().code, ErrorCode::DecryptionFailed);
        QCOMPARE(EnvelopedData::fromDer(message, limitsWith(&CmsLimits::maxRecipients, 2)).error().code, ErrorCode::TooLarge);
    }

    void damagedCiphertext()
    {
        const QByteArray message = must(encryptCms(plainText, m_rsa.certificate, Cipher::Aes128));
        DerNode root = DerNode::fromDer(message);
        QByteArray &encrypted = envelopedDataOf(root).children[2].children[2].content;
        encrypted.chop(1);
        const Result<QByteArray> cut = must(EnvelopedData::fromDer(root.toDer())).decrypt(m_rsa.key, m_rsa.certificate);
        DerNode keyRoot = DerNode::fromDer(message);
        QByteArray &key = envelopedDataOf(keyRoot).children[1].children[0].children[3].content;
        key[10] = static_cast<char>(key[10] ^ 1);
        const Result<QByteArray> badKey = must(EnvelopedData::fromDer(keyRoot.toDer())).decrypt(m_rsa.key, m_rsa.certificate);
        QCOMPARE(cut.error().code, ErrorCode::DecryptionFailed);
        QCOMPARE(badKey.error(), cut.error());
    }

    void refused_data()
    {
        QTest::addColumn<QByteArray>("message");
        QTest::newRow("AuthEnvelopedData") << m_openssl.output(
            {"cms", "-encrypt", "-binary", "-outform", "DER", "-aes-256-gcm", "-recip", "rsa.pem"}, plainText);
        QTest::newRow("signedData") << must(signCms(plainText, m_rsa.certificate, m_rsa.key, {}));
        QTest::newRow("degenerate signedData") << must(degenerateCms({m_rsa.certificate}));
        QTest::newRow("data") << m_openssl.output({"cms", "-data_create", "-binary", "-outform", "DER"}, plainText);
        QTest::newRow("digestedData") << m_openssl.output({"cms", "-digest_create", "-binary", "-outform", "DER"}, plainText);
        QTest::newRow("encryptedData") << m_openssl.output(
            {"cms", "-EncryptedData_encrypt", "-binary", "-outform", "DER", "-aes128", "-secretkey", "000102030405060708090A0B0C0D0E0F"},
            plainText);
        const auto withCipher = [&](const char *oidHex) {
            DerNode root = DerNode::fromDer(must(encryptCms(plainText, m_rsa.certificate, Cipher::Aes128)));
            envelopedDataOf(root).children[2].children[1].children[0].content = QByteArray::fromHex(oidHex);
            return root.toDer();
        };
        QTest::newRow("AES-128-GCM inside envelopedData") << withCipher("608648016503040106");
        QTest::newRow("AES-256-GCM inside envelopedData") << withCipher("60864801650304012E");
        QTest::newRow("AES-128-CCM inside envelopedData") << withCipher("608648016503040107");
        QTest::newRow("RC2-CBC") << m_openssl.output({"cms", "-encrypt", "-binary", "-outform", "DER", "-rc2-128", "-provider", "default",
                                                      "-provider", "legacy", "-recip", "rsa.pem"},
                                                     plainText);
        DerNode nested = DerNode::fromDer(must(encryptCms(plainText, m_rsa.certificate, Cipher::Aes128)));
        envelopedDataOf(nested).children[2].children[0].content = QByteArray::fromHex("2A864886F70D010702");
        QTest::newRow("encrypted content announced as signedData") << nested.toDer();
    }
    void refused()
    {
        QFETCH(QByteArray, message);
        QCOMPARE(EnvelopedData::fromDer(message).error().code, ErrorCode::ContentRefused);
    }

    void broken_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<ErrorCode>("code");
        const QByteArray good = must(encryptCms(plainText, m_rsa.certificate, Cipher::Aes128));
        QTest::newRow("empty") << QByteArray() << ErrorCode::Malformed;
        QTest::newRow("one zero octet") << QByteArray(1, '\0') << ErrorCode::Malformed;
        QTest::newRow("certificate") << m_rsa.certificate.der() << ErrorCode::Malformed;
        QTest::newRow("trailing byte") << good + QByteArray(1, '\0') << ErrorCode::Malformed;
        QTest::newRow("too large") << must(encryptCms(QByteArray(3'000'000, 'x'), m_rsa.certificate, Cipher::Aes128))
                                   << ErrorCode::TooLarge;
        const auto changed = [&](auto change) {
            DerNode root = DerNode::fromDer(good);
            change(envelopedDataOf(root));
            return root.toDer();
        };
        QTest::newRow("no recipient") << changed([](DerNode &data) { data.children[1].children.clear(); }) << ErrorCode::Malformed;
        QTest::newRow("no content") << changed([](DerNode &data) { data.children[2].children.removeLast(); }) << ErrorCode::Malformed;
        QTest::newRow("short IV") << changed([](DerNode &data) { data.children[2].children[1].children[1].content.chop(1); })
                                  << ErrorCode::Malformed;
        QTest::newRow("nine recipients") << changed([](DerNode &data) {
            const DerNode recipient = data.children[1].children[0];
            for (int i = 0; i < 8; ++i)
                data.children[1].children.append(recipient);
        }) << ErrorCode::TooLarge;
        DerNode password = DerNode::fromDer(must(encryptCmsWithPassword(plainText, SecretBytes(QByteArrayView("x")), Cipher::Aes128)));
        // PBKDF2's iteration count
        envelopedDataOf(password).children[1].children[0].children[1].children[1].children[1].content = QByteArray::fromHex("7FFFFFFF");
        QTest::newRow("two thousand million iterations") << password.toDer() << ErrorCode::Malformed;
    }
    void broken()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(ErrorCode, code);
        QCOMPARE(EnvelopedData::fromDer(bytes).error().code, code);
    }

    void truncatedAndDamaged()
    {
        const QByteArray transported = must(encryptCms(plainText, m_rsa.certificate, Cipher::Aes128));
        const QByteArray agreed =
            m_openssl.output({"cms", "-encrypt", "-binary", "-outform", "DER", "-aes128", "-stream", "-indef", "ec.pem"}, plainText);
        for (const QByteArray &whole : {transported, agreed}) {
            const Identity &identity = whole == agreed ? m_ec : m_rsa;
            QCOMPARE(must(must(EnvelopedData::fromDer(whole)).decrypt(identity.key, identity.certificate)), plainText);
            for (qsizetype length = 0; length < whole.size(); ++length)
                QVERIFY(!EnvelopedData::fromDer(whole.first(length)));
            for (qsizetype i = 0; i < whole.size(); ++i) {
                QByteArray damaged = whole;
                damaged[i] = static_cast<char>(damaged[i] ^ 0x41);
                // CBC has no integrity of its own, so changed plain text is possible; only the outer signature speaks against it.
                if (const Result<EnvelopedData> read = EnvelopedData::fromDer(damaged)) {
                    const Result<QByteArray> plain = read->decrypt(identity.key, identity.certificate);
                    QVERIFY(plain || plain.error().code == ErrorCode::DecryptionFailed);
                }
            }
        }
    }

private:
    Test::OpensslProgram m_openssl;
    Identity m_rsa;
    Identity m_sameName; // the key of m_rsa under another name
    Identity m_other;
    Identity m_ec;
};

QTEST_GUILESS_MAIN(TestCmsEnveloped)
#include "tst_cmsenveloped.moc"
