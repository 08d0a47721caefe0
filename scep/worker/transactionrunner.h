// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/protocol/certrep.h"
#include "scep/worker/serveragent.h"
#include "scep/worker/transactionpreparation.h"

#include <QPointer>

namespace Scep {

/// The state machine of one request's open transaction (RFC 8894 2.5.1): prepare, begin in the journal, send, poll,
/// retry, end. advance() is its one driver: it looks at what is missing and takes the next step; everything else only changes facts.
///
/// ended() comes once; after it and after retire() nothing happens any more and the object waits for deletion.
class TransactionRunner final : public QObject
{
    Q_OBJECT

public:
    enum class Work { None, GeneratingKey, Sending, Polling };
    using Purpose = TransactionPreparation::Purpose;

    TransactionRunner(const EngineContext &context, const EnrollmentRequest &request, QObject *parent);

    using Urgency = ServerGate::Urgency;
    /// A new transaction. `agent` may be null until setAgent(); `urgency` is that of its first message.
    void begin(ServerAgent *agent, Purpose purpose = Purpose::Enroll, Urgency urgency = Urgency::Usual);
    void resume(const Transaction &transaction, ServerAgent *agent);
    void setAgent(ServerAgent *agent); ///< null: the server was removed; the former one may be retired afterwards
    void setRequest(const EnrollmentRequest &request);
    void serverChanged(); ///< its readiness, settings or knowledge
    void due();           ///< the scheduled time has come
    void attemptNow();    ///< somebody asks for it
    void goOn();          ///< the storage is well again
    void cancel();
    /// The server's CA is another one from now on: what is open is sent to it as a new request, with the same key.
    void startOver();
    /// The request was changed so that a new enrollment is needed: at once if nothing has begun, else after this transaction
    /// (isOutdated()).
    void enrollAnew();
    /// The server's algorithms or method were set anew: from the next message on they are used.
    void negotiateAnew() { m_negotiatesAnew = m_hasBegun; }
    /// What is known of the certificate at hand: a revoked one signs no renewal any more. One that the server took already is polled on.
    void setRevocation(const std::optional<Revocation> &revocation);
    void moveTimes(std::chrono::seconds by); ///< the clock was set
    void retire();                           ///< the request was removed: no word to the journal

    [[nodiscard]] const TransactionStatus &status() const { return m_status; }
    [[nodiscard]] ServerId server() const { return m_hasBegun ? m_transaction.server : m_request.server; }
    [[nodiscard]] RequestId request() const { return m_request.id; }
    [[nodiscard]] bool hasBegun() const { return m_hasBegun; }
    [[nodiscard]] bool isAsked() const { return m_urgency == Urgency::Asked; } ///< a person wants it now
    /// What was asked for is no longer what is wanted: the request moved to another server or got another subject meanwhile.
    [[nodiscard]] bool isOutdated() const { return m_isOutdated; }
    [[nodiscard]] bool waitsForJournal() const { return m_journalFailures > 0 && !m_hasEnded; }
    [[nodiscard]] Work work() const;
    [[nodiscard]] static QString schedulerKey(RequestId id);

signals:
    void statusChanged(const Scep::TransactionStatus &status);
    void issued(const Scep::IssuedCertificate &certificate);
    void journalFailed(const Scep::Error &error);
    void workChanged();
    void ended();

private:
    // Towards the next exchange
    void advance();
    void mendTimes();
    bool prepare();
    [[nodiscard]] Pki::Digest expectedDigest() const; ///< of the CSR, told before the server has answered
    bool beginInJournal();
    bool save();
    void adoptRoles();
    bool restartTransaction();
    bool adoptAlgorithms();
    bool endRevoked();
    // When the certificate that signs a renewal expires meanwhile
    [[nodiscard]] bool isSignedByCertificate() const;
    [[nodiscard]] bool isSignerOver() const;
    bool becomeEnrollment();
    bool replaceBy(Transaction next); ///< false: the storage is in trouble, and is waited for
    void setAlarm();
    void queueAtGate();
    void leaveQueue();
    void send(const ServerGate::Slot &slot);
    void stopExchange();

    // After it
    void tellGate(const ExchangeOutcome &outcome);
    [[nodiscard]] Result<CertRep> judge(const QByteArray &message) const;
    void receive(const ExchangeOutcome &outcome, Exchange entry);
    [[nodiscard]] QList<Pki::Certificate> formerIssuers() const;
    void takeTransportError(const ExchangeOutcome &outcome);
    void takeBadReply(const Error &error);
    void take(const PendingReply &reply);
    void take(const RejectedReply &reply);
    void take(const IssuedReply &reply);
    /// Goes on with the next rung of a renewal. False: there is none, or it would be no cure.
    bool stepDown(RenewalFailure failure);
    bool goesOnAsEnrollment(bool answered);
    [[nodiscard]] Error withStepsTried(Error error) const;
    [[nodiscard]] bool isPastPolling(const QDateTime &now) const;

    // Waiting and ending
    void waitUntil(const QDateTime &time, const std::optional<Error> &reason);
    void waitForJournal(const Error &error);
    void showWaiting();
    void showObstacle();
    void showClosedGate();
    void end(TransactionStatus::State state, const std::optional<Error> &error = {}, const std::optional<Rejection> &rejection = {});
    void end(const TransactionStatus &status);
    void leave(const TransactionStatus &status);
    void setStatus(TransactionStatus status);
    [[nodiscard]] TransactionStatus makeStatus(TransactionStatus::State state) const;

    const EngineContext &m_context;
    EnrollmentRequest m_request;
    Purpose m_purpose = Purpose::Enroll;
    ServerAgent *m_agent = nullptr;
    TransactionPreparation *m_preparation = nullptr;

    Transaction m_transaction;
    bool m_hasBegun = false;
    bool m_startsOver = false;
    bool m_negotiatesAnew = false;
    bool m_keepsLearnedMethod = false;
    bool m_hasBegunLastPoll = false; ///< after the end of the certificate that signs it
    bool m_wasSignerOver = false;    ///< when the last message was sent
    bool m_isOutdated = false;
    bool m_isUnsaved = false; ///< the journal is behind m_transaction
    bool m_hasEnded = false;
    std::optional<Revocation> m_revocation;
    std::optional<TransactionStatus> m_unstoredEnd; ///< decided, but the journal could not take it yet

    QPointer<ExchangeJob> m_job;
    ServerGate::Slot m_slot;
    bool m_isQueuedForSlot = false;
    Urgency m_urgency = Urgency::Usual;
    int m_queueTicket = 0; ///< whoever left a queue is not called by it any more
    MessageType m_sentType = MessageType::PkcsReq;
    Nonce m_nonce;
    Pki::SecretBytes m_challenge; ///< only when the reply may be encrypted with it

    bool m_asksByRequest = false; ///< CertPoll was not understood: send the request again instead
    bool m_resendsRequest = false;
    bool m_hasResent = false;                         ///< once after badCertId
    std::optional<std::chrono::seconds> m_retryAfter; ///< of the last reply
    int m_badReplies = 0;                             ///< in a row
    int m_journalFailures = 0;

    QDateTime m_nextAttempt; ///< invalid: at once
    std::optional<Error> m_reason;
    TransactionStatus m_status;
};

} // namespace Scep
