// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/fakeclock.h"

#include <algorithm>

namespace TestSupport {

FakeClock::FakeClock(const QDateTime &start, QObject *parent)
    : Clock(parent)
    , m_now(start)
{}

void FakeClock::setAlarm(const QDateTime &time)
{
    m_alarm = time;
    if (time.isValid())
        ++m_alarmCount;
    ringIfDue();
}

void FakeClock::advance(std::chrono::seconds by)
{
    advanceTo(m_now.addSecs(by.count()));
}

void FakeClock::advanceTo(const QDateTime &time)
{
    moveTo(std::max(m_now, time));
}

void FakeClock::setNow(const QDateTime &time)
{
    const std::chrono::seconds by(m_now.secsTo(time));
    QMetaObject::invokeMethod(this, [this, by] { emit jumped(by); }, Qt::QueuedConnection);
    moveTo(time);
}

void FakeClock::moveTo(const QDateTime &time)
{
    m_now = time;
    ringIfDue();
}

void FakeClock::ringIfDue()
{
    if (!m_alarm.isValid() || m_alarm > m_now)
        return;
    QMetaObject::invokeMethod(
        this,
        [this, expected = m_alarm] {
            if (m_alarm != expected || m_alarm > m_now)
                return; // replaced meanwhile
            m_alarm = {};
            emit rang();
        },
        Qt::QueuedConnection);
}

} // namespace TestSupport
