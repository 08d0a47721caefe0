// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/worker/slotpool.h"

namespace Scep {

SlotPool::Slot SlotPool::makeSlot(const std::shared_ptr<State> &state)
{
    --state->free;
    // Weak: a slot that outlives the pool (its server was removed) frees nothing.
    return {static_cast<void *>(state.get()), [weak = std::weak_ptr<State>(state)](void *) {
                if (const auto alive = weak.lock())
                    release(alive);
            }};
}

void SlotPool::acquire(QObject *owner, std::function<void(const Slot &)> granted)
{
    if (m_state->free > 0)
        granted(makeSlot(m_state));
    else
        m_state->waiters.push_back({owner, std::move(granted)});
}

void SlotPool::release(const std::shared_ptr<State> &state)
{
    ++state->free;
    while (!state->waiters.empty()) {
        Waiter waiter = std::move(state->waiters.front());
        state->waiters.pop_front();
        if (!waiter.owner)
            continue;
        // The slot travels with the event: if the owner dies before it arrives, the event's end lets the next one in.
        QMetaObject::invokeMethod(
            waiter.owner.data(), [slot = makeSlot(state), granted = std::move(waiter.granted)] { granted(slot); }, Qt::QueuedConnection);
        return;
    }
}

} // namespace Scep
