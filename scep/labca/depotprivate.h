// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What depot.cpp (the CA) and depotenrollments.cpp share.

#include "scep/labca/cafiles.h"
#include "scep/labca/depot.h"
#include "scep/labca/enrollmentindex.h"
#include "scep/labca/filestamp.h"
#include "scep/labca/folderlock.h"
#include "scep/labca/rollover.h"

#include <mutex>

namespace LabCa {

inline QString enrollmentFolder(const QString &folder)
{
    return folder + QStringLiteral("/enrollments");
}

class Depot::Private
{
public:
    Private(QString folderPath, FolderLock folderLock, KeyProtection keyProtection)
        : folder(std::move(folderPath))
        , lock(std::move(folderLock))
        , protection(std::move(keyProtection))
        , index(enrollmentFolder(folder))
    {}

    /// Changes with every file that is put into the folder, also by another process. Enrollments lie in a folder of their own.
    using Stamp = std::pair<FileStamp, FileStamp>;
    [[nodiscard]] Stamp stamp() const
    {
        return {fileStamp(folder), fileStamp(inFolder(folder, certificateFile(Generation::current(), CaPart::Issuing)))};
    }
    /// Under the lock of the whole folder.
    Result<void> readAgain()
    {
        const auto finished = finishSwitch(folder, protection);
        if (!finished)
            return finished;
        const Stamp read = stamp();
        auto material = readCa(folder, protection);
        if (!material)
            return std::unexpected(material.error());
        const std::lock_guard guard(mutex);
        ca = std::make_shared<const CaMaterial>(std::move(*material));
        caStamp = read;
        return {};
    }
    [[nodiscard]] bool isUpToDate(const QDateTime &now) const
    {
        const Stamp found = stamp();
        const std::lock_guard guard(mutex);
        const bool isTime = ca->next && ca->switchAt.isValid() && ca->switchAt <= now;
        return found == caStamp && !isTime;
    }
    Result<void> makeNext(const std::optional<CaDescription> &wanted, bool withRoot);

    QString folder;
    FolderLock lock;
    KeyProtection protection;
    EnrollmentIndex index;
    mutable std::mutex mutex; ///< of what follows
    std::shared_ptr<const CaMaterial> ca;
    Stamp caStamp; ///< of the files that `ca` was read from
};

} // namespace LabCa
