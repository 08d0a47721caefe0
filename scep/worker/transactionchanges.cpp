// SPDX-License-Identifier: GPL-3.0-or-later
// The fourth part of TransactionRunner: what changes under an open transaction. The server's CA and settings, and the certificate that
// signs a renewal, which expires or is revoked.
#include "scep/worker/transactionrunner.h"

namespace Scep {

using namespace Qt::StringLiterals;

using State = TransactionStatus::State;
using Phase = Transaction::Phase;

bool TransactionRunner::restartTransaction()
{
    auto algorithms = negotiate(m_agent->server().algorithms, m_agent->knowledge().capabilities);
    if (!algorithms) {
        end(State::Rejected, algorithms.error());
        return false;
    }
    m_startsOver = false;
    m_negotiatesAnew = false;
    m_transaction.algorithms = *std::move(algorithms);
    m_transaction.phase = Phase::Prepared;
    m_transaction.polls = 0;
    m_transaction.transportFailures = 0;
    m_transaction.firstPendingAt = {};
    m_transaction.nextAttemptAt = {};
    m_asksByRequest = false;
    m_hasResent = false;
    m_badReplies = 0;
    m_reason.reset();
    adoptRoles();
    m_isUnsaved = true;
    return true;
}

void TransactionRunner::adoptRoles()
{
    CaRoles roles = m_agent->knowledge().roles;
    // An approval queue may outlive an intermediate CA: the certificate may still come from the one we asked first.
    if (roles.anchor == m_transaction.roles.anchor) {
        const QList<Pki::Certificate> former = m_transaction.roles.caCertificates();
        for (const Pki::Certificate &certificate : former) {
            if (!roles.caCertificates().contains(certificate))
                roles.intermediates.append(certificate);
        }
    }
    if (roles == m_transaction.roles)
        return;
    m_transaction.roles = roles;
    m_isUnsaved = true;
}

/// What a person set is used at once; an open transaction is not bound to what was right when it began.
bool TransactionRunner::adoptAlgorithms()
{
    const AlgorithmPolicy &policy = m_agent->server().algorithms;
    auto algorithms = negotiate(policy, m_agent->knowledge().capabilities);
    if (!algorithms) {
        // The server cannot do what is demanded: the next change of either brings us here again.
        TransactionStatus status = makeStatus(State::Queued);
        status.error = algorithms.error();
        setStatus(status);
        return false;
    }
    // That a server refuses POST was learned from its answer.
    if (std::exchange(m_keepsLearnedMethod, false) && !policy.method && m_transaction.algorithms.method == HttpMethod::Get) {
        algorithms->method = HttpMethod::Get;
        algorithms->methodReason = m_transaction.algorithms.methodReason;
    }
    m_negotiatesAnew = false;
    if (*algorithms != m_transaction.algorithms) {
        m_transaction.algorithms = *std::move(algorithms);
        m_isUnsaved = true;
    }
    return true;
}

// -- the certificate that signs a renewal ------------------------------------------------------------------------------------------

bool TransactionRunner::isSignedByCertificate() const
{
    return m_transaction.isRenewal() && m_transaction.renewalSteps.last() != RenewalStep::FreshPkcsReq;
}

bool TransactionRunner::isSignerOver() const
{
    return isSignedByCertificate() && m_context.clock.now() > m_transaction.signer.notAfter();
}

bool TransactionRunner::becomeEnrollment()
{
    const auto challenge = m_context.journal.challenge(m_request.id);
    const auto current =
        challenge ? m_context.journal.currentCredential(m_request.id) : Result<Credential>(std::unexpected(challenge.error()));
    if (!current) {
        emit journalFailed(current.error());
        waitForJournal(current.error());
        return false;
    }
    auto enrollment = enrollmentInsteadOf(m_transaction, *current, m_request, *challenge, m_context.clock.now());
    if (!enrollment) {
        end(State::Rejected, enrollment.error());
        return false;
    }
    return replaceBy(*std::move(enrollment));
}

bool TransactionRunner::replaceBy(Transaction next)
{
    if (const auto replaced = m_context.journal.replace(m_transaction, next); !replaced) {
        emit journalFailed(replaced.error());
        waitForJournal(replaced.error());
        return false;
    }
    m_context.health.worked();
    m_context.scheduler.cancel(schedulerKey(m_request.id));
    m_transaction = std::move(next);
    m_isUnsaved = false;
    m_asksByRequest = false;
    m_resendsRequest = false;
    m_hasResent = false;
    m_badReplies = 0;
    m_journalFailures = 0;
    m_nextAttempt = {};
    m_reason.reset();
    m_challenge.clear();
    return true;
}

void TransactionRunner::setRevocation(const std::optional<Revocation> &revocation)
{
    m_revocation = revocation;
    if (m_revocation && !m_hasEnded && !m_job && !m_unstoredEnd)
        endRevoked();
}

/// True: it ended, because the certificate that should sign it was revoked.
bool TransactionRunner::endRevoked()
{
    const bool wantsCertificate =
        m_hasBegun ? isSignedByCertificate() && m_transaction.phase == Phase::Prepared : m_purpose == Purpose::Renew;
    if (!m_revocation || !wantsCertificate)
        return false;
    leaveQueue();
    end(State::Rejected,
        Error{ErrorCode::NotPossibleNow, u"the certificate was revoked on %1%2, so it cannot sign its own renewal: enroll anew"_s.arg(
                                             m_revocation->date.toString(Qt::ISODate),
                                             m_revocation->reason.isEmpty() ? QString() : u" (%1)"_s.arg(m_revocation->reason))});
    return true;
}

} // namespace Scep
