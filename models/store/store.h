// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/records/records.h"
#include "scep/worker/journal.h"

#include <QObject>

#include <memory>

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
    /// Opens or creates `file`. Errors: StoreFailure, StoreVersion (made by a newer Scepter), WorkspaceInUse, DiskFull.
    static Result<std::unique_ptr<Store>> open(const QString &file, Vault &vault);

    // What the lists show
    Result<QList<ServerRecord>> serverRecords();
    Result<QList<RequestRecord>> requestRecords();
    Result<QList<CaStoreRecord>> caStoreRecords();
    Result<QList<CaStoreRecord>> caStoreRecords(Scep::ServerId id);
    Result<ServerRecord> serverRecord(Scep::ServerId id);
    Result<RequestRecord> requestRecord(Scep::RequestId id);
    Result<QList<Scep::IssuedCertificate>> certificates(Scep::RequestId id); ///< newest first, without keys
    /// With its key, chain and all: for export.
    Result<Scep::IssuedCertificate> certificateWithKey(Scep::CertificateId id);
    Result<QList<Scep::Exchange>> exchanges(int newest);

    // Changes by the technician. Labels are unique: InvalidArgument with the label in the detail.
    Result<Scep::ServerId> addServer(const Scep::EnrollmentServer &server);
    Result<void> updateServer(const Scep::EnrollmentServer &server);
    Result<void> removeServer(Scep::ServerId id); ///< InvalidArgument while requests refer to it
    Result<Scep::RequestId> addRequest(const Scep::EnrollmentRequest &request, const Pki::SecretBytes &challenge,
                                       const Pki::PrivateKey &key, const Pki::CertificationRequest &csr);
    Result<void> updateRequest(const Scep::EnrollmentRequest &request);
    Result<void> setChallenge(Scep::RequestId id, const Pki::SecretBytes &challenge);
    Result<void> removeRequest(Scep::RequestId id);

    // Scep::Journal
    Result<QList<Scep::EnrollmentServer>> servers() override;
    Result<QList<Scep::ServerKnowledge>> serverKnowledge() override;
    Result<QList<Scep::EnrollmentRequest>> requests() override;
    Result<QList<Scep::Transaction>> openTransactions() override;
    Result<QList<Scep::CurrentCertificate>> currentCertificates() override;
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
    Result<void> storeKnowledge(const Scep::ServerKnowledge &knowledge) override;
    void logExchange(const Scep::Exchange &exchange) override;

signals:
    void serverChanged(Scep::ServerId id);
    void serverRemoved(Scep::ServerId id);
    void requestChanged(Scep::RequestId id);
    void requestRemoved(Scep::RequestId id);
    void caStoreChanged(Scep::ServerId id);

private:
    class Private;
    explicit Store(std::unique_ptr<Private> d);
    std::unique_ptr<Private> d;
};

} // namespace Models
