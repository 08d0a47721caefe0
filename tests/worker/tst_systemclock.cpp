// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/worker/clock.h"

#include <QSignalSpy>
#include <QTest>

using namespace Scep;

class TestSystemClock : public QObject
{
    Q_OBJECT

private slots:
    void nowIsUtc()
    {
        const SystemClock clock;
        QCOMPARE(clock.now().timeSpec(), Qt::UTC);
        QVERIFY(qAbs(clock.now().msecsTo(QDateTime::currentDateTimeUtc())) < 1000);
    }

    void ringsAtOrAfterItsTime()
    {
        SystemClock clock;
        const QDateTime time = clock.now().addMSecs(40);
        QDateTime rangAt;
        connect(&clock, &Clock::rang, this, [&] { rangAt = clock.now(); });
        clock.setAlarm(time);
        QVERIFY(!rangAt.isValid());
        QTRY_VERIFY(rangAt.isValid());
        QVERIFY2(rangAt >= time, "rang early");
    }

    void pastAlarmRingsFromTheEventLoopOnce()
    {
        SystemClock clock;
        QSignalSpy spy(&clock, &Clock::rang);
        clock.setAlarm(clock.now().addDays(-3));
        QCOMPARE(spy.count(), 0); // not from our own stack
        QTRY_COMPARE(spy.count(), 1);
        QCoreApplication::processEvents();
        QCOMPARE(spy.count(), 1);
    }

    void newAlarmReplacesTheFormer()
    {
        SystemClock clock;
        QSignalSpy spy(&clock, &Clock::rang);
        clock.setAlarm(clock.now().addMSecs(5));
        clock.setAlarm(clock.now().addYears(1));
        QVERIFY(!spy.wait(60));
    }

    void invalidTimeDisarms()
    {
        SystemClock clock;
        QSignalSpy spy(&clock, &Clock::rang);
        clock.setAlarm({}); // nothing armed yet
        clock.setAlarm(clock.now().addMSecs(5));
        clock.setAlarm({});
        QVERIFY(!spy.wait(60));
    }

    // -- a clock that is set, a machine that sleeps ---------------------------------------------------------------------------

    void clockThatIsSetIsNoticed_data()
    {
        QTest::addColumn<int>("wall");   // seconds
        QTest::addColumn<int>("passed"); // seconds that really passed meanwhile
        QTest::addColumn<int>("jump");   // 0: none
        QTest::newRow("back by a day") << -86400 << 0 << -86400;
        QTest::newRow("forward by three hours") << 3 * 3600 << 0 << 3 * 3600;
        QTest::newRow("back after a sleep") << 0 << 8 * 3600 << -8 * 3600;
        QTest::newRow("slept eight hours") << 8 * 3600 << 8 * 3600 << 0;
        QTest::newRow("disciplined by a second") << 61 << 60 << 0;
    }
    void clockThatIsSetIsNoticed()
    {
        QFETCH(int, wall);
        QFETCH(int, passed);
        QFETCH(int, jump);
        QDateTime wallTime({2026, 3, 1}, {12, 0}, Qt::UTC);
        std::chrono::milliseconds passedTime{1000};
        SystemClock clock(SystemClock::Sources{[&] { return wallTime; }, [&] { return passedTime; }, std::chrono::milliseconds(5)});
        QSignalSpy rang(&clock, &Clock::rang);
        QList<std::chrono::seconds> jumps;
        connect(&clock, &Clock::jumped, this, [&](std::chrono::seconds by) { jumps.append(by); });
        int looks = 0;
        clock.setAlarm(wallTime.addDays(30)); // far: the clock is looked at again and again meanwhile
        wallTime = wallTime.addSecs(wall);
        passedTime += std::chrono::seconds(passed);
        if (jump != 0) {
            QTRY_COMPARE(jumps.size(), 1);
            QCOMPARE(jumps.first(), std::chrono::seconds(jump));
        }
        connect(&clock, &Clock::jumped, this, [&] { ++looks; });
        QVERIFY(!rang.wait(40));
        QCOMPARE(jumps.size(), jump == 0 ? 0 : 1); // told once
        QCOMPARE(looks, 0);
    }

    void alarmThatCameDuringASleepRings()
    {
        QDateTime wallTime({2026, 3, 1}, {12, 0}, Qt::UTC);
        std::chrono::milliseconds passedTime{0};
        SystemClock clock(SystemClock::Sources{[&] { return wallTime; }, [&] { return passedTime; }, std::chrono::milliseconds(60000)});
        QSignalSpy rang(&clock, &Clock::rang);
        QSignalSpy jumped(&clock, &Clock::jumped);
        clock.setAlarm(wallTime.addSecs(3600));
        wallTime = wallTime.addSecs(7200);
        passedTime += std::chrono::hours(2);
        clock.look(); // as after a resume
        QCOMPARE(rang.count(), 1);
        QCOMPARE(jumped.count(), 0);
    }

    void whoHearsOfAJumpMaySetTheAlarmAnew()
    {
        QDateTime wallTime({2026, 3, 1}, {12, 0}, Qt::UTC);
        std::chrono::milliseconds passedTime{0};
        SystemClock clock(SystemClock::Sources{[&] { return wallTime; }, [&] { return passedTime; }, std::chrono::milliseconds(5)});
        QSignalSpy rang(&clock, &Clock::rang);
        connect(&clock, &Clock::jumped, &clock, [&] { clock.setAlarm(wallTime.addSecs(60)); });
        clock.setAlarm(wallTime.addSecs(60));
        wallTime = wallTime.addDays(10); // set forward: the minute has not passed
        QVERIFY(!rang.wait(40));
        wallTime = wallTime.addSecs(60);
        passedTime += std::chrono::seconds(60);
        QTRY_COMPARE(rang.count(), 1);
    }

    void noAlarmNoWakeUps()
    {
        int looks = 0;
        QDateTime wallTime({2026, 3, 1}, {12, 0}, Qt::UTC);
        SystemClock clock(SystemClock::Sources{[&] {
                                                   ++looks;
                                                   return wallTime;
                                               },
                                               [] { return std::chrono::milliseconds(0); }, std::chrono::milliseconds(2)});
        clock.setAlarm(wallTime.addDays(1));
        clock.setAlarm({});
        const int before = looks;
        QSignalSpy rang(&clock, &Clock::rang);
        QVERIFY(!rang.wait(30));
        QCOMPARE(looks, before);
    }

    void farAlarmDoesNotOverflowTheTimer()
    {
        SystemClock clock;
        QSignalSpy spy(&clock, &Clock::rang);
        clock.setAlarm(clock.now().addYears(200));
        QVERIFY(!spy.wait(30));
    }
};

QTEST_GUILESS_MAIN(TestSystemClock)
#include "tst_systemclock.moc"
