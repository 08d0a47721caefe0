// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/store/workspacecare.h"

#include "models/store/recordjson.h"
#include "models/store/storeschema.h"
#include "tests/models/storefixture.h"

#include <QTest>

#include <sys/stat.h>

using namespace Models;
using TestSupport::must;

namespace {

mode_t modeOf(const QString &path)
{
    struct stat status{};
    return ::stat(QFile::encodeName(path).constData(), &status) == 0 ? status.st_mode & 07777U : 0;
}

} // namespace

class TestWorkspaceCare : public QObject
{
    Q_OBJECT

    std::unique_ptr<Fixtures::OpenStore> m;
    Scep::ServerId m_server;
    Scep::RequestId m_request;

    [[nodiscard]] WorkspaceCare care() const { return WorkspaceCare(m->folder.path()); }
    [[nodiscard]] StoreReport report() const { return must(care().check({}, true)); }

private slots:
    void init()
    {
        m = std::make_unique<Fixtures::OpenStore>();
        m_server = m->addServer();
        m->confirm(m_server, Fixtures::roles(m->ca));
        m_request = m->addRequest(m_server);
        m->issue(m_request, m_server);
    }
    void cleanup() { m.reset(); }

    // -- check -----------------------------------------------------------------------------------------------------------

    void aSoundStoreIsGood()
    {
        QVERIFY(m->store->begin(Fixtures::transaction(m_request, m_server, m->ca, "OPEN")));
        const StoreReport sound = report(); // beside the open store
        QVERIFY2(sound.isGood(), qPrintable(sound.toText()));
        QCOMPARE(sound.servers, 1);
        QCOMPARE(sound.requests, 1);
        QCOMPARE(sound.certificates, 1);
        QCOMPARE(sound.openTransactions, 1);
        QVERIFY(sound.keysChecked);
        QCOMPARE(sound.openedKeys, 3); // certificate, transaction's key and CSR; the challenge has been used
        QVERIFY(!must(care().check({}, false)).keysChecked);
    }

    void aBrokenInvariantIsTold_data()
    {
        QTest::addColumn<QString>("sql");
        QTest::addColumn<QString>("object");
        QTest::addColumn<QString>("what");
        QTest::newRow("key") << "UPDATE certificate SET private_key = zeroblob(200)"
                             << "certificate 1"
                             << "cannot be opened";
        QTest::newRow("certificate") << "UPDATE certificate SET der = x'3003020101'"
                                     << "certificate 1"
                                     << "cannot be read";
        QTest::newRow("CA certificate") << "UPDATE ca_certificate SET der = x'00' WHERE id = 1"
                                        << "CA certificate 1"
                                        << "cannot be read";
        QTest::newRow("two current") << "DROP INDEX one_current_certificate; INSERT INTO certificate (request, server, is_current, der, "
                                        "transaction_id, received_at, details) SELECT request, server, 1, der, 'X', received_at, details "
                                        "FROM certificate"
                                     << "request 1"
                                     << "more than one current";
        QTest::newRow("none current") << "UPDATE certificate SET is_current = 0"
                                      << "request 1"
                                      << "none of them is the current one";
        QTest::newRow("open without CSR") << "INSERT INTO enrollment_transaction (request, server, transaction_id, is_open, state) "
                                             "VALUES (1, 1, 'X', 1, '{}')"
                                          << "transaction 2"
                                          << "without its certification request";
        QTest::newRow("secret left behind") << "UPDATE enrollment_transaction SET csr = x'00' WHERE is_open = 0"
                                            << "transaction 1"
                                            << "still holds";
        QTest::newRow("stray") << "PRAGMA foreign_keys=OFF; DELETE FROM request"
                               << "certificate 1"
                               << "a row of request that is not there";
    }
    void aBrokenInvariantIsTold()
    {
        QFETCH(QString, sql);
        QFETCH(QString, object);
        QFETCH(QString, what);
        {
            auto database = must(SqlDatabase::open(m->file()));
            for (const QString &statement : sql.split("; "))
                QVERIFY(database->execute(statement));
        }
        const StoreReport broken = report();
        QVERIFY(!broken.isGood());
        const auto isIt = [&](const StoreReport::Problem &problem) { return problem.object == object && problem.what.contains(what); };
        QVERIFY2(std::ranges::any_of(broken.problems, isIt), qPrintable(broken.toText()));
        QVERIFY(broken.toText().contains(object));
    }

    void aDamagedFileIsTold()
    {
        m->store.reset();
        QFile file(m->file());
        QVERIFY(file.open(QIODevice::ReadWrite));
        const qint64 size = file.size();
        for (qint64 page = 4; page * 4096 < size; page += 3) {
            file.seek(page * 4096);
            file.write(QByteArray(300, '\xff'));
        }
        file.close();
        const auto checked = care().check({}, false);
        QVERIFY(!checked || !checked->isGood());
        // No backup of it passes for a good one either.
        const auto backup = care().backUp(Fixtures::now);
        if (backup)
            QVERIFY(!care().restore(backup->folder, Fixtures::now));
    }

    void aLockedVaultLeavesTheKeysUnchecked()
    {
        QVERIFY(m->vault.changePassphrase(Fixtures::OpenStore::secret("passphrase")));
        QVERIFY(!report().keysChecked);
        QCOMPARE(care().check(Fixtures::OpenStore::secret("wrong"), true).error().code, ErrorCode::WrongPassphrase);
        QCOMPARE(must(care().check(Fixtures::OpenStore::secret("passphrase"), true)).openedKeys, 1);
    }

    // -- backup and restore ----------------------------------------------------------------------------------------------

    void aBackupHoldsEverything()
    {
        const BackupRecord backup = must(care().backUp(Fixtures::now)); // beside the open store
        QCOMPARE(backup.folder, m->path("backups/2026-03-01T12-00-00Z"));
        QCOMPARE(modeOf(backup.folder), mode_t(0700));
        QCOMPARE(modeOf(backup.folder + "/store.sqlite"), mode_t(0600));
        QCOMPARE(modeOf(backup.folder + "/vault.json"), mode_t(0600));
        QVERIFY(backup.bytes > 4096);
        QVERIFY(!QFileInfo::exists(backup.folder + ".partial"));
        QCOMPARE(must(care().backUp(Fixtures::now)).folder, m->path("backups/2026-03-01T12-00-00Z-2"));
        QCOMPARE(care().backups().size(), 2);
        const WorkspaceCare copy(backup.folder);
        QVERIFY(must(copy.check({}, true)).isGood());
        QCOMPARE(must(copy.check({}, true)).openedKeys, 1);
        // Somewhere else, but over nothing.
        QVERIFY(care().backUp(Fixtures::now, m->path("elsewhere")));
        QCOMPARE(care().backUp(Fixtures::now, m->path("elsewhere")).error().code, ErrorCode::FileNotWritable);
        QCOMPARE(WorkspaceCare(m->path("nothing")).backUp(Fixtures::now).error().code, ErrorCode::FileNotFound);
        QVERIFY(!QFileInfo::exists(m->path("nothing/backups/2026-03-01T12-00-00Z")));
    }

    void theDailyOneKeepsTheNewest()
    {
        StoreSettings settings;
        settings.backups = 3;
        for (int hour = 0; hour < 24 * 6; hour += 6)
            QVERIFY(care().backUpIfDue(Fixtures::now.addSecs(hour * 3600), settings));
        const auto kept = care().backups();
        QCOMPARE(kept.size(), 3);
        QCOMPARE(kept[0].at, Fixtures::now.addDays(5));
        QCOMPARE(kept[2].at, Fixtures::now.addDays(3));
        settings.backups = 0;
        QVERIFY(!must(care().backUpIfDue(Fixtures::now.addYears(1), settings)));
        QCOMPARE(care().backups().size(), 3);
        // A clock that went back does not stop them.
        settings.backups = 3;
        QVERIFY(must(care().backUpIfDue(Fixtures::now.addDays(-30), settings)));
        QCOMPARE(care().backups().size(), 3);
        QVERIFY(QFileInfo::exists(m->path("backups/2026-01-30T12-00-00Z")));
    }

    void restoreBringsTheOldStateBack()
    {
        const BackupRecord backup = must(care().backUp(Fixtures::now));
        const auto later = m->addRequest(m_server, "later");
        QCOMPARE(care().restore(backup.folder, Fixtures::now).error().code, ErrorCode::WorkspaceInUse);
        QCOMPARE(must(m->store->requestRecord(later)).request.label, QString("later")); // untouched
        m->store.reset();
        const QString replaced = must(care().restore(backup.folder, Fixtures::now));
        QCOMPARE(replaced, m->path("replaced/2026-03-01T12-00-00Z"));
        QCOMPARE(modeOf(replaced), mode_t(0700));
        QCOMPARE(modeOf(m->file()), mode_t(0600));
        m->reopen();
        QCOMPARE(m->store->requests()->size(), 1);
        QVERIFY(report().isGood());
        m->store.reset();
        // What was replaced is whole too, and comes back the same way.
        QVERIFY(care().restore(replaced, Fixtures::now.addSecs(1)));
        m->reopen();
        QCOMPARE(m->store->requests()->size(), 2);
    }

    void restoreIntoAnEmptyFolder()
    {
        const BackupRecord backup = must(care().backUp(Fixtures::now));
        const WorkspaceCare other(m->path("other"));
        QVERIFY(must(other.restore(backup.folder, Fixtures::now)).isEmpty());
        QVERIFY(must(other.check({}, true)).isGood());
    }

    void whatIsNoBackupIsRefusedUntouched_data()
    {
        QTest::addColumn<QString>("damage");
        QTest::addColumn<int>("code");
        QTest::newRow("nothing") << "rm" << int(ErrorCode::FileNotFound);
        QTest::newRow("no vault") << "rm vault" << int(ErrorCode::FileNotFound);
        QTest::newRow("bad vault") << "bad vault" << int(ErrorCode::Malformed);
        QTest::newRow("garbage") << "garbage" << int(ErrorCode::StoreFailure);
        QTest::newRow("newer") << "newer" << int(ErrorCode::StoreVersion);
    }
    void whatIsNoBackupIsRefusedUntouched()
    {
        QFETCH(QString, damage);
        QFETCH(int, code);
        const QString backup = must(care().backUp(Fixtures::now)).folder;
        if (damage == "rm")
            QVERIFY(QDir(backup).removeRecursively());
        else if (damage == "rm vault")
            QVERIFY(QFile::remove(backup + "/vault.json"));
        else if (damage == "bad vault")
            QVERIFY(Files::writeDurably(backup + "/vault.json", "{}", Files::FileAccess::OwnerOnly));
        else if (damage == "garbage")
            QVERIFY(Files::writeDurably(backup + "/store.sqlite", QByteArray(9000, 'g'), Files::FileAccess::OwnerOnly));
        else
            QVERIFY(must(SqlDatabase::open(backup + "/store.sqlite"))->execute("UPDATE schema_version SET version = 1000"));
        m->store.reset();
        const QByteArray before = Files::readFile(m->file()).value();
        const auto restored = care().restore(backup, Fixtures::now);
        QVERIFY(!restored);
        QCOMPARE(int(restored.error().code), code);
        QCOMPARE(Files::readFile(m->file()).value(), before);
        QVERIFY(!QFileInfo::exists(m->path("replaced")));
    }

    // -- export ----------------------------------------------------------------------------------------------------------

    void exportTellsEverythingButSecrets()
    {
        QVERIFY(m->store->setRequestExtras(m_request, {"in the cellar", {"plc"}}));
        Scep::EnrollmentServer server = Fixtures::server("plant", m->ca);
        server.id = m_server;
        server.transport.proxy = QUrl("http://proxy.example:3128");
        server.transport.proxyUser = "joe";
        server.transport.proxyPassword = std::make_shared<const Pki::SecretBytes>(QByteArrayView("proxy-password"));
        QVERIFY(m->store->updateServer(server));
        const QString folder = m->path("export");
        const QStringList paths = must(care().exportTo(folder, Fixtures::now));
        QCOMPARE(paths.size(), 1 + 1 + 4);
        const QJsonObject all = must(Json::fromText(Files::readFile(folder + "/workspace.json").value()));
        QCOMPARE(all["format"].toString(), QString("scepter-workspace"));
        QCOMPARE(all["servers"][0]["label"].toString(), QString("plant"));
        QCOMPARE(all["servers"][0]["transport"]["proxy"].toString(), QString("http://proxy.example:3128"));
        QCOMPARE(all["servers"][0]["transport"]["proxyUser"].toString(), QString("joe"));
        QCOMPARE(all["requests"][0]["server"].toString(), QString("plant"));
        QCOMPARE(all["requests"][0]["notes"].toString(), QString("in the cellar"));
        QCOMPARE(all["requests"][0]["certificates"].toInt(), 1);
        const auto certificates = must(Pki::Certificate::listFromPem(Files::readFile(folder + "/certificates/plc-7-1.pem").value()));
        QCOMPARE(certificates.size(), 3); // with its chain
        QCOMPARE(certificates[0], must(m->store->requestRecord(m_request)).current->certificate);
        QCOMPARE(QDir(folder + "/ca-store").entryList(QDir::Files).size(), 4);
        for (const QString &path : paths) {
            const QByteArray bytes = Files::readFile(path).value();
            QVERIFY(!bytes.contains("PRIVATE KEY") && !bytes.contains("one-time-secret") && !bytes.contains("proxy-password"));
        }
        QCOMPARE(care().exportTo(folder, Fixtures::now).error().code, ErrorCode::FileNotWritable);
    }
};

QTEST_GUILESS_MAIN(TestWorkspaceCare)
#include "tst_workspacecare.moc"
