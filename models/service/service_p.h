// SPDX-License-Identifier: GPL-3.0-or-later
// Seen by the service's own files only.
#pragma once

#include "models/items/castoremodel.h"
#include "models/items/certificatemodel.h"
#include "models/items/requestmodel.h"
#include "models/items/servermodel.h"
#include "models/service/serviceworker.h"
#include "scep/worker/workerthread.h"

#include <QThreadPool>
#include <QTimer>

namespace Models {

class Service::Private
{
public:
    Private(Service *service, Configuration settings);

    ServiceWorker::Sink makeSink();
    void setActivity(const Scep::Activity &activity);
    void watchTimes();
    void watchTimesSoon();
    void fetch(const CertificateModel::PageRequest &request);

    /// Runs `work` in the worker thread; its result ends the future. What it changed is in the lists before.
    template <typename T>
    QFuture<Result<T>> ask(std::function<Result<T>(ServiceWorker &)> work)
    {
        return ask<T>(&ServiceWorker::checkOpen, std::move(work));
    }
    /// The same for what changes nothing and needs no engine.
    template <typename T>
    QFuture<Result<T>> read(std::function<Result<T>(ServiceWorker &)> work)
    {
        return ask<T>(&ServiceWorker::checkReadable, std::move(work));
    }
    template <typename T>
    QFuture<Result<T>> ask(Result<void> (ServiceWorker::*check)() const, std::function<Result<T>(ServiceWorker &)> work)
    {
        auto promise = std::make_shared<QPromise<Result<T>>>();
        promise->start();
        thread.post([this, promise, check, work = std::move(work)] {
            Result<void> usable = (*worker.*check)();
            Result<T> result = usable ? work(*worker) : Result<T>(std::unexpected(usable.error()));
            if (usable)
                worker->flush();
            promise->addResult(std::move(result));
            promise->finish();
        });
        return promise->future();
    }
    /// The same without an answer.
    void tell(std::function<void(ServiceWorker &)> work)
    {
        thread.post([this, work = std::move(work)] {
            if (worker->checkOpen())
                work(*worker);
        });
    }
    /// Reads the certificate in the worker thread and writes it on a pool thread: deriving a key from a pass phrase takes long.
    template <typename T>
    QFuture<Result<T>> exportCertificate(Scep::CertificateId id,
                                         std::function<Result<T>(const Scep::IssuedCertificate &, const QString &label)> write)
    {
        auto promise = std::make_shared<QPromise<Result<T>>>();
        promise->start();
        thread.post([this, promise, id, write = std::move(write)] {
            const Result<void> usable = worker->checkReadable();
            auto found = usable ? worker->certificateForExport(id)
                                : Result<std::pair<Scep::IssuedCertificate, QString>>(std::unexpected(usable.error()));
            if (!found) {
                promise->addResult(Result<T>(std::unexpected(found.error())));
                promise->finish();
                return;
            }
            QThreadPool::globalInstance()->start([promise, write, found = *found] {
                promise->addResult(write(found.first, found.second));
                promise->finish();
            });
        });
        return promise->future();
    }

    Service *const q;
    const Configuration configuration;
    ServerModel servers;
    RequestModel requests;
    CaStoreModel caStore;
    CertificateModel certificates;
    bool isCertificateListShown = false;
    bool isWatchScheduled = false;
    Scep::Activity engineActivity;
    LockState lockState = LockState::Unprotected;
    QTimer refreshTimer;
    std::unique_ptr<ServiceWorker> worker; ///< touched in the worker thread only
    Scep::WorkerThread thread;             ///< last: it ends first
};

} // namespace Models
