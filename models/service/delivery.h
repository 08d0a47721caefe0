// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/deliveryplan.h"
#include "models/service/errortext.h"
#include "models/service/programrun.h"
#include "scep/worker/clock.h"

#include <QHash>
#include <QObject>
#include <QSet>

#include <memory>

namespace Models {

class Store;

/// What one attempt came to.
struct DeliveryOutcome {
    Scep::RequestId request;
    QString label;
    DeliveryState state;
    QStringList files; ///< written; none when that failed
    QString output;    ///< the end of what the program wrote, safe to show
};

/// How a delivery is told of, in the window and by scepctl: "delivered", "due", or what went wrong and what to do.
Explanation explainDelivery(const DeliveryState &state, const QString &label);

/// Delivers new certificates: files into a folder, then a program. Lives in the store's thread; files are written on a pool thread,
/// programs run beside each other. The store knows what is due, so that a crash loses no delivery: one that was cut off happens again, as a
/// whole. A failure is tried again after a pause that grows, also after a restart; it never touches the certificate. While the vault is
/// locked deliveries wait. Destroying it ends running programs; their deliveries stay due.
class Deliverer final : public QObject
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(Deliverer)

public:
    /// The clock's alarm must be nobody else's.
    Deliverer(Store &store, Scep::Clock &clock, QObject *parent = nullptr);
    ~Deliverer() override;

    /// From now on delivers what is due; `only`: of this request alone.
    void start(Scep::RequestId only = {});
    /// The vault was unlocked, or the disk has room again.
    void storageAvailable();
    [[nodiscard]] bool isBusy() const { return !m_active.isEmpty(); }

signals:
    void attempted(const Models::DeliveryOutcome &outcome); ///< after it is recorded
    void storeFailed(const Models::Error &error);

private:
    struct Attempt;
    using AttemptPointer = std::shared_ptr<Attempt>;
    void scheduleLook();
    void look();
    void begin(const DueDelivery &due);
    void runProgram(const AttemptPointer &attempt);
    void end(const AttemptPointer &attempt, const Result<void> &result);
    Result<bool> isOutdated(const Attempt &attempt);
    void setAlarm();
    void mendTimes(std::chrono::seconds jump);
    [[nodiscard]] Result<DeliverySource> sourceOf(const DueDelivery &due);

    Store &m_store;
    Scep::Clock &m_clock;
    Scep::RequestId m_only;
    QSet<Scep::RequestId> m_active;
    QHash<Scep::RequestId, QDateTime> m_held; ///< could not be recorded: not before this time, so that nothing spins
    bool m_isStarted = false;
    bool m_isLookScheduled = false;
    bool m_waitsForVault = false;
};

} // namespace Models
