// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/worker/engine.h"

#include "scep/worker/queryrunner.h"
#include "scep/worker/renewalplan.h"
#include "scep/worker/serveragent.h"
#include "scep/worker/servertrust.h"
#include "scep/worker/transactionrunner.h"

#include <map>
#include <set>

namespace Scep {

using namespace Qt::StringLiterals;

namespace {

/// Of several things at once the status bar shows the one somebody waits for.
int urgency(Activity::Kind kind)
{
    switch (kind) {
    case Activity::Kind::Idle:
        return 0;
    case Activity::Kind::Probing:
        return 1;
    case Activity::Kind::CheckingServer:
        return 2;
    case Activity::Kind::Polling:
        return 3;
    case Activity::Kind::GeneratingKey:
        return 4;
    case Activity::Kind::Sending:
        return 5;
    }
    return 0;
}

} // namespace

/// The wiring: which agent belongs to which server, which runner to which request, and whose signal goes where.
class Engine::Private
{
public:
    Private(Engine *engine, const Dependencies &dependencies)
        : q(engine)
        , exchanger(dependencies.network, dependencies.journal, dependencies.clock)
        , scheduler(dependencies.clock)
        , context{exchanger, dependencies.journal, dependencies.clock, dependencies.keyPool, scheduler}
        , renewals(scheduler)
    {
        QObject::connect(&exchanger, &Exchanger::recorded, q, &Engine::exchangeFinished);
        QObject::connect(&exchanger, &Exchanger::runningChanged, q, [this] { touchActivity(); });
        QObject::connect(&scheduler, &Scheduler::due, q, [this](const QString &key) { runDue(key); });
    }

    ~Private()
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

    ServerAgent *agent(ServerId id) const
    {
        const auto found = agents.find(id);
        return found == agents.end() ? nullptr : found->second;
    }
    TransactionRunner *runner(RequestId id) const
    {
        const auto found = runners.find(id);
        return found == runners.end() ? nullptr : found->second;
    }
    std::vector<TransactionRunner *> runnersOf(ServerId id) const
    {
        std::vector<TransactionRunner *> found;
        for (const auto &[request, runner] : runners) {
            if (runner->server() == id)
                found.push_back(runner);
        }
        return found;
    }

    ServerAgent *addAgent(const EnrollmentServer &server);
    TransactionRunner *addRunner(const EnrollmentRequest &request);
    void runDue(const QString &key);
    void begin(RequestId id, TransactionRunner::Purpose purpose);
    void renewByItself(RequestId id);
    void tellQueries(ServerId id);
    void touchActivity();
    [[nodiscard]] Activity currentActivity() const;

    Engine *const q;
    Exchanger exchanger;
    Scheduler scheduler;
    const EngineContext context;
    RenewalPlan renewals;
    std::map<ServerId, ServerAgent *> agents;
    std::map<RequestId, EnrollmentRequest> requests;
    std::map<RequestId, TransactionRunner *> runners; ///< the open ones
    std::map<RequestId, TransactionStatus> endings;   ///< of those that ended while we ran
    std::set<QueryRunner *> queries;
    int probes = 0;
    Activity shownActivity;
    bool isActivityTouched = false;
};

ServerAgent *Engine::Private::addAgent(const EnrollmentServer &server)
{
    auto *agent = new ServerAgent(context, server, q);
    agents[server.id] = agent;
    QObject::connect(agent, &ServerAgent::knowledgeChanged, q, &Engine::serverKnowledgeChanged);
    QObject::connect(agent, &ServerAgent::journalFailed, q, &Engine::journalFailed);
    QObject::connect(agent, &ServerAgent::checkingChanged, q, [this] { touchActivity(); });
    QObject::connect(agent, &ServerAgent::readinessChanged, q, [this, id = server.id] {
        const std::vector<TransactionRunner *> waiting = runnersOf(id);
        for (TransactionRunner *runner : waiting)
            runner->serverChanged();
        tellQueries(id);
    });
    return agent;
}

TransactionRunner *Engine::Private::addRunner(const EnrollmentRequest &request)
{
    auto *runner = new TransactionRunner(context, request, q);
    runners[request.id] = runner;
    endings.erase(request.id);
    QObject::connect(runner, &TransactionRunner::statusChanged, q, [this, id = request.id](const TransactionStatus &status) {
        if (!status.isOpen())
            endings[id] = status; // before anybody asks status() in a slot
        if (status.state == TransactionStatus::State::Rejected || status.state == TransactionStatus::State::Cancelled)
            renewals.waitForPerson(id);
        emit q->transactionChanged(status);
        touchActivity();
    });
    QObject::connect(runner, &TransactionRunner::issued, q, [this](const IssuedCertificate &issued) {
        renewals.setCurrent({issued.request, issued.certificate, false});
        emit q->certificateIssued(issued);
    });
    QObject::connect(runner, &TransactionRunner::journalFailed, q, &Engine::journalFailed);
    QObject::connect(runner, &TransactionRunner::workChanged, q, [this] { touchActivity(); });
    QObject::connect(runner, &TransactionRunner::ended, q, [this, runner, id = request.id] {
        if (this->runner(id) == runner)
            runners.erase(id);
        runner->deleteLater();
    });
    return runner;
}

void Engine::Private::runDue(const QString &key)
{
    if (const auto request = RenewalPlan::fromSchedulerKey(key)) {
        renewByItself(*request);
        return touchActivity();
    }
    const qint64 id = key.section(u':', 1).toLongLong();
    if (key.startsWith("server:"_L1)) {
        if (ServerAgent *found = agent({id}))
            found->check();
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

void Engine::Private::begin(RequestId id, TransactionRunner::Purpose purpose)
{
    if (TransactionRunner *open = runner(id)) {
        if (!open->hasBegun())
            open->attemptNow(); // asked once more: look at the server again
        return;
    }
    const auto request = requests.find(id);
    if (request == requests.end()) {
        TransactionStatus status;
        status.request = id;
        status.state = TransactionStatus::State::Rejected;
        status.error = Error{ErrorCode::InvalidArgument, u"there is no request number %1"_s.arg(id.value)};
        emit q->transactionChanged(status);
        return;
    }
    ServerAgent *server = agent(request->second.server);
    TransactionRunner *runner = addRunner(request->second);
    if (server && server->obstacle())
        server->check(); // somebody acts now: do not wait for the next regular look
    runner->begin(server, purpose);
}

void Engine::Private::renewByItself(RequestId id)
{
    if (runner(id))
        return;
    if (renewals.isExpired(id, context.clock.now())) {
        // That takes a new enrollment. Without a challenge at hand it is a person's turn, as at the first one.
        const auto challenge = context.journal.challenge(id);
        if (!challenge || challenge->isEmpty())
            return;
    }
    begin(id, TransactionRunner::Purpose::Renew);
}

void Engine::Private::touchActivity()
{
    if (std::exchange(isActivityTouched, true))
        return;
    // Once a turn of the event loop, whatever happened in it.
    QMetaObject::invokeMethod(
        q,
        [this] {
            isActivityTouched = false;
            const Activity activity = currentActivity();
            if (activity == shownActivity)
                return;
            shownActivity = activity;
            emit q->activityChanged(activity);
        },
        Qt::QueuedConnection);
}

Activity Engine::Private::currentActivity() const
{
    Activity activity;
    activity.runningExchanges = exchanger.runningCount();
    const auto raise = [&activity](Activity::Kind kind, ServerId server, RequestId request) {
        if (urgency(kind) > urgency(activity.kind)) {
            activity.kind = kind;
            activity.server = server;
            activity.request = request;
        }
    };
    if (probes > 0)
        raise(Activity::Kind::Probing, {}, {});
    for (const auto &[id, agent] : agents) {
        if (agent->isChecking() || agent->isAskingForNextCa())
            raise(Activity::Kind::CheckingServer, id, {});
    }
    for (const auto &[id, runner] : runners) {
        switch (runner->work()) {
        case TransactionRunner::Work::None:
            break;
        case TransactionRunner::Work::GeneratingKey:
            raise(Activity::Kind::GeneratingKey, runner->server(), id);
            break;
        case TransactionRunner::Work::Sending:
            raise(Activity::Kind::Sending, runner->server(), id);
            break;
        case TransactionRunner::Work::Polling:
            raise(Activity::Kind::Polling, runner->server(), id);
            break;
        }
    }
    if (activity.kind == Activity::Kind::Idle)
        activity.nextDue = scheduler.nextDue();
    return activity;
}

Engine::Engine(const Dependencies &dependencies, QObject *parent)
    : QObject(parent)
    , d(std::make_unique<Private>(this, dependencies))
{}

Engine::~Engine() = default;

Result<void> Engine::start()
{
    Journal &journal = d->context.journal;
    const auto servers = journal.servers();
    if (!servers)
        return std::unexpected(servers.error());
    const auto knowledge = journal.serverKnowledge();
    if (!knowledge)
        return std::unexpected(knowledge.error());
    const auto requests = journal.requests();
    if (!requests)
        return std::unexpected(requests.error());
    const auto transactions = journal.openTransactions();
    if (!transactions)
        return std::unexpected(transactions.error());
    const auto certificates = journal.currentCertificates();
    if (!certificates)
        return std::unexpected(certificates.error());

    for (const EnrollmentServer &server : *servers)
        d->addAgent(server);
    for (const ServerKnowledge &known : *knowledge) {
        if (ServerAgent *agent = d->agent(known.id))
            agent->restore(known);
    }
    for (const EnrollmentRequest &request : *requests) {
        d->requests[request.id] = request;
        d->renewals.setRequest(request);
    }
    for (const auto &[id, agent] : d->agents)
        agent->start();
    for (const Transaction &transaction : *transactions) {
        // A transaction whose request is gone is finished all the same: its certificate may be the only one.
        EnrollmentRequest request;
        request.id = transaction.request;
        request.server = transaction.server;
        if (const auto found = d->requests.find(transaction.request); found != d->requests.end())
            request = found->second;
        d->addRunner(request)->resume(transaction, d->agent(transaction.server));
    }
    for (const CurrentCertificate &current : *certificates)
        d->renewals.setCurrent(current);
    return {};
}

void Engine::probe(const ProbeRequest &request)
{
    auto *check = new ServerCheck(d->exchanger, d->context.clock, this);
    ++d->probes;
    connect(check, &ServerCheck::finished, this, [this, check, ticket = request.ticket](const ServerAnswers &answers) {
        check->deleteLater();
        --d->probes;
        d->touchActivity();
        emit probeFinished(probeResult(ticket, answers, d->context.clock.now()));
    });
    check->start({}, request.url, request.caIdentifier, request.transport);
    d->touchActivity();
}

void Engine::setServer(const EnrollmentServer &server)
{
    if (ServerAgent *agent = d->agent(server.id)) {
        agent->setServer(server);
        return;
    }
    ServerAgent *agent = d->addAgent(server);
    agent->start();
    for (TransactionRunner *runner : d->runnersOf(server.id))
        runner->setAgent(agent);
}

void Engine::removeServer(ServerId id)
{
    ServerAgent *agent = d->agent(id);
    if (!agent)
        return;
    d->agents.erase(id);
    agent->disconnect(this);
    agent->retire();
    d->tellQueries(id);
    for (TransactionRunner *runner : d->runnersOf(id))
        runner->setAgent(nullptr);
    agent->deleteLater();
    d->touchActivity();
}

void Engine::refreshServer(ServerId id)
{
    if (ServerAgent *agent = d->agent(id))
        agent->check();
}

void Engine::setRequest(const EnrollmentRequest &request)
{
    d->requests[request.id] = request;
    d->renewals.setRequest(request);
    TransactionRunner *runner = d->runner(request.id);
    if (!runner)
        return;
    const ServerId former = runner->server();
    runner->setRequest(request);
    if (runner->server() != former)
        runner->setAgent(d->agent(runner->server()));
}

void Engine::removeRequest(RequestId id)
{
    d->requests.erase(id);
    d->endings.erase(id);
    d->renewals.removeRequest(id);
    if (TransactionRunner *runner = d->runner(id)) {
        d->runners.erase(id);
        runner->disconnect(this);
        runner->retire();
        runner->deleteLater();
        d->touchActivity();
    }
}

void Engine::enroll(RequestId id)
{
    d->begin(id, TransactionRunner::Purpose::Enroll);
}

void Engine::renew(RequestId id)
{
    d->begin(id, TransactionRunner::Purpose::Renew);
}

QDateTime Engine::renewalDueAt(RequestId id) const
{
    return d->renewals.dueAt(id);
}

void Engine::acceptCapabilities(ServerId id)
{
    if (ServerAgent *agent = d->agent(id))
        agent->acceptCapabilities();
}

void Engine::query(const ServerQuery &query)
{
    auto *runner = new QueryRunner(d->context, query, this);
    d->queries.insert(runner);
    connect(runner, &QueryRunner::finished, this, [this, runner](const QueryResult &result) {
        d->queries.erase(runner);
        runner->deleteLater();
        emit queryFinished(result);
    });
    runner->start(d->agent(query.server));
}

void Engine::attemptNow(RequestId id)
{
    if (TransactionRunner *runner = d->runner(id))
        runner->attemptNow();
}

void Engine::cancel(RequestId id)
{
    if (TransactionRunner *runner = d->runner(id))
        runner->cancel();
}

void Engine::storageAvailable()
{
    for (const auto &[id, runner] : std::map(d->runners)) {
        if (d->runner(id) == runner && runner->waitsForJournal())
            runner->attemptNow();
    }
}

TransactionStatus Engine::status(RequestId id) const
{
    if (const auto ended = d->endings.find(id); ended != d->endings.end())
        return ended->second;
    if (const TransactionRunner *runner = d->runner(id))
        return runner->status();
    TransactionStatus none;
    none.request = id;
    return none;
}

Activity Engine::activity() const
{
    return d->currentActivity();
}

} // namespace Scep
