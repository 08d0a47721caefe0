// SPDX-License-Identifier: GPL-3.0-or-later
// How what the worker tells gets into the lists of the window.
#include "models/service/service_p.h"

#include <chrono>

using namespace Qt::StringLiterals;

namespace Models {

using namespace std::chrono_literals;

Service::Private::Private(Service *service, Configuration settings)
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
    sink.exchangesLogged = [this, post] { post([this] { emit q->exchangesLogged(); }); };
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

} // namespace Models
