// SPDX-License-Identifier: GPL-3.0-or-later
// The second part of TransactionRunner: what an exchange brought, and what follows from it.
#include "scep/worker/pollschedule.h"
#include "scep/worker/transactionrunner.h"

#include <algorithm>

namespace Scep {

using namespace Qt::StringLiterals;

using State = TransactionStatus::State;
using Phase = Transaction::Phase;

namespace {

/// Anybody on the way can answer with rubbish: that alone must not end a transaction at once, but a server that keeps answering so
/// must not be asked for ever either.
constexpr int toleratedBadReplies = 3;

/// How servers without CertPoll answer one.
bool saysCertPollUnknown(const ExchangeOutcome &outcome)
{
    if (!outcome.error)
        return false;
    const int status = outcome.reply.httpStatus;
    // EJBCA says nothing at all.
    return outcome.error->code == ErrorCode::EmptyReply ||
           (outcome.error->code == ErrorCode::HttpStatus && (status == 400 || status == 500 || status == 501));
}

/// An HTTP error whose body is nevertheless a pkiMessage counts as the pkiMessage.
bool carriesMessage(const ExchangeOutcome &outcome)
{
    if (!outcome.error)
        return true;
    return outcome.error->code == ErrorCode::HttpStatus && !outcome.reply.body.isEmpty() &&
           outcome.reply.contentType.section(u';', 0, 0).trimmed().compare("application/x-pki-message"_L1, Qt::CaseInsensitive) == 0;
}

/// Nobody there, or somebody who says that the server is not: no word about this one message.
bool isServerDown(const ExchangeOutcome &outcome)
{
    if (!outcome.error)
        return false;
    constexpr int statuses[]{429, 502, 503, 504};
    switch (outcome.error->code) {
    case ErrorCode::HostNotFound:
    case ErrorCode::ConnectionRefused:
    case ErrorCode::NetworkFailure:
    case ErrorCode::Timeout:
    case ErrorCode::TlsFailure:
        return true;
    case ErrorCode::HttpStatus:
        return std::ranges::find(statuses, outcome.reply.httpStatus) != std::end(statuses);
    default:
        return false;
    }
}

} // namespace

Result<CertRep> TransactionRunner::judge(const QByteArray &message) const
{
    CertRepContext context;
    context.transactionId = m_transaction.id;
    context.senderNonce = m_nonce;
    context.roles = m_transaction.roles;
    context.publicKey = m_transaction.csr.publicKey();
    context.subject = m_transaction.csr.subject();
    context.subjectAlternativeNames = m_transaction.csr.subjectAlternativeNames();
    context.former = m_transaction.renews;
    context.signer = m_transaction.signer;
    context.signerKey = m_transaction.signerKey;
    context.challenge = m_challenge.isEmpty() ? nullptr : &m_challenge;
    context.now = m_context.clock.now();
    auto reply = processCertRep(message, context);
    if (!reply && reply.error().code == ErrorCode::ChainBroken) {
        const QList<Pki::Certificate> former = formerIssuers();
        for (const Pki::Certificate &issuer : former) {
            context.roles.issuing = issuer;
            if (auto again = processCertRep(message, context)) {
                reply = std::move(again);
                break;
            }
        }
    }
    return reply;
}

void TransactionRunner::tellGate(const ExchangeOutcome &outcome)
{
    if (!m_agent)
        return;
    ServerGate &gate = m_agent->gate();
    if (!isServerDown(outcome))
        return gate.answered();
    // With the least jitter: the gate is open when the transaction that tried comes again.
    const auto interval = m_agent->server().retryInterval;
    const auto pause = [interval](int rounds) { return retryPause(interval, rounds, -1); };
    const auto retryAfter =
        outcome.reply.retryAfter ? std::optional(retryPause(std::chrono::seconds(1), 1, -1, outcome.reply.retryAfter)) : std::nullopt;
    gate.failed(m_slot, pause, retryAfter);
}

void TransactionRunner::receive(const ExchangeOutcome &outcome, Exchange entry)
{
    m_job = nullptr;
    tellGate(outcome);
    m_slot.reset();
    emit workChanged();
    if (m_hasEnded || m_unstoredEnd)
        return m_context.exchanger.record(entry);
    // What works is kept: a server that refused POST gets GET from now on.
    if (outcome.reply.method != m_transaction.algorithms.method && !outcome.error) {
        m_transaction.algorithms.method = outcome.reply.method;
        m_isUnsaved = true;
    }
    if (!carriesMessage(outcome)) {
        m_context.exchanger.record(entry);
        return takeTransportError(outcome);
    }

    auto reply = judge(outcome.reply.body);
    if (!reply) {
        entry.error = reply.error();
        m_context.exchanger.record(entry);
        return takeBadReply(reply.error());
    }
    entry.notes += std::visit([](const auto &kind) { return kind.notes; }, *reply);
    m_context.exchanger.record(entry);
    m_badReplies = 0;
    m_transaction.transportFailures = 0;
    m_retryAfter = outcome.reply.retryAfter;
    if (m_asksByRequest && m_agent)
        m_agent->rememberPollingByRequest(); // the repeated request was understood where CertPoll was not
    std::visit([this](const auto &kind) { take(kind); }, *reply);
}

/// The issuing CAs of earlier days that adoptRoles() carried along. They were authenticated under the same anchor.
QList<Pki::Certificate> TransactionRunner::formerIssuers() const
{
    QList<Pki::Certificate> former;
    if (!m_agent)
        return former;
    const QList<Pki::Certificate> current = m_agent->knowledge().roles.caCertificates();
    for (const Pki::Certificate &certificate : m_transaction.roles.intermediates) {
        if (!current.contains(certificate))
            former.append(certificate);
    }
    return former;
}

void TransactionRunner::takeTransportError(const ExchangeOutcome &outcome)
{
    if (goesOnAsEnrollment(!isServerDown(outcome)))
        return;
    if (m_sentType == MessageType::CertPoll && saysCertPollUnknown(outcome)) {
        m_asksByRequest = true;
        return advance();
    }
    m_asksByRequest = false; // it was no cure
    if (stepDown({.error = outcome.error, .httpStatus = outcome.reply.httpStatus}))
        return;
    const QDateTime now = m_context.clock.now();
    if (isPastPolling(now))
        return end(State::Rejected, Error{ErrorCode::PollingEnded, outcome.error->detail});
    ++m_transaction.transportFailures;
    const auto interval = m_agent ? m_agent->server().retryInterval : EnrollmentServer().retryInterval;
    const auto pause = retryPause(interval, m_transaction.transportFailures, EngineContext::jitter(), outcome.reply.retryAfter);
    m_transaction.nextAttemptAt = now.addSecs(pause.count());
    waitUntil(m_transaction.nextAttemptAt, save() ? outcome.error : m_reason);
}

void TransactionRunner::takeBadReply(const Error &error)
{
    // Authentic, and it would be the same again.
    if (error.code == ErrorCode::OldCertificateReturned || ++m_badReplies > toleratedBadReplies) {
        if (goesOnAsEnrollment(true))
            return;
        return end(State::Rejected, error);
    }
    // The RA may have got a new certificate, or the next CA has taken over: before the next try it is known.
    if (m_agent && (error.code == ErrorCode::SignerUnknown || error.code == ErrorCode::SignerNotInForce))
        m_agent->check();
    const auto interval = m_agent ? m_agent->server().retryInterval : EnrollmentServer().retryInterval;
    m_transaction.nextAttemptAt = m_context.clock.now().addSecs(retryPause(interval, m_badReplies, EngineContext::jitter()).count());
    waitUntil(m_transaction.nextAttemptAt, save() ? error : *m_reason);
}

bool TransactionRunner::isPastPolling(const QDateTime &now) const
{
    return m_agent && m_transaction.firstPendingAt.isValid() &&
           now >= m_transaction.firstPendingAt.addSecs(m_agent->server().polling.end.count());
}

/// After the end of the certificate that signs: a pending renewal was asked for once more (the server `answered`), and did not bring the
/// new one.
bool TransactionRunner::goesOnAsEnrollment(bool answered)
{
    if (!answered || !m_wasSignerOver || !isSignerOver())
        return false;
    if (becomeEnrollment())
        advance();
    return true;
}

void TransactionRunner::take(const PendingReply &)
{
    if (goesOnAsEnrollment(true))
        return;
    const QDateTime now = m_context.clock.now();
    if (m_transaction.phase == Phase::Pending) {
        ++m_transaction.polls;
    } else {
        m_transaction.phase = Phase::Pending;
        m_transaction.firstPendingAt = now;
    }
    if (isPastPolling(now))
        return end(State::Rejected, Error{ErrorCode::PollingEnded, u"%1 polls"_s.arg(m_transaction.polls)});
    const PollRule rule = m_agent ? m_agent->server().polling : PollRule();
    const QDateTime next = now.addSecs(pollPause(rule, m_transaction.polls, EngineContext::jitter(), m_retryAfter).count());
    // The last poll is at the very end, not a whole pause before it.
    m_transaction.nextAttemptAt = std::min(next, m_transaction.firstPendingAt.addSecs(rule.end.count()));
    waitUntil(m_transaction.nextAttemptAt, save() ? std::nullopt : m_reason);
}

void TransactionRunner::take(const RejectedReply &reply)
{
    if (goesOnAsEnrollment(true))
        return;
    // badCertId to a poll: the server does not know the transaction (any more). The request is sent again, once.
    if (m_sentType == MessageType::CertPoll && reply.rejection.failInfo() == FailInfo::BadCertId && !m_hasResent) {
        m_hasResent = true;
        m_resendsRequest = true;
        return advance();
    }
    if (stepDown({.rejection = reply.rejection}))
        return;
    end(State::Rejected, withStepsTried({ErrorCode::Rejected, toText(reply.rejection)}), reply.rejection);
}

bool TransactionRunner::stepDown(RenewalFailure failure)
{
    if (!m_transaction.isRenewal() || !m_agent)
        return false;
    const ServerKnowledge &knowledge = m_agent->knowledge();
    failure.step = m_transaction.renewalSteps.last();
    failure.wasPending = m_transaction.phase == Phase::Pending;
    failure.workedBefore = knowledge.renewalStep == failure.step;
    if (!stepsDown(failure))
        return false;
    const auto challenge = m_context.journal.challenge(m_request.id);
    const auto current =
        challenge ? m_context.journal.currentCredential(m_request.id) : Result<Credential>(std::unexpected(challenge.error()));
    if (!current) {
        // The same message is sent again later, meets the same answer, and this is where it comes back to.
        emit journalFailed(current.error());
        waitForJournal(current.error());
        return true;
    }
    const EnrollmentServer &server = m_agent->server();
    const auto ladder = renewalLadder(server.renewalMethod, knowledge.capabilities, knowledge.renewalStep, !challenge->isEmpty());
    const auto next = std::ranges::find_if(ladder, [this](RenewalStep step) { return !m_transaction.renewalSteps.contains(step); });
    if (next == ladder.end())
        return false;
    auto transaction = nextRenewalTransaction(m_transaction, *next, *current, m_request, server, *challenge, m_context.clock.now());
    if (!transaction)
        return false;
    if (replaceBy(*std::move(transaction)))
        advance();
    return true;
}

Error TransactionRunner::withStepsTried(Error error) const
{
    if (m_transaction.renewalSteps.size() < 2)
        return error;
    QStringList tried;
    for (const RenewalStep step : m_transaction.renewalSteps)
        tried.append(displayName(step));
    error.detail += u"; tried one after another: %1"_s.arg(tried.join(u", "_s));
    return error;
}

void TransactionRunner::take(const IssuedReply &reply)
{
    IssuedCertificate certificate;
    certificate.request = m_request.id;
    certificate.server = m_transaction.server;
    certificate.certificate = reply.certificate;
    certificate.issuers = reply.chain.issuers();
    certificate.key = m_transaction.key;
    certificate.transactionId = m_transaction.id.toText();
    certificate.receivedAt = m_context.clock.now();
    certificate.differences = reply.differences;
    certificate.notes = m_transaction.algorithms.warnings + reply.notes;
    if (!m_transaction.renews.isNull())
        certificate.notes += renewalNotes(m_transaction.renews, reply.certificate);
    if (m_request.renewal.exceeds(reply.certificate.notBefore(), reply.certificate.notAfter()))
        certificate.notes.append(
            u"renewal %1 hours before the end is more than the certificate lives: it is renewed after half of its life"_s.arg(
                m_request.renewal.value));
    if (const auto stored = m_context.journal.complete(m_transaction, certificate); !stored) {
        // The transaction stays open: asked again later, the server hands out the same certificate.
        emit journalFailed(stored.error());
        return waitForJournal(stored.error());
    }
    m_context.health.worked();
    if (m_transaction.isRenewal() && m_agent)
        m_agent->rememberRenewal(m_transaction.renewalSteps.last());
    const TransactionStatus status = makeStatus(State::Done);
    emit issued(certificate);
    leave(status);
}

} // namespace Scep
