// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/folderlock.h"

#include "scep/pki/digest.h"

#include <QDir>
#include <QFile>

#include <array>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#ifdef Q_OS_UNIX
#include <fcntl.h>
#include <unistd.h>
#endif
#ifndef F_OFD_SETLK
#include <QLockFile>
#endif

namespace LabCa {

using namespace Qt::StringLiterals;
using Pki::ErrorCode;
using Pki::failure;
using Pki::Result;

namespace {

constexpr int slotCount = 64;
constexpr int wholeFolder = -1;
constexpr std::chrono::milliseconds shortestPause{1};
constexpr std::chrono::milliseconds longestPause{20};

using Deadline = std::chrono::steady_clock::time_point;

/// The threads of this process. Whoever wants the whole folder is let in before new slots are given.
class Threads
{
public:
    bool take(int slot, Deadline deadline)
    {
        std::unique_lock lock(m_mutex);
        if (slot == wholeFolder)
            ++m_wantWhole;
        const bool isFree = m_changed.wait_until(lock, deadline, [&] {
            return slot == wholeFolder ? !m_hasWhole && m_slotsTaken == 0
                                       : !m_hasWhole && m_wantWhole == 0 && !m_isTaken[static_cast<std::size_t>(slot)];
        });
        if (slot == wholeFolder)
            --m_wantWhole;
        if (!isFree) {
            m_changed.notify_all();
            return false;
        }
        if (slot == wholeFolder) {
            m_hasWhole = true;
        } else {
            m_isTaken[static_cast<std::size_t>(slot)] = true;
            ++m_slotsTaken;
        }
        return true;
    }
    void give(int slot)
    {
        const std::lock_guard lock(m_mutex);
        if (slot == wholeFolder) {
            m_hasWhole = false;
        } else {
            m_isTaken[static_cast<std::size_t>(slot)] = false;
            --m_slotsTaken;
        }
        m_changed.notify_all();
    }

private:
    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::array<bool, slotCount> m_isTaken{};
    int m_slotsTaken = 0;
    int m_wantWhole = 0;
    bool m_hasWhole = false;
};

} // namespace

class FolderLock::Private
{
public:
    explicit Private(QString filePath)
        : path(std::move(filePath))
    {}
    Q_DISABLE_COPY_MOVE(Private)

#ifdef F_OFD_SETLK
    ~Private()
    {
        if (m_descriptor >= 0)
            ::close(m_descriptor);
    }
    [[nodiscard]] bool open()
    {
        const std::lock_guard lock(m_openMutex);
        if (m_descriptor < 0)
            m_descriptor = ::open(QFile::encodeName(path).constData(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        return m_descriptor >= 0;
    }
    /// Locks of an open file, not of a process: they also end with a crash, and two depots in one process exclude each other.
    [[nodiscard]] bool set(int slot, short type) const
    {
        struct flock range = {};
        range.l_type = type;
        range.l_whence = SEEK_SET;
        range.l_start = slot == wholeFolder ? 0 : slot;
        range.l_len = slot == wholeFolder ? 0 : 1; // 0: to the end
        return ::fcntl(m_descriptor, F_OFD_SETLK, &range) == 0;
    }
    [[nodiscard]] bool lock(int slot) const { return set(slot, F_WRLCK); }
    void unlock(int slot) const { static_cast<void>(set(slot, F_UNLCK)); }
#else
    [[nodiscard]] bool open()
    {
        m_file.setStaleLockTime(0);
        return true;
    }
    [[nodiscard]] bool lock(int) { return m_file.tryLock(0); }
    void unlock(int) { m_file.unlock(); }
#endif

    Result<Guard> take(int slot, std::chrono::milliseconds patience);

    QString path;
    Threads threads;

private:
#ifdef F_OFD_SETLK
    std::mutex m_openMutex;
    int m_descriptor = -1;
#else
    QLockFile m_file{path};
#endif
};

struct FolderLock::Guard::Held {
    Private *lock = nullptr;
    int slot = wholeFolder;
    int inProcess = wholeFolder;

    Held(Private *owner, int number, int threadSlot)
        : lock(owner)
        , slot(number)
        , inProcess(threadSlot)
    {}
    Q_DISABLE_COPY_MOVE(Held)
    ~Held()
    {
        lock->unlock(slot);
        lock->threads.give(inProcess);
    }
};

FolderLock::Guard::Guard() = default;
FolderLock::Guard::Guard(Guard &&) noexcept = default;
FolderLock::Guard &FolderLock::Guard::operator=(Guard &&) noexcept = default;
FolderLock::Guard::~Guard() = default;

Result<FolderLock::Guard> FolderLock::Private::take(int slot, std::chrono::milliseconds patience)
{
    const Deadline deadline = std::chrono::steady_clock::now() + patience;
    const auto busy = [this] {
        return failure(ErrorCode::WorkspaceInUse, u"somebody else keeps %1 locked"_s.arg(QDir::toNativeSeparators(path)));
    };
    if (!open())
        return failure(ErrorCode::FileNotWritable, u"%1: the lock file cannot be written"_s.arg(QDir::toNativeSeparators(path)));
#ifdef F_OFD_SETLK
    const int inProcess = slot;
#else
    const int inProcess = wholeFolder;
#endif
    if (!threads.take(inProcess, deadline))
        return busy();
    // Another process. There is no lock that waits for a while only, so it is tried again.
    std::chrono::milliseconds pause = shortestPause;
    while (!lock(slot)) {
        if (std::chrono::steady_clock::now() >= deadline) {
            threads.give(inProcess);
            return busy();
        }
        std::this_thread::sleep_for(pause);
        pause = std::min(pause * 2, longestPause);
    }
    Guard guard;
    guard.m_held = std::make_unique<Guard::Held>(this, slot, inProcess);
    return guard;
}

FolderLock::FolderLock(QString path)
    : d(std::make_unique<Private>(std::move(path)))
{}
FolderLock::~FolderLock() = default;
FolderLock::FolderLock(FolderLock &&) noexcept = default;
FolderLock &FolderLock::operator=(FolderLock &&) noexcept = default;

Result<FolderLock::Guard> FolderLock::whole(std::chrono::milliseconds patience)
{
    return d->take(wholeFolder, patience);
}

Result<FolderLock::Guard> FolderLock::slot(const QByteArray &name, std::chrono::milliseconds patience)
{
    const QByteArray hash = Pki::hash(Pki::Digest::Sha256, name);
    return d->take(static_cast<unsigned char>(hash.at(0)) % slotCount, patience);
}

} // namespace LabCa
