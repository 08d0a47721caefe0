// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/service/serviceworker.h"

#include <QDir>
#include <QFile>
#include <QTimer>

using namespace Qt::StringLiterals;
using Pki::failure;

namespace Models {

ServiceWorker::ServiceWorker(Service::Configuration configuration, Sink sink)
    : m_configuration(std::move(configuration))
    , m_sink(std::move(sink))
{}

ServiceWorker::~ServiceWorker() = default;

// -- opening -----------------------------------------------------------------------------------------------------------------

Result<void> ServiceWorker::openVault(const Pki::SecretBytes &passphrase, const QString &storeFile)
{
    if (Result<void> whole = WorkspaceCare(m_configuration.workspace).finishRestore(); !whole)
        return whole;
    const QString file = vaultFile();
    if (!QFile::exists(file)) {
        // A new vault has a new key: beside an old store it would make all its secrets unreadable without a word.
        if (QFile::exists(storeFile))
            return failure(ErrorCode::FileNotFound, u"%1, which holds the key of the workspace's secrets"_s.arg(file));
        Result<Vault> created = Vault::create(file, passphrase);
        if (!created)
            return std::unexpected(created.error());
        m_vault = std::move(*created);
        return {};
    }
    Result<Vault> loaded = Vault::load(file);
    if (!loaded)
        return std::unexpected(loaded.error());
    if (loaded->isLocked()) {
        if (passphrase.isEmpty())
            return failure(ErrorCode::PassphraseRequired, m_configuration.workspace);
        if (Result<void> unlocked = loaded->unlock(passphrase); !unlocked)
            return unlocked;
    }
    m_vault = std::move(*loaded);
    return {};
}

Result<void> ServiceWorker::open(const Pki::SecretBytes &passphrase)
{
    if (m_engine)
        return {};
    stop(); // it may have been open for reading
    QDir folder(m_configuration.workspace);
    if (!folder.exists()) {
        if (!QDir().mkpath(folder.path()))
            return failure(ErrorCode::FileNotWritable, u"%1: the folder cannot be made"_s.arg(folder.path()));
        QFile::setPermissions(folder.path(), QFileDevice::ReadOwner | QFileDevice::WriteOwner | QFileDevice::ExeOwner);
    }
    const QString storeFile = folder.filePath(u"store.sqlite"_s);
    if (Result<void> opened = openVault(passphrase, storeFile); !opened)
        return opened;
    auto store = Store::open(storeFile, *m_vault);
    if (!store)
        return std::unexpected(store.error());
    m_store = std::move(*store);
    if (Result<void> started = startEngine(); !started) {
        stop();
        return started;
    }
    return {};
}

void ServiceWorker::stop()
{
    m_engine.reset();
    m_keyPool.reset();
    m_clock.reset();
    m_context.reset();
    m_log.reset();
    m_store.reset();
}

Result<std::optional<WorkspaceHolder>> ServiceWorker::openForReading()
{
    if (m_engine)
        return failure(ErrorCode::InvalidArgument, u"the workspace is open"_s);
    stop();
    if (Result<void> whole = WorkspaceCare(m_configuration.workspace).finishRestore(); !whole)
        return std::unexpected(whole.error());
    Result<Vault> vault = Vault::load(vaultFile());
    if (!vault)
        return std::unexpected(vault.error());
    m_vault = std::move(*vault);
    const QString storeFile = QDir(m_configuration.workspace).filePath(u"store.sqlite"_s);
    auto store = Store::openReadOnly(storeFile, *m_vault);
    if (!store)
        return std::unexpected(store.error());
    m_store = std::move(*store);
    m_context = std::make_unique<QObject>();
    m_clock = m_configuration.makeClock();
    if (const auto filled = fillLists(); !filled) {
        stop();
        return std::unexpected(filled.error());
    }
    connectStore();
    tellLockState();
    return Store::holderOf(storeFile);
}

Result<QList<RequestRecord>> ServiceWorker::fillLists()
{
    const auto servers = m_store->serverRecords();
    if (!servers)
        return std::unexpected(servers.error());
    const auto caStore = m_store->caStoreRecords();
    if (!caStore)
        return std::unexpected(caStore.error());
    auto requests = m_store->requestRecords();
    if (!requests)
        return requests;
    for (RequestRecord &record : *requests)
        record = withEngineStatus(record);
    m_sink.opened(*servers, *requests, *caStore);
    return requests;
}

Result<void> ServiceWorker::showFirstRows()
{
    constexpr int firstRows = 200;
    const auto servers = m_store->serverRecords();
    if (!servers)
        return std::unexpected(servers.error());
    const auto requests = m_store->requestRecords({}, firstRows);
    if (!requests)
        return std::unexpected(requests.error());
    if (requests->size() == firstRows)
        m_sink.opened(*servers, *requests, {});
    return {};
}

Result<void> ServiceWorker::startEngine()
{
    m_context = std::make_unique<QObject>();
    m_clock = m_configuration.makeClock();
    m_keyPool = std::make_unique<Scep::KeyPool>();
    QNetworkAccessManager *network = m_configuration.makeNetwork(m_context.get());
    // So that a window on a large workspace has something to show while the engine reads all of it.
    if (Result<void> shown = showFirstRows(); !shown)
        return shown;
    m_engine = std::make_unique<Scep::Engine>(Scep::Engine::Dependencies{*network, *m_store, *m_clock, *m_keyPool});
    if (Result<void> started = m_engine->start(); !started)
        return started;
    const auto requests = fillLists();
    if (!requests)
        return std::unexpected(requests.error());
    connectStore();
    connectEngine();
    if (m_configuration.spareKeyCount > 0)
        m_keyPool->keepSpare(m_configuration.spareKeys, m_configuration.spareKeyCount);
    // Submitted, but ended before the transaction was on the disk: nothing was sent yet, so it begins now.
    for (const RequestRecord &record : std::as_const(*requests)) {
        const Scep::RequestId id = record.request.id;
        const bool isWaiting = record.transaction.isOpen() && record.request.isEnabled;
        if (!isWaiting || m_engine->status(id).isOpen() || m_store->isUnreadable(id))
            continue;
        if (record.transaction.isRenewal)
            m_engine->renew(id);
        else
            m_engine->enroll(id);
    }
    m_sink.activityChanged(m_engine->activity());
    tellLockState();
    tellDamages();
    startDeliverer();
    startKeeper();
    return {};
}

void ServiceWorker::tellDamages()
{
    const auto tell = [this](const StoreReport::Problem &problem) {
        m_sink.failed({ErrorCode::StoreFailure, problem.what}, problem.object);
    };
    const QList<StoreReport::Problem> known = m_store->damages();
    std::ranges::for_each(known, tell);
    QObject::connect(m_store.get(), &Store::damaged, m_context.get(), [tell, known](const StoreReport::Problem &problem) {
        if (!known.contains(problem))
            tell(problem);
    });
}

void ServiceWorker::startKeeper()
{
    m_keeperClock = m_configuration.makeClock();
    m_keeper = std::make_unique<StoreKeeper>(*m_store, *m_keeperClock);
    QObject::connect(m_keeper.get(), &StoreKeeper::failed, m_context.get(),
                     [this](const Error &error) { m_sink.failed(error, m_configuration.workspace); });
    QObject::connect(m_keeper.get(), &StoreKeeper::checked, m_context.get(), [this](const StoreReport &report) {
        if (m_sink.storeChecked)
            m_sink.storeChecked(report);
    });
    m_keeper->start();
}

void ServiceWorker::startDeliverer()
{
    m_deliveryClock = m_configuration.makeClock();
    m_deliverer = std::make_unique<Deliverer>(*m_store, *m_deliveryClock);
    QObject::connect(m_deliverer.get(), &Deliverer::storeFailed, m_context.get(),
                     [this](const Error &error) { m_sink.failed(error, m_configuration.workspace); });
    QObject::connect(m_deliverer.get(), &Deliverer::attempted, m_context.get(), [this](const DeliveryOutcome &outcome) {
        if (m_sink.deliveryAttempted)
            m_sink.deliveryAttempted(outcome);
    });
    m_deliverer->start();
}

// -- the vault -----------------------------------------------------------------------------------------------------------------

QString ServiceWorker::vaultFile() const
{
    return QDir(m_configuration.workspace).filePath(u"vault.json"_s);
}

void ServiceWorker::tellLockState()
{
    m_sink.lockStateChanged(m_vault->protection() == Vault::Protection::Open ? LockState::Unprotected
                            : m_vault->isLocked()                            ? LockState::Locked
                                                                             : LockState::Unlocked);
}

void ServiceWorker::lock()
{
    m_vault->lock();
    tellLockState();
}

Result<void> ServiceWorker::unlock(const Pki::SecretBytes &passphrase)
{
    if (Result<void> unlocked = m_vault->unlock(passphrase); !unlocked)
        return unlocked;
    tellLockState();
    if (m_engine)
        m_engine->storageAvailable();
    if (m_deliverer)
        m_deliverer->storageAvailable();
    return {};
}

Result<void> ServiceWorker::changePassphrase(const Pki::SecretBytes &current, const Pki::SecretBytes &next)
{
    if (m_vault->protection() == Vault::Protection::Passphrase) {
        // Checked at the vault itself: what is wrong too often takes longer there.
        if (Result<void> known = m_vault->unlock(current); !known)
            return known;
    }
    if (Result<void> changed = m_vault->changePassphrase(next); !changed)
        return changed;
    tellLockState();
    return {};
}

void ServiceWorker::connectStore()
{
    QObject *context = m_context.get();
    QObject::connect(m_store.get(), &Store::serverChanged, context, [this](Scep::ServerId id) {
        m_changedServers.insert(id);
        scheduleFlush();
    });
    QObject::connect(m_store.get(), &Store::caStoreChanged, context, [this](Scep::ServerId id) {
        m_changedCaStores.insert(id);
        scheduleFlush();
    });
    QObject::connect(m_store.get(), &Store::requestChanged, context, [this](Scep::RequestId id) {
        m_changedRequests.insert(id);
        scheduleFlush();
    });
    QObject::connect(m_store.get(), &Store::serverRemoved, context, [this](Scep::ServerId id) {
        m_changedServers.remove(id);
        m_changedCaStores.remove(id);
        m_sink.serverRemoved(id);
    });
    QObject::connect(m_store.get(), &Store::requestRemoved, context, [this](Scep::RequestId id) {
        m_changedRequests.remove(id);
        m_issued.removeAll(id);
        m_sink.requestRemoved(id);
    });
}

void ServiceWorker::connectEngine()
{
    QObject *context = m_context.get();
    QObject::connect(m_engine.get(), &Scep::Engine::transactionChanged, context, [this](const Scep::TransactionStatus &status) {
        m_changedRequests.insert(status.request);
        scheduleFlush();
    });
    QObject::connect(m_engine.get(), &Scep::Engine::certificateIssued, context, [this](const Scep::IssuedCertificate &issued) {
        m_changedRequests.insert(issued.request);
        m_issued.append(issued.request);
        scheduleFlush();
    });
    QObject::connect(m_engine.get(), &Scep::Engine::probeFinished, context, [this](const Scep::ServerProbe &probe) {
        if (const auto promise = m_probes.take(probe.ticket)) {
            promise->addResult(probe);
            promise->finish();
        }
    });
    QObject::connect(m_engine.get(), &Scep::Engine::queryFinished, context, [this](const Scep::QueryResult &result) {
        if (const auto promise = m_queries.take(result.ticket)) {
            promise->addResult(result);
            promise->finish();
        }
    });
    QObject::connect(m_engine.get(), &Scep::Engine::exchangeFinished, context, [this, context] {
        constexpr std::chrono::milliseconds pause{500}; // a batch makes hundreds a second, and nobody reads as fast
        if (!m_sink.exchangesLogged || std::exchange(m_logIsAnnounced, true))
            return;
        QTimer::singleShot(pause, context, [this] {
            m_logIsAnnounced = false;
            m_sink.exchangesLogged();
        });
    });
    QObject::connect(m_engine.get(), &Scep::Engine::activityChanged, context,
                     [this](const Scep::Activity &activity) { m_sink.activityChanged(activity); });
    QObject::connect(m_engine.get(), &Scep::Engine::journalFailed, context,
                     [this](const Error &error) { m_sink.failed(error, m_configuration.workspace); });
}

Result<void> ServiceWorker::checkOpen() const
{
    if (m_engine)
        return {};
    if (Result<void> readable = checkReadable(); !readable)
        return readable;
    const auto holder = Store::holderOf(m_store->file());
    return failure(ErrorCode::WorkspaceInUse, holder ? u"%1 is held by %2"_s.arg(m_configuration.workspace, holder->toText())
                                                     : u"%1 was opened for reading only"_s.arg(m_configuration.workspace));
}

Result<void> ServiceWorker::checkReadable() const
{
    if (!m_store)
        return failure(ErrorCode::StoreFailure, u"the workspace is not open"_s);
    return {};
}

// -- changes on their way to the lists -----------------------------------------------------------------------------------------

void ServiceWorker::scheduleFlush()
{
    if (std::exchange(m_flushIsScheduled, true))
        return;
    QMetaObject::invokeMethod(m_context.get(), [this] { flush(); }, Qt::QueuedConnection);
}

void ServiceWorker::flush()
{
    m_flushIsScheduled = false;
    const auto report = [this](const Error &error) { m_sink.failed(error, m_configuration.workspace); };
    for (const Scep::ServerId id : std::exchange(m_changedServers, {})) {
        if (const auto record = m_store->serverRecord(id))
            m_sink.serverChanged(*record);
        else
            report(record.error());
    }
    for (const Scep::ServerId id : std::exchange(m_changedCaStores, {})) {
        if (const auto records = m_store->caStoreRecords(id))
            m_sink.caStoreChanged(id, *records);
        else
            report(records.error());
    }
    for (const Scep::RequestId id : std::exchange(m_changedRequests, {})) {
        // The engine's last word on a removed request is of no interest.
        if (const auto record = m_store->requestRecord(id))
            m_sink.requestChanged(withEngineStatus(*record));
        else if (record.error().code != ErrorCode::InvalidArgument)
            report(record.error());
    }
    for (const Scep::RequestId id : std::exchange(m_issued, {}))
        m_sink.certificateIssued(id);
}

RequestRecord ServiceWorker::withEngineStatus(RequestRecord record) const
{
    // What is stored is the last durable state; the engine knows the steps in between, and the reason of a retry.
    if (!m_engine)
        return record;
    const Scep::TransactionStatus status = m_engine->status(record.request.id);
    if (status.state != Scep::TransactionStatus::State::None)
        record.transaction = status;
    return record;
}

} // namespace Models
