// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/worker/clock.h"

#include <QTimer>

#include <algorithm>

#ifdef Q_OS_LINUX
#include <ctime>
#endif

namespace Scep {

namespace {

using std::chrono::milliseconds;

/// Smaller differences are the clock being disciplined, not set.
constexpr milliseconds smallestJump{2000};

/// Goes on while the machine sleeps, wherever the system has such a clock: then sleep can be told from a clock that was set.
milliseconds passedSinceBoot()
{
#ifdef Q_OS_LINUX
    timespec time{};
    if (clock_gettime(CLOCK_BOOTTIME, &time) == 0)
        return std::chrono::duration_cast<milliseconds>(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
#endif
    return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now().time_since_epoch());
}

} // namespace

SystemClock::SystemClock(QObject *parent)
    : SystemClock(Sources{&QDateTime::currentDateTimeUtc, &passedSinceBoot}, parent)
{}

SystemClock::SystemClock(Sources sources, QObject *parent)
    : Clock(parent)
    , m_sources(std::move(sources))
    , m_seenWall(m_sources.wall())
    , m_seenPassed(m_sources.passed())
{}

QDateTime SystemClock::now() const
{
    return m_sources.wall();
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
        connect(m_timer, &QTimer::timeout, this, &SystemClock::look);
    }
    arm();
}

void SystemClock::arm()
{
    const qint64 longest = m_sources.longestSleep.count();
    m_timer->start(static_cast<int>(std::clamp<qint64>(now().msecsTo(m_alarm), 0, longest)));
}

void SystemClock::look()
{
    compare(); // first: whoever hears of it may set another alarm
    if (!m_alarm.isValid())
        return;
    if (now() < m_alarm)
        return arm();
    m_alarm = {};
    m_timer->stop();
    emit rang();
}

void SystemClock::compare()
{
    const QDateTime wall = m_sources.wall();
    const milliseconds passed = m_sources.passed();
    const milliseconds jump = milliseconds(m_seenWall.msecsTo(wall)) - (passed - m_seenPassed);
    m_seenWall = wall;
    m_seenPassed = passed;
    if (jump >= smallestJump || jump <= -smallestJump)
        emit jumped(std::chrono::round<std::chrono::seconds>(jump));
}

} // namespace Scep
