// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/store/storekeeper.h"

#include "tests/models/storefixture.h"
#include "tests/support/fakeclock.h"

#include <QSignalSpy>
#include <QTest>

using namespace Models;
using TestSupport::must;

class TestStoreKeeper : public QObject
{
    Q_OBJECT

    std::unique_ptr<Fixtures::OpenStore> m;

private slots:
    void init()
    {
        m = std::make_unique<Fixtures::OpenStore>();
        m->addRequest(m->addServer());
    }
    void cleanup() { m.reset(); }

    void looksAtTheStartAndOnceADay()
    {
        TestSupport::FakeClock clock;
        StoreKeeper keeper(*m->store, clock);
        QSignalSpy checked(&keeper, &StoreKeeper::checked);
        QSignalSpy backedUp(&keeper, &StoreKeeper::backedUp);
        QSignalSpy failed(&keeper, &StoreKeeper::failed);
        keeper.start();
        QCOMPARE(checked.size(), 0);
        QTRY_COMPARE(checked.size(), 1);
        QVERIFY(checked.first().first().value<StoreReport>().isGood());
        QCOMPARE(backedUp.size(), 1);
        QVERIFY(QFile::exists(backedUp.first().first().value<BackupRecord>().folder + "/store.sqlite"));
        clock.advance(std::chrono::hours(23));
        clock.advance(std::chrono::minutes(59));
        QCoreApplication::sendPostedEvents();
        QCOMPARE(checked.size(), 1);
        clock.advance(std::chrono::minutes(2));
        QTRY_COMPARE(checked.size(), 2);
        QCOMPARE(backedUp.size(), 2);
        QCOMPARE(failed.size(), 0);
        QCOMPARE(WorkspaceCare(m->folder.path()).backups().size(), 2);
    }

    void aDamagedStoreIsToldAndNotBackedUp()
    {
        m->issue({1}, {1});
        m->tamper("UPDATE certificate SET is_current = 0");
        TestSupport::FakeClock clock;
        StoreKeeper keeper(*m->store, clock);
        QSignalSpy checked(&keeper, &StoreKeeper::checked);
        QSignalSpy backedUp(&keeper, &StoreKeeper::backedUp);
        keeper.start();
        QTRY_COMPARE(checked.size(), 1);
        const auto report = checked.first().first().value<StoreReport>();
        QCOMPARE(report.problems.size(), 1);
        QCOMPARE(report.problems.first().object, QString("request 1"));
        QCOMPARE(backedUp.size(), 0);
        QVERIFY(WorkspaceCare(m->folder.path()).backups().isEmpty());
    }

    void whatCannotBeWrittenIsTold()
    {
        QVERIFY(Files::writeDurably(m->path("backups"), "a file where the folder should be", Files::FileAccess::OwnerOnly));
        TestSupport::FakeClock clock;
        StoreKeeper keeper(*m->store, clock);
        QSignalSpy failed(&keeper, &StoreKeeper::failed);
        keeper.start();
        QTRY_COMPARE(failed.size(), 1);
        QCOMPARE(failed.first().first().value<Error>().code, ErrorCode::FileNotWritable);
    }

    void aReaderLooksAfterNothing()
    {
        auto reader = must(Store::openReadOnly(m->file(), m->vault));
        TestSupport::FakeClock clock;
        {
            StoreKeeper keeper(*reader, clock);
            QSignalSpy checked(&keeper, &StoreKeeper::checked);
            QSignalSpy failed(&keeper, &StoreKeeper::failed);
            keeper.start();
            QTRY_VERIFY(clock.alarm().isValid());
            QCOMPARE(checked.size() + failed.size(), 0);
        }
        QVERIFY(!QFile::exists(m->path("backups")));
    }

    void endingWaitsForTheBackup()
    {
        TestSupport::FakeClock clock;
        {
            StoreKeeper keeper(*m->store, clock);
            keeper.start();
            QTRY_VERIFY(clock.alarm().isValid()); // it has begun
        }
        const auto backups = WorkspaceCare(m->folder.path()).backups();
        QVERIFY(backups.size() <= 1); // whole or not begun
        QVERIFY(QDir(m->path("backups")).entryList({"*.partial"}, QDir::Dirs).isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestStoreKeeper)
#include "tst_storekeeper.moc"
