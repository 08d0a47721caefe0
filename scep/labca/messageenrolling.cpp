// SPDX-License-Identifier: GPL-3.0-or-later
// The part of MessageHandler that changes something: PKCSReq, RenewalReq (RFC 8894 2.3, 2.4) and CertPoll.
#include "scep/labca/issuing.h"
#include "scep/labca/messagehandler.h"
#include "scep/pki/digest.h"

#include <algorithm>

namespace LabCa {

using namespace Qt::StringLiterals;
using Scep::FailInfo;
using Scep::MessageType;
using Scep::Rejection;

namespace {

constexpr auto subjectAlternativeNameOid = "2.5.29.17";

Rejection rejection(FailInfo info, const QString &text)
{
    return {.failInfoNumber = static_cast<int>(info), .failInfoText = text, .hresult = std::nullopt};
}

Decision refuse(FailInfo info, const QString &text)
{
    return Decision(std::unexpected(rejection(info, text)));
}

bool mayPoll(const Enrollment &enrollment, const Pki::PublicKey &key)
{
    return key == enrollment.requested.publicKey || (!enrollment.signer.isNull() && key == enrollment.signer.publicKey());
}

std::optional<Rejection> nameObjection(const Pki::CertificationRequest &request)
{
    const Pki::SubjectAlternativeNames names = request.subjectAlternativeNames();
    for (const Pki::SubjectAlternativeName &name : names) {
        if (name.kind == Pki::SubjectAlternativeName::Kind::Other)
            return rejection(FailInfo::BadRequest, u"a subjectAltName is of a kind that is not offered"_s);
    }
    if (names.isEmpty()) {
        const Pki::Oid oid = Pki::Oid::literal(subjectAlternativeNameOid);
        const QList<Pki::Extension> extensions = request.extensions();
        for (const Pki::Extension &extension : extensions) {
            if (extension.oid == oid)
                return rejection(FailInfo::BadRequest, u"the subjectAltName cannot be read"_s);
        }
        if (request.subject().isEmpty())
            return rejection(FailInfo::BadRequest, u"the request names neither a subject nor a subjectAltName"_s);
    }
    return std::nullopt;
}

} // namespace

std::optional<Rejection> MessageHandler::challengeObjection(const Pki::CertificationRequest &request) const
{
    const Policy &policy = m_context.policy;
    if (policy.challenge.isEmpty())
        return std::nullopt;
    if (!request.hasChallengePassword())
        return rejection(FailInfo::BadRequest, u"the challenge password is missing"_s);
    // Hashes have one length, so that the comparison's time tells nothing of the challenge's.
    const Pki::SecretBytes given = request.challengePassword();
    const auto hashOf = [](const Pki::SecretBytes &secret) {
        return Pki::hash(Pki::Digest::Sha256, QByteArray::fromRawData(secret.view().data(), secret.view().size()));
    };
    if (!Pki::equalInConstantTime(hashOf(given), hashOf(policy.challenge)))
        return rejection(FailInfo::BadRequest, u"the challenge password is wrong"_s);
    return std::nullopt;
}

std::optional<Rejection> MessageHandler::profileObjection(const QString &name) const
{
    if (name.isEmpty() || !m_context.policy.refusesUnknownProfiles || m_context.policy.profiles.find(name) != nullptr)
        return std::nullopt;
    return rejection(FailInfo::BadRequest, u"there is no profile \"%1\" here"_s.arg(name));
}

Result<std::optional<Rejection>> MessageHandler::registrationObjection(const Scep::ReceivedRequest &received,
                                                                       const Pki::CertificationRequest &request, const QByteArray &digest)
{
    const Pki::SecretBytes challenge = request.challengePassword();
    const EntityRegister::Claim claim{.commonName = request.subject().commonName(),
                                      .challenge = request.hasChallengePassword() ? &challenge : nullptr,
                                      .transactionId = received.transactionId,
                                      .requestDigest = digest};
    return m_context.entities.take(claim, m_context.now);
}

Result<MessageHandler::Verdict> MessageHandler::isRenewal(const Scep::ReceivedRequest &received,
                                                          const Pki::CertificationRequest &request) const
{
    // A first request travels under a self-signed certificate (RFC 8894 2.3). One of another CA's makes a PKCSReq no renewal, either.
    const bool saysSo = received.type == MessageType::RenewalReq;
    if (!saysSo && received.signer.isSelfIssued())
        return Verdict(false);
    const auto known = m_context.depot.findByCertificate(received.signer);
    if (!known)
        return std::unexpected(known.error());
    if (!saysSo && !*known)
        return Verdict(false);
    const auto objection = renewalObjection(received.signer, *known, request, m_context.policy.renewal, m_context.now);
    if (!objection)
        return Verdict(true);
    // A PKCSReq that only comes too early for a renewal is a request like any other, if it can be granted as such.
    const bool canBeNew =
        request.hasChallengePassword() || (m_context.policy.challenge.isEmpty() && m_context.policy.mode != Mode::Registered);
    if (!saysSo && canBeNew && objection->isTooEarly)
        return Verdict(false);
    return Verdict(std::unexpected(objection->rejection));
}

Result<Decision> MessageHandler::certificationRequest(const Scep::ReceivedRequest &received)
{
    const Policy &policy = m_context.policy;
    const auto request = Pki::CertificationRequest::fromDer(received.payload);
    if (!request)
        return refuse(FailInfo::BadRequest, u"the request holds no PKCS#10"_s);
    m_log.subject = request->subject().toText();
    const Pki::PublicKey signerKey = received.signer.publicKey();
    const bool isRegistered = policy.mode == Mode::Registered;
    if (!signerKey.isRsa())
        m_ownChallenge = request->challengePassword(); // with which such a key gets its reply (RFC 8894 3.1)
    // Who waits for a person polls, and a poll has no challenge: then only the one that all know serves.
    const bool hasChallenge = policy.mode == Mode::Approve ? !policy.challenge.isEmpty()
                                                           : !m_ownChallenge.isEmpty() || (!isRegistered && !policy.challenge.isEmpty());
    if (auto weak = keyObjection(signerKey, request->publicKey(), received.cipher, hasChallenge))
        return Decision(std::unexpected(*weak));
    if (!request->isSignatureValid())
        return refuse(FailInfo::BadMessageCheck, u"the signature of the PKCS#10 is wrong"_s);
    if (auto refused = nameObjection(*request))
        return Decision(std::unexpected(*refused));
    if (auto refused = profileObjection(request->templateName()))
        return Decision(std::unexpected(*refused));
    const auto renewal = isRenewal(received, *request);
    if (!renewal)
        return std::unexpected(renewal.error());
    if (!*renewal)
        return Decision(std::unexpected(renewal->error()));
    // A renewal is authorised by the certificate that signs it: no challenge, no person (RFC 8894 2.4).
    const bool isAuthorised = **renewal;
    if ((!isAuthorised && !isRegistered) || (isAuthorised && policy.personality.wantsChallengeOnRenewal)) {
        if (auto refused = challengeObjection(*request)) {
            refused->failInfoNumber = policy.personality.challengeFailInfo.value_or(refused->failInfoNumber);
            return Decision(std::unexpected(*refused));
        }
    }
    if (isAuthorised && policy.personality.returnsFormerForSameKey && signerKey == request->publicKey())
        return Decision(Granted{.certificates = {received.signer}, .outcome = u"the certificate that it has"_s});
    if (isAuthorised) {
        if (const auto kept = keepRenewed(received); !kept)
            return std::unexpected(kept.error());
    }

    const QByteArray digest = Pki::hash(Pki::Digest::Sha256, received.payload);
    const RequestedCertificate requested = RequestedCertificate::fromRequest(*request);
    // What a person approved needs no second look because the certificate could not be made then.
    std::optional<Enrollment> troubled;
    if (!isAuthorised && policy.mode == Mode::Approve) {
        auto found = m_context.depot.findTroubled(requested);
        if (!found)
            return std::unexpected(found.error());
        if (*found && (*found)->transactionId != received.transactionId)
            troubled = std::move(*found);
    }

    std::optional<Rejection> refused;
    bool takesOver = false; // the approval of the troubled one
    const auto stored = m_context.depot.update(received.transactionId, [&](const std::optional<Enrollment> &known) -> Result<Enrollment> {
        const auto refuseWith = [&refused](const Rejection &reason) -> Result<Enrollment> {
            refused = reason;
            return failure(ErrorCode::Rejected); // nothing is stored
        };
        // Clients that make the transactionID of the key come back with it: when the certificate is over, or to renew it.
        const bool isOver = known && known->state == Enrollment::State::Issued &&
                            (known->certificate.notAfter() < m_context.now || (isAuthorised && known->certificate == received.signer));
        const bool isAgain = known && !isOver;
        if (isAgain) {
            // The same request again is a poll (RFC 8894 2.5.1; scepclient asks so). What is in the file need not change.
            if (known->requestDigest != digest)
                return refuseWith(rejection(FailInfo::BadRequest, u"the transactionID belongs to another request"_s));
            if (!mayPoll(*known, signerKey))
                return refuseWith(rejection(FailInfo::BadRequest, u"the transactionID belongs to the request of another key"_s));
        }
        Enrollment enrollment;
        if (isAgain) {
            enrollment = *known;
        } else {
            const bool isGranted = isAuthorised || policy.mode != Mode::Approve;
            enrollment.transactionId = received.transactionId;
            enrollment.state = isGranted ? Enrollment::State::Approved : Enrollment::State::Pending;
            enrollment.receivedAt = m_context.now;
            enrollment.requested = requested;
            enrollment.requestDigest = digest;
            enrollment.signer = received.signer;
        }
        if (troubled && enrollment.state == Enrollment::State::Pending) {
            enrollment.state = Enrollment::State::Approved;
            takesOver = true;
        }
        if (isRegistered && !isAuthorised && enrollment.state != Enrollment::State::Rejected) {
            // The challenge is used up on the disk before the certificate is: after a crash between the two, the same request has it still.
            const auto objection = registrationObjection(received, *request, digest);
            if (!objection)
                return std::unexpected(objection.error());
            if (*objection) {
                Rejection reason = **objection;
                reason.failInfoNumber = policy.personality.challengeFailInfo.value_or(reason.failInfoNumber);
                return refuseWith(reason);
            }
            if (enrollment.state == Enrollment::State::Pending) // from a time in approve mode
                enrollment.state = Enrollment::State::Approved;
        }
        return issueIfApproved(std::move(enrollment), isAgain);
    });
    if (refused)
        return Decision(std::unexpected(*refused));
    if (!stored)
        return std::unexpected(stored.error());
    if (stored->state == Enrollment::State::Approved)
        return failure(ErrorCode::InvalidArgument, stored->issuingTrouble);
    if (takesOver) {
        if (const auto superseded = supersede(troubled->transactionId, received.transactionId); !superseded)
            return std::unexpected(superseded.error());
    }
    return decisionOn(*stored);
}

/// A renewal under the very transactionID of the certificate that it renews would take that one's place in the depot: it moves to an
/// enrollment of its own, named by its serial number.
Result<void> MessageHandler::keepRenewed(const Scep::ReceivedRequest &renewal)
{
    const auto known = m_context.depot.find(renewal.transactionId);
    if (!known)
        return std::unexpected(known.error());
    if (!*known || (*known)->certificate != renewal.signer)
        return {};
    const auto id = Scep::TransactionId::fromText((*known)->certificate.serialNumber().toHex());
    if (!id)
        return std::unexpected(id.error());
    Enrollment former = **known;
    former.transactionId = *id;
    return m_context.depot.store(former);
}

Result<void> MessageHandler::supersede(const Scep::TransactionId &former, const Scep::TransactionId &by)
{
    const auto changed = m_context.depot.update(former, [&](const std::optional<Enrollment> &known) -> Result<Enrollment> {
        if (!known)
            return failure(ErrorCode::FileNotFound, former.toText());
        Enrollment over = *known;
        if (over.state == Enrollment::State::Approved) {
            over.state = Enrollment::State::Rejected;
            over.rejectionReason = u"the request %1 took its place"_s.arg(by.toText());
            over.issuingTrouble.clear();
        }
        return over;
    });
    return changed ? Result<void>() : std::unexpected(changed.error());
}

Result<Decision> MessageHandler::certPoll(const Scep::ReceivedRequest &received)
{
    const auto asked = Scep::issuerAndSubjectFromDer(received.payload);
    if (!asked)
        return refuse(FailInfo::BadRequest, u"the poll holds no IssuerAndSubject"_s);
    m_log.subject = asked->subject.toText();
    if (m_context.policy.mode == Mode::Registered)
        return refuse(FailInfo::BadRequest, u"there is nothing to poll for here: requests are granted or refused at once"_s);
    const auto known = m_context.depot.find(received.transactionId);
    if (!known)
        return std::unexpected(known.error());
    if (!known->has_value())
        return refuse(FailInfo::BadCertId, u"no request with this transactionID is known"_s);
    // The CA's name as the client knew it when it asked.
    const auto isNamed = [&](const CaIdentity &identity) { return Pki::matches(asked->issuer, identity.issuing.subject()); };
    if ((!isNamed(m_context.ca.current) && std::ranges::none_of(m_context.ca.retired, isNamed)) ||
        !Pki::matches(asked->subject, (*known)->subject()))
        return refuse(FailInfo::BadCertId, u"issuer and subject do not fit the transactionID"_s);
    const Pki::PublicKey signerKey = received.signer.publicKey();
    if (!mayPoll(**known, signerKey))
        return refuse(FailInfo::BadRequest, u"the poll is not signed with the key of the request"_s);
    if (auto weak = keyObjection(signerKey, (*known)->requested.publicKey, received.cipher, !m_context.policy.challenge.isEmpty()))
        return Decision(std::unexpected(*weak));
    const auto stored = m_context.depot.update(received.transactionId, [&](const std::optional<Enrollment> &current) -> Result<Enrollment> {
        return issueIfApproved(current.value_or(**known), true);
    });
    if (!stored)
        return std::unexpected(stored.error());
    if (stored->state == Enrollment::State::Approved)
        return failure(ErrorCode::InvalidArgument, stored->issuingTrouble);
    return decisionOn(*stored);
}

Result<Enrollment> MessageHandler::issueIfApproved(Enrollment enrollment, bool wasKnown)
{
    if (enrollment.state != Enrollment::State::Approved)
        return enrollment;
    const QString &wanted = enrollment.requested.profile;
    const Profile *named = wanted.isEmpty() ? nullptr : m_context.policy.profiles.find(wanted);
    const Profile &profile = named != nullptr ? *named : m_context.policy.profiles.defaultProfile();
    if (named != nullptr)
        m_notes.append(u"profile %1"_s.arg(profile.name));
    else if (!wanted.isEmpty())
        m_notes.append(u"profile %1, because there is no \"%2\""_s.arg(profile.name, wanted));
    auto issued = issueFor(enrollment.requested, {.ca = m_context.ca.current,
                                                  .profile = profile,
                                                  .validity = m_context.policy.validity(),
                                                  .publication = m_context.publication,
                                                  .now = m_context.now});
    if (!issued) {
        if (!wasKnown)
            return std::unexpected(issued.error());
        // A person's approval holds until it can be done.
        enrollment.issuingTrouble = issued.error().detail.isEmpty() ? u"the certificate could not be made"_s : issued.error().detail;
        return enrollment;
    }
    m_notes += issued->changes;
    enrollment.certificate = std::move(issued->certificate);
    enrollment.state = Enrollment::State::Issued;
    enrollment.issuingTrouble.clear();
    return enrollment;
}

Decision MessageHandler::decisionOn(const Enrollment &enrollment) const
{
    if (enrollment.state == Enrollment::State::Issued) {
        Granted granted{.certificates = {enrollment.certificate},
                        .outcome = u"issued %1"_s.arg(enrollment.certificate.serialNumber().toHex())};
        if (m_context.policy.personality.includesCa.value_or(m_context.policy.includesCaInReply)) {
            // Of a request that is asked about again after a rollover, the former CA is the issuer.
            const auto former = std::ranges::find_if(m_context.ca.retired, [&](const CaIdentity &identity) {
                return identity.issuing.subject() == enrollment.certificate.issuer();
            });
            granted.certificates.append(former != m_context.ca.retired.cend() ? former->issuing : m_context.ca.current.issuing);
        }
        return granted;
    }
    if (enrollment.state != Enrollment::State::Rejected)
        return std::nullopt;
    const QString reason = enrollment.rejectionReason.isEmpty() ? u"the request was rejected"_s : enrollment.rejectionReason;
    return std::unexpected(rejection(FailInfo::BadRequest, reason));
}

} // namespace LabCa
