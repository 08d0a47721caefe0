// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/worker/servergate.h"

#include <algorithm>

namespace Scep {

namespace {

/// One lost answer is nothing: the others go on. The second round without any answer between is a pattern.
constexpr int toleratedRounds = 1;
constexpr qint64 minuteMs = 60 * 1000;

} // namespace

ServerGate::ServerGate(Scheduler &scheduler, const Clock &clock, QString key, QObject *parent)
    : QObject(parent)
    , m_scheduler(scheduler)
    , m_clock(clock)
    , m_key(std::move(key))
    , m_self(std::make_shared<ServerGate *>(this))
{}

void ServerGate::setLimits(int atOnce, int perMinute)
{
    const bool wasFull = m_window == m_atOnce;
    m_atOnce = std::max(1, atOnce);
    m_perMinute = std::max(0, perMinute);
    m_window = wasFull ? m_atOnce : std::min(m_window, m_atOnce);
    pump();
}

void ServerGate::acquire(QObject *owner, std::function<void(const Slot &)> granted, Urgency urgency)
{
    if (m_waiters.empty() && isOpen())
        return granted(makeSlot());
    const auto place = urgency == Urgency::Usual ? m_waiters.end() : std::ranges::find(m_waiters, Urgency::Usual, &Waiter::urgency);
    m_waiters.insert(place, {owner, std::move(granted), urgency});
    plan();
}

void ServerGate::leave(const QObject *owner)
{
    std::erase_if(m_waiters, [owner](const Waiter &waiter) { return waiter.owner == owner; });
    plan();
}

bool ServerGate::isOpen()
{
    if (m_running >= m_window)
        return false;
    const QDateTime now = m_clock.now();
    if (m_closedUntil.isValid() && now < m_closedUntil)
        return false;
    if (m_perMinute == 0) {
        m_starts.clear();
        return true;
    }
    while (!m_starts.empty() && (m_starts.front().msecsTo(now) >= minuteMs || m_starts.front() > now))
        m_starts.pop_front();
    return static_cast<int>(m_starts.size()) < m_perMinute;
}

ServerGate::Slot ServerGate::makeSlot()
{
    ++m_running;
    m_closedUntil = {};
    if (m_perMinute > 0)
        m_starts.push_back(m_clock.now());
    // Weak: a slot that outlives the gate (its server was removed) frees nothing.
    return {new Ticket{m_round}, [weak = std::weak_ptr<ServerGate *>(m_self)](const Ticket *ticket) {
                delete ticket;
                if (const auto alive = weak.lock())
                    (*alive)->release();
            }};
}

void ServerGate::release()
{
    --m_running;
    pump();
}

void ServerGate::pump()
{
    while (!m_waiters.empty()) {
        if (!m_waiters.front().owner) {
            m_waiters.pop_front();
            continue;
        }
        if (!isOpen())
            break;
        Waiter waiter = std::move(m_waiters.front());
        m_waiters.pop_front();
        // The slot travels with the event: if the owner dies before it arrives, the event's end lets the next one in.
        QMetaObject::invokeMethod(
            waiter.owner.data(), [slot = makeSlot(), granted = std::move(waiter.granted)] { granted(slot); }, Qt::QueuedConnection);
    }
    plan();
}

/// When time alone opens the gate. A slot that comes free needs no alarm.
void ServerGate::plan()
{
    QDateTime next;
    if (!m_waiters.empty() && m_running < m_window) {
        next = m_closedUntil;
        if (m_perMinute > 0 && static_cast<int>(m_starts.size()) >= m_perMinute) {
            const QDateTime free = m_starts.front().addMSecs(minuteMs);
            next = next.isValid() ? std::max(next, free) : free;
        }
    }
    m_scheduler.schedule(m_key, next);
}

void ServerGate::answered()
{
    m_failedRounds = 0;
    ++m_round; // failures of exchanges that began before are about a server that was not well yet
    m_closedUntil = {};
    m_window = std::min(m_window + 1, m_atOnce);
    pump();
}

void ServerGate::failed(const Slot &slot, const std::function<std::chrono::seconds(int rounds)> &pause,
                        std::optional<std::chrono::seconds> atLeast)
{
    if (!slot || slot->round != m_round)
        return;
    ++m_round;
    ++m_failedRounds;
    if (m_failedRounds <= toleratedRounds && !atLeast)
        return;
    const auto wait = std::max(m_failedRounds > toleratedRounds ? pause(m_failedRounds) : std::chrono::seconds(0),
                               atLeast.value_or(std::chrono::seconds(0)));
    m_closedUntil = m_clock.now().addSecs(wait.count());
    m_window = 1;
    plan();
    QMetaObject::invokeMethod(this, &ServerGate::closed, Qt::QueuedConnection);
}

void ServerGate::reopen()
{
    m_closedUntil = {};
    pump();
}

void ServerGate::due()
{
    pump();
}

void ServerGate::shift(std::chrono::seconds by)
{
    if (m_closedUntil.isValid())
        m_closedUntil = m_closedUntil.addSecs(by.count());
    for (QDateTime &start : m_starts)
        start = start.addSecs(by.count());
    pump();
}

void ServerGate::retire()
{
    m_waiters.clear();
    m_scheduler.cancel(m_key);
}

QDateTime ServerGate::closedUntil() const
{
    return m_closedUntil.isValid() && m_clock.now() < m_closedUntil ? m_closedUntil : QDateTime();
}

} // namespace Scep
