// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/vault/vault.h"

#include "scep/files/durablefile.h"

#include <QTemporaryDir>
#include <QTest>

#include <sys/stat.h>

using namespace Models;

namespace {

Pki::SecretBytes secret(const char *text)
{
    return Pki::SecretBytes{QByteArrayView(text)};
}

template <typename T>
T must(Result<T> result)
{
    if (!result)
        qFatal("%s", qPrintable(result.error().detail));
    return std::move(*result);
}

} // namespace

class TestVault : public QObject
{
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_file;

private slots:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_file = m_folder->filePath("vault.json");
    }

    void sealsUnderAPassphrase()
    {
        QByteArray sealed;
        {
            const Vault vault = must(Vault::create(m_file, secret("correct horse")));
            QVERIFY(vault.protection() == Vault::Protection::Passphrase);
            QVERIFY(!vault.isLocked());
            sealed = must(vault.seal("the key", "certificate-key/17"));
            QVERIFY(!sealed.contains("the key"));
            QVERIFY(must(vault.seal("the key", "certificate-key/17")) != sealed);
        }
        struct stat status{};
        QCOMPARE(::stat(QFile::encodeName(m_file).constData(), &status), 0);
        QCOMPARE(status.st_mode & 07777U, mode_t(0600));

        Vault vault = must(Vault::load(m_file));
        QVERIFY(vault.isLocked());
        QCOMPARE(vault.unseal(sealed, "certificate-key/17").error().code, ErrorCode::VaultLocked);
        QCOMPARE(vault.seal("x", "y").error().code, ErrorCode::VaultLocked);
        QCOMPARE(vault.changePassphrase(secret("z")).error().code, ErrorCode::VaultLocked);
        QCOMPARE(vault.unlock({}).error().code, ErrorCode::PassphraseRequired);
        QCOMPARE(vault.unlock(secret("wrong horse")).error().code, ErrorCode::WrongPassphrase);
        QVERIFY(vault.isLocked());
        QVERIFY(vault.unlock(secret("correct horse")));
        QCOMPARE(must(vault.unseal(sealed, "certificate-key/17")).view().toByteArray(), QByteArray("the key"));
        vault.lock();
        QVERIFY(vault.isLocked());
    }

    void identityTiesToTheRow()
    {
        const Vault vault = must(Vault::create(m_file, {}));
        const QByteArray sealed = must(vault.seal("the key", "certificate-key/17"));
        QCOMPARE(vault.unseal(sealed, "certificate-key/18").error().code, ErrorCode::DecryptionFailed);
        QCOMPARE(vault.unseal(sealed, "request-key/17").error().code, ErrorCode::DecryptionFailed);
        for (const int position : {0, int(sealed.size()) / 2, int(sealed.size()) - 1}) {
            QByteArray changed = sealed;
            changed[position] = static_cast<char>(changed[position] ^ 1);
            QCOMPARE(vault.unseal(changed, "certificate-key/17").error().code, ErrorCode::DecryptionFailed);
        }
        QVERIFY(!vault.unseal(sealed.left(5), "certificate-key/17"));
    }

    void openByChoice()
    {
        QByteArray sealed;
        {
            const Vault vault = must(Vault::create(m_file, {}));
            QVERIFY(vault.protection() == Vault::Protection::Open);
            sealed = must(vault.seal("abc", "x/1"));
        }
        Vault vault = must(Vault::load(m_file));
        QVERIFY(!vault.isLocked());
        vault.lock();
        QVERIFY(!vault.isLocked());
        QVERIFY(vault.unlock(secret("whatever")));
        QCOMPARE(must(vault.unseal(sealed, "x/1")).view().toByteArray(), QByteArray("abc"));
    }

    void changesThePassphrase()
    {
        Vault vault = must(Vault::create(m_file, secret("first")));
        const QByteArray sealed = must(vault.seal("abc", "x/1"));
        QVERIFY(vault.changePassphrase(secret("second")));
        Vault again = must(Vault::load(m_file));
        QCOMPARE(again.unlock(secret("first")).error().code, ErrorCode::WrongPassphrase);
        QVERIFY(again.unlock(secret("second")));
        QCOMPARE(must(again.unseal(sealed, "x/1")).view().toByteArray(), QByteArray("abc"));
        QVERIFY(again.changePassphrase({}));
        QVERIFY(!must(Vault::load(m_file)).isLocked());
    }

    void neverReplacesAnother()
    {
        const Vault first = must(Vault::create(m_file, {}));
        const QByteArray text = Files::readFile(m_file).value();
        QCOMPARE(Vault::create(m_file, {}).error().code, ErrorCode::FileNotWritable);
        QCOMPARE(Files::readFile(m_file).value(), text);
    }

    void refusesDamagedFiles_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("empty") << QByteArray();
        QTest::newRow("garbage") << QByteArray(100, '\xff');
        QTest::newRow("foreign") << QByteArray("{\"a\":1}");
        QTest::newRow("newer") << QByteArray(R"({"format":"scepter-vault","version":2,"protection":"open","dataKey":"AAAA"})");
        QTest::newRow("short key") << QByteArray(R"({"format":"scepter-vault","version":1,"protection":"open","dataKey":"AAAA"})");
        QTest::newRow("protection") << QByteArray(R"({"format":"scepter-vault","version":1,"protection":"none"})");
        QTest::newRow("all the memory") << QByteArray(
            R"({"format":"scepter-vault","version":1,"protection":"passphrase",)"
            R"("scrypt":{"n":1099511627776,"r":8,"p":1},"salt":"AAAAAAAAAAAAAAAAAAAAAA==",)"
            R"("wrappedKey":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})");
        QTest::newRow("negative") << QByteArray(R"({"format":"scepter-vault","version":1,"protection":"passphrase",)"
                                                R"("scrypt":{"n":-2,"r":8,"p":1},"salt":"AAAAAAAAAAAAAAAAAAAAAA==",)"
                                                R"("wrappedKey":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})");
    }
    void refusesDamagedFiles()
    {
        QFETCH(QByteArray, text);
        QVERIFY(Files::writeDurably(m_file, text, Files::FileAccess::OwnerOnly));
        QCOMPARE(Vault::load(m_file).error().code, ErrorCode::Malformed);
    }

    void aTamperedWrapIsAWrongPassphrase()
    {
        must(Vault::create(m_file, secret("first")));
        QByteArray text = Files::readFile(m_file).value();
        const auto at = text.indexOf("\"wrappedKey\": \"") + 20;
        text[at] = text[at] == 'A' ? 'B' : 'A';
        QVERIFY(Files::writeDurably(m_file, text, Files::FileAccess::OwnerOnly));
        Vault vault = must(Vault::load(m_file));
        QCOMPARE(vault.unlock(secret("first")).error().code, ErrorCode::WrongPassphrase);
    }

    void missingOrUnwritable()
    {
        QCOMPARE(Vault::load(m_file).error().code, ErrorCode::FileNotFound);
        QCOMPARE(Vault::create("/nonexistent-folder/vault.json", {}).error().code, ErrorCode::FileNotWritable);
    }
};

QTEST_GUILESS_MAIN(TestVault)
#include "tst_vault.moc"
