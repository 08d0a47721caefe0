// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/worker/enginewiring.h"

namespace Scep {

using namespace Qt::StringLiterals;

Engine::Private::Private(Engine *engine, const Dependencies &dependencies)
    : q(engine)
    , exchanger(dependencies.network, dependencies.journal, dependencies.clock)
    , scheduler(dependencies.clock)
    , context{exchanger, dependencies.journal, dependencies.clock, dependencies.keyPool, scheduler, health}
    , renewals(scheduler)
{
    QObject::connect(&exchanger, &Exchanger::recorded, q, &Engine::exchangeFinished);
    QObject::connect(&exchanger, &Exchanger::runningChanged, q, [this] { touchActivity(); });
    QObject::connect(&scheduler, &Scheduler::due, q, [this](const QString &key) { runDue(key); });
    QObject::connect(&health, &StoreHealth::recovered, q, [this] { goOnAfterStorageTrouble(); });
    QObject::connect(&context.clock, &Clock::jumped, q, [this](std::chrono::seconds by) { moveTimes(by); });
}

Engine::Private::~Private()
{
    isActivityTouched = true; // nobody is told of the end
    // Runners look at agents, both at the context: in this order.
    for (auto &[id, runner] : runners)
        delete runner;
    for (QueryRunner *query : queries)
        delete query;
    for (auto &[id, agent] : agents)
        delete agent;
}

ServerAgent *Engine::Private::agent(ServerId id) const
{
    const auto found = agents.find(id);
    return found == agents.end() ? nullptr : found->second;
}

TransactionRunner *Engine::Private::runner(RequestId id) const
{
    const auto found = runners.find(id);
    return found == runners.end() ? nullptr : found->second;
}

std::vector<TransactionRunner *> Engine::Private::runnersOf(ServerId id) const
{
    std::vector<TransactionRunner *> found;
    for (const auto &[request, runner] : runners) {
        if (runner->server() == id)
            found.push_back(runner);
    }
    return found;
}

ServerAgent *Engine::Private::addAgent(const EnrollmentServer &server)
{
    auto *agent = new ServerAgent(context, server, q);
    agents[server.id] = agent;
    QObject::connect(agent, &ServerAgent::knowledgeChanged, q, &Engine::serverKnowledgeChanged);
    QObject::connect(agent, &ServerAgent::journalFailed, q, &Engine::journalFailed);
    QObject::connect(agent, &ServerAgent::checkingChanged, q, [this] { touchActivity(); });
    QObject::connect(agent, &ServerAgent::checked, q, [this, id = server.id] { lookForRevocations(id); });
    const auto tellRunners = [this, id = server.id] {
        const std::vector<TransactionRunner *> waiting = runnersOf(id);
        for (TransactionRunner *runner : waiting)
            runner->serverChanged();
    };
    QObject::connect(&agent->gate(), &ServerGate::closed, q, tellRunners);
    QObject::connect(agent, &ServerAgent::readinessChanged, q, [this, tellRunners, id = server.id] {
        tellRunners();
        tellQueries(id);
    });
    return agent;
}

TransactionRunner *Engine::Private::addRunner(const EnrollmentRequest &request)
{
    auto *runner = new TransactionRunner(context, request, q);
    runners[request.id] = runner;
    endings.erase(request.id);
    runner->setRevocation(renewals.revocation(request.id));
    QObject::connect(runner, &TransactionRunner::statusChanged, q, [this, id = request.id](const TransactionStatus &status) {
        if (!status.isOpen())
            endings[id] = status; // before anybody asks status() in a slot
        if (status.state == TransactionStatus::State::Rejected || status.state == TransactionStatus::State::Cancelled)
            renewals.waitForPerson(id);
        emit q->transactionChanged(status);
        touchActivity();
    });
    QObject::connect(runner, &TransactionRunner::issued, q, [this](const IssuedCertificate &issued) {
        renewals.setCurrent({issued.request, issued.certificate, false, issued.receivedAt});
        emit q->certificateIssued(issued);
    });
    QObject::connect(runner, &TransactionRunner::journalFailed, q, &Engine::journalFailed);
    QObject::connect(runner, &TransactionRunner::workChanged, q, [this] { touchActivity(); });
    QObject::connect(runner, &TransactionRunner::ended, q, [this, runner, id = request.id] {
        if (this->runner(id) == runner)
            runners.erase(id);
        runner->deleteLater();
        if (runner->status().state == TransactionStatus::State::Done && runner->isOutdated())
            beginAnew(id);
    });
    return runner;
}

void Engine::Private::dropRunner(RequestId id)
{
    if (TransactionRunner *dropped = runner(id)) {
        runners.erase(id);
        dropped->disconnect(q);
        dropped->retire();
        dropped->deleteLater();
        touchActivity();
    }
}

void Engine::Private::runDue(const QString &key)
{
    if (const auto request = RenewalPlan::fromSchedulerKey(key)) {
        beginByItself(*request, Purpose::Renew);
        return touchActivity();
    }
    const qint64 id = key.section(u':', 1).toLongLong();
    if (key.startsWith("server:"_L1)) {
        if (ServerAgent *found = agent({id}))
            found->check();
    } else if (key.startsWith("gate:"_L1)) {
        if (ServerAgent *found = agent({id}))
            found->gate().due();
    } else if (TransactionRunner *found = runner({id})) {
        found->due();
    }
    touchActivity();
}

void Engine::Private::tellQueries(ServerId id)
{
    const std::set<QueryRunner *> asking = queries; // each may end and go
    for (QueryRunner *query : asking) {
        if (query->server() == id && queries.contains(query))
            query->serverChanged();
    }
}

// -- beginning ---------------------------------------------------------------------------------------------------------------

TransactionRunner *Engine::Private::makeRunner(RequestId id)
{
    const auto request = requests.find(id);
    return request == requests.end() ? nullptr : addRunner(request->second);
}

void Engine::Private::begin(RequestId id, Purpose purpose)
{
    if (TransactionRunner *open = runner(id)) {
        if (!open->hasBegun())
            open->attemptNow(); // asked once more: look at the server again
        return;
    }
    TransactionRunner *runner = makeRunner(id);
    if (!runner) {
        TransactionStatus status;
        status.request = id;
        status.state = TransactionStatus::State::Rejected;
        status.error = Error{ErrorCode::InvalidArgument, u"there is no request number %1"_s.arg(id.value)};
        emit q->transactionChanged(status);
        return;
    }
    ServerAgent *server = agent(runner->server());
    if (server) {
        // Somebody acts now: do not wait for the next regular look.
        server->gate().reopen();
        if (server->obstacle())
            server->check();
    }
    runner->begin(server, purpose, ServerGate::Urgency::Asked);
}

void Engine::Private::beginByItself(RequestId id, Purpose purpose)
{
    if (runner(id))
        return;
    if (TransactionRunner *runner = makeRunner(id))
        runner->begin(agent(runner->server()), purpose);
}

void Engine::Private::beginAnew(RequestId id)
{
    if (TransactionRunner *open = runner(id)) {
        open->enrollAnew();
        return;
    }
    if (!renewals.hasCertificate(id) || !requests.contains(id))
        return;
    // So that a process that ends before the transaction has begun leaves a trace to go on from.
    TransactionStatus queued;
    queued.request = id;
    queued.state = TransactionStatus::State::Queued;
    if (const auto recorded = context.journal.recordStatus(queued); !recorded)
        emit q->journalFailed(recorded.error());
    if (requests.at(id).isEnabled)
        beginByItself(id, Purpose::Enroll);
    else
        endings.erase(id); // what is recorded holds now: it waits
}

void Engine::Private::lookForWork()
{
    if (std::exchange(isLookingForWork, true))
        return;
    QMetaObject::invokeMethod(
        q,
        [this] {
            isLookingForWork = false;
            beginDue();
        },
        Qt::QueuedConnection);
}

void Engine::Private::beginDue()
{
    const auto due = context.journal.dueEnrollments();
    if (!due) {
        emit q->journalFailed(due.error());
        return;
    }
    for (const DueEnrollment &enrollment : *due) {
        const auto request = requests.find(enrollment.request);
        if (request == requests.end() || !request->second.isEnabled)
            continue;
        const ServerAgent *server = agent(request->second.server);
        if (server && server->server().isEnabled && server->server().anchor.isSet())
            beginByItself(enrollment.request, enrollment.isRenewal ? Purpose::Renew : Purpose::Enroll);
    }
}

void Engine::Private::goOnAfterStorageTrouble()
{
    const auto open = runners; // each may end and go
    for (const auto &[id, waiting] : open) {
        if (runner(id) == waiting && waiting->waitsForJournal())
            waiting->goOn();
    }
    lookForWork();
}

/// What was to happen in an hour happens in an hour, whatever the clock says by then. Renewals are bound to dates and stay.
void Engine::Private::moveTimes(std::chrono::seconds by)
{
    scheduler.shift(by, [](const QString &key) { return !RenewalPlan::fromSchedulerKey(key); });
    for (const auto &[id, agent] : agents)
        agent->gate().shift(by);
    const auto open = runners;
    for (const auto &[id, moved] : open) {
        if (runner(id) == moved)
            moved->moveTimes(by);
    }
    touchActivity();
}

} // namespace Scep
