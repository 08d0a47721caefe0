// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/digest.h"

#include <QtTest>

#include <optional>

using namespace Pki;

class TestDigest : public QObject
{
    Q_OBJECT

private slots:
    void hashes_data();
    void hashes();
    void names_data();
    void names();
    void randomAndComparison();
    void readsFingerprints_data();
    void readsFingerprints();
    void refusesFingerprints_data();
    void refusesFingerprints();
    void holdsToTheExpectedDigest();
    void matchesCertificates();
};

void TestDigest::hashes_data()
{
    QTest::addColumn<int>("digest");
    QTest::addColumn<QByteArray>("empty");
    QTest::addColumn<QByteArray>("abc");
    // RFC 1321 A.5 and FIPS 180 examples.
    QTest::newRow("MD5") << int(Digest::Md5) << QByteArray("d41d8cd98f00b204e9800998ecf8427e")
                         << QByteArray("900150983cd24fb0d6963f7d28e17f72");
    QTest::newRow("SHA-1") << int(Digest::Sha1) << QByteArray("da39a3ee5e6b4b0d3255bfef95601890afd80709")
                           << QByteArray("a9993e364706816aba3e25717850c26c9cd0d89d");
    QTest::newRow("SHA-224") << int(Digest::Sha224) << QByteArray("d14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f")
                             << QByteArray("23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7");
    QTest::newRow("SHA-256") << int(Digest::Sha256) << QByteArray("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
                             << QByteArray("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    QTest::newRow("SHA-384")
        << int(Digest::Sha384)
        << QByteArray("38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b")
        << QByteArray("cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7");
    QTest::newRow("SHA-512") << int(Digest::Sha512)
                             << QByteArray("cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
                                           "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e")
                             << QByteArray("ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                                           "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

void TestDigest::hashes()
{
    QFETCH(int, digest);
    QFETCH(QByteArray, empty);
    QFETCH(QByteArray, abc);
    QCOMPARE(hash(Digest(digest), "").toHex(), empty);
    QCOMPARE(hash(Digest(digest), "abc").toHex(), abc);
    QCOMPARE(displayName(Digest(digest)), QTest::currentDataTag());
}

void TestDigest::names_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<std::optional<Digest>>("digest");
    QTest::newRow("sha256") << "sha256" << std::optional(Digest::Sha256);
    QTest::newRow("SHA-256") << "SHA-256" << std::optional(Digest::Sha256);
    QTest::newRow("sha-1") << "sha-1" << std::optional(Digest::Sha1);
    QTest::newRow("md5") << "md5" << std::optional(Digest::Md5);
    QTest::newRow("SHA512") << "SHA512" << std::optional(Digest::Sha512);
    QTest::newRow("sha3") << "sha3" << std::optional<Digest>();
    QTest::newRow("empty") << "" << std::optional<Digest>();
}

void TestDigest::names()
{
    QFETCH(QString, text);
    QFETCH(std::optional<Digest>, digest);
    QCOMPARE(digestFromSettingName(text), digest);
    if (digest) {
        QCOMPARE(digestFromSettingName(settingName(*digest)), digest);
        QCOMPARE(isWeak(*digest), *digest == Digest::Md5 || *digest == Digest::Sha1);
    }
}

void TestDigest::randomAndComparison()
{
    const QByteArray a = randomBytes(32);
    QCOMPARE(a.size(), 32);
    QVERIFY(a != randomBytes(32));
    QVERIFY(equalInConstantTime(a, QByteArray(a.constData(), 32)));
    QVERIFY(!equalInConstantTime(a, a.left(31)));
    QByteArray b = a;
    b[31] = static_cast<char>(b[31] ^ 1);
    QVERIFY(!equalInConstantTime(a, b));
    QVERIFY(equalInConstantTime({}, {}));
}

void TestDigest::readsFingerprints_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<int>("digest");
    QTest::addColumn<QString>("hex");
    const QString md5 = "900150983cd24fb0d6963f7d28e17f72";
    const QString sha1 = "a9993e364706816aba3e25717850c26c9cd0d89d";
    const QString sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    const QString sha512 = QString::fromLatin1(hash(Digest::Sha512, "abc").toHex());
    QTest::newRow("md5") << md5 << int(Digest::Md5) << md5;
    QTest::newRow("sha1") << sha1 << int(Digest::Sha1) << sha1;
    QTest::newRow("sha256") << sha256 << int(Digest::Sha256) << sha256;
    QTest::newRow("sha512") << sha512 << int(Digest::Sha512) << sha512;
    QTest::newRow("upper case") << sha256.toUpper() << int(Digest::Sha256) << sha256;
    QTest::newRow("colons") << QString::fromLatin1(QByteArray::fromHex(sha256.toLatin1()).toHex(':')) << int(Digest::Sha256) << sha256;
    QTest::newRow("spaces") << QString::fromLatin1(QByteArray::fromHex(sha256.toLatin1()).toHex(' ')) << int(Digest::Sha256) << sha256;
    QTest::newRow("dashes") << QString::fromLatin1(QByteArray::fromHex(md5.toLatin1()).toHex('-')) << int(Digest::Md5) << md5;
    QTest::newRow("two lines") << sha256.left(32) + "\n  " + sha256.mid(32) + "\r\n" << int(Digest::Sha256) << sha256;
    QTest::newRow("prefix") << "sha256:" + sha256 << int(Digest::Sha256) << sha256;
    QTest::newRow("prefix and a blank") << "SHA-256 " + QString::fromLatin1(QByteArray::fromHex(sha256.toLatin1()).toHex(':').toUpper())
                                        << int(Digest::Sha256) << sha256;
    QTest::newRow("prefix and blanks") << " MD5 " + QString::fromLatin1(QByteArray::fromHex(md5.toLatin1()).toHex(' ')) << int(Digest::Md5)
                                       << md5;
    QTest::newRow("0x") << "0x" + sha256.toUpper() << int(Digest::Sha256) << sha256;
    QTest::newRow("prefix and 0X") << "sha1: 0X" + sha1 << int(Digest::Sha1) << sha1;
    QTest::newRow("prefix with dash") << "SHA-1: " + sha1 << int(Digest::Sha1) << sha1;
    QTest::newRow("openssl") << "SHA256 Fingerprint=" + QString::fromLatin1(QByteArray::fromHex(sha256.toLatin1()).toHex(':').toUpper())
                             << int(Digest::Sha256) << sha256;
    QTest::newRow("openssl 3") << "sha1 Fingerprint=" + QString::fromLatin1(QByteArray::fromHex(sha1.toLatin1()).toHex(':').toUpper())
                               << int(Digest::Sha1) << sha1;
}

void TestDigest::readsFingerprints()
{
    QFETCH(QString, text);
    QFETCH(int, digest);
    QFETCH(QString, hex);
    const auto fingerprint = Fingerprint::fromText(text);
    QVERIFY2(fingerprint, fingerprint ? "" : qPrintable(fingerprint.error().detail));
    QCOMPARE(int(fingerprint->digest()), digest);
    QCOMPARE(fingerprint->toHex(), hex);
    QCOMPARE(fingerprint->bytes(), QByteArray::fromHex(hex.toLatin1()));
    const auto again = Fingerprint::fromText(fingerprint->toDisplay());
    QVERIFY(again);
    QVERIFY(*again == *fingerprint);
}

void TestDigest::refusesFingerprints_data()
{
    QTest::addColumn<QString>("text");
    const QString sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    QTest::newRow("empty") << "";
    QTest::newRow("only separators") << ": - :";
    QTest::newRow("only prefix") << "sha256:";
    QTest::newRow("0x alone") << "0x";
    QTest::newRow("0x twice") << "0x0x" + sha256;
    QTest::newRow("unknown prefix and a blank") << "sha3-256 " + sha256;
    QTest::newRow("one digit short") << sha256.chopped(1);
    QTest::newRow("one digit more") << sha256 + "0";
    QTest::newRow("not hex") << "z" + sha256.mid(1);
    QTest::newRow("full-width digit") << QString(QChar(0xff11)) + sha256.mid(1);
    QTest::newRow("prefix of another digest") << "sha1:" + sha256;
    QTest::newRow("unknown prefix") << "sha3-256:" + sha256;
    QTest::newRow("base64") << "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU";
    QTest::newRow("hidden direction mark") << QString(QChar(0x202e)) + sha256;
}

void TestDigest::refusesFingerprints()
{
    QFETCH(QString, text);
    const auto fingerprint = Fingerprint::fromText(text);
    QVERIFY(!fingerprint);
    QCOMPARE(fingerprint.error().code, ErrorCode::InvalidFingerprint);
    QVERIFY(!fingerprint.error().detail.contains(QChar(0x202e)));
}

void TestDigest::holdsToTheExpectedDigest()
{
    const QString sha1 = "a9993e364706816aba3e25717850c26c9cd0d89d";
    QVERIFY(Fingerprint::fromText(sha1, Digest::Sha1));
    const auto refused = Fingerprint::fromText(sha1, Digest::Sha256);
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::InvalidFingerprint);
    QVERIFY(refused.error().detail.contains("SHA-1") && refused.error().detail.contains("SHA-256"));
}

void TestDigest::matchesCertificates()
{
    const QByteArray der = "pretend this is DER";
    for (const Digest digest : {Digest::Md5, Digest::Sha1, Digest::Sha256, Digest::Sha512}) {
        const Fingerprint fingerprint = Fingerprint::of(digest, der);
        QVERIFY(fingerprint.matchesCertificate(der));
        QVERIFY(!fingerprint.matchesCertificate(der + '\0'));
    }
    QVERIFY(!Fingerprint().matchesCertificate(der));
    QVERIFY(Fingerprint().isEmpty());
    QString text;
    QDebug(&text) << Fingerprint::of(Digest::Md5, "abc");
    QCOMPARE(text.trimmed(), "Fingerprint(md5:900150983cd24fb0d6963f7d28e17f72)");
}

QTEST_GUILESS_MAIN(TestDigest)
#include "tst_digest.moc"
