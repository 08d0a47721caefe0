// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/worker/transactionrunner.h"

namespace Scep {

using namespace Qt::StringLiterals;

using State = TransactionStatus::State;
using Phase = Transaction::Phase;

TransactionRunner::TransactionRunner(const EngineContext &context, const EnrollmentRequest &request, QObject *parent)
    : QObject(parent)
    , m_context(context)
    , m_request(request)
{
    m_status.request = request.id;
}

QString TransactionRunner::schedulerKey(RequestId id)
{
    return u"request:%1"_s.arg(id.value);
}

void TransactionRunner::begin(ServerAgent *agent, Purpose purpose, Urgency urgency)
{
    m_agent = agent;
    m_purpose = purpose;
    m_urgency = urgency;
    setStatus(makeStatus(State::Queued));
    advance();
}

void TransactionRunner::resume(const Transaction &transaction, ServerAgent *agent)
{
    m_agent = agent;
    m_transaction = transaction;
    m_hasBegun = true;
    m_isOutdated = !m_request.label.isEmpty() && m_request.server != transaction.server;
    // The settings may have been changed while no process ran.
    m_negotiatesAnew = true;
    m_keepsLearnedMethod = true;
    mendTimes();
    m_nextAttempt = m_transaction.nextAttemptAt;
    setAlarm();
    showWaiting();
    advance();
}

/// The clock may have been set while no process ran: nobody waits longer for that than for the longest pause there is.
void TransactionRunner::mendTimes()
{
    const QDateTime now = m_context.clock.now();
    const std::chrono::seconds polling = m_agent ? m_agent->server().polling.longest * 2 : std::chrono::seconds(0);
    const auto longest = std::max<std::chrono::seconds>(std::chrono::hours(25), polling);
    if (m_transaction.nextAttemptAt.isValid() && m_transaction.nextAttemptAt > now.addSecs(longest.count()))
        m_transaction.nextAttemptAt = {};
    if (m_transaction.firstPendingAt.isValid() && m_transaction.firstPendingAt > now)
        m_transaction.firstPendingAt = now;
}

void TransactionRunner::moveTimes(std::chrono::seconds by)
{
    const auto move = [by](QDateTime &time) {
        if (time.isValid())
            time = time.addSecs(by.count());
    };
    const QDateTime shown = m_nextAttempt;
    move(m_nextAttempt);
    if (m_hasBegun) {
        move(m_transaction.nextAttemptAt);
        move(m_transaction.firstPendingAt);
        m_isUnsaved |= m_transaction.nextAttemptAt.isValid();
    }
    setAlarm();
    if (shown.isValid() && m_status.nextAttemptAt == shown) {
        TransactionStatus status = m_status;
        status.nextAttemptAt = m_nextAttempt;
        setStatus(status);
    }
}

void TransactionRunner::setAgent(ServerAgent *agent)
{
    stopExchange();
    leaveQueue();
    m_agent = agent;
    advance();
}

void TransactionRunner::setRequest(const EnrollmentRequest &request)
{
    if (m_request == request)
        return;
    m_request = request;
    if (m_hasBegun)
        return; // what was sent stays as it was
    delete std::exchange(m_preparation, nullptr);
    m_nextAttempt = {};
    advance();
}

void TransactionRunner::serverChanged()
{
    if (!m_agent || !m_agent->isReady()) {
        stopExchange();
        leaveQueue();
    } else if (m_isQueuedForSlot) {
        return showClosedGate();
    }
    advance();
}

void TransactionRunner::startOver()
{
    if (!m_hasBegun || m_hasEnded || m_unstoredEnd)
        return;
    stopExchange();
    leaveQueue();
    m_context.scheduler.cancel(schedulerKey(m_request.id));
    m_nextAttempt = {};
    m_startsOver = true;
}

void TransactionRunner::enrollAnew()
{
    if (m_hasBegun) {
        m_isOutdated = true;
        return;
    }
    if (m_purpose == Purpose::Enroll)
        return;
    m_purpose = Purpose::Enroll;
    delete std::exchange(m_preparation, nullptr);
    advance();
}

void TransactionRunner::due()
{
    m_nextAttempt = {};
    advance();
}

void TransactionRunner::attemptNow()
{
    if (m_hasEnded || m_job)
        return;
    if (m_urgency == Urgency::Usual)
        leaveQueue(); // to come back at its head
    m_urgency = Urgency::Asked;
    if (m_agent) {
        m_agent->gate().reopen();
        if (!m_agent->isReady())
            m_agent->check();
    }
    goOn();
}

void TransactionRunner::goOn()
{
    if (m_hasEnded || m_job)
        return;
    m_context.scheduler.cancel(schedulerKey(m_request.id));
    m_nextAttempt = {};
    advance();
}

void TransactionRunner::cancel()
{
    if (m_hasEnded)
        return;
    stopExchange();
    leaveQueue();
    end(State::Cancelled);
}

void TransactionRunner::retire()
{
    stopExchange();
    leaveQueue();
    m_hasEnded = true;
    m_context.scheduler.cancel(schedulerKey(m_request.id));
    delete std::exchange(m_preparation, nullptr);
}

TransactionRunner::Work TransactionRunner::work() const
{
    if (m_job)
        return m_transaction.phase == Phase::Pending ? Work::Polling : Work::Sending;
    if (m_preparation && m_preparation->progress() == TransactionPreparation::Progress::GeneratingKey)
        return Work::GeneratingKey;
    return Work::None;
}

} // namespace Scep
