// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/worker/nextcacheck.h"

#include <algorithm>

namespace Scep {

using namespace Qt::StringLiterals;

namespace {

/// How servers say that there is no next CA yet: no error. Whoever forges that makes us know nothing new, no more.
bool meansNone(const ExchangeOutcome &outcome)
{
    if (!outcome.error)
        return false;
    const int status = outcome.reply.httpStatus;
    return outcome.error->code == ErrorCode::EmptyReply ||
           (outcome.error->code == ErrorCode::HttpStatus && (status == 403 || status == 404));
}

} // namespace

NextCaCheck::NextCaCheck(const EngineContext &context, QObject *parent)
    : QObject(parent)
    , m_context(context)
{}

void NextCaCheck::start(const EnrollmentServer &server, const ServerKnowledge &knowledge)
{
    m_roles = knowledge.roles;
    ExchangeRequest request;
    request.server = server.url;
    request.caIdentifier = server.caIdentifier;
    request.operation = Operation::GetNextCaCert;
    m_context.exchanger.run(request, server.transport, {server.id, {}}, this,
                            [this](const ExchangeOutcome &outcome, Exchange entry) { receive(outcome, std::move(entry)); });
}

void NextCaCheck::receive(const ExchangeOutcome &outcome, Exchange entry)
{
    NextCaAnswer answer;
    if (meansNone(outcome)) {
        entry.notes.append(u"the server has no next CA certificate"_s);
        answer.notes = entry.notes;
    } else if (outcome.error) {
        answer.error = outcome.error;
    } else {
        const QDateTime now = m_context.clock.now();
        const auto message = processNextCa(outcome.reply.body, m_roles, now);
        auto next = message ? judgeNextCa(*message, m_roles, now) : Result<NextCa>(std::unexpected(message.error()));
        if (next) {
            answer.nextCa = *std::move(next);
            entry.notes += message->notes;
        } else {
            answer.error = next.error();
            entry.error = next.error();
        }
        answer.notes = entry.notes;
    }
    m_context.exchanger.record(entry);
    emit finished(answer);
}

Result<NextCa> judgeNextCa(const NextCaMessage &message, const CaRoles &current, const QDateTime &now)
{
    const CaCertificates &offered = message.offered;
    NextCa next;
    next.offered = offered;
    next.seenAt = now;
    // A CA that is to come is judged by the time when it has come.
    const QDateTime time = std::max(now, message.inForceFrom);
    const auto underAnchor = authenticate(TrustAnchor{{}, current.anchor}, offered, time);
    next.isUnderAnchor = underAnchor.has_value();
    const auto top = underAnchor ? underAnchor : certificateToConfirm(offered);
    if (!top)
        return std::unexpected(top.error());
    auto roles = chooseRoles(offered, *top, time);
    if (!roles)
        return std::unexpected(roles.error());
    next.roles = *std::move(roles);
    return next;
}

ServerKnowledge withNextCaInForce(const EnrollmentServer &server, const ServerKnowledge &knowledge, const QDateTime &now)
{
    const NextCa &next = knowledge.nextCa;
    const bool isTime = !next.isNull() && !knowledge.roles.issuing.isNull() && now > knowledge.roles.issuing.notAfter() &&
                        next.roles.issuing.isValidAt(now);
    if (!server.followsRollover || !isTime || !next.isUnderAnchor || knowledge.trust != ServerKnowledge::Trust::Confirmed)
        return knowledge;
    ServerKnowledge switched = knowledge;
    switched.notes.append(u"The CA %1 expired; the one it announced, %2, has taken over"_s.arg(knowledge.roles.issuing.subject().toText(),
                                                                                               next.roles.issuing.subject().toText()));
    switched.roles = next.roles;
    switched.offered = next.offered;
    switched.nextCa = {};
    switched.crl = {}; // that was the other one's
    return switched;
}

} // namespace Scep
