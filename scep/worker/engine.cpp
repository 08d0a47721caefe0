// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/worker/engine.h"

#include "scep/worker/enginewiring.h"
#include "scep/worker/servertrust.h"

namespace Scep {

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
    for (const CurrentCertificate &current : *certificates)
        d->renewals.setCurrent(current);
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
    d->lookForWork();
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
    ServerAgent *agent = d->agent(server.id);
    d->lookForWork();
    if (!agent) {
        agent = d->addAgent(server);
        agent->start();
        for (TransactionRunner *runner : d->runnersOf(server.id))
            runner->setAgent(agent);
        return;
    }
    const ChangeEffects effects = changeEffects(agent->server(), server, agent->knowledge());
    if (effects.testFlag(ChangeEffect::ResendsRequests)) {
        for (TransactionRunner *runner : d->runnersOf(server.id))
            runner->startOver();
    }
    if (effects.testFlag(ChangeEffect::ChangesMessages)) {
        for (TransactionRunner *runner : d->runnersOf(server.id))
            runner->negotiateAnew();
    }
    agent->setServer(server, effects);
    if (!effects.testFlag(ChangeEffect::NewEnrollment))
        return;
    for (const auto &[id, request] : d->requests) {
        const TransactionRunner *open = d->runner(id);
        if (request.server == server.id && (!open || !open->hasBegun()))
            d->beginAnew(id);
    }
}

void Engine::removeServer(ServerId id)
{
    ServerAgent *agent = d->agent(id);
    if (!agent)
        return;
    d->agents.erase(id);
    d->refreshing.erase(id);
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
    if (ServerAgent *agent = d->agent(id)) {
        d->refreshing.insert(id);
        agent->check();
    }
}

void Engine::setRequest(const EnrollmentRequest &request)
{
    const auto former = d->requests.find(request.id);
    const ChangeEffects effects = former == d->requests.end() ? ChangeEffects() : changeEffects(former->second, request);
    d->requests[request.id] = request;
    d->renewals.setRequest(request);
    if (TransactionRunner *runner = d->runner(request.id)) {
        if (!request.isEnabled && !runner->hasBegun() && !runner->isAsked()) {
            d->dropRunner(request.id); // it waited to begin by itself
            TransactionStatus none;
            none.request = request.id;
            emit transactionChanged(none);
            return;
        }
        const ServerId formerServer = runner->server();
        runner->setRequest(request);
        if (d->runner(request.id) == runner && runner->server() != formerServer)
            runner->setAgent(d->agent(runner->server()));
    }
    if (effects.testFlag(ChangeEffect::NewEnrollment))
        d->beginAnew(request.id);
    d->lookForWork();
}

void Engine::removeRequest(RequestId id)
{
    d->requests.erase(id);
    d->endings.erase(id);
    d->renewals.removeRequest(id);
    d->dropRunner(id);
}

void Engine::setCurrent(const CurrentCertificate &current)
{
    if (!current.waitsForPerson)
        d->endings.erase(current.request); // whatever it was, it holds no longer
    d->renewals.setCurrent(current);
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
    else if (d->renewals.hasCertificate(id))
        d->begin(id, TransactionRunner::Purpose::Renew); // the last renewal was refused or cancelled
}

void Engine::cancel(RequestId id)
{
    if (TransactionRunner *runner = d->runner(id))
        runner->cancel();
}

void Engine::storageAvailable()
{
    for (const auto &[id, agent] : d->agents)
        agent->secretsAvailable();
    d->goOnAfterStorageTrouble();
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
