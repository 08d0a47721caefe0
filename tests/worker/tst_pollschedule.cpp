// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/worker/pollschedule.h"

#include <QTest>

using namespace Scep;
using namespace std::chrono_literals;

class TestPollSchedule : public QObject
{
    Q_OBJECT

private slots:
    void poll_data()
    {
        QTest::addColumn<qint64>("first");
        QTest::addColumn<double>("growth");
        QTest::addColumn<qint64>("longest");
        QTest::addColumn<int>("polls");
        QTest::addColumn<double>("jitter");
        QTest::addColumn<qint64>("expected");
        QTest::newRow("first") << qint64(60) << 1.5 << qint64(3600) << 0 << 0.0 << qint64(60);
        QTest::newRow("second") << qint64(60) << 1.5 << qint64(3600) << 1 << 0.0 << qint64(90);
        QTest::newRow("third") << qint64(60) << 1.5 << qint64(3600) << 2 << 0.0 << qint64(135);
        QTest::newRow("late as possible") << qint64(60) << 1.5 << qint64(3600) << 0 << 1.0 << qint64(66);
        QTest::newRow("early as possible") << qint64(60) << 1.5 << qint64(3600) << 0 << -1.0 << qint64(54);
        QTest::newRow("jitter out of range") << qint64(60) << 1.5 << qint64(3600) << 0 << -7.0 << qint64(54);
        QTest::newRow("longest") << qint64(60) << 1.5 << qint64(3600) << 40 << 0.0 << qint64(3600);
        QTest::newRow("no overflow") << qint64(60) << 10.0 << qint64(3600) << 100000 << 0.0 << qint64(3600);
        QTest::newRow("no growth") << qint64(60) << 1.0 << qint64(3600) << 40 << 0.0 << qint64(60);
        QTest::newRow("shrinking is not allowed") << qint64(60) << 0.1 << qint64(3600) << 3 << 0.0 << qint64(60);
        QTest::newRow("never without a pause") << qint64(0) << 1.5 << qint64(3600) << 3 << 0.0 << qint64(1);
        QTest::newRow("first over longest") << qint64(600) << 1.5 << qint64(60) << 3 << 0.0 << qint64(600);
        QTest::newRow("negative count") << qint64(60) << 1.5 << qint64(3600) << -4 << 0.0 << qint64(60);
    }
    void poll()
    {
        QFETCH(qint64, first);
        QFETCH(double, growth);
        QFETCH(qint64, longest);
        QFETCH(int, polls);
        QFETCH(double, jitter);
        QFETCH(qint64, expected);
        const PollRule rule{std::chrono::seconds(first), growth, std::chrono::seconds(longest), 1000000s};
        QCOMPARE(pollPause(rule, polls, jitter).count(), expected);
    }

    void pollHonoursRetryAfter()
    {
        const PollRule rule;
        QCOMPARE(pollPause(rule, 0, 0.0, 300s).count(), 300);
        QCOMPARE(pollPause(rule, 0, 0.0, 5s).count(), 60);              // nobody polls faster for it
        QCOMPARE(pollPause(rule, 0, 0.0, 1000000s).count(), 24 * 3600); // nor is silenced for ever
    }

    void retry_data()
    {
        QTest::addColumn<qint64>("interval");
        QTest::addColumn<int>("failures");
        QTest::addColumn<double>("jitter");
        QTest::addColumn<qint64>("retryAfter"); // -1: none
        QTest::addColumn<qint64>("expected");
        QTest::newRow("first") << qint64(60) << 1 << 0.0 << qint64(-1) << qint64(60);
        QTest::newRow("doubles") << qint64(60) << 2 << 0.0 << qint64(-1) << qint64(120);
        QTest::newRow("fifth") << qint64(60) << 5 << 0.0 << qint64(-1) << qint64(960);
        QTest::newRow("an hour at most") << qint64(60) << 7 << 0.0 << qint64(-1) << qint64(3600);
        QTest::newRow("no overflow") << qint64(60) << 2000000000 << 0.0 << qint64(-1) << qint64(3600);
        QTest::newRow("no failure counted yet") << qint64(60) << 0 << 0.0 << qint64(-1) << qint64(60);
        QTest::newRow("interval over an hour") << qint64(7200) << 4 << 0.0 << qint64(-1) << qint64(7200);
        QTest::newRow("jitter up") << qint64(60) << 1 << 1.0 << qint64(-1) << qint64(66);
        QTest::newRow("jitter down") << qint64(60) << 1 << -1.0 << qint64(-1) << qint64(54);
        QTest::newRow("server asks for longer") << qint64(60) << 1 << 0.0 << qint64(300) << qint64(300);
        QTest::newRow("server asks for shorter") << qint64(60) << 1 << 0.0 << qint64(5) << qint64(60);
        QTest::newRow("server asks for a century") << qint64(60) << 1 << 0.0 << qint64(3155760000) << qint64(86400);
    }
    void retry()
    {
        QFETCH(qint64, interval);
        QFETCH(int, failures);
        QFETCH(double, jitter);
        QFETCH(qint64, retryAfter);
        QFETCH(qint64, expected);
        const auto asked = retryAfter < 0 ? std::nullopt : std::optional(std::chrono::seconds(retryAfter));
        QCOMPARE(retryPause(std::chrono::seconds(interval), failures, jitter, asked).count(), expected);
    }
};

QTEST_GUILESS_MAIN(TestPollSchedule)
#include "tst_pollschedule.moc"
