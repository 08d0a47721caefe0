// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/worker/keypool.h"

#include "scep/pki/cryptolibrary.h"

#include <QFutureWatcher>
#include <QHash>
#include <QPointer>
#include <QScopeGuard>
#include <QThreadPool>
#include <QtConcurrentRun>

#include <algorithm>
#include <deque>

namespace Scep {

using KeyResult = Pki::Result<Pki::PrivateKey>;

class KeyPool::Private
{
public:
    struct Waiter {
        QPointer<QObject> context;
        Callback callback;
    };
    struct Shelf {
        Pki::KeySpec spec;
        int wanted = 0;
        bool isMaking = false; ///< one spare key at a time
        std::deque<Pki::PrivateKey> spares;
        std::deque<Waiter> waiters; ///< get the key that is being made
    };

    explicit Private(KeyPool *pool)
        : q(pool)
    {
        // Half the processors: with a batch of devices the exchanges and the window must still get theirs.
        onDemand.setMaxThreadCount(std::max(1, QThread::idealThreadCount() / 2));
        whileIdle.setMaxThreadCount(1);
        whileIdle.setThreadPriority(QThread::LowPriority);
    }

    Shelf &shelf(const Pki::KeySpec &spec)
    {
        Shelf &found = shelves[spec.toText()];
        found.spec = spec;
        return found;
    }

    void generate(QThreadPool &threads, const Pki::KeySpec &spec, std::function<void(const KeyResult &)> done)
    {
        auto *watcher = new QFutureWatcher<KeyResult>(q);
        QObject::connect(watcher, &QFutureWatcherBase::finished, q, [watcher, done = std::move(done)] {
            watcher->deleteLater();
            if (!watcher->isCanceled())
                done(watcher->result());
        });
        watcher->setFuture(QtConcurrent::run(&threads, [spec] {
            const auto release = qScopeGuard(&Pki::releaseThreadResources);
            return Pki::PrivateKey::generate(spec);
        }));
    }

    void refill(Shelf &target)
    {
        if (target.isMaking || static_cast<int>(target.spares.size()) >= target.wanted)
            return;
        target.isMaking = true;
        generate(whileIdle, target.spec, [this, spec = target.spec](const KeyResult &key) {
            Shelf &filled = shelf(spec);
            filled.isMaking = false;
            while (!filled.waiters.empty()) {
                const Waiter waiter = std::move(filled.waiters.front());
                filled.waiters.pop_front();
                if (!waiter.context)
                    continue;
                waiter.callback(key);
                refill(shelf(spec)); // the callback may have changed the shelves
                return;
            }
            if (!key)
                return; // the next take() makes its own and reports
            filled.spares.push_back(*key);
            refill(filled);
        });
    }

    KeyPool *const q;
    QThreadPool onDemand;
    QThreadPool whileIdle;
    QHash<QString, Shelf> shelves; ///< by KeySpec::toText()
};

KeyPool::KeyPool(QObject *parent)
    : QObject(parent)
    , d(std::make_unique<Private>(this))
{}

KeyPool::~KeyPool()
{
    for (QThreadPool *threads : {&d->onDemand, &d->whileIdle})
        threads->clear(); // what has not begun is dropped
    for (QThreadPool *threads : {&d->onDemand, &d->whileIdle})
        threads->waitForDone();
}

void KeyPool::take(const Pki::KeySpec &spec, QObject *context, Callback callback)
{
    Private::Shelf &shelf = d->shelf(spec);
    if (!shelf.spares.empty()) {
        const Pki::PrivateKey key = shelf.spares.front();
        shelf.spares.pop_front();
        QMetaObject::invokeMethod(context, [key, callback = std::move(callback)] { callback(key); }, Qt::QueuedConnection);
        d->refill(shelf);
        return;
    }
    Private::Waiter waiter{context, std::move(callback)};
    if (shelf.isMaking && shelf.waiters.empty()) {
        shelf.waiters.push_back(std::move(waiter)); // half made already: sooner than a new one
        return;
    }
    d->generate(d->onDemand, spec, [waiter = std::move(waiter)](const KeyResult &key) {
        if (waiter.context)
            waiter.callback(key);
    });
}

void KeyPool::keepSpare(const Pki::KeySpec &spec, int count)
{
    Private::Shelf &shelf = d->shelf(spec);
    shelf.wanted = std::max(0, count);
    while (static_cast<int>(shelf.spares.size()) > shelf.wanted)
        shelf.spares.pop_back();
    d->refill(shelf);
}

int KeyPool::spareCount(const Pki::KeySpec &spec) const
{
    const auto shelf = d->shelves.constFind(spec.toText());
    return shelf == d->shelves.constEnd() ? 0 : static_cast<int>(shelf->spares.size());
}

} // namespace Scep
