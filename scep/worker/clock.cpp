// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/worker/clock.h"

#include <QTimer>

#include <algorithm>

namespace Scep {

namespace {
/// A monotonic timer knows nothing of a clock that was set or of a machine that slept: look at the wall clock this often.
constexpr qint64 longestSleepMs = 60 * 1000;
} // namespace

SystemClock::SystemClock(QObject *parent)
    : Clock(parent)
{}

QDateTime SystemClock::now() const
{
    return QDateTime::currentDateTimeUtc();
}

void SystemClock::setAlarm(const QDateTime &time)
{
    m_alarm = time;
    if (!m_alarm.isValid()) {
        if (m_timer)
            m_timer->stop();
        return;
    }
    if (!m_timer) {
        m_timer = new QTimer(this);
        m_timer->setSingleShot(true);
        m_timer->setTimerType(Qt::PreciseTimer); // never early: an alarm that fires before its time would find nothing due
        connect(m_timer, &QTimer::timeout, this, [this] {
            if (now() < m_alarm) {
                arm();
                return;
            }
            m_alarm = {};
            emit rang();
        });
    }
    arm();
}

void SystemClock::arm()
{
    m_timer->start(static_cast<int>(std::clamp<qint64>(now().msecsTo(m_alarm), 0, longestSleepMs)));
}

} // namespace Scep
