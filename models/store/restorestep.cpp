// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/store/restorestep.h"

#include "scep/files/durablefile.h"

#include <QDir>
#include <QFile>

#ifdef Q_OS_UNIX
#include <fcntl.h>
#include <unistd.h>
#endif
#include <filesystem>

using namespace Qt::StringLiterals;
using Pki::failure;

namespace Models {

namespace {

constexpr auto ending = ".restoring"_L1;

Result<void> moveOver(const QString &from, const QString &to)
{
    if (!QFile::exists(from)) // done before
        return {};
    std::error_code error;
    std::filesystem::rename(from.toStdString(), to.toStdString(), error);
    if (error)
        return failure(ErrorCode::FileNotWritable, u"%1: %2"_s.arg(to, QString::fromStdString(error.message())));
    return {};
}

/// The new names are on the disk before the marker goes.
void synchroniseFolder(const QString &folder)
{
#ifdef Q_OS_UNIX
    const int descriptor = ::open(QFile::encodeName(folder).constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return;
    ::fsync(descriptor);
    ::close(descriptor);
#else
    Q_UNUSED(folder)
#endif
}

} // namespace

RestoreStep::RestoreStep(const QString &workspace)
    : m_folder(workspace)
    , m_store(QDir(workspace).filePath(u"store.sqlite"_s))
    , m_vault(QDir(workspace).filePath(u"vault.json"_s))
    , m_newStore(m_store + ending)
    , m_newVault(m_vault + ending)
    , m_marker(QDir(workspace).filePath(u"restore.pending"_s))
{}

bool RestoreStep::isPending() const
{
    return QFile::exists(m_marker);
}

Result<void> RestoreStep::clear() const
{
    for (const QString &left : {m_newStore, m_newVault}) {
        if (Result<void> removed = Files::removeFile(left); !removed)
            return removed;
    }
    return {};
}

Result<void> RestoreStep::begin() const
{
    return Files::writeDurably(m_marker, "store.sqlite.restoring and vault.json.restoring take their places\n",
                               Files::FileAccess::OwnerOnly);
}

Result<void> RestoreStep::finish() const
{
    if (!isPending())
        return {};
    if (QFile::exists(m_newStore)) {
        // An old write-ahead log beside the new file would be taken for its own.
        for (const QString &part : {m_store + u"-wal"_s, m_store + u"-shm"_s}) {
            if (Result<void> removed = Files::removeFile(part); !removed)
                return removed;
        }
    }
    if (Result<void> moved = moveOver(m_newStore, m_store); !moved)
        return moved;
    if (Result<void> moved = moveOver(m_newVault, m_vault); !moved)
        return moved;
    synchroniseFolder(m_folder);
    return Files::removeFile(m_marker);
}

} // namespace Models
