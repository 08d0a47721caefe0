// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QThread>

#include <functional>

namespace Scep {

/// A QThread with an event loop and one context object in it. Owned by the GUI thread; made there, ended there.
class WorkerThread final
{
    Q_DISABLE_COPY_MOVE(WorkerThread)

public:
    explicit WorkerThread(const QString &name);
    /// Runs `atEnd` in the thread, then stops and joins it.
    ~WorkerThread();

    void post(std::function<void()> work); ///< run `work` in the thread, in order
    void setAtEnd(std::function<void()> atEnd);
    [[nodiscard]] QObject *context() const { return m_context; } ///< lives in the thread: for queued connections

private:
    QThread m_thread;
    QObject *m_context = nullptr;
    std::function<void()> m_atEnd;
};

} // namespace Scep
