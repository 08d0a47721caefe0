// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/worker/scheduler.h"

namespace Scep {

Scheduler::Scheduler(Clock &clock, QObject *parent)
    : QObject(parent)
    , m_clock(clock)
{
    connect(&m_clock, &Clock::rang, this, &Scheduler::fire);
}

void Scheduler::schedule(const QString &key, const QDateTime &time)
{
    if (dueAt(key) == time && time.isValid())
        return;
    cancel(key);
    if (!time.isValid())
        return;
    m_times.insert(key, time);
    m_queue.emplace(time, key);
    rearm();
}

void Scheduler::cancel(const QString &key)
{
    const auto time = m_times.constFind(key);
    if (time == m_times.constEnd())
        return;
    const auto [first, last] = m_queue.equal_range(*time);
    for (auto entry = first; entry != last; ++entry) {
        if (entry->second == key) {
            m_queue.erase(entry);
            break;
        }
    }
    m_times.erase(time);
    rearm();
}

void Scheduler::shift(std::chrono::seconds by, const std::function<bool(const QString &)> &moves)
{
    std::multimap<QDateTime, QString> queue;
    for (const auto &[time, key] : m_queue) {
        const QDateTime moved = moves(key) ? time.addSecs(by.count()) : time;
        m_times.insert(key, moved);
        queue.emplace(moved, key);
    }
    m_queue = std::move(queue);
    rearm();
}

QDateTime Scheduler::dueAt(const QString &key) const
{
    return m_times.value(key);
}

QDateTime Scheduler::nextDue() const
{
    return m_queue.empty() ? QDateTime() : m_queue.begin()->first;
}

void Scheduler::fire()
{
    m_armed = {};
    const QDateTime now = m_clock.now();
    // The list is fixed first: a slot that schedules for this very moment comes with the next alarm, not in an endless loop here.
    QStringList ready;
    for (auto entry = m_queue.cbegin(); entry != m_queue.cend() && entry->first <= now; ++entry)
        ready.append(entry->second);
    for (const QString &key : std::as_const(ready)) {
        const QDateTime time = dueAt(key);
        if (!time.isValid() || time > now)
            continue; // cancelled or moved by an earlier one's slot
        cancel(key);
        emit due(key);
    }
    rearm();
}

void Scheduler::rearm()
{
    const QDateTime next = nextDue();
    if (next == m_armed)
        return; // ten thousand times planned behind the first one are no reason to touch the clock
    m_armed = next;
    m_clock.setAlarm(next);
}

} // namespace Scep
