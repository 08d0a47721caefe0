// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/records/records.h"

namespace Models {

/// The last part of restoring a backup: store and vault change together, although they are two files. A marker says that both new files are
/// whole and on the disk; while it is there, whoever comes next goes on with putting them in place, so that a process that dies in the
/// middle leaves no new vault beside an old store. All functions are for the one who holds the store's lock.
class RestoreStep
{
public:
    explicit RestoreStep(const QString &workspace);
    [[nodiscard]] QString newStore() const { return m_newStore; } ///< to be written before begin()
    [[nodiscard]] QString newVault() const { return m_newVault; }

    /// A restore was begun and has not ended.
    [[nodiscard]] bool isPending() const;
    /// Removes what a restore left that did not come as far as begin().
    [[nodiscard]] Result<void> clear() const;
    /// The new files are complete: from now on they will be the workspace's.
    [[nodiscard]] Result<void> begin() const;
    /// Puts them in place. As often as it takes.
    [[nodiscard]] Result<void> finish() const;

private:
    QString m_folder;
    QString m_store;
    QString m_vault;
    QString m_newStore;
    QString m_newVault;
    QString m_marker;
};

} // namespace Models
