// SPDX-License-Identifier: GPL-3.0-or-later

// scepctl request enroll, poll, renew, cancel, retry, deliver: each checked by what the window checks too.

#include "app/cli/inputs.h"
#include "app/cli/requestrun.h"
#include "app/cli/requestverbs.h"
#include "models/service/devicecsr.h"

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
    bool takesCsr = false; ///< and a key, and a challenge
};

/// Why it cannot be done now; what can.
Pki::Error refusal(const Models::RequestRecord &record, const QString &action)
{
    const QDateTime now = QDateTime::currentDateTimeUtc();
    return {ErrorCode::NotPossibleNow,
            u"%1, while it is “%2”; possible: %3"_s.arg(action, Models::requestStatus(record, now).headline, actionNames(record, now))};
}

/// Nullopt: it may be done.
std::optional<Pki::Error> objection(const Action &action, const Models::RequestRecord &record, bool hasCsr)
{
    const Models::RequestStatus status = Models::requestStatus(record, QDateTime::currentDateTimeUtc());
    if (action.name == "poll"_L1 && record.transaction.state != Scep::TransactionStatus::State::Pending)
        return refusal(record, action.name);
    if (!action.needs || status.actions.testFlag(*action.needs))
        return std::nullopt;
    if (!action.takesCsr || !status.actions.testFlag(RequestAction::UseCsr))
        return refusal(record, action.name);
    // It is a CSR or a key that is missing, and nothing else.
    using enum Models::CertificateState;
    const bool isInForce = status.certificateState != None && status.certificateState != Expired && status.certificateState != Revoked;
    if (action.task == RequestTask::Renew && !isInForce)
        return refusal(record, action.name);
    return hasCsr ? std::nullopt : std::optional(Pki::Error{ErrorCode::DeviceCsrNeeded, {}});
}

/// --csr and --key, stored for the transaction that begins now.
Pki::Result<void> giveCsr(const VerbParser &parser, const Action &action, WorkspaceSession &session, const Models::RequestRecord &record,
                          const Terminal &terminal)
{
    const auto key = keyFromOptions(parser);
    if (!key)
        return std::unexpected(key.error());
    const auto csr = csrFromOptions(parser, *key);
    if (!csr)
        return std::unexpected(csr.error());
    if (csr->isNull() && key->isNull())
        return {};
    const bool isOther = !csr->isNull() && csr->subject() != record.request.subject;
    if (isOther && action.task == RequestTask::Renew)
        return Pki::failure(ErrorCode::InvalidArgument,
                            u"the CSR is for %1: another subject takes scepctl request enroll"_s.arg(csr->subject().toText()));
    const auto given = Models::useCsr(session.store(), record.request.id, *csr, *key);
    if (!given)
        return std::unexpected(given.error());
    if (isOther)
        terminal.progress(u"From now on the request is for %1."_s.arg(Models::safeText(csr->subject().toText())));
    return {};
}

int act(const Action &action, const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"request "_s + action.name, action.description);
    const bool talks = action.task != RequestTask::Cancel && action.task != RequestTask::Deliver;
    if (talks)
        addRunOptions(parser);
    if (action.takesCsr) {
        parser.option(u"challenge-file"_s,
                      u"File whose first line is the challenge password; else SCEPTER_CHALLENGE, else the stored one."_s, u"file"_s);
        parser.option(u"csr"_s, u"Send this PKCS#10, made by the device; the request takes its subject and alternative names over."_s,
                      u"file"_s);
        parser.option(u"key"_s, u"Use this private key instead of a new one; that of a device's certificate lets it be renewed here."_s,
                      u"file"_s);
        parser.option(u"key-passphrase-file|key-password-file"_s, u"File whose first line opens --key."_s, u"file"_s);
    }
    return onRequest(parser, {Access::Secrets}, arguments, terminal, [&](WorkspaceSession &session, const Models::RequestRecord &record) {
        const QString name = requestName(record.request.label);
        RequestRunOptions options{.task = action.task, .wait = std::chrono::seconds(0), .isVerbose = false};
        if (talks) {
            const auto read = runOptionsFrom(parser, action.task);
            if (!read)
                return terminal.fail(read.error(), u"the command line"_s);
            options = *read;
        }
        auto challenge = action.takesCsr ? secretFromOptions(parser, u"challenge-file"_s, "SCEPTER_CHALLENGE")
                                         : Pki::Result<Pki::SecretBytes>(Pki::SecretBytes());
        if (!challenge)
            return terminal.fail(challenge.error(), u"the challenge"_s);
        if (const auto error = objection(action, record, action.takesCsr && (parser.isSet(u"csr"_s) || parser.isSet(u"key"_s))))
            return terminal.fail(*error, name);
        if (talks) {
            const auto server = session.store().serverRecord(record.request.server);
            if (!server)
                return terminal.fail(server.error(), name);
            if (!server->server.isEnabled)
                return terminal.fail(
                    {ErrorCode::NotPossibleNow, u"its server “%1” is disabled; see: scepctl server enable"_s.arg(server->server.label)},
                    name);
        }
        if (action.takesCsr) {
            if (const auto given = giveCsr(parser, action, session, record, terminal); !given)
                return terminal.fail(given.error(), name);
        }
        if (!challenge->isEmpty()) {
            if (const auto set = session.store().setChallenge(record.request.id, *challenge); !set)
                return terminal.fail(set.error(), name);
        }
        const auto present = session.store().requestRecord(record.request.id);
        return present ? runRequest(session, *present, options, terminal) : terminal.fail(present.error(), name);
    });
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
    return act({u"retry"_s,
                u"Does now what the open transaction waits for: sends again, or polls. A refused or cancelled renewal is tried again."_s,
                RequestTask::AttemptNow, RequestAction::AttemptNow, false},
               arguments, terminal);
}

int runRequestDeliver(const QStringList &arguments, const Terminal &terminal)
{
    return act({u"deliver"_s, u"Delivers the current certificate now, by the request's --deliver- settings."_s, RequestTask::Deliver,
                std::nullopt, false},
               arguments, terminal);
}

} // namespace Cli
