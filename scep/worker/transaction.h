// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/protocol/pkirequest.h"
#include "scep/worker/enrollmentrequest.h"
#include "scep/worker/enrollmentserver.h"

namespace Scep {

/// One SCEP exchange series with one transactionID. Everything needed to finish it after a crash; on disk before the first byte is sent.
struct Transaction {
    TransactionId id;
    RequestId request;
    ServerId server;
    MessageType type = MessageType::PkcsReq;
    Pki::CertificationRequest csr; ///< may hold the challenge: stored encrypted, dropped when the transaction ends
    Pki::PrivateKey key;           ///< of the CSR; null when the device keeps it
    Pki::Certificate signer;       ///< under which the messages travel
    Pki::PrivateKey signerKey;     ///< decrypts the reply
    CaRoles roles;                 ///< the server's certificates when it began
    Negotiated algorithms;
    Pki::Certificate renews; ///< the certificate that this one replaces; null: a first enrollment
    /// The rungs of a renewal tried so far, this one last. Empty: no renewal.
    QList<RenewalStep> renewalSteps;

    enum class Phase {
        Prepared, ///< journaled; whether the server saw it is unknown: send the same again
        Pending,  ///< the server answered PENDING
    };
    Phase phase = Phase::Prepared;
    int polls = 0;
    int transportFailures = 0; ///< in a row
    QDateTime startedAt;
    QDateTime firstPendingAt; ///< invalid until PENDING
    QDateTime nextAttemptAt;  ///< invalid: at once

    [[nodiscard]] bool isRenewal() const { return !renewalSteps.isEmpty(); }
};

/// The outside of a transaction, for the window and scepctl.
struct TransactionStatus {
    enum class State {
        None,
        Queued, ///< waiting for the server to be trusted, enabled or free
        GeneratingKey,
        Sending,
        Pending,
        Retrying, ///< after a transport error, at nextAttemptAt
        Rejected, ///< by the server, or refused by our checks; waits for a person
        Cancelled,
        Done,
    };
    RequestId request;
    State state = State::None;
    QString transactionId;
    QDateTime nextAttemptAt;
    int polls = 0;
    std::optional<Error> error;         ///< for Retrying and Rejected, and Queued when a reason is known
    std::optional<Rejection> rejection; ///< what the server said
    bool isRenewal = false;             ///< the certificate at hand stays in force meanwhile

    [[nodiscard]] bool isOpen() const { return state >= State::Queued && state <= State::Retrying; }
    friend bool operator==(const TransactionStatus &, const TransactionStatus &) = default;
};

QDebug operator<<(QDebug debug, TransactionStatus::State state);

/// One HTTP exchange for the log: the message inspector's unit. The wire bytes are encrypted by the protocol; no secret in it.
struct Exchange {
    qint64 id = 0;
    ServerId server;
    RequestId request; ///< null for server checks
    QDateTime at;      ///< UTC, when it ended
    Operation operation = Operation::GetCaCaps;
    HttpMethod method = HttpMethod::Get;
    QUrl url;            ///< without the message of a GET PKIOperation
    QByteArray sent;     ///< pkiMessage DER
    QByteArray received; ///< body
    int httpStatus = 0;
    std::chrono::milliseconds duration{0};
    std::optional<Error> error;
    QStringList notes;
};

} // namespace Scep
