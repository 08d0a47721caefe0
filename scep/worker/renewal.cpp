// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/worker/renewal.h"

#include <algorithm>

namespace Scep {

using namespace Qt::StringLiterals;

QList<RenewalStep> renewalLadder(RenewalMethod setting, const Capabilities &capabilities, std::optional<RenewalStep> worked,
                                 bool hasChallenge)
{
    QList<RenewalStep> ladder;
    switch (setting) {
    case RenewalMethod::Automatic:
        if (capabilities.has(Capabilities::Keyword::Renewal))
            ladder.append(RenewalStep::RenewalReq);
        ladder.append(RenewalStep::PkcsReqByCertificate);
        break;
    case RenewalMethod::RenewalReq:
        ladder.append(RenewalStep::RenewalReq);
        break;
    case RenewalMethod::PkcsReq:
        ladder.append(RenewalStep::PkcsReqByCertificate);
        break;
    }
    if (hasChallenge)
        ladder.append(RenewalStep::FreshPkcsReq);
    // A fresh request is never the first choice: it uses up a challenge.
    if (worked && *worked != RenewalStep::FreshPkcsReq && ladder.removeOne(*worked))
        ladder.prepend(*worked);
    return ladder;
}

namespace {

/// How servers answer over HTTP to a message that they do not know. What may pass by itself (502, 503, 504, 429)
/// or is no word about the message (401, 404, 407) is not among them.
bool mayMeanUnknownMessage(int httpStatus)
{
    constexpr int statuses[]{400, 403, 405, 422, 500, 501};
    return std::ranges::find(statuses, httpStatus) != std::end(statuses);
}

} // namespace

bool stepsDown(const RenewalFailure &failure)
{
    // Whoever took the request has understood it; what follows is a decision.
    if (failure.wasPending || failure.step == RenewalStep::FreshPkcsReq)
        return false;
    if (failure.rejection) {
        const std::optional<FailInfo> info = failure.rejection->failInfo();
        // The same algorithms and the same clock would stand behind the next message too.
        return info != FailInfo::BadAlg && info != FailInfo::BadTime;
    }
    // What worked once is known here: the server is in trouble, and that may pass.
    if (!failure.error || failure.workedBefore)
        return false;
    if (failure.error->code == ErrorCode::HttpStatus)
        return mayMeanUnknownMessage(failure.httpStatus);
    return failure.error->code == ErrorCode::EmptyReply;
}

QStringList renewalNotes(const Pki::Certificate &former, const Pki::Certificate &renewed)
{
    QStringList notes;
    if (renewed.notAfter() <= former.notAfter())
        notes.append(u"the new certificate does not last longer than the former one: %1"_s.arg(renewed.notAfter().toString(Qt::ISODate)));
    if (renewed.subject() != former.subject())
        notes.append(u"the subject changed with the renewal: it was %1"_s.arg(former.subject().toText()));
    return notes;
}

QString noReplyWithoutChallenge()
{
    return u"the reply to a key of this kind is encrypted with the challenge, and there is none: give one, or use RSA"_s;
}

MessageType messageType(RenewalStep step)
{
    return step == RenewalStep::RenewalReq ? MessageType::RenewalReq : MessageType::PkcsReq;
}

QString displayName(RenewalStep step)
{
    switch (step) {
    case RenewalStep::RenewalReq:
        return u"RenewalReq"_s;
    case RenewalStep::PkcsReqByCertificate:
        return u"PKCSReq signed by the current certificate"_s;
    case RenewalStep::FreshPkcsReq:
        return u"PKCSReq with a challenge"_s;
    }
    return {};
}

Result<Transaction> nextRenewalTransaction(const Transaction &former, RenewalStep step, const Credential &current,
                                           const EnrollmentRequest &request, const EnrollmentServer &server,
                                           const Pki::SecretBytes &challenge, const QDateTime &now)
{
    const bool isFresh = step == RenewalStep::FreshPkcsReq;
    if (!isFresh && (current.certificate.isNull() || current.key.isNull()))
        return failure(ErrorCode::InvalidArgument, u"there is no current certificate with its key to sign the renewal with"_s);
    if (isFresh && former.key.isNull())
        return failure(ErrorCode::InvalidArgument, u"only the device has the key, so only it can ask for a new certificate"_s);

    Transaction next = former;
    next.type = messageType(step);
    next.renewalSteps.append(step);
    next.phase = Transaction::Phase::Prepared;
    next.polls = 0;
    next.transportFailures = 0;
    next.startedAt = now;
    next.firstPendingAt = {};
    next.nextAttemptAt = {};
    const bool wantsChallenge = (isFresh || server.sendsChallengeOnRenewal) && !challenge.isEmpty();
    // A CSR that a device made is as it is; one of ours differs only in the challenge.
    if (!former.key.isNull() && wantsChallenge != former.csr.hasChallengePassword()) {
        if (request.subject != former.csr.subject())
            return failure(ErrorCode::InvalidArgument, u"the request was changed or removed meanwhile"_s);
        const Pki::SecretBytes none;
        auto csr = createCertificationRequest(request, wantsChallenge ? challenge : none, former.key, former.algorithms.digest);
        if (!csr)
            return std::unexpected(csr.error());
        next.csr = *std::move(csr);
    }
    if (isFresh) {
        auto signer = createRequestSigner(next.csr.subject(), former.key, now, former.algorithms.digest);
        if (!signer)
            return std::unexpected(signer.error());
        next.signer = *std::move(signer);
        next.signerKey = former.key;
    } else {
        next.signer = current.certificate;
        next.signerKey = current.key;
    }
    if (request.transactionIdOverride.isEmpty())
        next.id = TransactionId::create(next.csr.publicKey());
    return next;
}

Result<Transaction> enrollmentInsteadOf(const Transaction &renewal, const Credential &current, const EnrollmentRequest &request,
                                        const Pki::SecretBytes &challenge, const QDateTime &now)
{
    // The key of a device's CSR is not here: the messages travel under another one, as in its first enrollment.
    const bool isOurs = !renewal.key.isNull();
    Transaction next = renewal;
    next.signerKey = isOurs ? renewal.key : current.key;
    if (next.signerKey.isNull())
        return failure(ErrorCode::DeviceCsrNeeded, u"the certificate expired before it was renewed"_s);
    if (!next.signerKey.canDecrypt() && challenge.isEmpty())
        return failure(ErrorCode::UnsupportedAlgorithm, noReplyWithoutChallenge());
    next.type = MessageType::PkcsReq;
    next.renewalSteps.clear();
    next.phase = Transaction::Phase::Prepared;
    next.polls = 0;
    next.transportFailures = 0;
    next.startedAt = now;
    next.firstPendingAt = {};
    next.nextAttemptAt = {};
    if (isOurs && !challenge.isEmpty() && !renewal.csr.hasChallengePassword() && request.subject == renewal.csr.subject()) {
        auto csr = createCertificationRequest(request, challenge, renewal.key, renewal.algorithms.digest);
        if (!csr)
            return std::unexpected(csr.error());
        next.csr = *std::move(csr);
    }
    auto signer = createRequestSigner(next.csr.subject(), next.signerKey, now, renewal.algorithms.digest);
    if (!signer)
        return std::unexpected(signer.error());
    next.signer = *std::move(signer);
    if (request.transactionIdOverride.isEmpty())
        next.id = TransactionId::create(next.csr.publicKey());
    return next;
}

} // namespace Scep
