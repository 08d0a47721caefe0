// SPDX-License-Identifier: GPL-3.0-or-later
// What the engine says that it is doing.
#include "scep/worker/enginewiring.h"

namespace Scep {

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
        if (agent->isChecking() || agent->isAskingForNextCa() || askingForCrl.contains(id))
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

} // namespace Scep
