// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDateTime>
#include <QObject>

#include <chrono>
#include <functional>

class QTimer;

namespace Scep {

/// Time, injected so that tests can make a year pass. Lives in the thread of whoever uses it.
class Clock : public QObject
{
    Q_OBJECT

public:
    using QObject::QObject;
    [[nodiscard]] virtual QDateTime now() const = 0; ///< UTC
    /// One alarm: replaces the former one. rang() comes from the event loop at or after `time`; an invalid time disarms.
    virtual void setAlarm(const QDateTime &time) = 0;

signals:
    void rang();
    /// Somebody set the clock: now() is off by `by` from what the time that passed makes of it. From the event loop. Sleep is no jump: that
    /// time has passed.
    void jumped(std::chrono::seconds by);
};

/// The wall clock. While an alarm is set it is compared at least once a minute with the time that really passed, so that a clock that was
/// set, or a laptop that slept, is noticed within a minute; no wake-ups without an alarm.
class SystemClock final : public Clock
{
    Q_OBJECT

public:
    /// Where the time comes from; for tests.
    struct Sources {
        std::function<QDateTime()> wall;
        std::function<std::chrono::milliseconds()> passed; ///< since some beginning, sleep included, whatever the wall clock is set to
        std::chrono::milliseconds longestSleep{std::chrono::minutes(1)};
    };

    explicit SystemClock(QObject *parent = nullptr);
    explicit SystemClock(Sources sources, QObject *parent = nullptr);
    [[nodiscard]] QDateTime now() const override;
    void setAlarm(const QDateTime &time) override;
    /// Looks at the time again now: the machine woke up, or somebody says that the clock was set.
    void look();

private:
    void arm();
    void compare();

    Sources m_sources;
    QTimer *m_timer = nullptr;
    QDateTime m_alarm;
    QDateTime m_seenWall;
    std::chrono::milliseconds m_seenPassed{0};
};

} // namespace Scep
