// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QPointer>

#include <deque>
#include <functional>
#include <memory>

namespace Scep {

/// A counting semaphore for the event loop: at most `count` transactions talk to one server at a time, the others queue in order.
class SlotPool
{
public:
    /// Held while talking; letting go of it lets the next one in.
    using Slot = std::shared_ptr<void>;

    explicit SlotPool(int count)
        : m_state(std::make_shared<State>(State{count, {}}))
    {}

    /// Calls `granted` at once when a slot is free, else later from the event loop, unless `owner` is gone by then.
    void acquire(QObject *owner, std::function<void(const Slot &)> granted);

private:
    struct Waiter {
        QPointer<QObject> owner;
        std::function<void(const Slot &)> granted;
    };
    struct State {
        int free;
        std::deque<Waiter> waiters;
    };
    static Slot makeSlot(const std::shared_ptr<State> &state);
    static void release(const std::shared_ptr<State> &state);

    std::shared_ptr<State> m_state;
};

} // namespace Scep
