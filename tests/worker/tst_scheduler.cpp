// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/worker/scheduler.h"
#include "tests/support/fakeclock.h"

#include <QSignalSpy>
#include <QTest>

using namespace Scep;
using namespace std::chrono_literals;
using TestSupport::FakeClock;

class TestScheduler : public QObject
{
    Q_OBJECT

private:
    static QStringList keysOf(const QSignalSpy &spy)
    {
        QStringList keys;
        for (const auto &arguments : spy)
            keys.append(arguments.first().toString());
        return keys;
    }

private slots:
    void comesInOrderOfTime()
    {
        FakeClock clock;
        Scheduler scheduler(clock);
        QSignalSpy spy(&scheduler, &Scheduler::due);
        const QDateTime start = clock.now();
        scheduler.schedule("c", start.addSecs(30));
        scheduler.schedule("a", start.addSecs(10));
        scheduler.schedule("b", start.addSecs(20));
        QCOMPARE(scheduler.nextDue(), start.addSecs(10));
        clock.advance(9s);
        QCoreApplication::processEvents();
        QCOMPARE(spy.count(), 0);
        clock.advance(1s);
        QTRY_COMPARE(keysOf(spy), QStringList({"a"}));
        QCOMPARE(scheduler.dueAt("a"), QDateTime());
        QCOMPARE(scheduler.nextDue(), start.addSecs(20));
        clock.advance(3600s);
        QTRY_COMPARE(keysOf(spy), QStringList({"a", "b", "c"}));
        QCOMPARE(scheduler.nextDue(), QDateTime());
        QVERIFY(!clock.alarm().isValid());
    }

    void aKeyHasOneTime()
    {
        FakeClock clock;
        Scheduler scheduler(clock);
        QSignalSpy spy(&scheduler, &Scheduler::due);
        scheduler.schedule("a", clock.now().addSecs(10));
        scheduler.schedule("a", clock.now().addSecs(50));
        QCOMPARE(scheduler.dueAt("a"), clock.now().addSecs(50));
        clock.advance(20s);
        QCoreApplication::processEvents();
        QCOMPARE(spy.count(), 0);
        clock.advance(40s);
        QTRY_COMPARE(spy.count(), 1);
    }

    void invalidTimeCancels()
    {
        FakeClock clock;
        Scheduler scheduler(clock);
        scheduler.schedule("a", clock.now().addSecs(10));
        scheduler.schedule("a", {});
        QCOMPARE(scheduler.nextDue(), QDateTime());
        scheduler.cancel("a");       // twice is fine
        scheduler.cancel("unknown"); // so is this
        QVERIFY(!clock.alarm().isValid());
    }

    void sameTimeDifferentKeys()
    {
        FakeClock clock;
        Scheduler scheduler(clock);
        QSignalSpy spy(&scheduler, &Scheduler::due);
        const QDateTime time = clock.now().addSecs(5);
        for (const char *key : {"a", "b", "c"})
            scheduler.schedule(key, time);
        scheduler.cancel("b");
        clock.advance(5s);
        QTRY_COMPARE(keysOf(spy), QStringList({"a", "c"}));
    }

    void pastTimeComesFromTheEventLoop()
    {
        FakeClock clock;
        Scheduler scheduler(clock);
        QSignalSpy spy(&scheduler, &Scheduler::due);
        scheduler.schedule("a", clock.now().addDays(-1));
        QCOMPARE(spy.count(), 0);
        QTRY_COMPARE(spy.count(), 1);
    }

    void slotMayCancelAnotherDueKey()
    {
        FakeClock clock;
        Scheduler scheduler(clock);
        QStringList came;
        connect(&scheduler, &Scheduler::due, this, [&](const QString &key) {
            came.append(key);
            scheduler.cancel("b");
        });
        scheduler.schedule("a", clock.now().addSecs(1));
        scheduler.schedule("b", clock.now().addSecs(2));
        clock.advance(10s);
        QTRY_COMPARE(came, QStringList({"a"}));
        QCOMPARE(scheduler.nextDue(), QDateTime());
    }

    void slotMayScheduleItselfForNowWithoutLooping()
    {
        FakeClock clock;
        Scheduler scheduler(clock);
        int count = 0;
        connect(&scheduler, &Scheduler::due, this, [&](const QString &key) {
            if (++count < 3)
                scheduler.schedule(key, clock.now());
        });
        scheduler.schedule("a", clock.now());
        QTRY_COMPARE(count, 3);
    }

    void shiftKeepsTheDistanceOfWhatMoves()
    {
        FakeClock clock;
        Scheduler scheduler(clock);
        QSignalSpy spy(&scheduler, &Scheduler::due);
        const QDateTime start = clock.now();
        scheduler.schedule("wait:1", start.addSecs(60));
        scheduler.schedule("date:1", start.addSecs(90));
        clock.setNow(start.addDays(-1));
        scheduler.shift(std::chrono::hours(-24), [](const QString &key) { return key.startsWith("wait:"); });
        QCOMPARE(scheduler.dueAt("wait:1"), clock.now().addSecs(60));
        QCOMPARE(scheduler.dueAt("date:1"), start.addSecs(90));
        QCOMPARE(scheduler.nextDue(), clock.now().addSecs(60));
        QCOMPARE(clock.alarm(), clock.now().addSecs(60));
        clock.advance(60s);
        QTRY_COMPARE(keysOf(spy), QStringList({"wait:1"}));
        QCOMPARE(clock.alarm(), start.addSecs(90));
        scheduler.cancel("date:1");
        QVERIFY(!clock.alarm().isValid());
    }

    void theClockIsToldOnlyWhatChanges()
    {
        FakeClock clock;
        Scheduler scheduler(clock);
        scheduler.schedule("first", clock.now().addSecs(10));
        const int armed = clock.alarmCount();
        for (int i = 0; i < 1000; ++i)
            scheduler.schedule(QString::number(i), clock.now().addSecs(100 + i));
        QCOMPARE(clock.alarmCount(), armed);
    }

    void clockSetBackDelaysOnly()
    {
        FakeClock clock;
        Scheduler scheduler(clock);
        QSignalSpy spy(&scheduler, &Scheduler::due);
        const QDateTime time = clock.now().addSecs(60);
        scheduler.schedule("a", time);
        clock.setNow(clock.now().addDays(-1));
        QCoreApplication::processEvents();
        QCOMPARE(spy.count(), 0);
        clock.advanceTo(time);
        QTRY_COMPARE(spy.count(), 1);
    }
};

QTEST_GUILESS_MAIN(TestScheduler)
#include "tst_scheduler.moc"
