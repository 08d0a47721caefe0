// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/store/workspacecare.h"

#include "models/store/restorestep.h"
#include "models/store/store.h"
#include "models/store/storeschema.h"
#include "models/store/writeobstacle.h"
#include "models/vault/vault.h"
#include "scep/files/durablefile.h"

#include <QDir>
#include <QFile>
#include <QLockFile>

#ifdef Q_OS_UNIX
#include <unistd.h>
#endif
#include <filesystem>

using namespace Qt::StringLiterals;
using Pki::failure;

namespace Models {

namespace {

constexpr auto storeName = "store.sqlite"_L1;
constexpr auto vaultName = "vault.json"_L1;
constexpr auto folderTimeFormat = "yyyy-MM-ddTHH-mm-ss"_L1;
constexpr auto partialEnding = ".partial"_L1;
/// Of what restored backups took the place of: enough to undo, and not for ever.
constexpr qsizetype mostReplaced = 5;

QString folderName(const QDateTime &time)
{
    return time.toUTC().toString(folderTimeFormat.toString()) + u'Z';
}

QDateTime folderTime(const QString &name)
{
    QDateTime time = QDateTime::fromString(name.left(19), folderTimeFormat.toString());
    time.setTimeSpec(Qt::UTC);
    return time;
}

/// A name that nothing has yet: `wanted`, `wanted`-2, ...
QString freeName(const QString &wanted)
{
    QString name = wanted;
    for (int number = 2; QFileInfo::exists(name) || QFileInfo::exists(name + partialEnding); ++number)
        name = u"%1-%2"_s.arg(wanted, QString::number(number));
    return name;
}

/// What SQLite or QFile wrote is on the disk and not only on its way there.
Result<void> synchronise(const QString &path)
{
#ifdef Q_OS_UNIX
    QFile file(path);
    if (!file.open(QIODevice::ReadWrite | QIODevice::ExistingOnly) || ::fsync(file.handle()) != 0)
        return failure(ErrorCode::FileNotWritable, u"%1: %2"_s.arg(path, file.errorString()));
#else
    Q_UNUSED(path)
#endif
    return {};
}

/// The copies in a folder, newest first.
QList<BackupRecord> records(const QString &path)
{
    QList<BackupRecord> records;
    const QDir folder(path);
    for (const QString &name : folder.entryList(QDir::Dirs | QDir::NoDotAndDotDot, QDir::Name | QDir::Reversed)) {
        const QDateTime at = folderTime(name);
        const QDir copy(folder.filePath(name));
        const QFileInfo store(copy.filePath(storeName));
        if (at.isValid() && !name.endsWith(partialEnding) && (store.exists() || QFile::exists(copy.filePath(vaultName))))
            records.append({folder.filePath(name), at, store.size()});
    }
    return records;
}

Result<void> moveOver(const QString &from, const QString &to)
{
    std::error_code error;
    std::filesystem::rename(from.toStdString(), to.toStdString(), error);
    if (error)
        return failure(ErrorCode::FileNotWritable, u"%1: %2"_s.arg(to, QString::fromStdString(error.message())));
    return {};
}

/// A whole private copy under a name that is free.
Result<void> copyFile(const QString &from, const QString &to)
{
    QFile source(from);
    if (!source.copy(to))
        return failure(ErrorCode::FileNotWritable, u"%1: %2"_s.arg(to, source.errorString()));
    QFile::setPermissions(to, QFileDevice::ReadOwner | QFileDevice::WriteOwner);
    return synchronise(to);
}

Result<void> copyVault(const QString &from, const QString &to)
{
    Result<QByteArray> bytes = Files::readFile(from, 64 * 1024);
    if (!bytes)
        return std::unexpected(bytes.error());
    Result<void> written = Files::writeDurably(to, *bytes, Files::FileAccess::OwnerOnly);
    Pki::wipe(*bytes); // an open vault's file holds the data key
    return written;
}

/// With the reason, where the folder above it tells one.
std::unexpected<Error> failedToMake(const QString &folder, const Error &error)
{
    QString above = folder;
    while (!QFileInfo::exists(QFileInfo(above).path()))
        above = QFileInfo(above).path();
    const std::optional<Error> obstacle = writeObstacle(above);
    if (!obstacle)
        return std::unexpected(error);
    return failure(obstacle->code, u"%1: %2"_s.arg(folder, obstacle->detail));
}

/// Sound, and of a version that we can open.
Result<void> checkBackup(const QString &folder)
{
    if (const Result<Vault> vault = Vault::load(QDir(folder).filePath(vaultName)); !vault)
        return std::unexpected(vault.error());
    const QString file = QDir(folder).filePath(storeName);
    auto database = SqlDatabase::openForReading(file);
    if (!database)
        return std::unexpected(database.error());
    const Result<QVariant> verdict = (*database)->value(u"PRAGMA quick_check(1)"_s);
    if (!verdict)
        return std::unexpected(verdict.error());
    if (verdict->toString() != "ok"_L1)
        return failure(ErrorCode::StoreFailure, u"%1 is damaged: %2"_s.arg(file, verdict->toString()));
    const Result<int> version = schemaVersion(**database);
    if (!version)
        return std::unexpected(version.error());
    if (*version == 0)
        return failure(ErrorCode::StoreFailure, u"%1 is empty"_s.arg(file));
    if (const int newest = migrations().last().to; *version > newest)
        return failure(ErrorCode::StoreVersion,
                       u"%1 has version %2, this Scepter knows up to %3"_s.arg(file, QString::number(*version), QString::number(newest)));
    return {};
}

} // namespace

WorkspaceCare::WorkspaceCare(QString workspace)
    : m_workspace(std::move(workspace))
{}

QString WorkspaceCare::storeFile() const
{
    return QDir(m_workspace).filePath(storeName);
}

QString WorkspaceCare::vaultFile() const
{
    return QDir(m_workspace).filePath(vaultName);
}

QString WorkspaceCare::backupFolder() const
{
    return QDir(m_workspace).filePath(u"backups"_s);
}

Result<StoreReport> WorkspaceCare::check(const Pki::SecretBytes &passphrase, bool opensKeys) const
{
    if (Result<void> whole = finishRestore(); !whole)
        return std::unexpected(whole.error());
    Result<Vault> vault = Vault::load(vaultFile());
    if (!vault)
        return std::unexpected(vault.error());
    if (opensKeys && vault->isLocked() && !passphrase.isEmpty()) {
        if (Result<void> unlocked = vault->unlock(passphrase); !unlocked)
            return std::unexpected(unlocked.error());
    }
    const auto store = Store::openReadOnly(storeFile(), *vault);
    if (!store)
        return std::unexpected(store.error());
    return (*store)->check(opensKeys);
}

// -- backup --------------------------------------------------------------------------------------------------------------------

Result<BackupRecord> WorkspaceCare::writeBackup(const QDateTime &now, const QString &folder) const
{
    const QDir target(folder);
    auto database = SqlDatabase::openForReading(storeFile());
    if (!database)
        return std::unexpected(database.error());
    // The vault first: a pass phrase that is changed meanwhile wraps the same key.
    if (Result<void> copied = copyVault(vaultFile(), target.filePath(vaultName)); !copied)
        return std::unexpected(copied.error());
    const QString copy = target.filePath(storeName);
    // The copy is written by this connection, to the other file only.
    if (const Result<QSqlQuery> set = (*database)->run(u"PRAGMA query_only=OFF"_s); !set)
        return std::unexpected(set.error());
    if (Result<void> copied = copyDatabase(**database, copy); !copied)
        return std::unexpected(copied.error());
    if (Result<void> done = synchronise(copy); !done)
        return std::unexpected(done.error());
    return BackupRecord{folder, now.toUTC(), QFileInfo(copy).size()};
}

Result<BackupRecord> WorkspaceCare::backUp(const QDateTime &now, const QString &folder) const
{
    if (Result<void> whole = finishRestore(); !whole)
        return std::unexpected(whole.error());
    const QString name = folder.isEmpty() ? freeName(QDir(backupFolder()).filePath(folderName(now))) : QDir(folder).absolutePath();
    if (QDir(name).exists() && !QDir(name).isEmpty())
        return failure(ErrorCode::FileNotWritable, u"%1 is not empty"_s.arg(name));
    const QString partial = name + partialEnding;
    QDir(partial).removeRecursively(); // of a process that ended in the middle
    if (Result<void> made = Files::makePrivateFolder(partial); !made)
        return failedToMake(partial, made.error());
    Result<BackupRecord> record = writeBackup(now, partial);
    if (record) {
        if (QDir(name).exists())
            QDir().rmdir(name);
        if (Result<void> moved = moveOver(partial, name); !moved)
            record = std::unexpected(moved.error());
    }
    if (!record) {
        QDir(partial).removeRecursively();
        return record;
    }
    record->folder = name;
    return record;
}

QList<BackupRecord> WorkspaceCare::backups() const
{
    return records(backupFolder());
}

Result<std::optional<BackupRecord>> WorkspaceCare::backUpIfDue(const QDateTime &now, const StoreSettings &settings) const
{
    if (settings.backups <= 0)
        return std::optional<BackupRecord>();
    const QList<BackupRecord> present = backups();
    // One from the future is of a clock that was wrong: it does not keep us from making another.
    if (!present.isEmpty() && present.first().at <= now && present.first().at.addDays(1) > now)
        return std::optional<BackupRecord>();
    const Result<BackupRecord> made = backUp(now);
    if (!made)
        return std::unexpected(made.error());
    QList<BackupRecord> all = backups();
    std::stable_partition(all.begin(), all.end(), [&](const BackupRecord &record) { return record.folder == made->folder; });
    for (const BackupRecord &old : all.sliced(qMin<qsizetype>(settings.backups, all.size())))
        QDir(old.folder).removeRecursively();
    return std::optional(*made);
}

// -- restore -------------------------------------------------------------------------------------------------------------------

Result<QString> WorkspaceCare::restore(const QString &backup, const QDateTime &now) const
{
    if (Result<void> sound = checkBackup(backup); !sound)
        return std::unexpected(sound.error());
    if (Result<void> made = Files::makePrivateFolder(m_workspace); !made)
        return failedToMake(m_workspace, made.error());
    QLockFile lock(storeFile() + u".lock"_s);
    if (Result<void> locked = hold(lock); !locked)
        return std::unexpected(locked.error());
    const RestoreStep step(m_workspace);
    if (Result<void> ready = step.finish(); !ready)
        return std::unexpected(ready.error());

    // The new files are whole and on the disk before anything old is touched.
    Result<void> done = step.clear();
    if (done)
        done = copyFile(QDir(backup).filePath(storeName), step.newStore());
    if (done)
        done = copyVault(QDir(backup).filePath(vaultName), step.newVault());

    QString putAside;
    const QStringList oldFiles{storeFile(), storeFile() + u"-wal"_s, storeFile() + u"-shm"_s, vaultFile()};
    const bool hasOld = std::ranges::any_of(oldFiles, [](const QString &file) { return QFile::exists(file); });
    if (done && hasOld) {
        if (QFile::exists(storeFile())) // so that what was written last is in the one file; a damaged one is kept as it is
            (void)SqlDatabase::open(storeFile());
        putAside = freeName(QDir(m_workspace).filePath(u"replaced/"_s + folderName(now)));
        done = Files::makePrivateFolder(putAside);
        for (const QString &file : oldFiles) {
            if (done && QFile::exists(file))
                done = copyFile(file, QDir(putAside).filePath(QFileInfo(file).fileName()));
        }
    }
    if (done)
        done = step.begin();
    if (!done) {
        (void)step.clear();
        if (!putAside.isEmpty())
            QDir(putAside).removeRecursively();
        return std::unexpected(done.error());
    }
    // From here on there is no way back: what fails now is finished by the next one who comes.
    if (Result<void> finished = step.finish(); !finished)
        return std::unexpected(finished.error());
    const QList<BackupRecord> all = replaced();
    for (const BackupRecord &old : all.sliced(qMin<qsizetype>(mostReplaced, all.size())))
        QDir(old.folder).removeRecursively();
    return putAside;
}

Result<void> WorkspaceCare::hold(QLockFile &lock) const
{
    lock.setStaleLockTime(0);
    if (lock.tryLock(0))
        return {};
    if (lock.error() == QLockFile::LockFailedError) {
        const auto holder = Store::holderOf(storeFile());
        return failure(ErrorCode::WorkspaceInUse, holder ? u"%1 is held by %2"_s.arg(m_workspace, holder->toText()) : m_workspace);
    }
    const Error error = writeObstacle(storeFile()).value_or(Error{ErrorCode::FileNotWritable, u"the lock cannot be made"_s});
    return failure(error.code, u"%1.lock: %2"_s.arg(storeFile(), error.detail));
}

Result<void> WorkspaceCare::finishRestore() const
{
    const RestoreStep step(m_workspace);
    if (!step.isPending())
        return {};
    QLockFile lock(storeFile() + u".lock"_s);
    if (Result<void> locked = hold(lock); !locked)
        return locked;
    return step.finish();
}

QList<BackupRecord> WorkspaceCare::replaced() const
{
    return records(QDir(m_workspace).filePath(u"replaced"_s));
}

} // namespace Models
