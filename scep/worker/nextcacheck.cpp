// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/worker/nextcacheck.h"

#include <algorithm>

namespace Scep {

using namespace Qt::StringLiterals;

namespace {

/// How servers say that there is no next CA yet (interop 2.3): no error. Whoever forges that makes us know nothing new, no more.
bool meansNone(const ExchangeOutcome &outcome)
{
    if (!outcome.error)
        return false;
    const int status = outcome.reply.httpStatus;
    return outcome.error->code == ErrorCode::EmptyReply ||
           (outcome.error->code == ErrorCode::HttpStatus && (status == 403 || status == 404));
}

/// The body of a GetNextCACert reply: signedData by the current CA or its RA around a degenerate one (RFC 8894 4.7). The certificates come
/// from the signed content only: the outer ones are covered by no signature (interop 3.15).
Result<CaCertificates> parseNextCaCertificates(const QByteArray &body, const CaRoles &current, const QDateTime &now)
{
    const auto signedData = Pki::SignedData::fromDer(body);
    if (!signedData)
        return failure(ErrorCode::ReplyMalformed, signedData.error().detail);
    const QList<Pki::SignerInfo> signers = signedData->signers();
    if (signers.size() != 1)
        return failure(ErrorCode::SignerCount, u"%1 signers of the next CA certificates"_s.arg(signers.size()));
    const Pki::SignerInfo &signer = signers.first();
    const auto known = std::ranges::find_if(current.expectedSigners, [&signer](const Pki::Certificate &certificate) {
        return signer.signerId.serialNumber == certificate.serialNumber() && Pki::matches(signer.signerId.issuer, certificate.issuer());
    });
    if (known == current.expectedSigners.end())
        return failure(ErrorCode::SignerUnknown,
                       u"the next CA certificates are signed by the one with serial number %1"_s.arg(signer.signerId.serialNumber.toHex()));
    if (signer.digest == Pki::Digest::Md5)
        return failure(ErrorCode::AlgorithmBelowFloor, u"the next CA certificates are signed with MD5"_s);
    if (const auto verified = signedData->verifySigner(0, *known); !verified)
        return failure(ErrorCode::SignatureInvalid, verified.error().detail);
    if (!known->isValidAt(now))
        return failure(ErrorCode::SignerNotInForce, known->subject().toText());
    const auto content = signedData->content();
    if (!content || content->isEmpty())
        return failure(ErrorCode::ContentRefused, u"the next CA certificates are not in the signed content"_s);
    const auto offered = parseCaCertificates(*content, u"application/x-x509-ca-ra-cert"_s);
    if (offered && offered->form != CaCertificates::Form::DegenerateSignedData)
        return failure(ErrorCode::ContentRefused, u"the signed content is no certificate bundle"_s);
    return offered;
}

/// When all of the CA certificates will be in force: a CA that is to come must be judged by then.
QDateTime whenInForce(const CaCertificates &offered, const QDateTime &now)
{
    QDateTime time = now;
    for (const Pki::Certificate &certificate : offered.certificates)
        time = std::max(time, certificate.notBefore());
    return time;
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
        const auto offered = parseNextCaCertificates(outcome.reply.body, m_roles, now);
        auto next = offered ? judgeNextCa(*offered, m_roles, now) : Result<NextCa>(std::unexpected(offered.error()));
        if (next) {
            answer.nextCa = *std::move(next);
            entry.notes += offered->leniencies;
        } else {
            answer.error = next.error();
            entry.error = next.error();
        }
        answer.notes = entry.notes;
    }
    m_context.exchanger.record(entry);
    emit finished(answer);
}

Result<NextCa> judgeNextCa(const CaCertificates &offered, const CaRoles &current, const QDateTime &now)
{
    NextCa next;
    next.offered = offered;
    next.seenAt = now;
    const QDateTime time = whenInForce(offered, now);
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

ServerKnowledge withNextCaInForce(const ServerKnowledge &knowledge, const QDateTime &now)
{
    const NextCa &next = knowledge.nextCa;
    const bool isTime = !next.isNull() && !knowledge.roles.issuing.isNull() && now > knowledge.roles.issuing.notAfter() &&
                        next.roles.issuing.isValidAt(now);
    if (!isTime || !next.isUnderAnchor || knowledge.trust != ServerKnowledge::Trust::Confirmed)
        return knowledge;
    ServerKnowledge switched = knowledge;
    switched.notes.append(u"The CA %1 expired; the one it announced, %2, has taken over"_s.arg(knowledge.roles.issuing.subject().toText(),
                                                                                               next.roles.issuing.subject().toText()));
    switched.roles = next.roles;
    switched.offered = next.offered;
    switched.nextCa = {};
    return switched;
}

} // namespace Scep
