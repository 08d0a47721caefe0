// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/worker/slotpool.h"

#include <QTest>

using namespace Scep;

class TestSlotPool : public QObject
{
    Q_OBJECT

private slots:
    void grantsAtOnceWhileFreeThenInOrder()
    {
        SlotPool pool(2);
        QList<int> granted;
        QList<SlotPool::Slot> held;
        for (int i = 0; i < 4; ++i)
            pool.acquire(this, [&, i](const SlotPool::Slot &slot) {
                granted.append(i);
                held.append(slot);
            });
        QCOMPARE(granted, QList<int>({0, 1}));
        held.removeFirst();
        QCOMPARE(granted.size(), 2); // from the event loop, not from the releaser's stack
        QTRY_COMPARE(granted, QList<int>({0, 1, 2}));
        held.clear();
        QTRY_COMPARE(granted, QList<int>({0, 1, 2, 3}));
    }

    void goneOwnersAreSkipped()
    {
        SlotPool pool(1);
        SlotPool::Slot first;
        pool.acquire(this, [&](const SlotPool::Slot &slot) { first = slot; });
        auto gone = std::make_unique<QObject>();
        bool wrong = false;
        bool right = false;
        pool.acquire(gone.get(), [&](const SlotPool::Slot &) { wrong = true; });
        pool.acquire(this, [&](const SlotPool::Slot &) { right = true; });
        gone.reset();
        first.reset();
        QTRY_VERIFY(right);
        QVERIFY(!wrong);
    }

    void ownerGoneBetweenGrantAndEventPassesTheSlotOn()
    {
        SlotPool pool(1);
        SlotPool::Slot first;
        pool.acquire(this, [&](const SlotPool::Slot &slot) { first = slot; });
        auto gone = std::make_unique<QObject>();
        bool right = false;
        pool.acquire(gone.get(), [&](const SlotPool::Slot &) { QFAIL("granted to nobody"); });
        pool.acquire(this, [&](const SlotPool::Slot &) { right = true; });
        first.reset(); // the event for `gone` is on its way
        gone.reset();
        QTRY_VERIFY(right);
    }

    void slotMayOutliveThePool()
    {
        SlotPool::Slot held;
        {
            SlotPool pool(1);
            pool.acquire(this, [&](const SlotPool::Slot &slot) { held = slot; });
        }
        held.reset();
        QVERIFY(!held);
    }
};

QTEST_GUILESS_MAIN(TestSlotPool)
#include "tst_slotpool.moc"
