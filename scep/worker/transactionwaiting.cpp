// SPDX-License-Identifier: GPL-3.0-or-later
// The third part of TransactionRunner: waiting, ending, and the status that people see.
#include "scep/worker/pollschedule.h"
#include "scep/worker/servertrust.h"
#include "scep/worker/transactionrunner.h"

#include <algorithm>

namespace Scep {

using State = TransactionStatus::State;
using Phase = Transaction::Phase;

void TransactionRunner::waitUntil(const QDateTime &time, const std::optional<Error> &reason)
{
    if (m_hasEnded)
        return;
    m_nextAttempt = time;
    m_reason = reason;
    setAlarm();
    showWaiting();
}

/// At the end of the certificate that signs a renewal there is something to do, however long the pause is.
void TransactionRunner::setAlarm()
{
    if (!m_nextAttempt.isValid() || m_hasEnded)
        return;
    QDateTime alarm = m_nextAttempt;
    if (m_hasBegun && isSignedByCertificate() && !m_unstoredEnd) {
        const QDateTime end = m_transaction.signer.notAfter().addSecs(1);
        if (end > m_context.clock.now())
            alarm = std::min(alarm, end);
    }
    m_context.scheduler.schedule(schedulerKey(m_request.id), alarm);
}

void TransactionRunner::waitForJournal(const Error &error)
{
    m_context.health.failed(error);
    const auto interval = m_agent ? m_agent->server().retryInterval : EnrollmentServer().retryInterval;
    const auto pause = retryPause(interval, ++m_journalFailures, EngineContext::jitter());
    waitUntil(m_context.clock.now().addSecs(pause.count()), error);
}

void TransactionRunner::showWaiting()
{
    State state = State::Retrying;
    if (!m_hasBegun)
        state = State::Queued;
    else if (!m_reason && m_transaction.phase == Phase::Pending)
        state = State::Pending;
    TransactionStatus status = makeStatus(state);
    status.nextAttemptAt = m_nextAttempt;
    status.error = m_reason;
    setStatus(status);
}

void TransactionRunner::showObstacle()
{
    const auto obstacle = m_agent ? m_agent->obstacle() : std::nullopt;
    const bool isMakingKey = m_preparation && m_preparation->progress() == TransactionPreparation::Progress::GeneratingKey;
    if (!obstacle)
        return setStatus(makeStatus(isMakingKey ? State::GeneratingKey : State::Queued));
    TransactionStatus status = makeStatus(mayPass(obstacle->code) ? State::Retrying : State::Queued);
    status.error = obstacle;
    status.nextAttemptAt = m_agent->nextTryAt();
    const bool isNews = m_status.error != status.error || m_status.state != status.state;
    setStatus(status);
    if (isNews && !m_hasBegun && !m_hasEnded) {
        if (const auto recorded = m_context.journal.recordStatus(status); !recorded)
            emit journalFailed(recorded.error());
    }
}

/// In the queue of a server that does not answer.
void TransactionRunner::showClosedGate()
{
    const QDateTime until = m_agent ? m_agent->gate().closedUntil() : QDateTime();
    if (!until.isValid())
        return;
    TransactionStatus status = makeStatus(m_hasBegun ? State::Retrying : State::Queued);
    status.nextAttemptAt = until;
    status.error = m_reason;
    setStatus(status);
}

void TransactionRunner::end(State state, const std::optional<Error> &error, const std::optional<Rejection> &rejection)
{
    TransactionStatus status = makeStatus(state);
    status.error = error;
    status.rejection = rejection;
    end(status);
}

void TransactionRunner::end(const TransactionStatus &status)
{
    const auto stored = m_hasBegun ? m_context.journal.close(m_transaction, status) : m_context.journal.recordStatus(status);
    if (stored) {
        m_context.health.worked();
        return leave(status);
    }
    emit journalFailed(stored.error());
    if (!m_hasBegun)
        return leave(status); // nothing was promised to anybody
    m_unstoredEnd = status;   // never sent again, only stored
    waitForJournal(stored.error());
}

void TransactionRunner::leave(const TransactionStatus &status)
{
    if (m_hasEnded)
        return;
    m_hasEnded = true;
    m_context.scheduler.cancel(schedulerKey(m_request.id));
    if (m_preparation) {
        m_preparation->deleteLater();
        m_preparation = nullptr;
    }
    m_transaction.key = {};
    m_transaction.signerKey = {};
    m_challenge.clear();
    m_status = status;
    emit statusChanged(m_status);
    emit ended();
}

TransactionStatus TransactionRunner::makeStatus(State state) const
{
    TransactionStatus status;
    status.request = m_request.id;
    status.state = state;
    status.isRenewal = m_hasBegun ? m_transaction.isRenewal() : m_purpose == Purpose::Renew;
    if (m_hasBegun) {
        status.transactionId = m_transaction.id.toText();
        status.polls = m_transaction.polls;
    }
    return status;
}

void TransactionRunner::setStatus(TransactionStatus status)
{
    if (m_hasEnded)
        return;
    if (m_status == status)
        return;
    m_status = std::move(status);
    emit statusChanged(m_status);
}

} // namespace Scep
