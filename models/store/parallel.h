// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QSemaphore>
#include <QThread>
#include <QThreadPool>

#include <atomic>
#include <memory>

namespace Models {

/// Calls work(0) ... work(count - 1), on all processors where there are enough of them to be worth it; returns when all are done. `work`
/// must not throw, touch the database or wait for anything. The calling thread does its share, so that it ends also when the pool is busy.
template <typename Work>
void inParallel(qsizetype count, const Work &work)
{
    constexpr qsizetype worthIt = 64;
    const int helpers = count < worthIt ? 0 : QThread::idealThreadCount() - 1;
    // Owned by whoever comes last: a helper that starts late finds nothing left to do, after this function may have returned.
    struct Shared {
        std::atomic<qsizetype> next{0};
        QSemaphore done;
    };
    const auto shared = std::make_shared<Shared>();
    const auto run = [shared, count](const Work *step) {
        for (qsizetype i = shared->next++; i < count; i = shared->next++) {
            (*step)(i);
            shared->done.release();
        }
    };
    for (int i = 0; i < helpers; ++i)
        QThreadPool::globalInstance()->start([run, step = &work] { run(step); });
    run(&work);
    shared->done.acquire(static_cast<int>(count));
}

} // namespace Models
