// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/delivery.h"
#include "models/service/exchangelog.h"
#include "models/service/service.h"
#include "models/store/store.h"
#include "models/store/storekeeper.h"
#include "models/vault/vault.h"
#include "scep/worker/engine.h"

#include <QPromise>
#include <QSet>

namespace Models {

/// The worker thread's half of the Service: vault, store, network, clock, keys and engine. Made, used and destroyed in that thread.
/// Results go to the window as values through the Sink's functions, which are called in this thread and post to the other.
class ServiceWorker
{
    Q_DISABLE_COPY_MOVE(ServiceWorker)

public:
    struct Sink {
        std::function<void(const QList<ServerRecord> &, const QList<RequestRecord> &, const QList<CaStoreRecord> &)> opened;
        std::function<void(const ServerRecord &)> serverChanged;
        std::function<void(Scep::ServerId)> serverRemoved;
        std::function<void(const RequestRecord &)> requestChanged;
        std::function<void(Scep::RequestId)> requestRemoved;
        std::function<void(Scep::ServerId, const QList<CaStoreRecord> &)> caStoreChanged;
        std::function<void(Scep::RequestId)> certificateIssued;
        std::function<void(const Scep::Activity &)> activityChanged;
        std::function<void(LockState)> lockStateChanged;
        std::function<void(const DeliveryOutcome &)> deliveryAttempted; ///< may be empty: the request's record tells of it too
        std::function<void(const Error &, const QString &object)> failed;
        std::function<void(const StoreReport &)> storeChecked = {};
        std::function<void()> exchangesLogged = {}; ///< one or more since the last time
    };
    ServiceWorker(Service::Configuration configuration, Sink sink);
    ~ServiceWorker();

    Result<void> open(const Pki::SecretBytes &passphrase);
    /// Beside the process that holds the workspace: lists only, no engine. nullopt: nobody holds it any more.
    Result<std::optional<WorkspaceHolder>> openForReading();
    /// The error for everything that is asked while no workspace is open, or while it is open for reading only.
    [[nodiscard]] Result<void> checkOpen() const;
    /// The same for what changes nothing.
    [[nodiscard]] Result<void> checkReadable() const;

    void lock();
    Result<void> unlock(const Pki::SecretBytes &passphrase);
    Result<void> changePassphrase(const Pki::SecretBytes &current, const Pki::SecretBytes &next);

    Result<Scep::ServerId> addServer(const Scep::EnrollmentServer &server);
    Result<void> updateServer(const Scep::EnrollmentServer &server, const Extras &extras);
    Result<void> removeServer(Scep::ServerId id);
    void refreshServer(Scep::ServerId id);
    void acceptCapabilities(Scep::ServerId id);
    void query(Scep::ServerQuery query, Scep::RequestId as, std::shared_ptr<QPromise<Scep::QueryResult>> promise);
    void probe(Scep::ProbeRequest request, Scep::ServerId secretsOf, std::shared_ptr<QPromise<Scep::ServerProbe>> promise);

    void prepare(const Scep::EnrollmentRequest &request, std::shared_ptr<Pki::SecretBytes> challenge, const Pki::PrivateKey &ready,
                 std::shared_ptr<QPromise<Result<PreparedRequest>>> promise);
    Result<Scep::RequestId> submit(const PreparedRequest &prepared, const Pki::SecretBytes &challenge, const RequestCompanions &companions);
    Result<void> enroll(Scep::RequestId id, const Pki::SecretBytes &challenge);
    Result<void> renew(Scep::RequestId id, const Pki::SecretBytes &challenge);
    Result<void> useRequestCsr(Scep::RequestId id, const Pki::CertificationRequest &csr, const Pki::PrivateKey &key);
    Result<void> continueRenewing(Scep::RequestId id);
    void attemptNow(Scep::RequestId id);
    void cancel(Scep::RequestId id);
    Result<void> updateRequest(const RequestEdit &edit);
    Result<DeliverySetup> deliverySetup(Scep::RequestId id);
    Result<QString> restore(BinRecord::Kind kind, qint64 id);
    Result<void> removeRequest(Scep::RequestId id);

    /// For what concerns nothing but the store. Open only.
    [[nodiscard]] Store &store() { return *m_store; }
    Result<ExchangeLogPage> exchanges(const ExchangeLogQuery &query);
    Result<QList<Scep::IssuedCertificate>> certificates(Scep::RequestId id);
    Result<CertificatePage> certificateRows(const CertificateQuery &query, int offset, int most);
    Result<void> removeCertificate(Scep::CertificateId id);
    /// With key and the label of its request.
    Result<std::pair<Scep::IssuedCertificate, QString>> certificateForExport(Scep::CertificateId id);

    /// Hands over what has changed since the last time. Called before an answer, so that the lists know it first.
    void flush();

private:
    Result<void> openVault(const Pki::SecretBytes &passphrase, const QString &storeFile);
    Result<void> startEngine();
    void stop();
    Result<void> showFirstRows();
    Result<QList<RequestRecord>> fillLists();
    void startDeliverer();
    void startKeeper();
    void tellDamages(); ///< what the store had to leave out, and whatever it will
    void tellLockState();
    [[nodiscard]] QString vaultFile() const;
    void connectStore();
    void connectEngine();
    void scheduleFlush();
    /// It has a CSR of its device now: what was refused for want of one is planned again.
    Result<void> wakeRenewal(const RequestRecord &record);
    void planRenewal(const RequestRecord &record);
    [[nodiscard]] RequestRecord withEngineStatus(RequestRecord record) const;

    Service::Configuration m_configuration;
    Sink m_sink;
    quint64 m_lastTicket = 0;
    QHash<quint64, std::shared_ptr<QPromise<Scep::ServerProbe>>> m_probes;
    QHash<quint64, std::shared_ptr<QPromise<Scep::QueryResult>>> m_queries;
    QSet<Scep::ServerId> m_changedServers;
    QSet<Scep::ServerId> m_changedCaStores;
    QSet<Scep::RequestId> m_changedRequests;
    QList<Scep::RequestId> m_issued;
    bool m_flushIsScheduled = false;
    bool m_logIsAnnounced = false;

    // In the order in which they depend on each other: destroyed from the last to the first.
    std::optional<Vault> m_vault;
    std::unique_ptr<Store> m_store;
    std::unique_ptr<ExchangeLogReader> m_log; ///< made when it is first asked for
    std::unique_ptr<QObject> m_context;       ///< parent of the network manager, context of the connections
    std::unique_ptr<Scep::Clock> m_clock;
    std::unique_ptr<Scep::KeyPool> m_keyPool;
    std::unique_ptr<Scep::Engine> m_engine;
    std::unique_ptr<Scep::Clock> m_deliveryClock; ///< an alarm of its own
    std::unique_ptr<Deliverer> m_deliverer;
    std::unique_ptr<Scep::Clock> m_keeperClock; ///< likewise
    std::unique_ptr<StoreKeeper> m_keeper;
};

} // namespace Models
