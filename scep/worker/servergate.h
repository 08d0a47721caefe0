// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/worker/scheduler.h"

#include <QObject>
#include <QPointer>

#include <chrono>
#include <deque>
#include <functional>
#include <memory>

namespace Scep {

/// Who may talk to one server now: so many at a time, so many in a minute, nobody while it does not answer. Whoever must wait is let in in
/// the order of arrival, what a person asked for before what goes by itself.
///
/// A server that failed in two rounds in a row is left alone for a while, longer with each further round; then one exchange tries it. When
/// it answers again the others follow one by one, then two at a time, and so on: what has piled up meanwhile does not fall on it at once.
/// Each server has its own gate, so a dead one delays nobody else.
class ServerGate final : public QObject
{
    Q_OBJECT

public:
    struct Ticket {
        quint64 round = 0; ///< failures of exchanges that were under way together count once
    };
    /// Held while talking; letting go of it lets the next one in.
    using Slot = std::shared_ptr<const Ticket>;

    /// `key`: of the gate's own time in `scheduler`; whoever gets the scheduler's signal calls due().
    ServerGate(Scheduler &scheduler, const Clock &clock, QString key, QObject *parent = nullptr);

    void setLimits(int atOnce, int perMinute);
    enum class Urgency {
        Usual,
        Asked, ///< a person waits for it: before all that goes by itself
    };
    /// Calls `granted` at once when the gate is open, else later from the event loop, unless `owner` is gone by then.
    void acquire(QObject *owner, std::function<void(const Slot &)> granted, Urgency urgency = Urgency::Usual);
    void leave(const QObject *owner); ///< the queue; a grant that is on its way still comes

    void answered(); ///< an exchange was answered, whatever with
    /// An exchange was not answered. `pause`: how long to wait after so many rounds of failures; `atLeast`: what the server asked for,
    /// which counts at once.
    void failed(const Slot &slot, const std::function<std::chrono::seconds(int rounds)> &pause,
                std::optional<std::chrono::seconds> atLeast);
    /// Somebody thinks that the server is back: the next one goes at once, the others follow if it is.
    void reopen();
    void due(); ///< the scheduled time has come
    /// The clock was set.
    void shift(std::chrono::seconds by);
    void retire(); ///< no more grants

    /// While nobody may go in: until when. Invalid: the gate is open, however many stand before it.
    [[nodiscard]] QDateTime closedUntil() const;
    [[nodiscard]] int runningCount() const { return m_running; }
    [[nodiscard]] int waitingCount() const { return static_cast<int>(m_waiters.size()); }

signals:
    void closed(); ///< from the event loop: nobody goes in until closedUntil()

private:
    struct Waiter {
        QPointer<QObject> owner;
        std::function<void(const Slot &)> granted;
        Urgency urgency = Urgency::Usual;
    };
    [[nodiscard]] bool isOpen();
    Slot makeSlot();
    void release();
    void pump();
    void plan();

    Scheduler &m_scheduler;
    const Clock &m_clock;
    const QString m_key;
    int m_atOnce = 4;
    int m_perMinute = 0;
    int m_window = 4; ///< how many at a time for now: less than m_atOnce after trouble
    int m_running = 0;
    int m_failedRounds = 0;
    quint64 m_round = 0;
    QDateTime m_closedUntil;
    std::deque<QDateTime> m_starts; ///< of the last minute, if that is limited
    std::deque<Waiter> m_waiters;
    std::shared_ptr<ServerGate *> m_self; ///< for slots that outlive the gate
};

} // namespace Scep
