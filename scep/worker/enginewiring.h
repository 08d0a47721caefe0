// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/worker/changeeffects.h"
#include "scep/worker/engine.h"
#include "scep/worker/queryrunner.h"
#include "scep/worker/renewalplan.h"
#include "scep/worker/serveragent.h"
#include "scep/worker/transactionrunner.h"

#include <map>
#include <set>

namespace Scep {

/// The wiring: which agent belongs to which server, which runner to which request, and whose signal goes where.
class Engine::Private
{
public:
    using Purpose = TransactionRunner::Purpose;

    Private(Engine *engine, const Dependencies &dependencies);
    ~Private();

    [[nodiscard]] ServerAgent *agent(ServerId id) const;
    [[nodiscard]] TransactionRunner *runner(RequestId id) const;
    [[nodiscard]] std::vector<TransactionRunner *> runnersOf(ServerId id) const;

    ServerAgent *addAgent(const EnrollmentServer &server);
    TransactionRunner *addRunner(const EnrollmentRequest &request);
    void dropRunner(RequestId id); ///< without a word in the journal
    void runDue(const QString &key);
    void begin(RequestId id, Purpose purpose); ///< somebody asks for it
    void beginByItself(RequestId id, Purpose purpose);
    void beginAnew(RequestId id); ///< a new enrollment of a request that has a certificate, as a change demands it
    /// Begins what the journal says is due, once a turn of the event loop, as far as its servers are enabled and trusted.
    void lookForWork();
    void goOnAfterStorageTrouble();
    void moveTimes(std::chrono::seconds by); ///< the clock was set
    void tellQueries(ServerId id);
    void lookForRevocations(ServerId id); ///< after a check of the server; its end is Engine::serverChecked()
    void touchActivity();
    [[nodiscard]] Activity currentActivity() const;

    Engine *const q;
    Exchanger exchanger;
    Scheduler scheduler;
    StoreHealth health;
    const EngineContext context;
    RenewalPlan renewals;
    std::map<ServerId, ServerAgent *> agents;
    std::map<RequestId, EnrollmentRequest> requests;
    std::map<RequestId, TransactionRunner *> runners; ///< the open ones
    std::map<RequestId, TransactionStatus> endings;   ///< of those that ended while we ran
    std::set<QueryRunner *> queries;
    std::set<ServerId> askingForCrl;
    std::set<ServerId> refreshing; ///< a person asked for the check under way
    int probes = 0;
    Activity shownActivity;
    bool isActivityTouched = false;
    bool isLookingForWork = false;

private:
    TransactionRunner *makeRunner(RequestId id);
    void beginDue();
    [[nodiscard]] std::optional<ServerQuery> crlQuery(ServerId id); ///< nullopt: there is nothing to ask, or it is too early
    void takeCrl(const QueryResult &result);
    void setRevocation(const CurrentCertificate &current, const std::optional<Revocation> &revocation);
};

} // namespace Scep
