// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/folderlock.h"

#include <QCoreApplication>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <atomic>
#include <thread>
#include <vector>

using namespace LabCa;
using namespace std::chrono_literals;

namespace {

/// The other process: says "locked" and keeps the lock until it is killed.
int lockInAnotherProcess(const QString &path, const QString &slot)
{
    FolderLock lock(path);
    const auto guard = slot.isEmpty() ? lock.whole() : lock.slot(slot.toUtf8());
    if (!guard)
        return 2;
    std::puts("locked");
    std::fflush(stdout);
    return QCoreApplication::exec();
}

} // namespace

class TestFolderLock final : public QObject
{
    Q_OBJECT

private slots:
    void excludes_data();
    void excludes();
    void excludesProcesses_data();
    void excludesProcesses();
    void threadsCountRight();
    void wholeIsNotStarved();
    void saysWhenItCannotBeMade();
};

void TestFolderLock::excludes_data()
{
    QTest::addColumn<QByteArray>("held"); // empty: the whole folder
    QTest::addColumn<QByteArray>("wanted");
    QTest::addColumn<bool>("isFree");
    QTest::newRow("whole, whole") << QByteArray() << QByteArray() << false;
    QTest::newRow("whole, slot") << QByteArray() << QByteArray("a") << false;
    QTest::newRow("slot, whole") << QByteArray("a") << QByteArray() << false;
    QTest::newRow("slot, the same") << QByteArray("a") << QByteArray("a") << false;
    QTest::newRow("slot, another") << QByteArray("a") << QByteArray("b") << true;
}

void TestFolderLock::excludes()
{
    QFETCH(const QByteArray, held);
    QFETCH(const QByteArray, wanted);
    QFETCH(const bool, isFree);
    const QTemporaryDir folder;
    const QString path = folder.filePath("lock");
    FolderLock mine(path);
    FolderLock others(path); // as another depot in this process has it
    const auto take = [](FolderLock &lock, const QByteArray &slot) { return slot.isEmpty() ? lock.whole(20ms) : lock.slot(slot, 20ms); };
    {
        const auto guard = take(mine, held);
        QVERIFY(guard);
        for (FolderLock *lock : {&mine, &others}) {
            const auto second = take(*lock, wanted);
            QCOMPARE(second.has_value(), isFree);
            if (!isFree)
                QCOMPARE(second.error().code, Pki::ErrorCode::WorkspaceInUse);
        }
    }
    for (FolderLock *lock : {&mine, &others})
        QVERIFY(take(*lock, wanted));
}

void TestFolderLock::excludesProcesses_data()
{
    excludes_data();
}

void TestFolderLock::excludesProcesses()
{
    QFETCH(const QByteArray, held);
    QFETCH(const QByteArray, wanted);
    QFETCH(const bool, isFree);
    const QTemporaryDir folder;
    const QString path = folder.filePath("lock");
    QProcess other;
    other.start(QCoreApplication::applicationFilePath(), {"--lock", path, QString::fromUtf8(held)});
    QVERIFY(other.waitForReadyRead(10'000));
    FolderLock lock(path);
    const auto take = [&] { return wanted.isEmpty() ? lock.whole(20ms) : lock.slot(wanted, 20ms); };
    QCOMPARE(take().has_value(), isFree);
    // Killed, it leaves no lock behind.
    other.kill();
    QVERIFY(other.waitForFinished());
    QVERIFY(take());
}

void TestFolderLock::threadsCountRight()
{
    const QTemporaryDir folder;
    FolderLock lock(folder.filePath("lock"));
    int counters[4] = {0, 0, 0, 0}; // not atomic: the lock is what guards them
    int all = 0;
    constexpr int times = 500;
    std::vector<std::thread> threads;
    std::atomic<int> failures = 0;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&, i] {
            for (int n = 0; n < times; ++n) {
                const int which = (i + n) % 4;
                const auto guard = lock.slot(QByteArray::number(which));
                if (!guard)
                    ++failures;
                else
                    ++counters[which];
            }
            for (int n = 0; n < times / 10; ++n) {
                const auto guard = lock.whole();
                if (!guard)
                    ++failures;
                else
                    ++all;
            }
        });
    }
    for (std::thread &thread : threads)
        thread.join();
    QCOMPARE(failures.load(), 0);
    for (const int counter : counters)
        QCOMPARE(counter, times);
    QCOMPARE(all, 4 * times / 10);
}

void TestFolderLock::wholeIsNotStarved()
{
    const QTemporaryDir folder;
    FolderLock lock(folder.filePath("lock"));
    std::atomic<bool> isOver = false;
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
        threads.emplace_back([&, i] {
            while (!isOver) {
                const auto guard = lock.slot(QByteArray::number(i));
                std::this_thread::sleep_for(1ms);
            }
        });
    }
    bool got = true;
    for (int i = 0; i < 10; ++i)
        got = lock.whole(5s).has_value() && got;
    isOver = true;
    for (std::thread &thread : threads)
        thread.join();
    QVERIFY(got);
}

void TestFolderLock::saysWhenItCannotBeMade()
{
    FolderLock lock("/proc/no/such/lock");
    QCOMPARE(lock.whole(1ms).error().code, Pki::ErrorCode::FileNotWritable);
}

int main(int argc, char *argv[])
{
    QCoreApplication application(argc, argv);
    const QStringList arguments = QCoreApplication::arguments();
    if (arguments.value(1) == "--lock")
        return lockInAnotherProcess(arguments.value(2), arguments.value(3));
    TestFolderLock test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_folderlock.moc"
