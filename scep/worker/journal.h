// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/crl.h"
#include "scep/worker/transaction.h"

namespace Scep {

/// What a CRL says, as the journal needs it.
struct RevocationList {
    ServerId server; ///< from which it came
    Pki::DistinguishedName issuer;
    QList<Pki::RevokedCertificate> revoked;
};

/// The engine's only way to storage. Called on the engine's thread only. A call that returns success is durable.
/// Implemented by the workspace's store (SQLite) and by scepctl's file journal.
class Journal
{
public:
    Journal() = default;
    virtual ~Journal() = default;
    Q_DISABLE_COPY_MOVE(Journal)

    // At start
    virtual Result<QList<EnrollmentServer>> servers() = 0;
    virtual Result<QList<ServerKnowledge>> serverKnowledge() = 0;
    virtual Result<QList<EnrollmentRequest>> requests() = 0;
    virtual Result<QList<Transaction>> openTransactions() = 0;

    /// The current certificate of every request that has one, without keys: what renews by itself.
    virtual Result<QList<CurrentCertificate>> currentCertificates() = 0;

    /// The request's current certificate with its key; both null when it has none. Stays as it is until complete() replaces it, so that a
    /// renewal that fails costs nothing.
    virtual Result<Credential> currentCredential(RequestId request) = 0;

    /// What begins by itself at a start: requests without an open transaction that either have no certificate and no refusal behind them,
    /// or were to begin (their last recorded status is an open one) when the former process ended. None by default: a journal of one
    /// enrollment is told when to begin.
    virtual Result<QList<DueEnrollment>> dueEnrollments();

    /// The key of transport.clientCertificates, which servers() does not fill in. Null by default: there is none.
    virtual Result<Pki::PrivateKey> clientKey(ServerId server);
    /// The password of transport.proxyUser, which servers() does not fill in. Empty by default: there is none.
    virtual Result<Pki::SecretBytes> proxyPassword(ServerId server);

    // Secrets of a request that has not begun a transaction yet
    virtual Result<Pki::SecretBytes> challenge(RequestId request) = 0;            ///< empty: none
    virtual Result<Pki::PrivateKey> providedKey(RequestId request) = 0;           ///< null: generate one
    virtual Result<Pki::CertificationRequest> providedCsr(RequestId request) = 0; ///< null: make one

    /// Before the first byte of a transaction leaves. WorkspaceInUse if the request has an open one.
    virtual Result<void> begin(const Transaction &transaction) = 0;
    /// Phase, polls, failures, times; and the algorithms or roles if they changed.
    virtual Result<void> update(const Transaction &transaction) = 0;
    /// A renewal goes on with another message: `former` ends without a word to anybody, `next` of the same request begins, both or neither.
    /// Challenge, provided key and CSR stay for it.
    virtual Result<void> replace(const Transaction &former, const Transaction &next) = 0;
    /// SUCCESS: certificate, chain and key are kept, the transaction is closed and its secrets dropped, all or nothing.
    virtual Result<void> complete(const Transaction &transaction, const IssuedCertificate &issued) = 0;
    /// Any other end: Rejected or Cancelled with its reason. The key stays as the status's record demands, the challenge is wiped.
    virtual Result<void> close(const Transaction &transaction, const TransactionStatus &status) = 0;
    /// A failure before a transaction began (no key, no trust): kept to be shown.
    virtual Result<void> recordStatus(const TransactionStatus &status) = 0;

    /// A verified CRL: every certificate that this journal keeps, current or not, with this issuer and a serial number on the list is
    /// revoked from now on (IssuedCertificate::revocation, CurrentCertificate::revocation); one of this issuer that was only on hold and is
    /// not on the list any more is well again. All or nothing. By default nothing is kept: a journal of one enrollment has no certificates.
    virtual Result<void> recordRevocations(const RevocationList &list);

    virtual Result<void> storeKnowledge(const ServerKnowledge &knowledge) = 0;
    /// The log is bounded by the implementation; losing an entry is not an error of the enrollment.
    virtual void logExchange(const Exchange &exchange) = 0;
};

} // namespace Scep
