// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/error.h"

#include <QByteArray>
#include <QString>

#include <chrono>
#include <memory>

namespace LabCa {

/// Keeps threads and processes that work on one folder out of each other's way. Either somebody has the whole folder, or several have one
/// slot of it each: two names rarely share a slot. The system frees a lock with its process, so none is ever stale; the file itself stays.
/// Thread: any one. Where the system has no such locks every slot is the whole folder.
class FolderLock
{
public:
    /// Nothing is opened before the first lock.
    explicit FolderLock(QString path);
    ~FolderLock();
    FolderLock(FolderLock &&) noexcept;
    FolderLock &operator=(FolderLock &&) noexcept;

    /// Free again when it goes.
    class Guard
    {
    public:
        Guard();
        Guard(Guard &&) noexcept;
        Guard &operator=(Guard &&) noexcept;
        ~Guard();

    private:
        friend class FolderLock;
        struct Held;
        std::unique_ptr<Held> m_held;
    };

    /// Errors: WorkspaceInUse (somebody else keeps it), FileNotWritable (the lock file cannot be made).
    Pki::Result<Guard> whole(std::chrono::milliseconds patience = std::chrono::seconds(10));
    Pki::Result<Guard> slot(const QByteArray &name, std::chrono::milliseconds patience = std::chrono::seconds(10));

private:
    class Private;
    std::unique_ptr<Private> d;
};

} // namespace LabCa
