// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDateTime>
#include <QObject>

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
};

/// The wall clock. Checks it again at least once a minute while an alarm is set, so that a clock change or a suspended laptop
/// delays an alarm by a minute at most; no wake-ups without an alarm.
class SystemClock final : public Clock
{
    Q_OBJECT

public:
    explicit SystemClock(QObject *parent = nullptr);
    [[nodiscard]] QDateTime now() const override;
    void setAlarm(const QDateTime &time) override;

private:
    void arm();
    QTimer *m_timer = nullptr;
    QDateTime m_alarm;
};

} // namespace Scep
