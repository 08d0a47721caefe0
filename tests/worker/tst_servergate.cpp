// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/worker/servergate.h"
#include "tests/support/fakeclock.h"

#include <QSignalSpy>
#include <QTest>

using namespace Scep;
using namespace std::chrono_literals;
using TestSupport::FakeClock;

namespace {

/// A gate with a clock, and a crowd before it.
struct Crowd : QObject {
    Crowd()
        : scheduler(clock)
        , gate(scheduler, clock, "gate:1")
    {
        connect(&scheduler, &Scheduler::due, this, [this] { gate.due(); });
    }
    void come(int count)
    {
        for (int i = 0; i < count; ++i) {
            gate.acquire(this, [this, number = arrived++](const ServerGate::Slot &slot) {
                inside.append(slot);
                order.append(number);
            });
        }
    }
    ServerGate::Slot leave() { return inside.takeFirst(); }
    void fail(std::optional<std::chrono::seconds> atLeast = {})
    {
        const ServerGate::Slot slot = leave();
        gate.failed(slot, [](int rounds) { return 60s * (1 << (rounds - 1)); }, atLeast);
    }
    void answer()
    {
        const ServerGate::Slot slot = leave();
        gate.answered();
    }
    static void settle()
    {
        for (int i = 0; i < 4; ++i)
            QCoreApplication::processEvents();
    }
    void pass(std::chrono::seconds time)
    {
        clock.advance(time);
        settle();
    }

    FakeClock clock;
    Scheduler scheduler;
    ServerGate gate;
    QList<ServerGate::Slot> inside;
    QList<int> order;
    int arrived = 0;
};

} // namespace

class TestServerGate : public QObject
{
    Q_OBJECT

private slots:
    void soManyAtATimeInOrder()
    {
        Crowd crowd;
        crowd.gate.setLimits(2, 0);
        crowd.come(5);
        QCOMPARE(crowd.order, QList({0, 1})); // at once
        QCOMPARE(crowd.gate.waitingCount(), 3);
        crowd.answer();
        QCOMPARE(crowd.order, QList({0, 1})); // from the event loop
        crowd.settle();
        QCOMPARE(crowd.order, QList({0, 1, 2}));
        crowd.answer();
        crowd.answer();
        crowd.settle();
        QCOMPARE(crowd.order, QList({0, 1, 2, 3, 4}));
        QVERIFY(!crowd.clock.alarm().isValid()); // nobody waits for time
    }

    void whoIsGoneIsNotLetIn_data()
    {
        QTest::addColumn<bool>("beforeRelease");
        QTest::newRow("gone while waiting") << true;
        QTest::newRow("gone between grant and arrival") << false;
    }
    void whoIsGoneIsNotLetIn()
    {
        QFETCH(bool, beforeRelease);
        Crowd crowd;
        crowd.gate.setLimits(1, 0);
        crowd.come(1);
        auto gone = std::make_unique<QObject>();
        crowd.gate.acquire(gone.get(), [](const ServerGate::Slot &) { QFAIL("granted to nobody"); });
        crowd.come(1);
        if (beforeRelease)
            gone.reset();
        crowd.answer();
        gone.reset();
        crowd.settle();
        QCOMPARE(crowd.order, QList({0, 1}));
    }

    void whatAPersonAsksForGoesFirst()
    {
        Crowd crowd;
        crowd.gate.setLimits(1, 0);
        crowd.come(3); // one is in
        QList<int> asked;
        for (int i = 0; i < 2; ++i) {
            crowd.gate.acquire(
                &crowd,
                [&, i](const ServerGate::Slot &slot) {
                    crowd.inside.append(slot);
                    asked.append(i);
                },
                ServerGate::Urgency::Asked);
        }
        crowd.answer();
        crowd.settle();
        QCOMPARE(asked, QList({0}));
        crowd.answer();
        crowd.settle();
        QCOMPARE(asked, QList({0, 1}));
        QCOMPARE(crowd.order, QList({0}));
        crowd.answer();
        crowd.settle();
        QCOMPARE(crowd.order, QList({0, 1}));
    }

    void whoLeavesTheQueueIsForgotten()
    {
        Crowd crowd;
        crowd.gate.setLimits(4, 1);
        crowd.come(1);
        QObject other;
        crowd.gate.acquire(&other, [](const ServerGate::Slot &) { QFAIL("granted to somebody who left"); });
        crowd.come(1);
        crowd.gate.leave(&other);
        QCOMPARE(crowd.gate.waitingCount(), 1);
        crowd.answer();
        crowd.pass(60s);
        QCOMPARE(crowd.order, QList({0, 1})); // and took nobody's turn in the minute
        crowd.gate.leave(&crowd);
        QVERIFY(!crowd.clock.alarm().isValid());
    }

    void slotMayOutliveTheGate()
    {
        FakeClock clock;
        Scheduler scheduler(clock);
        ServerGate::Slot held;
        {
            ServerGate gate(scheduler, clock, "gate:1");
            gate.acquire(this, [&](const ServerGate::Slot &slot) { held = slot; });
        }
        QVERIFY(held);
        held.reset(); // frees nothing, and does not crash
    }

    void soManyInAMinute()
    {
        Crowd crowd;
        crowd.gate.setLimits(100, 3);
        crowd.come(8);
        QCOMPARE(crowd.order.size(), 3);
        while (!crowd.inside.isEmpty())
            crowd.answer();
        crowd.pass(59s);
        QCOMPARE(crowd.order.size(), 3);
        crowd.pass(1s);
        QCOMPARE(crowd.order.size(), 6);
        crowd.pass(30s);
        crowd.gate.setLimits(100, 5); // more from now on
        crowd.settle();
        QCOMPARE(crowd.order.size(), 8);
        QVERIFY(!crowd.clock.alarm().isValid());
    }

    void limitsMayChangeMeanwhile()
    {
        Crowd crowd;
        crowd.gate.setLimits(1, 0);
        crowd.come(4);
        crowd.gate.setLimits(3, 0);
        crowd.settle();
        QCOMPARE(crowd.order.size(), 3);
        crowd.gate.setLimits(0, -1); // nonsense counts as one at a time, without a limit
        crowd.answer();
        crowd.answer();
        crowd.settle();
        QCOMPARE(crowd.order.size(), 3);
        crowd.answer();
        crowd.settle();
        QCOMPARE(crowd.order.size(), 4);
    }

    void deadServerIsLeftAlone()
    {
        Crowd crowd;
        QSignalSpy closed(&crowd.gate, &ServerGate::closed);
        crowd.come(20);
        QCOMPARE(crowd.order.size(), 4);
        for (int i = 0; i < 4; ++i) // together under way, so one round: an accident
            crowd.fail();
        crowd.settle();
        QCOMPARE(crowd.order.size(), 8);
        QVERIFY(!crowd.gate.closedUntil().isValid());
        for (int i = 0; i < 4; ++i) // again: a pattern
            crowd.fail();
        crowd.settle();
        QCOMPARE(crowd.order.size(), 8);
        QCOMPARE(crowd.gate.closedUntil(), crowd.clock.now().addSecs(120));
        QCOMPARE(closed.count(), 1);
        crowd.pass(119s);
        QCOMPARE(crowd.order.size(), 8);
        crowd.pass(1s);
        QCOMPARE(crowd.order.size(), 9); // one tries
        crowd.fail();
        crowd.settle();
        QCOMPARE(crowd.gate.closedUntil(), crowd.clock.now().addSecs(240));
        crowd.pass(240s);
        QCOMPARE(crowd.order.size(), 10);
        crowd.answer();
        crowd.settle();
        QCOMPARE(crowd.order.size(), 12); // it is back: two at a time, then three, then four
        crowd.answer();
        crowd.settle();
        QCOMPARE(crowd.inside.size(), 3);
        crowd.answer();
        crowd.settle();
        QCOMPARE(crowd.inside.size(), 4);
        crowd.answer();
        crowd.settle();
        QCOMPARE(crowd.inside.size(), 4);
    }

    void answersBetweenForgive()
    {
        Crowd crowd;
        crowd.come(20);
        for (int i = 0; i < 5; ++i) {
            crowd.fail();
            crowd.settle();
            crowd.answer();
            crowd.settle();
        }
        QVERIFY(!crowd.gate.closedUntil().isValid());
        QCOMPARE(crowd.inside.size(), 4);
    }

    void theServersOwnWordCountsAtOnce()
    {
        Crowd crowd;
        crowd.come(10);
        crowd.fail(300s);
        crowd.settle();
        QCOMPARE(crowd.order.size(), 4);
        QCOMPARE(crowd.gate.closedUntil(), crowd.clock.now().addSecs(300));
    }

    void reopenedByHand()
    {
        Crowd crowd;
        crowd.come(10);
        for (int i = 0; i < 8; ++i) {
            crowd.fail();
            crowd.settle();
        }
        QVERIFY(crowd.gate.closedUntil().isValid());
        QCOMPARE(crowd.inside.size(), 0);
        crowd.gate.reopen();
        crowd.settle();
        QCOMPARE(crowd.inside.size(), 1);
        QVERIFY(!crowd.gate.closedUntil().isValid());
    }

    void clockSetBackKeepsThePause()
    {
        Crowd crowd;
        crowd.come(10);
        crowd.fail(60s);
        crowd.inside.clear();
        crowd.settle();
        crowd.clock.setNow(crowd.clock.now().addDays(-2));
        crowd.scheduler.shift(-48h, [](const QString &) { return true; });
        crowd.gate.shift(-48h);
        QCOMPARE(crowd.gate.closedUntil(), crowd.clock.now().addSecs(60));
        crowd.pass(60s);
        QCOMPARE(crowd.order.size(), 5);
    }

    void retiredGateLetsNobodyIn()
    {
        Crowd crowd;
        crowd.come(6);
        crowd.gate.retire();
        crowd.inside.clear();
        crowd.settle();
        QCOMPARE(crowd.order.size(), 4);
    }
};

QTEST_GUILESS_MAIN(TestServerGate)
#include "tst_servergate.moc"
