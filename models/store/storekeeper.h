// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/store/workspacecare.h"
#include "scep/worker/clock.h"

#include <QObject>
#include <QThreadPool>

namespace Models {

/// Looks after an open workspace by itself, at its start and once a day: what grew old goes (Store::tidyUp()), the store is checked, and a
/// sound one is backed up. Lives in the store's thread; check and backup run on a thread of their own, so that nothing waits for them.
class StoreKeeper final : public QObject
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(StoreKeeper)

public:
    /// The clock's alarm must be nobody else's.
    StoreKeeper(Store &store, Scep::Clock &clock, QObject *parent = nullptr);
    ~StoreKeeper() override; ///< waits for a backup that is being written

    void start(); ///< the first time soon, from the event loop

signals:
    void checked(const Models::StoreReport &report); ///< also when all is well
    void backedUp(const Models::BackupRecord &backup);
    void failed(const Models::Error &error);

private:
    void look();
    void setAlarm();

    Store &m_store;
    Scep::Clock &m_clock;
    QThreadPool m_pool;
};

} // namespace Models
