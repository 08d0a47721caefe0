// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/worker/clock.h"

#include <QHash>
#include <QObject>
#include <QString>

#include <chrono>
#include <functional>
#include <map>

namespace Scep {

/// Things to do at times: one alarm over an ordered map. A key has at most one due time. Lives in the engine's thread.
class Scheduler final : public QObject
{
    Q_OBJECT

public:
    explicit Scheduler(Clock &clock, QObject *parent = nullptr);

    void schedule(const QString &key, const QDateTime &time); ///< replaces the key's former time
    void cancel(const QString &key);
    /// The clock was set by this much: what `moves` says yes to keeps its distance from now.
    void shift(std::chrono::seconds by, const std::function<bool(const QString &key)> &moves);
    [[nodiscard]] QDateTime dueAt(const QString &key) const; ///< invalid: not scheduled
    [[nodiscard]] QDateTime nextDue() const;                 ///< invalid: nothing scheduled

signals:
    void due(const QString &key); ///< from the event loop; the key is no longer scheduled

private:
    void fire();
    void rearm();
    Clock &m_clock;
    QHash<QString, QDateTime> m_times;
    std::multimap<QDateTime, QString> m_queue;
    QDateTime m_armed; ///< what the clock was told
};

} // namespace Scep
