// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/vault/vault.h"

#include "models/vault/vaultlockpolicy.h"
#include "scep/files/durablefile.h"

#include <QJsonDocument>
#include <QJsonObject>
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

    // -- wrong pass phrases ------------------------------------------------------------------------------------------------

    void wrongOnesMakeTheNextWait()
    {
        must(Vault::create(m_file, secret("right")));
        QDateTime now(QDate(2026, 3, 1), QTime(12, 0), Qt::UTC);
        auto vault = std::make_unique<Vault>(must(Vault::load(m_file)));
        for (const int delay : {0, 1, 2, 4, 8, 16, 32, 60, 60}) {
            QCOMPARE(vault->unlock(secret("wrong"), now).error().code, ErrorCode::WrongPassphrase);
            QCOMPARE(vault->unlockDelay(now).count(), delay);
            if (delay > 0) {
                // Too early, and right at that: not even looked at, and not counted.
                const auto early = vault->unlock(secret("right"), now.addSecs(delay - 1));
                QCOMPARE(early.error().code, ErrorCode::WaitRequired);
                QVERIFY2(early.error().detail.contains(" 1 s"), qPrintable(early.error().detail));
                QVERIFY(vault->isLocked());
            }
            if (delay == 8) // another process counts on
                vault = std::make_unique<Vault>(must(Vault::load(m_file)));
            now = now.addSecs(delay);
            QCOMPARE(vault->unlockDelay(now).count(), 0);
        }
        struct stat status{};
        QCOMPARE(::stat(QFile::encodeName(m_file + ".attempts").constData(), &status), 0);
        QCOMPARE(status.st_mode & 07777U, mode_t(0600));
        QVERIFY(vault->unlock(secret("right"), now));
        QVERIFY(!QFile::exists(m_file + ".attempts"));
        QCOMPARE(vault->unlockDelay(now).count(), 0);
        vault->lock();
        QCOMPARE(vault->unlock(secret("wrong"), now).error().code, ErrorCode::WrongPassphrase);
        QVERIFY(vault->unlock(secret("right"), now)); // from the beginning: one is free
    }

    void aClockThatGoesBackMakesNobodyWaitLonger()
    {
        must(Vault::create(m_file, secret("right")));
        const QDateTime now(QDate(2026, 3, 1), QTime(12, 0), Qt::UTC);
        Vault vault = must(Vault::load(m_file));
        for (int i = 0; i < 3; ++i)
            QVERIFY(!vault.unlock(secret("wrong"), now.addSecs(i * 100)));
        const QDateTime before = now.addDays(-400);
        QCOMPARE(vault.unlockDelay(before).count(), 2);
        QCOMPARE(vault.unlock(secret("right"), before).error().code, ErrorCode::WaitRequired);
        QVERIFY(vault.unlock(secret("right"), before.addSecs(2)));
    }

    void aDamagedCountIsNone()
    {
        must(Vault::create(m_file, secret("right")));
        for (const QByteArray text : {"", "garbage", "{\"wrong\":-5}", "{\"wrong\":50,\"last\":\"never\"}"}) {
            QVERIFY(Files::writeDurably(m_file + ".attempts", text, Files::FileAccess::OwnerOnly));
            Vault vault = must(Vault::load(m_file));
            QVERIFY(vault.unlock(secret("right")));
        }
    }

    void nothingIsNotSealed()
    {
        const Vault vault = must(Vault::create(m_file, {}));
        QCOMPARE(vault.seal({}, "x/1").error().code, ErrorCode::InvalidArgument);
        QCOMPARE(vault.seal("abc", {}).error().code, ErrorCode::InvalidArgument);
    }

    void anOpenVaultIsPlainJson()
    {
        const Vault vault = must(Vault::create(m_file, {}));
        const QByteArray sealed = must(vault.seal("abc", "x/1"));
        const QJsonObject object = QJsonDocument::fromJson(Files::readFile(m_file).value()).object();
        QCOMPARE(object["protection"].toString(), QString("open"));
        QCOMPARE(QByteArray::fromBase64(object["dataKey"].toString().toLatin1()).size(), 32);
        // Written by something else, in another order.
        QVERIFY(Files::writeDurably(m_file, QJsonDocument(object).toJson(QJsonDocument::Compact), Files::FileAccess::OwnerOnly));
        QCOMPARE(must(must(Vault::load(m_file)).unseal(sealed, "x/1")).view().toByteArray(), QByteArray("abc"));
    }

    // -- when to lock ------------------------------------------------------------------------------------------------------

    void idleTimeLocks()
    {
        const QDateTime start(QDate(2026, 3, 1), QTime(12, 0), Qt::UTC);
        VaultLockPolicy policy({std::chrono::minutes(10), true, true}, start);
        QCOMPARE(policy.nextLook(), start.addSecs(600));
        QVERIFY(!policy.isIdleTooLong(start.addSecs(599)));
        policy.used(start.addSecs(500));
        QVERIFY(!policy.isIdleTooLong(start.addSecs(1099)));
        QVERIFY(policy.isIdleTooLong(start.addSecs(1100)));
        QVERIFY(policy.isIdleTooLong(start.addDays(3))); // after a sleep of which nobody told
        policy.used(start.addDays(3));
        QVERIFY(!policy.isIdleTooLong(start.addDays(3).addSecs(1)));
        // Set back by a day: ten minutes from then, not a day and ten minutes.
        QVERIFY(!policy.isIdleTooLong(start.addDays(2)));
        QVERIFY(policy.isIdleTooLong(start.addDays(2).addSecs(600)));
        policy.setSettings({std::chrono::minutes(0), true, true});
        QVERIFY(!policy.nextLook().isValid());
        QVERIFY(!policy.isIdleTooLong(start.addYears(1)));
    }

    void screenAndSleepLockWhereWanted()
    {
        const QDateTime start(QDate(2026, 3, 1), QTime(12, 0), Qt::UTC);
        VaultLockPolicy policy({std::chrono::minutes(0), true, false}, start);
        QVERIFY(policy.screenLocked());
        QVERIFY(!policy.goesToSleep());
        policy.setSettings({std::chrono::minutes(0), false, true});
        QVERIFY(!policy.screenLocked());
        QVERIFY(policy.goesToSleep());
        QVERIFY(policy.settings() == (VaultLockPolicy::Settings{std::chrono::minutes(0), false, true}));
    }

    void missingOrUnwritable()
    {
        QCOMPARE(Vault::load(m_file).error().code, ErrorCode::FileNotFound);
        QCOMPARE(Vault::create("/nonexistent-folder/vault.json", {}).error().code, ErrorCode::FileNotWritable);
    }
};

QTEST_GUILESS_MAIN(TestVault)
#include "tst_vault.moc"
