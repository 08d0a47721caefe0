// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/cryptolibrary.h"
#include "scep/pki/digest.h"
#include "scep/pki/symmetric.h"

#include <QtTest>

using namespace Pki;

class TestSymmetric : public QObject
{
    Q_OBJECT

private slots:
    void opensWhatItSealed_data();
    void opensWhatItSealed();
    void usesAFreshNonce();
    void refusesEveryChange();
    void opensAForeignVector();
    void refusesWrongKeySizes();
    void derivesKeys_data();
    void derivesKeys();
    void refusesBadParameters_data();
    void refusesBadParameters();
    void tellsAboutTheLibrary();
};

void TestSymmetric::opensWhatItSealed_data()
{
    QTest::addColumn<QByteArray>("plain");
    QTest::addColumn<QByteArray>("associated");
    QTest::newRow("text") << QByteArray("a private key") << QByteArray("row 7");
    QTest::newRow("nothing associated") << QByteArray("a private key") << QByteArray();
    QTest::newRow("nothing plain") << QByteArray() << QByteArray("row 7");
    QTest::newRow("both empty") << QByteArray() << QByteArray();
    QTest::newRow("large") << QByteArray(1000003, 'x') << QByteArray(5000, 'y');
}

void TestSymmetric::opensWhatItSealed()
{
    QFETCH(QByteArray, plain);
    QFETCH(QByteArray, associated);
    const SecretBytes key{QByteArrayView(randomBytes(32))};
    const auto sealed = seal(key, plain, associated);
    QVERIFY(sealed);
    QCOMPARE(sealed->size(), plain.size() + 28);
    const auto opened = unseal(key, *sealed, associated);
    QVERIFY(opened);
    QCOMPARE(opened->view().toByteArray(), plain);
}

void TestSymmetric::usesAFreshNonce()
{
    const SecretBytes key(std::size_t(32));
    QVERIFY(seal(key, "same", "")->left(12) != seal(key, "same", "")->left(12));
}

void TestSymmetric::refusesEveryChange()
{
    const SecretBytes key(std::size_t(32));
    const QByteArray sealed = *seal(key, "secret", "row 7");
    for (qsizetype i = 0; i < sealed.size(); ++i) {
        QByteArray changed = sealed;
        changed[i] = static_cast<char>(changed[i] ^ 0x40);
        const auto opened = unseal(key, changed, "row 7");
        QVERIFY(!opened);
        QCOMPARE(opened.error(), (Error{ErrorCode::DecryptionFailed, {}}));
    }
    for (qsizetype length = 0; length < sealed.size(); ++length)
        QCOMPARE(unseal(key, sealed.left(length), "row 7").error(), (Error{ErrorCode::DecryptionFailed, {}}));
    QCOMPARE(unseal(key, sealed, "row 8").error(), (Error{ErrorCode::DecryptionFailed, {}}));
    const SecretBytes other{QByteArrayView(QByteArray(32, '\1'))};
    QCOMPARE(unseal(other, sealed, "row 7").error(), (Error{ErrorCode::DecryptionFailed, {}}));
}

void TestSymmetric::opensAForeignVector()
{
    // Test case 16 of McGrew and Viega, "The Galois/Counter Mode of Operation (GCM)", appendix B.
    const QByteArray key = QByteArray::fromHex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
    const QByteArray nonce = QByteArray::fromHex("cafebabefacedbaddecaf888");
    const QByteArray plain = QByteArray::fromHex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                                                 "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
    const QByteArray associated = QByteArray::fromHex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    const QByteArray encrypted = QByteArray::fromHex("522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                                                     "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662");
    const QByteArray tag = QByteArray::fromHex("76fc6ece0f4e1768cddf8853bb2d551b");
    const auto opened = unseal(SecretBytes{QByteArrayView(key)}, nonce + encrypted + tag, associated);
    QVERIFY(opened);
    QCOMPARE(opened->view().toByteArray(), plain);
}

void TestSymmetric::refusesWrongKeySizes()
{
    for (const std::size_t size : {0U, 16U, 31U, 33U}) {
        const SecretBytes key(size);
        QCOMPARE(seal(key, "x", "").error().code, ErrorCode::InvalidArgument);
        QCOMPARE(unseal(key, QByteArray(40, 'x'), "").error().code, ErrorCode::DecryptionFailed);
    }
}

void TestSymmetric::derivesKeys_data()
{
    QTest::addColumn<QByteArray>("passphrase");
    QTest::addColumn<QByteArray>("salt");
    QTest::addColumn<quint64>("n");
    QTest::addColumn<quint64>("r");
    QTest::addColumn<quint64>("p");
    QTest::addColumn<QByteArray>("key");
    // RFC 7914 12, first 32 of the 64 bytes there.
    QTest::newRow("empty") << QByteArray("") << QByteArray("") << quint64(16) << quint64(1) << quint64(1)
                           << QByteArray("77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442");
    QTest::newRow("NaCl") << QByteArray("password") << QByteArray("NaCl") << quint64(1024) << quint64(8) << quint64(16)
                          << QByteArray("fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162");
    QTest::newRow("SodiumChloride") << QByteArray("pleaseletmein") << QByteArray("SodiumChloride") << quint64(16384) << quint64(8)
                                    << quint64(1) << QByteArray("7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2");
}

void TestSymmetric::derivesKeys()
{
    QFETCH(QByteArray, passphrase);
    QFETCH(QByteArray, salt);
    QFETCH(quint64, n);
    QFETCH(quint64, r);
    QFETCH(quint64, p);
    QFETCH(QByteArray, key);
    const auto derived = deriveKey(SecretBytes{QByteArrayView(passphrase)}, salt, {n, r, p});
    QVERIFY(derived);
    QCOMPARE(derived->view().toByteArray().toHex(), key);
}

void TestSymmetric::refusesBadParameters_data()
{
    QTest::addColumn<quint64>("n");
    QTest::addColumn<quint64>("r");
    QTest::addColumn<quint64>("p");
    QTest::newRow("n is no power of two") << quint64(1000) << quint64(8) << quint64(1);
    QTest::newRow("n is 0") << quint64(0) << quint64(8) << quint64(1);
    QTest::newRow("r is 0") << quint64(1024) << quint64(0) << quint64(1);
    QTest::newRow("a terabyte") << (quint64(1) << 30) << quint64(8) << quint64(1);
    QTest::newRow("huge") << (quint64(1) << 63) << (quint64(1) << 40) << (quint64(1) << 40);
}

void TestSymmetric::refusesBadParameters()
{
    QFETCH(quint64, n);
    QFETCH(quint64, r);
    QFETCH(quint64, p);
    const auto derived = deriveKey(SecretBytes(QByteArrayView("x")), "salt", {n, r, p});
    QVERIFY(!derived);
    QCOMPARE(derived.error().code, ErrorCode::InvalidArgument);
}

void TestSymmetric::tellsAboutTheLibrary()
{
    const CryptoLibrary library = cryptoLibrary();
    QVERIFY(library.version.startsWith("OpenSSL 3.") || library.version.startsWith("OpenSSL 4."));
    // Debian's OpenSSL brings the module along; the DES tests of CMS need it too.
    QVERIFY(library.hasLegacyProvider);
}

QTEST_GUILESS_MAIN(TestSymmetric)
#include "tst_symmetric.moc"
