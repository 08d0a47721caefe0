// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/store/storekeeper.h"

#include "models/store/store.h"

#include <QFileInfo>

namespace Models {

StoreKeeper::StoreKeeper(Store &store, Scep::Clock &clock, QObject *parent)
    : QObject(parent)
    , m_store(store)
    , m_clock(clock)
{
    m_pool.setMaxThreadCount(1);
    connect(&m_clock, &Scep::Clock::rang, this, &StoreKeeper::look);
    connect(&m_clock, &Scep::Clock::jumped, this, &StoreKeeper::setAlarm);
}

StoreKeeper::~StoreKeeper()
{
    m_pool.clear();
    m_pool.waitForDone();
}

void StoreKeeper::start()
{
    QMetaObject::invokeMethod(this, &StoreKeeper::look, Qt::QueuedConnection);
}

void StoreKeeper::setAlarm()
{
    m_clock.setAlarm(m_clock.now().addDays(1));
}

void StoreKeeper::look()
{
    setAlarm();
    if (m_store.isReadOnly())
        return; // whoever may write looks after it
    const QDateTime now = m_clock.now();
    if (const Result<void> tidied = m_store.tidyUp(now); !tidied)
        emit failed(tidied.error());
    const Result<StoreSettings> settings = m_store.settings();
    if (!settings) {
        emit failed(settings.error());
        return;
    }
    const WorkspaceCare care(QFileInfo(m_store.file()).path());
    m_pool.start([this, care, now, limits = *settings] {
        const Result<StoreReport> report = care.check({}, false);
        // A damaged store must not push good backups out.
        const bool isSound = report && report->isGood();
        const auto backup = isSound ? care.backUpIfDue(now, limits) : Result<std::optional<BackupRecord>>(std::nullopt);
        QMetaObject::invokeMethod(
            this,
            [this, report, backup] {
                if (report)
                    emit checked(*report);
                else
                    emit failed(report.error());
                if (!backup)
                    emit failed(backup.error());
                else if (*backup)
                    emit backedUp(**backup);
            },
            Qt::QueuedConnection);
    });
}

} // namespace Models
