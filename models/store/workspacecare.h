// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/records/records.h"
#include "models/records/storerecords.h"
#include "models/store/storereport.h"

#include <QString>

class QLockFile;

namespace Models {

class Store;

/// A copy of store and vault as they were at one moment: a folder with store.sqlite and vault.json, open to its owner only.
struct BackupRecord {
    QString folder;
    QDateTime at; ///< UTC
    qint64 bytes = 0;

    friend bool operator==(const BackupRecord &, const BackupRecord &) = default;
};

/// Care for a workspace folder (store.sqlite, vault.json): check, backup, restore, export. Works on the files by connections of its own, so
/// that any thread may call it, beside an open Store or without one. No function needs the vault's pass phrase but check() with keys.
class WorkspaceCare
{
public:
    explicit WorkspaceCare(QString workspace);
    [[nodiscard]] QString storeFile() const;
    [[nodiscard]] QString vaultFile() const;
    [[nodiscard]] QString backupFolder() const; ///< of automatic backups: WORKSPACE/backups

    /// Reads only, also while another process writes. Keys are opened if `opensKeys` and the vault can be unlocked with `passphrase` (or is
    /// open). Errors: those of Store::openReadOnly() and Vault::load(), WrongPassphrase.
    [[nodiscard]] Result<StoreReport> check(const Pki::SecretBytes &passphrase, bool opensKeys) const;

    /// A new backup in `folder` (made if missing; must be empty), or in backupFolder() under the time. All of it or nothing is there
    /// afterwards. Errors: FileNotFound, FileNotWritable, DiskFull, StoreFailure.
    [[nodiscard]] Result<BackupRecord> backUp(const QDateTime &now, const QString &folder = {}) const;
    /// The daily one: none if the newest automatic one is younger than a day, or `settings` wants none. Those above `settings.backups` go.
    [[nodiscard]] Result<std::optional<BackupRecord>> backUpIfDue(const QDateTime &now, const StoreSettings &settings) const;
    [[nodiscard]] QList<BackupRecord> backups() const; ///< automatic ones, newest first

    /// Puts a backup in place of what is there, which is kept in WORKSPACE/replaced/TIME; returns that folder, empty when there was
    /// nothing. Of the folders there the newest few stay. A backup that is damaged, or of a newer Scepter, is refused before anything is
    /// touched. Store and vault change together: a process that dies in between leaves the rest to finishRestore(). Errors: WorkspaceInUse,
    /// FileNotFound, StoreFailure, StoreVersion, Malformed (vault), FileNotWritable, DiskFull.
    [[nodiscard]] Result<QString> restore(const QString &backup, const QDateTime &now) const;
    /// What restore() began and did not end; nothing to do is a success. Before the vault of a workspace is read.
    [[nodiscard]] Result<void> finishRestore() const;
    [[nodiscard]] QList<BackupRecord> replaced() const; ///< what restore() put aside, newest first

    /// Everything but secrets, for reading elsewhere: workspace.json (servers and requests with their settings), certificates/*.pem and
    /// ca-store/*.pem. `folder` is made if missing and must be empty. Returns the paths.
    [[nodiscard]] Result<QStringList> exportTo(const QString &folder, const QDateTime &now) const;

private:
    [[nodiscard]] Result<void> hold(QLockFile &lock) const;
    [[nodiscard]] Result<BackupRecord> writeBackup(const QDateTime &now, const QString &folder) const;

    QString m_workspace;
};

} // namespace Models
