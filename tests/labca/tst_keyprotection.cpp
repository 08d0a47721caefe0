// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/depot.h"

#include "scep/labca/keyprotection.h"
#include "scep/pki/keyfile.h"
#include "tests/labca/labdevice.h"
#include "tests/support/opensslprogram.h"

#include <QDir>
#include <QTest>

using namespace LabCa;
using TestSupport::must;

namespace {

QByteArray contentOf(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

void write(const QString &path, const QByteArray &bytes)
{
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly | QIODevice::Truncate) || file.write(bytes) != bytes.size())
        qFatal("cannot write %s", qPrintable(path));
}

Pki::SecretBytes secret(const char *text)
{
    return Pki::SecretBytes(QByteArrayView(text));
}

QStringList keyFiles(const QString &folder)
{
    return QDir(folder).entryList({"*.key.pem"}, QDir::Files, QDir::Name);
}

/// As an earlier version left them.
void openAllKeys(const QString &folder, const Pki::SecretBytes &protectedBy)
{
    for (const QString &file : keyFiles(folder)) {
        const auto key = must(Pki::PrivateKey::fromBytes(contentOf(folder + '/' + file), protectedBy));
        write(folder + '/' + file, key.toPkcs8Pem().view().toByteArray());
    }
    QFile::remove(folder + "/keys.secret");
}

Pki::SecretBytes folderSecret(const QString &folder)
{
    return Pki::SecretBytes(QByteArrayView(contentOf(folder + "/keys.secret").trimmed()));
}

} // namespace

class TestKeyProtection final : public QObject
{
    Q_OBJECT

private slots:
    void keysAreEncrypted();
    void passphraseIsNeeded();
    void secretAndPassphraseExcludeEachOther();
    void oldFoldersAreSealed_data();
    void oldFoldersAreSealed();
    void lostSecretIsSaid();
};

void TestKeyProtection::keysAreEncrypted()
{
    CaDescription description = quickCa();
    description.ra = RaKind::Split;
    LabCaFolder lab(description);
    QVERIFY(lab.depot.makeNextRoot());
    QVERIFY(lab.depot.switchToNextIssuing());
    const QStringList files = keyFiles(lab.path());
    QCOMPARE(files.size(), 8); // root, issuing and two RA keys, twice
    const Test::OpensslProgram openssl;
    for (const QString &file : files) {
        const QByteArray pem = contentOf(lab.path() + '/' + file);
        QVERIFY2(pem.startsWith("-----BEGIN ENCRYPTED PRIVATE KEY"), qPrintable(file));
        QVERIFY(Pki::isEncryptedPem(pem));
        QVERIFY(!Pki::PrivateKey::fromBytes(pem));
        // Any other program opens it with the secret.
        const auto opened =
            openssl.run({"pkey", "-in", lab.path() + '/' + file, "-passin", "file:" + lab.path() + "/keys.secret", "-noout"});
        QVERIFY2(opened.isGood(), opened.errors.constData());
    }
    QVERIFY(contentOf(lab.path() + "/keys.secret").trimmed().size() >= 64);
}

void TestKeyProtection::passphraseIsNeeded()
{
    const QTemporaryDir base;
    const QString folder = base.filePath("ca");
    const auto made = must(Depot::openOrCreate(folder, quickCa(), secret("correct horse")));
    QVERIFY(!QFile::exists(folder + "/keys.secret"));
    const auto opened = Depot::open(folder, secret("correct horse"));
    QVERIFY(opened);
    QCOMPARE(opened->issuing(), made.issuing());
    const QStringList before = QDir(folder).entryList(QDir::Files);
    QCOMPARE(Depot::open(folder, secret("battery staple")).error().code, ErrorCode::WrongPassphrase);
    QCOMPARE(Depot::open(folder).error().code, ErrorCode::PassphraseRequired);
    QCOMPARE(Depot::openOrCreate(folder).error().code, ErrorCode::PassphraseRequired);
    QCOMPARE(QDir(folder).entryList(QDir::Files), before);
    const Test::OpensslProgram openssl;
    QVERIFY(openssl.run({"pkey", "-in", folder + "/issuing.key.pem", "-passin", "pass:correct horse", "-noout"}).isGood());
}

void TestKeyProtection::secretAndPassphraseExcludeEachOther()
{
    const LabCaFolder lab;
    const auto opened = Depot::open(lab.path(), secret("correct horse"));
    QCOMPARE(opened.error().code, ErrorCode::InvalidArgument);
    QVERIFY(opened.error().detail.contains("keys.secret"));
}

void TestKeyProtection::oldFoldersAreSealed_data()
{
    QTest::addColumn<QByteArray>("passphrase");
    QTest::addColumn<bool>("interrupted"); ///< one of them was sealed already
    QTest::newRow("random secret") << QByteArray() << false;
    QTest::newRow("random secret, interrupted") << QByteArray() << true;
    QTest::newRow("pass phrase") << QByteArray("correct horse") << false;
    QTest::newRow("pass phrase, interrupted") << QByteArray("correct horse") << true;
}

void TestKeyProtection::oldFoldersAreSealed()
{
    QFETCH(const QByteArray, passphrase);
    QFETCH(const bool, interrupted);
    LabCaFolder lab;
    QVERIFY(lab.depot.makeNextIssuing());
    openAllKeys(lab.path(), folderSecret(lab.path()));
    for (const QString &file : keyFiles(lab.path()))
        QVERIFY(!Pki::isEncryptedPem(contentOf(lab.path() + '/' + file)));
    const QByteArray open = contentOf(lab.path() + "/root.key.pem");

    QVERIFY(must(Depot::open(lab.path(), Pki::SecretBytes(passphrase))).material()->next);
    if (interrupted)
        write(lab.path() + "/root.key.pem", open);
    Depot again = must(Depot::open(lab.path(), Pki::SecretBytes(passphrase)));
    QCOMPARE(again.issuing(), lab.depot.issuing());
    for (const QString &file : keyFiles(lab.path()))
        QVERIFY2(Pki::isEncryptedPem(contentOf(lab.path() + '/' + file)), qPrintable(file));
    QCOMPARE(QFile::exists(lab.path() + "/keys.secret"), passphrase.isEmpty());
    // The root's key, too, is still the root's.
    QVERIFY(again.switchToNextIssuing());
    QVERIFY(again.makeNextIssuing());
    QVERIFY(again.nextIssuing().isSignedBy(again.root()));
}

void TestKeyProtection::lostSecretIsSaid()
{
    const LabCaFolder lab;
    const QByteArray key = contentOf(lab.path() + "/issuing.key.pem");
    QVERIFY(QFile::remove(lab.path() + "/keys.secret"));
    // Nobody is asked for a pass phrase that there never was.
    const auto lost = Depot::open(lab.path());
    QCOMPARE(lost.error().code, ErrorCode::FileNotFound);
    QVERIFY2(lost.error().detail.contains("keys.secret"), qPrintable(lost.error().detail));
    QVERIFY(!QFile::exists(lab.path() + "/keys.secret")); // a new one would open nothing
    write(lab.path() + "/keys.secret", QByteArray(64, 'a') + '\n');
    const auto opened = Depot::open(lab.path());
    QCOMPARE(opened.error().code, ErrorCode::Malformed);
    QVERIFY(opened.error().detail.contains("keys.secret"));
    QCOMPARE(contentOf(lab.path() + "/issuing.key.pem"), key);
}

QTEST_GUILESS_MAIN(TestKeyProtection)
#include "tst_keyprotection.moc"
