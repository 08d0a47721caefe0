// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/records/certificaterow.h"
#include "models/records/records.h"
#include "models/records/storerecords.h"
#include "models/store/storereport.h"
#include "scep/pki/certificatechain.h"
#include "scep/worker/journal.h"

#include <QObject>

#include <memory>
#include <vector>

namespace Models {

class Vault;

/// The workspace's SQLite store. Made, used and destroyed in the worker thread; the only place with SQL (besides its own files
/// in models/store). Private keys, challenges and CSRs of open transactions are sealed by the vault, the row's identity as associated data.
/// WAL, foreign keys, synchronous=FULL, schema version with forward migrations and a backup before one.
class Store final
    : public QObject
    , public Scep::Journal
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(Store)

public:
    ~Store() override;
    /// Opens or creates `file`. Errors: StoreFailure, StoreVersion (made by a newer Scepter), WorkspaceInUse (the detail tells by whom),
    /// FileNotWritable, DiskFull. After a process that ended without closing it, the file is checked first.
    static Result<std::unique_ptr<Store>> open(const QString &file, Vault &vault);
    /// Beside another process that holds it. Every change is refused with WorkspaceInUse and the holder's name; what the other one changes
    /// is noticed within two seconds and signalled as if it were done here. Errors: FileNotFound, StoreVersion (another than this one's).
    static Result<std::unique_ptr<Store>> openReadOnly(const QString &file, Vault &vault);
    /// Who may write to `file` at the moment; nullopt: nobody has it open.
    static std::optional<WorkspaceHolder> holderOf(const QString &file);
    [[nodiscard]] bool isReadOnly() const;

    // What the lists show
    Result<QList<ServerRecord>> serverRecords();
    Result<QList<RequestRecord>> requestRecords();
    Result<QList<CaStoreRecord>> caStoreRecords();
    Result<QList<CaStoreRecord>> caStoreRecords(Scep::ServerId id);
    Result<ServerRecord> serverRecord(Scep::ServerId id);
    Result<RequestRecord> requestRecord(Scep::RequestId id);
    /// Those behind `after` in the order of their ids, for lists that fill page by page.
    Result<QList<RequestRecord>> requestRecords(Scep::RequestId after, int most);
    Result<CertificatePage> certificateRows(const CertificateQuery &query, int offset, int most, const QDateTime &now);
    Result<int> certificateCount(const CertificateQuery &query, const QDateTime &now);
    Result<QList<Scep::IssuedCertificate>> certificates(Scep::RequestId id); ///< newest first, without keys
    /// With its key, chain and all: for export.
    Result<Scep::IssuedCertificate> certificateWithKey(Scep::CertificateId id);
    Result<QList<Scep::Exchange>> exchanges(int newest);
    /// Newest first, without what was sent and received: `size` tells how much there is of it. exchange() has all.
    Result<QList<ExchangeRow>> exchanges(const ExchangeQuery &query);
    Result<Scep::Exchange> exchange(qint64 id); ///< InvalidArgument: it is not there (any more)

    // Changes by the technician. Labels are unique, and as checkLabel() wants them: InvalidArgument with the label in the detail. A label
    // that an older Scepter took stays as it is until it is changed.
    // A proxy's address with a user in it is refused: transport.proxyUser. A null proxyPassword leaves the stored one, while the user
    // is the same; an empty one removes it. `extras`: notes and tags in the same step.
    Result<Scep::ServerId> addServer(const Scep::EnrollmentServer &server, const Extras *extras = nullptr);
    Result<void> updateServer(const Scep::EnrollmentServer &server, const Extras *extras = nullptr);
    Result<void> removeServer(Scep::ServerId id); ///< NotPossibleNow while requests refer to it
    Result<Scep::RequestId> addRequest(const Scep::EnrollmentRequest &request, const Pki::SecretBytes &challenge,
                                       const Pki::PrivateKey &key, const Pki::CertificationRequest &csr);
    Result<Scep::RequestId> addRequest(const NewRequest &request); ///< with everything that belongs to it, in one step
    Result<void> updateRequest(const Scep::EnrollmentRequest &request);
    Result<void> changeRequest(const RequestChange &change);                          ///< everything or nothing
    Result<void> setChallenge(Scep::RequestId id, const Pki::SecretBytes &challenge); ///< empty: none any more
    /// All or none, in one step: far faster than one by one.
    Result<QList<Scep::RequestId>> addRequests(const std::vector<NewRequest> &requests);
    /// Into the history of their requests, all or none. Where a request has no current certificate, its last one in the list becomes that.
    Result<QList<Scep::CertificateId>> addCertificates(const QList<Scep::IssuedCertificate> &certificates);
    /// What people write beside one certificate. InvalidArgument: there is none of that id.
    Result<Extras> certificateExtras(Scep::CertificateId id);
    Result<void> setCertificateExtras(Scep::CertificateId id, const Extras &extras);

    // The bin: what is removed is out of sight of the lists and of the engine, and can be brought back with its keys and history. An open
    // transaction is cancelled; its key stays.
    Result<void> removeRequest(Scep::RequestId id);
    Result<void> removeCertificate(Scep::CertificateId id);
    Result<QList<BinRecord>> binRecords(); ///< newest first
    /// Returns the label it has now: another one where the old one was taken meanwhile. Brings back what it cannot be without: a request's
    /// server, a certificate's request.
    Result<QString> restore(BinRecord::Kind kind, qint64 id);
    Result<void> purge(BinRecord::Kind kind, qint64 id); ///< for good; a server with the requests of it that are in the bin
    /// Everything deleted before that; invalid: all. Returns how many.
    Result<int> emptyBin(const QDateTime &deletedBefore = {});

    // What the engine does not need
    Result<Extras> serverExtras(Scep::ServerId id);
    Result<void> setServerExtras(Scep::ServerId id, const Extras &extras);
    Result<Extras> requestExtras(Scep::RequestId id);
    Result<void> setRequestExtras(Scep::RequestId id, const Extras &extras);

    // Delivery. complete() makes one due in the step that stores the certificate.
    Result<std::optional<Delivery>> deliveryRule(Scep::RequestId id);
    /// nullopt: no delivery from now on. The pass phrase is of the PKCS#12; null: the stored one stays.
    Result<void> setDeliveryRule(Scep::RequestId id, const std::optional<Delivery> &rule, const Pki::SecretBytes *passphrase = nullptr);
    Result<Pki::SecretBytes> deliveryPassphrase(Scep::RequestId id); ///< empty: none
    Result<DeliveryState> deliveryState(Scep::RequestId id);
    Result<void> requestDelivery(Scep::RequestId id); ///< of the current certificate, now. NotPossibleNow: no rule, or no certificate
    Result<QList<DueDelivery>> dueDeliveries(const QDateTime &now);
    Result<QDateTime> nextDeliveryAt(); ///< when dueDeliveries() will have something to tell; invalid: when deliveryDue() comes
    Result<void> recordDelivery(Scep::RequestId id, const DeliveryState &state);

    // CA store by hand
    /// `server` null: of no server. Trusted ones end chains as what a technician confirmed does; they never become a server's anchor.
    /// InvalidArgument: no CA certificate; NotPossibleNow: there already. Returns the row's id.
    Result<qint64> importCaCertificate(const Pki::Certificate &certificate, Scep::ServerId server, bool isTrusted,
                                       const QString &name = {});
    /// A name of a person's choice. InvalidArgument: empty, or taken.
    Result<void> renameCaCertificate(qint64 id, const QString &name);
    /// NotPossibleNow for one that the server sends, since it would come back, and for a server's anchor.
    Result<void> removeCaCertificate(qint64 id);
    /// From everything in the CA store.
    Result<Pki::CertificateChain> chainFor(const Pki::Certificate &certificate, const QDateTime &time);

    // Care
    Result<StoreSettings> settings();
    Result<void> setSettings(const StoreSettings &settings);
    /// What grew old goes: bin, exchange log, retired CA certificates that no chain needs. At start, and once a day.
    Result<void> tidyUp(const QDateTime &now);
    /// What should always hold; with `opensKeys` each sealed key and certificate is read too, which takes a while. See storereport.h.
    Result<StoreReport> check(bool opensKeys);
    [[nodiscard]] QString file() const;
    /// Servers, requests and open transactions that cannot be read and were left out since the store was opened, each once. They are
    /// damaged() as well when they are met first.
    [[nodiscard]] QList<StoreReport::Problem> damages() const;
    /// The open transaction of this request is among them: nothing can begin before closeUnread().
    [[nodiscard]] bool isUnreadable(Scep::RequestId id) const;
    /// Ends a request's open transaction without reading it: for one that is damaged. Its key column stays. False: none is open.
    Result<bool> closeUnread(Scep::RequestId id);

    // Scep::Journal
    Result<QList<Scep::EnrollmentServer>> servers() override;
    Result<QList<Scep::ServerKnowledge>> serverKnowledge() override;
    Result<QList<Scep::EnrollmentRequest>> requests() override;
    Result<QList<Scep::Transaction>> openTransactions() override;
    /// Only these: nothing of the others is opened, so that they need no unlocked vault.
    Result<QList<Scep::Transaction>> openTransactions(Scep::RequestId request);
    Result<QList<Scep::Transaction>> openTransactions(Scep::ServerId server);
    Result<QList<Scep::CurrentCertificate>> currentCertificates() override;
    Result<QList<Scep::DueEnrollment>> dueEnrollments() override;
    Result<Pki::PrivateKey> clientKey(Scep::ServerId server) override;
    Result<Pki::SecretBytes> proxyPassword(Scep::ServerId server) override;
    Result<Scep::Credential> currentCredential(Scep::RequestId request) override;
    Result<Pki::SecretBytes> challenge(Scep::RequestId request) override;
    Result<Pki::PrivateKey> providedKey(Scep::RequestId request) override;
    Result<Pki::CertificationRequest> providedCsr(Scep::RequestId request) override;
    Result<void> begin(const Scep::Transaction &transaction) override;
    Result<void> update(const Scep::Transaction &transaction) override;
    Result<void> replace(const Scep::Transaction &former, const Scep::Transaction &next) override;
    Result<void> complete(const Scep::Transaction &transaction, const Scep::IssuedCertificate &issued) override;
    Result<void> close(const Scep::Transaction &transaction, const Scep::TransactionStatus &status) override;
    Result<void> recordStatus(const Scep::TransactionStatus &status) override;
    Result<void> recordRevocations(const Scep::RevocationList &list) override;
    Result<void> storeKnowledge(const Scep::ServerKnowledge &knowledge) override;
    /// Written with others within a fifth of a second, not at once.
    void logExchange(const Scep::Exchange &exchange) override;

signals:
    void serverChanged(Scep::ServerId id);
    void serverRemoved(Scep::ServerId id);
    void requestChanged(Scep::RequestId id);
    void requestRemoved(Scep::RequestId id);
    void caStoreChanged(Scep::ServerId id); ///< null: certificates that belong to no server
    void deliveryDue(Scep::RequestId id);
    void damaged(const Models::StoreReport::Problem &problem); ///< from the event loop, for whoever connects after opening

private:
    class Private;
    void lookForChanges();
    explicit Store(std::unique_ptr<Private> d);
    std::unique_ptr<Private> d;
};

} // namespace Models
