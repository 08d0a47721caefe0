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
