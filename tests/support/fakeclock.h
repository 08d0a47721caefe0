// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/worker/clock.h"

#include <chrono>

namespace TestSupport {

/// Time that stands still until it is told to go. An alarm that has come rings from the event loop, as the contract says.
class FakeClock final : public Scep::Clock
{
    Q_OBJECT

public:
    explicit FakeClock(const QDateTime &start = QDateTime({2026, 3, 1}, {12, 0}, Qt::UTC), QObject *parent = nullptr);

    [[nodiscard]] QDateTime now() const override { return m_now; }
    void setAlarm(const QDateTime &time) override;

    void advance(std::chrono::seconds by);
    void advanceTo(const QDateTime &time); ///< never backwards
    void setNow(const QDateTime &time);    ///< as somebody setting the clock, backwards too: jumped() tells of it
    [[nodiscard]] QDateTime alarm() const { return m_alarm; }
    [[nodiscard]] int alarmCount() const { return m_alarmCount; } ///< valid alarms set so far

private:
    void moveTo(const QDateTime &time);
    void ringIfDue();

    QDateTime m_now;
    QDateTime m_alarm;
    int m_alarmCount = 0;
};

} // namespace TestSupport
