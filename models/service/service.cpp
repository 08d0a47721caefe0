// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/service/service.h"

#include "models/items/castoremodel.h"
#include "models/items/certificatemodel.h"
#include "models/items/requestmodel.h"
#include "models/items/servermodel.h"
#include "models/service/enrollmentfiles.h"
#include "models/service/serviceworker.h"
#include "scep/worker/workerthread.h"

#include <QThreadPool>
#include <QTimer>

#include <chrono>

using namespace Qt::StringLiterals;
using Pki::failure;

namespace Models {

namespace {

using namespace std::chrono_literals;

const Pki::SecretBytes &orNone(const std::shared_ptr<Pki::SecretBytes> &secret)
{
    static const Pki::SecretBytes none;
    return secret ? *secret : none;
}

} // namespace

class Service::Private
{
public:
    Private(Service *service, Configuration settings)
        : q(service)
        , configuration(std::move(settings))
        , requests(configuration.now ? configuration.now : [] { return QDateTime::currentDateTimeUtc(); })
        , caStore(nullptr, configuration.now)
        , certificates([this](const CertificateModel::PageRequest &request) { fetch(request); },
                       configuration.now ? configuration.now : [] { return QDateTime::currentDateTimeUtc(); })
        , thread(u"worker"_s)
    {
        QObject::connect(&refreshTimer, &QTimer::timeout, &requests, &RequestModel::refreshTimes);
        QObject::connect(&refreshTimer, &QTimer::timeout, &certificates, &CertificateModel::refreshTimes);
        thread.setAtEnd([this] { worker.reset(); });
        thread.post([this] { worker = std::make_unique<ServiceWorker>(configuration, makeSink()); });
    }

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

// -- from the worker to the lists ----------------------------------------------------------------------------------------------

ServiceWorker::Sink Service::Private::makeSink()
{
    // Posted to the service: what is still on its way when it goes, goes with it.
    const auto post = [this](std::function<void()> work) { QMetaObject::invokeMethod(q, std::move(work), Qt::QueuedConnection); };
    ServiceWorker::Sink sink;
    sink.opened = [this, post](const QList<ServerRecord> &serverRecords, const QList<RequestRecord> &requestRecords,
                               const QList<CaStoreRecord> &caStoreRecords) {
        post([=, this] {
            QHash<Scep::ServerId, QList<CaStoreRecord>> byServer;
            for (const CaStoreRecord &record : caStoreRecords)
                byServer[record.server].append(record);
            for (const ServerRecord &record : serverRecords) {
                requests.setServerLabel(record.server.id, record.server.label);
                certificates.setServerLabel(record.server.id, record.server.label);
                caStore.setServerLabel(record.server.id, record.server.label);
                caStore.setRecords(record.server.id, byServer.value(record.server.id));
            }
            caStore.setRecords({}, byServer.value({}));
            servers.setRecords(serverRecords);
            requests.setRecords(requestRecords);
            if (isCertificateListShown)
                certificates.refresh();
            watchTimes();
        });
    };
    sink.serverChanged = [this, post](const ServerRecord &record) {
        post([this, record] {
            requests.setServerLabel(record.server.id, record.server.label);
            certificates.setServerLabel(record.server.id, record.server.label);
            caStore.setServerLabel(record.server.id, record.server.label);
            servers.setRecord(record);
        });
    };
    sink.serverRemoved = [this, post](Scep::ServerId id) {
        post([this, id] {
            servers.removeRecord(id);
            caStore.removeServer(id);
        });
    };
    sink.requestChanged = [this, post](const RequestRecord &record) {
        post([this, record] {
            requests.setRecord(record);
            watchTimesSoon();
        });
    };
    sink.requestRemoved = [this, post](Scep::RequestId id) {
        post([this, id] {
            requests.removeRecord(id);
            watchTimesSoon();
        });
    };
    sink.caStoreChanged = [this, post](Scep::ServerId id, const QList<CaStoreRecord> &records) {
        post([this, id, records] { caStore.setRecords(id, records); });
    };
    sink.certificateIssued = [this, post](Scep::RequestId id) { post([this, id] { emit q->certificateIssued(id); }); };
    sink.activityChanged = [this, post](const Scep::Activity &activity) { post([this, activity] { setActivity(activity); }); };
    sink.lockStateChanged = [this, post](LockState state) {
        post([this, state] {
            if (std::exchange(lockState, state) != state)
                emit q->lockStateChanged(state);
        });
    };
    sink.failed = [this, post](const Error &error, const QString &object) {
        post([this, error, object] { emit q->failed(error, object); });
    };
    sink.storeChecked = [this, post](const StoreReport &report) { post([this, report] { emit q->storeChecked(report); }); };
    return sink;
}

void Service::Private::setActivity(const Scep::Activity &activity)
{
    engineActivity = activity;
    emit q->activityChanged(q->activity());
}

void Service::Private::watchTimesSoon()
{
    // Once for a whole batch of changes: each costs a look at all requests.
    if (std::exchange(isWatchScheduled, true))
        return;
    QMetaObject::invokeMethod(
        q,
        [this] {
            isWatchScheduled = false;
            watchTimes();
            if (isCertificateListShown)
                certificates.refresh();
        },
        Qt::QueuedConnection);
}

void Service::Private::fetch(const CertificateModel::PageRequest &request)
{
    isCertificateListShown = true;
    thread.post([this, request] {
        const Result<void> usable = worker->checkReadable();
        const Result<CertificatePage> page = usable ? worker->certificateRows(request.query, request.offset, request.most)
                                                    : Result<CertificatePage>(std::unexpected(usable.error()));
        QMetaObject::invokeMethod(
            q,
            [this, ticket = request.ticket, isOpen = usable.has_value(), page] {
                if (!page && isOpen) // before it is open there is nothing to list, and opening asks again
                    emit q->failed(page.error(), configuration.workspace);
                certificates.setPage(ticket, page.value_or(CertificatePage{{}, 0, true}));
            },
            Qt::QueuedConnection);
    });
}

void Service::Private::watchTimes()
{
    // A countdown moves every second; "renewal due" and the bars of validity need no such haste.
    bool isCounting = false;
    for (int row = 0; row < requests.rowCount() && !isCounting; ++row) {
        const RequestRecord *record = requests.record(requests.index(row, 0));
        isCounting = record->transaction.isOpen() && record->transaction.nextAttemptAt.isValid();
    }
    if (requests.rowCount() == 0)
        refreshTimer.stop();
    else if (const auto interval = isCounting ? 1000ms : 60000ms; !refreshTimer.isActive() || refreshTimer.intervalAsDuration() != interval)
        refreshTimer.start(interval);
}

// -- the service ---------------------------------------------------------------------------------------------------------------

Service::Service(Configuration configuration, QObject *parent)
    : QObject(parent)
    , d(std::make_unique<Private>(this, std::move(configuration)))
{}

Service::~Service()
{
    d.reset(); // joins the worker thread while this object can still be posted to
}

QFuture<Result<void>> Service::open(std::shared_ptr<Pki::SecretBytes> passphrase)
{
    auto promise = std::make_shared<QPromise<Result<void>>>();
    promise->start();
    d->thread.post([parts = d.get(), promise, given = passphrase ? std::move(passphrase) : d->configuration.passphrase] {
        promise->addResult(parts->worker->open(orNone(given)));
        promise->finish();
    });
    return promise->future();
}

QFuture<Result<std::optional<WorkspaceHolder>>> Service::openForReading()
{
    auto promise = std::make_shared<QPromise<Result<std::optional<WorkspaceHolder>>>>();
    promise->start();
    d->thread.post([parts = d.get(), promise] {
        promise->addResult(parts->worker->openForReading());
        promise->finish();
    });
    return promise->future();
}

LockState Service::lockState() const
{
    return d->lockState;
}

void Service::lock()
{
    d->tell([](ServiceWorker &worker) { worker.lock(); });
}

QFuture<Result<void>> Service::unlock(std::shared_ptr<Pki::SecretBytes> passphrase)
{
    return d->read<void>([passphrase = std::move(passphrase)](ServiceWorker &worker) { return worker.unlock(orNone(passphrase)); });
}

QFuture<Result<void>> Service::changePassphrase(std::shared_ptr<Pki::SecretBytes> current, std::shared_ptr<Pki::SecretBytes> next)
{
    return d->ask<void>([current = std::move(current), next = std::move(next)](ServiceWorker &worker) {
        return worker.changePassphrase(orNone(current), orNone(next));
    });
}

ServerModel *Service::servers() const
{
    return &d->servers;
}

RequestModel *Service::requests() const
{
    return &d->requests;
}

CaStoreModel *Service::caStore() const
{
    return &d->caStore;
}

CertificateModel *Service::certificateList() const
{
    return &d->certificates;
}

ActivityView Service::activity() const
{
    const Scep::Activity &activity = d->engineActivity;
    ActivityView view{activity.kind, {}, {}, activity.runningExchanges, activity.nextDue};
    if (const ServerRecord *record = d->servers.record(activity.server))
        view.server = record->server.label;
    if (const RequestRecord *record = d->requests.record(activity.request))
        view.request = record->request.label;
    return view;
}

// -- servers -------------------------------------------------------------------------------------------------------------------

QFuture<Scep::ServerProbe> Service::probe(const QUrl &url, const QString &caIdentifier, const Scep::TransportSettings &transport)
{
    auto promise = std::make_shared<QPromise<Scep::ServerProbe>>();
    promise->start();
    d->thread.post([parts = d.get(), promise, request = Scep::ProbeRequest{0, url, caIdentifier, transport}] {
        const Result<void> usable = parts->worker->checkOpen();
        if (usable) {
            parts->worker->probe(request, promise);
            return;
        }
        Scep::ServerProbe probe;
        probe.error = usable.error();
        promise->addResult(probe);
        promise->finish();
    });
    return promise->future();
}

QFuture<Result<Scep::ServerId>> Service::addServer(const Scep::EnrollmentServer &server)
{
    return d->ask<Scep::ServerId>([server](ServiceWorker &worker) { return worker.addServer(server); });
}

QFuture<Result<void>> Service::updateServer(const Scep::EnrollmentServer &server, const Extras &extras)
{
    return d->ask<void>([server, extras](ServiceWorker &worker) { return worker.updateServer(server, extras); });
}

QFuture<Result<void>> Service::removeServer(Scep::ServerId id)
{
    return d->ask<void>([id](ServiceWorker &worker) { return worker.removeServer(id); });
}

void Service::refreshServer(Scep::ServerId id)
{
    d->tell([id](ServiceWorker &worker) { worker.refreshServer(id); });
}

void Service::acceptCapabilities(Scep::ServerId id)
{
    d->tell([id](ServiceWorker &worker) { worker.acceptCapabilities(id); });
}

QFuture<Scep::QueryResult> Service::query(const Scep::ServerQuery &query, Scep::RequestId as)
{
    auto promise = std::make_shared<QPromise<Scep::QueryResult>>();
    promise->start();
    d->thread.post([parts = d.get(), promise, query, as] {
        const Result<void> usable = parts->worker->checkOpen();
        if (usable) {
            parts->worker->query(query, as, promise);
            return;
        }
        Scep::QueryResult result;
        result.server = query.server;
        result.kind = query.kind;
        result.error = usable.error();
        promise->addResult(result);
        promise->finish();
    });
    return promise->future();
}

// -- requests ------------------------------------------------------------------------------------------------------------------

QFuture<Result<PreparedRequest>> Service::prepare(const Scep::EnrollmentRequest &request, std::shared_ptr<Pki::SecretBytes> challenge)
{
    auto promise = std::make_shared<QPromise<Result<PreparedRequest>>>();
    promise->start();
    d->thread.post([parts = d.get(), promise, request, challenge = std::move(challenge)] {
        if (const Result<void> usable = parts->worker->checkOpen(); !usable) {
            promise->addResult(Result<PreparedRequest>(std::unexpected(usable.error())));
            promise->finish();
            return;
        }
        parts->worker->prepare(request, challenge, promise);
    });
    return promise->future();
}

QFuture<Result<Scep::RequestId>> Service::submit(const PreparedRequest &prepared, std::shared_ptr<Pki::SecretBytes> challenge)
{
    return d->ask<Scep::RequestId>(
        [prepared, challenge = std::move(challenge)](ServiceWorker &worker) { return worker.submit(prepared, orNone(challenge)); });
}

QFuture<Result<void>> Service::enroll(Scep::RequestId id, std::shared_ptr<Pki::SecretBytes> challenge)
{
    return d->ask<void>([id, challenge = std::move(challenge)](ServiceWorker &worker) { return worker.enroll(id, orNone(challenge)); });
}

QFuture<Result<void>> Service::renew(Scep::RequestId id, std::shared_ptr<Pki::SecretBytes> challenge)
{
    return d->ask<void>([id, challenge = std::move(challenge)](ServiceWorker &worker) { return worker.renew(id, orNone(challenge)); });
}

void Service::attemptNow(Scep::RequestId id)
{
    d->tell([id](ServiceWorker &worker) { worker.attemptNow(id); });
}

void Service::cancel(Scep::RequestId id)
{
    d->tell([id](ServiceWorker &worker) { worker.cancel(id); });
}

QFuture<Result<void>> Service::updateRequest(const RequestEdit &edit)
{
    return d->ask<void>([edit](ServiceWorker &worker) { return worker.updateRequest(edit); });
}

QFuture<Result<DeliverySetup>> Service::deliverySetup(Scep::RequestId id)
{
    return d->read<DeliverySetup>([id](ServiceWorker &worker) { return worker.deliverySetup(id); });
}

QFuture<Result<void>> Service::deliverNow(Scep::RequestId id)
{
    return d->ask<void>([id](ServiceWorker &worker) { return worker.store().requestDelivery(id); });
}

QFuture<Result<void>> Service::removeCertificate(Scep::CertificateId id)
{
    return d->ask<void>([id](ServiceWorker &worker) { return worker.removeCertificate(id); });
}

QFuture<Result<QList<BinRecord>>> Service::bin()
{
    return d->read<QList<BinRecord>>([](ServiceWorker &worker) { return worker.store().binRecords(); });
}

QFuture<Result<QString>> Service::restore(BinRecord::Kind kind, qint64 id)
{
    return d->ask<QString>([kind, id](ServiceWorker &worker) { return worker.restore(kind, id); });
}

QFuture<Result<void>> Service::purge(BinRecord::Kind kind, qint64 id)
{
    return d->ask<void>([kind, id](ServiceWorker &worker) { return worker.store().purge(kind, id); });
}

QFuture<Result<int>> Service::emptyBin()
{
    return d->ask<int>([](ServiceWorker &worker) { return worker.store().emptyBin(); });
}

QFuture<Result<qint64>> Service::importCaCertificate(const Pki::Certificate &certificate, Scep::ServerId server, bool isTrusted)
{
    return d->ask<qint64>([certificate, server, isTrusted](ServiceWorker &worker) {
        return worker.store().importCaCertificate(certificate, server, isTrusted);
    });
}

QFuture<Result<void>> Service::removeCaCertificate(qint64 id)
{
    return d->ask<void>([id](ServiceWorker &worker) { return worker.store().removeCaCertificate(id); });
}

QFuture<Result<void>> Service::removeRequest(Scep::RequestId id)
{
    return d->ask<void>([id](ServiceWorker &worker) { return worker.removeRequest(id); });
}

// -- certificates --------------------------------------------------------------------------------------------------------------

QFuture<Result<QList<Scep::IssuedCertificate>>> Service::certificates(Scep::RequestId id)
{
    return d->read<QList<Scep::IssuedCertificate>>([id](ServiceWorker &worker) { return worker.certificates(id); });
}

QFuture<Result<void>> Service::exportPkcs12(Scep::CertificateId id, const QString &path, std::shared_ptr<Pki::SecretBytes> passphrase,
                                            Pki::Pkcs12Style style)
{
    return d->exportCertificate<void>(
        id, [path, passphrase = std::move(passphrase), style](const Scep::IssuedCertificate &issued, const QString &label) {
            return writePkcs12(path, label, issued, orNone(passphrase), style);
        });
}

QFuture<Result<QStringList>> Service::exportPem(Scep::CertificateId id, const QString &folder, std::shared_ptr<Pki::SecretBytes> passphrase)
{
    return d->exportCertificate<QStringList>(
        id,
        [folder, passphrase = std::move(passphrase)](const Scep::IssuedCertificate &issued, const QString &label) -> Result<QStringList> {
            Scep::IssuedCertificate written = issued;
            if (!passphrase)
                written.key = {};
            const auto files = writeEnrollmentFiles(folder, label, written, orNone(passphrase));
            if (!files)
                return std::unexpected(files.error());
            QStringList paths{files->key, files->certificate, files->chain};
            paths.removeAll(QString());
            return paths;
        });
}

} // namespace Models
