// SPDX-License-Identifier: GPL-3.0-or-later

// scepctl request enroll, poll, renew, cancel, retry, deliver: each checked by what the window checks too.

#include "app/cli/inputs.h"
#include "app/cli/recordtext.h"
#include "app/cli/requestrun.h"
#include "app/cli/requestverbs.h"

using namespace Qt::StringLiterals;
using Models::RequestAction;
using Pki::ErrorCode;
using Access = Cli::WorkspaceSession::Access;

namespace Cli {

namespace {

struct Action {
    QString name;
    QString description;
    RequestTask task;
    std::optional<RequestAction> needs;
    bool takesChallenge = false;
};

/// Why it cannot be done now; what can.
QString refusal(const Models::RequestRecord &record, const QString &action)
{
    return u"%1 is not possible now (%2); possible: %3"_s.arg(action,
                                                              Models::requestStatus(record, QDateTime::currentDateTimeUtc()).headline,
                                                              actionNames(record, QDateTime::currentDateTimeUtc()));
}

int act(const Action &action, const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"request "_s + action.name, action.description);
    addWorkspaceOptions(parser, true);
    const bool talks = action.task != RequestTask::Cancel && action.task != RequestTask::Deliver;
    if (talks)
        addRunOptions(parser);
    if (action.takesChallenge)
        parser.option(u"challenge-file"_s,
                      u"File whose first line is the challenge password; else SCEPTER_CHALLENGE, else the stored one."_s, u"file"_s);
    parser.positional(u"LABEL"_s, u"Label of the request."_s);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    const QString label = parser.positionals().first();
    const QString name = requestName(label);
    RequestRunOptions options{.task = action.task, .wait = std::chrono::seconds(0), .isVerbose = false};
    if (talks) {
        const auto read = runOptionsFrom(parser, action.task);
        if (!read)
            return terminal.fail(read.error(), u"the command line"_s);
        options = *read;
    }
    auto challenge = action.takesChallenge ? secretFromOptions(parser, u"challenge-file"_s, "SCEPTER_CHALLENGE")
                                           : Pki::Result<Pki::SecretBytes>(Pki::SecretBytes());
    if (!challenge)
        return terminal.fail(challenge.error(), u"the challenge"_s);
    const auto session = WorkspaceSession::open(parser, Access::Secrets);
    if (!session)
        return terminal.fail(session.error(), u"the workspace"_s);
    const auto record = (*session)->request(label);
    if (!record)
        return terminal.fail(record.error(), name);
    const Models::RequestStatus status = Models::requestStatus(*record, QDateTime::currentDateTimeUtc());
    if (action.needs && !status.actions.testFlag(*action.needs))
        return terminal.fail({ErrorCode::InvalidArgument, refusal(*record, action.name)}, name);
    if (action.name == "poll"_L1 && record->transaction.state != Scep::TransactionStatus::State::Pending)
        return terminal.fail({ErrorCode::InvalidArgument, refusal(*record, action.name)}, name);
    if (talks) {
        const auto server = (*session)->store().serverRecord(record->request.server);
        if (!server)
            return terminal.fail(server.error(), name);
        if (!server->server.isEnabled)
            return terminal.fail(
                {ErrorCode::InvalidArgument, u"its server “%1” is disabled; see: scepctl server enable"_s.arg(server->server.label)}, name);
    }
    if (!challenge->isEmpty()) {
        if (const auto set = (*session)->store().setChallenge(record->request.id, *challenge); !set)
            return terminal.fail(set.error(), name);
    }
    return runRequest(**session, *record, options, terminal);
}

} // namespace

int runRequestEnroll(const QStringList &arguments, const Terminal &terminal)
{
    return act({u"enroll"_s, u"Begins a new enrollment, also after a rejection; a certificate at hand stays until the new one is there."_s,
                RequestTask::Enroll, RequestAction::Enroll, true},
               arguments, terminal);
}

int runRequestPoll(const QStringList &arguments, const Terminal &terminal)
{
    return act(
        {u"poll"_s, u"Asks for the certificate of a pending request now."_s, RequestTask::AttemptNow, RequestAction::AttemptNow, false},
        arguments, terminal);
}

int runRequestRenew(const QStringList &arguments, const Terminal &terminal)
{
    return act({u"renew"_s, u"Renews the current certificate now, with it as the proof."_s, RequestTask::Renew, RequestAction::Renew, true},
               arguments, terminal);
}

int runRequestCancel(const QStringList &arguments, const Terminal &terminal)
{
    return act({u"cancel"_s, u"Ends the open transaction here; the server is not told, for SCEP has no message for it."_s,
                RequestTask::Cancel, RequestAction::Cancel, false},
               arguments, terminal);
}

int runRequestRetry(const QStringList &arguments, const Terminal &terminal)
{
    return act({u"retry"_s, u"Does now what the open transaction waits for: sends again, or polls."_s, RequestTask::AttemptNow,
                RequestAction::AttemptNow, false},
               arguments, terminal);
}

int runRequestDeliver(const QStringList &arguments, const Terminal &terminal)
{
    return act({u"deliver"_s, u"Delivers the current certificate now, by the request's --deliver- settings."_s, RequestTask::Deliver,
                std::nullopt, false},
               arguments, terminal);
}

} // namespace Cli
