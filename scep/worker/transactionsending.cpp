// SPDX-License-Identifier: GPL-3.0-or-later
// The first steps of TransactionRunner: what is missing before the next exchange, and the exchange.
#include "scep/protocol/negotiationpreview.h"
#include "scep/worker/transactionrunner.h"

namespace Scep {

using State = TransactionStatus::State;
using Phase = Transaction::Phase;

void TransactionRunner::advance()
{
    if (m_hasEnded || m_job || m_isQueuedForSlot)
        return;
    bool isDue = !m_nextAttempt.isValid() || m_nextAttempt <= m_context.clock.now();
    if (m_unstoredEnd) {
        if (isDue)
            end(TransactionStatus(*m_unstoredEnd));
        return;
    }
    if (endRevoked())
        return;
    if (!m_hasBegun && m_preparation && m_preparation->hasExpired(m_context.clock.now())) {
        m_preparation->disconnect(this);
        m_preparation->deleteLater(); // may be the sender of the signal that brought us here
        m_preparation = nullptr;      // it is made again, as a new enrollment
    }
    // The key is made while the server is still being asked.
    if (!m_hasBegun && isDue && m_agent && m_agent->isPromising() && !prepare())
        return;
    if (!m_agent || !m_agent->isReady())
        return showObstacle();
    if (m_hasBegun && isSignerOver()) {
        // What the server has taken may be issued by now: it is asked once more, whatever it says to the old certificate.
        const bool isLastPoll = m_transaction.phase == Phase::Pending && !std::exchange(m_hasBegunLastPoll, true);
        isDue = isDue || isLastPoll;
        if (m_transaction.phase == Phase::Prepared && (isDue || m_journalFailures == 0)) {
            if (!becomeEnrollment())
                return;
            isDue = true;
        }
    }
    if (!isDue)
        return showWaiting();
    if (!m_hasBegun) {
        if (m_preparation->progress() == TransactionPreparation::Progress::GeneratingKey)
            return setStatus(makeStatus(State::GeneratingKey));
        if (!m_preparation->isDrafted(m_agent->server(), m_agent->knowledge()))
            return; // a few milliseconds; its end brings us here again
        if (!beginInJournal())
            return;
    }
    if (m_startsOver && !restartTransaction())
        return;
    if (m_negotiatesAnew && !adoptAlgorithms())
        return;
    // A storage in trouble could not keep the answer: whether it is well again is tried before anything is sent.
    if ((m_isUnsaved || !m_context.health.isGood()) && !save())
        return waitForJournal(*m_reason);
    queueAtGate();
}

void TransactionRunner::queueAtGate()
{
    m_isQueuedForSlot = true;
    const auto granted = [this, ticket = ++m_queueTicket](const ServerGate::Slot &slot) {
        if (ticket == m_queueTicket)
            send(slot);
    };
    m_agent->gate().acquire(this, granted, m_urgency);
    if (m_isQueuedForSlot)
        showClosedGate();
}

void TransactionRunner::leaveQueue()
{
    m_isQueuedForSlot = false;
    ++m_queueTicket;
    if (m_agent)
        m_agent->gate().leave(this);
}

bool TransactionRunner::prepare()
{
    if (!m_preparation) {
        m_preparation = new TransactionPreparation(m_context, m_request, m_purpose, this);
        connect(m_preparation, &TransactionPreparation::progressed, this, &TransactionRunner::advance);
        m_preparation->start(expectedDigest());
        emit workChanged();
    }
    const Error error = m_preparation->error();
    switch (m_preparation->progress()) {
    case TransactionPreparation::Progress::Refused:
        end(State::Rejected, error);
        return false;
    case TransactionPreparation::Progress::JournalTrouble:
        delete std::exchange(m_preparation, nullptr);
        emit journalFailed(error);
        waitForJournal(error);
        return false;
    default:
        return true;
    }
}

Pki::Digest TransactionRunner::expectedDigest() const
{
    const auto algorithms = negotiate(m_agent->server().algorithms, m_agent->knowledge().capabilities);
    const bool isKnown = m_agent->knowledge().trust == ServerKnowledge::Trust::Confirmed && algorithms;
    return isKnown ? algorithms->digest : m_agent->server().algorithms.digest.value_or(Pki::Digest::Sha256);
}

bool TransactionRunner::beginInJournal()
{
    auto transaction = m_preparation->build(m_agent->server(), m_agent->knowledge(), m_context.clock.now());
    if (!transaction) {
        end(State::Rejected, transaction.error());
        return false;
    }
    // Durable before the first byte leaves. A failure keeps the key in memory and sends nothing.
    if (const auto begun = m_context.journal.begin(*transaction); !begun) {
        emit journalFailed(begun.error());
        waitForJournal(begun.error());
        return false;
    }
    m_context.health.worked();
    m_transaction = *std::move(transaction);
    m_hasBegun = true;
    m_journalFailures = 0;
    m_preparation->deleteLater(); // may be the sender of the signal that brought us here
    m_preparation = nullptr;
    return true;
}

bool TransactionRunner::save()
{
    const auto saved = m_context.journal.update(m_transaction);
    m_isUnsaved = !saved;
    if (saved) {
        m_journalFailures = 0;
        m_context.health.worked();
        return true;
    }
    m_reason = saved.error();
    emit journalFailed(saved.error());
    return false;
}

void TransactionRunner::send(const ServerGate::Slot &slot)
{
    m_isQueuedForSlot = false;
    if (m_hasEnded)
        return;
    // Time may have passed in the queue: nothing but the two Get operations ever goes to a server that is not authenticated, and nothing
    // whose answer could not be kept.
    const bool isUseless = isSignerOver() && m_transaction.phase == Phase::Prepared;
    if (!m_agent || !m_agent->isReady() || !m_context.health.isGood() || isUseless || m_negotiatesAnew)
        return advance();
    if (endRevoked())
        return;
    adoptRoles();
    if (!m_transaction.signerKey.canDecrypt() && m_challenge.isEmpty()) {
        auto challenge = m_context.journal.challenge(m_request.id);
        if (!challenge) {
            emit journalFailed(challenge.error());
            return waitForJournal(challenge.error());
        }
        m_challenge = *std::move(challenge);
    }

    const bool isPoll = m_transaction.phase == Phase::Pending;
    const bool repeatsRequest = m_resendsRequest || m_asksByRequest || m_agent->knowledge().pollsByRequest;
    PkiRequest message;
    message.type = isPoll && !repeatsRequest ? MessageType::CertPoll : m_transaction.type;
    message.transactionId = m_transaction.id;
    message.senderNonce = Nonce::create(); // fresh in every message, resent ones too
    message.payload = message.type == MessageType::CertPoll
                          ? issuerAndSubjectDer(m_transaction.roles.issuing.subject(), m_transaction.csr.subject())
                          : m_transaction.csr.der();
    message.signer = m_transaction.signer;
    message.recipient = m_transaction.roles.recipient;
    message.algorithms = m_transaction.algorithms;
    // A recipient whose certificate demands OAEP gets it (RFC 4055 1.2), whoever it is by now.
    message.algorithms.keyTransport = keyTransportFor(m_agent->server().algorithms, message.recipient);
    auto der = buildPkiRequest(message, m_transaction.signerKey);
    if (!der)
        return end(State::Rejected, der.error());

    m_urgency = Urgency::Usual;
    m_slot = slot;
    m_sentType = message.type;
    m_wasSignerOver = isSignerOver();
    m_nonce = message.senderNonce;
    m_resendsRequest = false;
    ExchangeRequest exchange;
    exchange.operation = Operation::PkiOperation;
    exchange.server = m_agent->server().url;
    exchange.message = *der;
    exchange.method = m_transaction.algorithms.method;
    m_job = m_context.exchanger.run(exchange, m_agent->server().transport, {m_transaction.server, m_request.id}, this,
                                    [this](const ExchangeOutcome &outcome, Exchange entry) { receive(outcome, std::move(entry)); });
    emit workChanged();
    setStatus(makeStatus(isPoll ? State::Pending : State::Sending));
}

void TransactionRunner::stopExchange()
{
    m_slot.reset();
    if (!m_job)
        return;
    // Not deleted on the spot: this may be the job's own signal. Its connection to us goes first.
    m_job->disconnect(this);
    m_job->cancel();
    m_job->deleteLater();
    m_job = nullptr;
    emit workChanged();
}

} // namespace Scep
