// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/store/restorestep.h"

#include "models/service/serviceworker.h"
#include "models/store/workspacecare.h"
#include "scep/worker/clock.h"
#include "tests/models/storefixture.h"

#include <QNetworkAccessManager>
#include <QTest>

using namespace Models;
using TestSupport::must;

/// A restore that ends anywhere leaves either the old workspace or the new one, never a store with another one's vault.
class TestRestoreStep : public QObject
{
    Q_OBJECT

    std::unique_ptr<Fixtures::OpenStore> m; ///< what is there: server "plant"
    QTemporaryDir m_folder;
    QString m_backup; ///< of another workspace: server "other", with another key in its vault

    [[nodiscard]] WorkspaceCare care() const { return WorkspaceCare(m->folder.path()); }
    /// Which server the workspace has, if all its secrets can be opened.
    [[nodiscard]] QString content() const
    {
        const StoreReport report = must(care().check({}, true));
        if (!report.isGood() || report.openedKeys == 0)
            return report.toText() + " damaged";
        Vault vault = must(Vault::load(m->path("vault.json")));
        return must(must(Store::open(m->file(), vault))->serverRecords()).first().server.label;
    }

private slots:
    void initTestCase()
    {
        Fixtures::OpenStore other;
        const Scep::ServerId server = other.addServer("other");
        other.addRequest(server);
        m_backup = m_folder.filePath("backup");
        QVERIFY(WorkspaceCare(other.folder.path()).backUp(Fixtures::now, m_backup));
    }
    void init()
    {
        m = std::make_unique<Fixtures::OpenStore>();
        m->addRequest(m->addServer());
        m->store.reset();
    }
    void cleanup() { m.reset(); }

    void endsAnywhere_data()
    {
        QTest::addColumn<int>("steps");
        QTest::addColumn<QString>("content");
        QTest::newRow("one file copied") << 1 << "plant";
        QTest::newRow("both files copied") << 2 << "plant";
        QTest::newRow("decided") << 3 << "other";
        QTest::newRow("store in place") << 4 << "other";
        QTest::newRow("both in place") << 5 << "other";
    }
    void endsAnywhere()
    {
        QFETCH(int, steps);
        QFETCH(QString, content);
        // As the process leaves it that dies after so many steps.
        const RestoreStep step(m->folder.path());
        QVERIFY(QFile::copy(m_backup + "/store.sqlite", step.newStore()));
        if (steps >= 2)
            QVERIFY(QFile::copy(m_backup + "/vault.json", step.newVault()));
        if (steps >= 3)
            QVERIFY(step.begin());
        if (steps >= 4)
            QVERIFY(QFile::remove(m->file()) && QFile::rename(step.newStore(), m->file()));
        if (steps >= 5)
            QVERIFY(QFile::remove(m->path("vault.json")) && QFile::rename(step.newVault(), m->path("vault.json")));
        QCOMPARE(step.isPending(), steps >= 3);
        if (steps >= 3) // with the vault that was read before
            QCOMPARE(Store::open(m->file(), m->vault).error().code, ErrorCode::StoreFailure);
        QCOMPARE(this->content(), content);
        QVERIFY(!step.isPending());
        // The next restore is not disturbed by what was left.
        QVERIFY(!must(care().restore(m_backup, Fixtures::now)).isEmpty());
        QCOMPARE(this->content(), "other");
        QVERIFY(!QFile::exists(step.newStore()) && !QFile::exists(step.newVault()));
    }

    /// The log of the old store does not get into the new one.
    void anOldLogGoes()
    {
        m->reopen();
        m->addServer("only in the log");
        QVERIFY(QFile::copy(m->file() + "-wal", m->path("kept")));
        m->store.reset();
        QVERIFY(QFile::rename(m->path("kept"), m->file() + "-wal"));
        const RestoreStep step(m->folder.path());
        QVERIFY(QFile::copy(m_backup + "/store.sqlite", step.newStore()));
        QVERIFY(QFile::copy(m_backup + "/vault.json", step.newVault()));
        QVERIFY(step.begin());
        QCOMPARE(content(), "other");
    }

    void theWindowFinishesItToo()
    {
        const RestoreStep step(m->folder.path());
        QVERIFY(QFile::copy(m_backup + "/store.sqlite", step.newStore()));
        QVERIFY(QFile::copy(m_backup + "/vault.json", step.newVault()));
        QVERIFY(step.begin());
        Service::Configuration configuration;
        configuration.workspace = m->folder.path();
        configuration.makeNetwork = [](QObject *parent) { return new QNetworkAccessManager(parent); };
        configuration.makeClock = [] { return std::make_unique<Scep::SystemClock>(); };
        configuration.spareKeyCount = 0;
        ServiceWorker::Sink sink;
        QString label;
        sink.opened = [&](const QList<ServerRecord> &servers, const auto &, const auto &) { label = servers.first().server.label; };
        sink.lockStateChanged = [](LockState) {};
        ServiceWorker worker(configuration, sink);
        QVERIFY(worker.openForReading());
        QCOMPARE(label, QString("other"));
        QVERIFY(!step.isPending());
    }

    void whoHoldsTheWorkspaceIsNotDisturbed()
    {
        m->reopen();
        const RestoreStep step(m->folder.path());
        QVERIFY(step.begin());
        QCOMPARE(care().finishRestore().error().code, ErrorCode::WorkspaceInUse);
        QVERIFY(step.isPending());
    }

    void onlyTheNewestFewAreKept()
    {
        QStringList folders;
        for (int day = 0; day < 7; ++day)
            folders.append(must(care().restore(m_backup, Fixtures::now.addDays(day))));
        const QList<BackupRecord> kept = care().replaced();
        QCOMPARE(kept.size(), 5);
        QCOMPARE(kept.first().folder, folders.last());
        QCOMPARE(kept.first().at, Fixtures::now.addDays(6));
        QVERIFY(kept.first().bytes > 0);
        QVERIFY(!QFile::exists(folders.first()));
        QVERIFY(QFile::exists(folders[2] + "/store.sqlite"));
    }
};

QTEST_GUILESS_MAIN(TestRestoreStep)
#include "tst_restorestep.moc"
