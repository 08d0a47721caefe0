// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/worker/journal.h"

#include <QHash>
#include <QSet>

#include <functional>

namespace TestSupport {

/// A Journal in memory: keeps what it is told, writes down the order of the calls, and fails where a test wants it to.
/// It survives the engine, so a second engine on it is "the process after the crash".
class MemoryJournal final : public Scep::Journal
{
public:
    // What the journal holds; tests set it up and look at it.
    QHash<Scep::ServerId, Scep::EnrollmentServer> serverTable;
    QHash<Scep::ServerId, Scep::ServerKnowledge> knowledgeTable;
    QHash<Scep::RequestId, Scep::EnrollmentRequest> requestTable;
    QHash<Scep::RequestId, Scep::Transaction> open;
    QHash<Scep::RequestId, QByteArray> challenges;
    QHash<Scep::RequestId, Pki::PrivateKey> keys;
    QHash<Scep::RequestId, Pki::CertificationRequest> requestsOfDevices;
    QHash<Scep::RequestId, Scep::IssuedCertificate> current; ///< with its key
    QList<Scep::IssuedCertificate> issued;
    QList<Scep::TransactionStatus> closed;
    QList<Scep::TransactionStatus> recorded;
    QList<Scep::Exchange> exchanges;

    /// Names of the writing calls in order: "begin", "update", "complete", "close", ...; storeKnowledge() is "storeCrl" when nothing else
    /// is new.
    QStringList calls;
    std::function<void(const QString &call)> watcher; ///< sees each call (the reading ones too) before it does anything

    QSet<Scep::RequestId> waiting;   ///< those whose last transaction was rejected or cancelled
    QSet<Scep::RequestId> requested; ///< those whose last recorded status is an open one; true in `renewals`: of a renewal
    QSet<Scep::RequestId> renewals;
    QHash<Scep::ServerId, Pki::PrivateKey> clientKeys;
    QHash<Scep::ServerId, QByteArray> proxyPasswords;
    bool enrollsByItself = false; ///< dueEnrollments() tells, as a workspace's store does; else none, as a file journal's

    /// The process dies after this many more writing calls: what it still does in memory changes nothing here. Negative: it lives on.
    int writesToLive = -1;
    [[nodiscard]] bool isDead() const { return writesToLive == 0; }

    /// The next `times` calls of that name fail, and change nothing.
    void failNext(const QString &call, const Scep::Error &error, int times = 1);

    Scep::Result<QList<Scep::EnrollmentServer>> servers() override;
    Scep::Result<QList<Scep::ServerKnowledge>> serverKnowledge() override;
    Scep::Result<QList<Scep::EnrollmentRequest>> requests() override;
    Scep::Result<QList<Scep::Transaction>> openTransactions() override;
    Scep::Result<QList<Scep::CurrentCertificate>> currentCertificates() override;
    Scep::Result<Scep::Credential> currentCredential(Scep::RequestId request) override;
    Scep::Result<QList<Scep::DueEnrollment>> dueEnrollments() override;
    Scep::Result<Pki::PrivateKey> clientKey(Scep::ServerId server) override;
    Scep::Result<Pki::SecretBytes> proxyPassword(Scep::ServerId server) override;
    Scep::Result<Pki::SecretBytes> challenge(Scep::RequestId request) override;
    Scep::Result<Pki::PrivateKey> providedKey(Scep::RequestId request) override;
    Scep::Result<Pki::CertificationRequest> providedCsr(Scep::RequestId request) override;
    Scep::Result<void> begin(const Scep::Transaction &transaction) override;
    Scep::Result<void> update(const Scep::Transaction &transaction) override;
    Scep::Result<void> replace(const Scep::Transaction &former, const Scep::Transaction &next) override;
    Scep::Result<void> complete(const Scep::Transaction &transaction, const Scep::IssuedCertificate &certificate) override;
    Scep::Result<void> close(const Scep::Transaction &transaction, const Scep::TransactionStatus &status) override;
    Scep::Result<void> recordStatus(const Scep::TransactionStatus &status) override;
    Scep::Result<void> recordRevocations(const Scep::RevocationList &list) override;
    Scep::Result<void> storeKnowledge(const Scep::ServerKnowledge &knowledge) override;
    void logExchange(const Scep::Exchange &exchange) override;

private:
    struct Failure {
        Scep::Error error;
        int times = 0;
    };
    std::optional<Scep::Error> enter(const QString &call, bool isWrite = true);
    [[nodiscard]] bool lives();
    void wipeSecrets(Scep::RequestId request);

    QHash<QString, Failure> m_failures;
};

} // namespace TestSupport
