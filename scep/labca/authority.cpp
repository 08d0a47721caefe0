// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/authority.h"

#include "scep/labca/issuing.h"
#include "scep/labca/presentation.h"
#include "scep/pki/digest.h"

namespace LabCa {

using namespace Qt::StringLiterals;
using Scep::FailInfo;
using Scep::MessageType;
using Scep::Rejection;

namespace {

constexpr int minimumRsaBits = 1024; // what WeOS-like devices still use
constexpr auto subjectAlternativeNameOid = "2.5.29.17";

Rejection rejection(FailInfo info, const QString &text)
{
    return {.failInfoNumber = static_cast<int>(info), .failInfoText = text, .hresult = std::nullopt};
}

/// The DER in a GET's message=. Cisco breaks the base64 into lines, and a raw `+` arrives as a blank from clients that did not encode it.
std::optional<QByteArray> fromGetMessage(QByteArray text)
{
    text.replace('\r', QByteArrayView()).replace('\n', QByteArrayView()).replace(' ', '+');
    const auto decoded = QByteArray::fromBase64Encoding(text, QByteArray::AbortOnBase64DecodingErrors);
    if (!decoded || decoded.decoded.isEmpty())
        return std::nullopt;
    return *decoded;
}

bool isOperation(const QString &operation, QLatin1StringView name)
{
    return operation.compare(name, Qt::CaseInsensitive) == 0;
}

/// /scep, /scep/ALIAS, and where Cisco and NDES clients look.
bool isScepPath(const QString &path)
{
    if (path == "/scep"_L1 || path.endsWith("/pkiclient.exe"_L1))
        return true;
    if (path.startsWith("/scep/"_L1))
        return path.count(u'/') == 2;
    return path.startsWith("/certsrv/mscep"_L1) && (path.endsWith("/mscep.dll"_L1) || path.endsWith(u"/mscep/"));
}

bool mayPoll(const Enrollment &enrollment, const Pki::PublicKey &key)
{
    return key == enrollment.requested.publicKey || (!enrollment.signer.isNull() && key == enrollment.signer.publicKey());
}

QString issuedText(const Pki::Certificate &certificate)
{
    return u"issued %1"_s.arg(certificate.serialNumber().toHex());
}

} // namespace

Authority::Authority(Depot &depot, Policy policy, Now now)
    : m_depot(depot)
    , m_policy(std::move(policy))
    , m_now(now ? std::move(now) : Now(&QDateTime::currentDateTimeUtc))
{}

QByteArray Authority::capabilities() const
{
    return capabilitiesText(m_policy.personality);
}

HttpResponse Authority::handle(const HttpRequest &request, LogEntry *log)
{
    LogEntry entry;
    entry.at = m_now();
    entry.operation = request.operation;
    HttpResponse response = answer(request, entry);
    response.delivery.isHttp10 = m_policy.personality.isHttp10;
    if (entry.outcome.isEmpty())
        entry.outcome = response.status == 200 ? u"%1 bytes"_s.arg(response.body.size())
                                               : u"HTTP %1 %2"_s.arg(response.status).arg(QString::fromUtf8(response.body).trimmed());
    if (log)
        *log = entry;
    return response;
}

HttpResponse Authority::answer(const HttpRequest &request, LogEntry &log)
{
    if (!isScepPath(request.path)) {
        log.operation = request.path;
        return plainTextResponse(404, u"SCEP is served at /scep"_s);
    }
    if (const auto refreshed = m_depot.refresh(m_now()); !refreshed)
        return plainTextResponse(500, u"the Lab CA's files cannot be read: %1"_s.arg(refreshed.error().detail));
    if (auto refused = refusedByHttp(m_policy.personality, request))
        return *refused;
    if (request.operation.isEmpty())
        return plainTextResponse(400, u"This is a SCEP end point: operation= is missing"_s);
    if (isOperation(request.operation, "PKIOperation"_L1)) {
        std::optional<QByteArray> message = request.message;
        if (!request.isPost)
            message = fromGetMessage(request.message);
        if (!message || message->isEmpty())
            return plainTextResponse(400, request.isPost ? u"the body is empty"_s : u"message= is missing or not base64"_s);
        return pkiOperation(*message, request.faults, log);
    }
    if (request.isPost)
        return plainTextResponse(405, u"only PKIOperation is sent by POST"_s);
    if (isOperation(request.operation, "GetCACaps"_L1))
        return {.status = 200, .contentType = "text/plain", .body = capabilities()};
    const auto ca = m_depot.material();
    if (isOperation(request.operation, "GetCACert"_L1))
        return caCertificatesAnswer(ca->current, m_policy.personality, m_policy.sendsFullChain, request.message);
    if (isOperation(request.operation, "GetNextCACert"_L1))
        return nextCaAnswer(*ca);
    if (isOperation(request.operation, "GetCACertChain"_L1))
        return caChainAnswer(ca->current);
    return plainTextResponse(404, u"the operation is not known here"_s);
}

HttpResponse Authority::pkiOperation(const QByteArray &message, const QList<Fault> &faults, LogEntry &log)
{
    const auto ca = m_depot.material();
    const auto received = Scep::readPkiRequest(message, ca->current.recipient(), ca->current.recipientKey());
    if (!received) {
        const Scep::RequestFailure &trouble = received.error();
        if (auto refused = answerToUnreadable(m_policy.personality, trouble))
            return *refused;
        Scep::ReceivedRequest answerable;
        answerable.transactionId = trouble.envelope->transactionId;
        answerable.senderNonce = trouble.envelope->senderNonce;
        answerable.signer = trouble.envelope->signer;
        answerable.digest = trouble.envelope->digest;
        log.transactionId = answerable.transactionId.toText();
        return reply(answerable, std::unexpected(rejection(trouble.failInfo, trouble.text)), faults, log);
    }

    log.operation = u"PKIOperation %1"_s.arg(Scep::displayName(received->type));
    log.transactionId = received->transactionId.toText();
    if (auto refused = refusedUnread(m_policy.personality, *received))
        return *refused;
    if (auto refused = refusedRead(m_policy.personality, *received))
        return reply(*received, std::unexpected(*refused), faults, log);
    if (faults.contains(Fault::BadAlgorithm))
        return reply(*received, std::unexpected(rejection(FailInfo::BadAlg, u"a fault that was asked for"_s)), faults, log);
    Result<Decision> decision;
    switch (received->type) {
    case MessageType::PkcsReq:
    case MessageType::RenewalReq:
        decision = certificationRequest(*received, log);
        break;
    case MessageType::CertPoll:
        decision = certPoll(*received, log);
        break;
    case MessageType::GetCert:
        decision = getCertificate(*received, log);
        break;
    case MessageType::GetCrl:
        decision = getCrl(*received, log);
        break;
    case MessageType::CertRep:
        decision = Decision(
            std::unexpected(rejection(FailInfo::BadRequest, u"%1 is not offered by this Lab CA"_s.arg(Scep::displayName(received->type)))));
        break;
    }
    // Trouble of our own is no judgement on the request: the client shall try again.
    if (!decision)
        return plainTextResponse(500, u"the Lab CA could not handle the request: %1"_s.arg(decision.error().detail));
    return reply(*received, *decision, faults, log);
}

/// The reply is encrypted to the request's signer, so its key must be able to decrypt (RFC 8894 2.3); else the challenge is the secret
/// that both sides know (3.1).
std::optional<Rejection> Authority::keyObjection(const Pki::PublicKey &signer, const Pki::PublicKey &requested) const
{
    const auto tooWeak = [](const Pki::PublicKey &key) -> std::optional<Rejection> {
        if (!key.isRsa() || key.bits() >= minimumRsaBits)
            return std::nullopt;
        return rejection(FailInfo::BadAlg, u"a key of type %1 is too weak: use 2048 bits"_s.arg(key.displayName()));
    };
    if (!signer.isRsa() && m_policy.challenge.isEmpty())
        return rejection(FailInfo::BadAlg,
                         u"a key of type %1 cannot receive the reply without a challenge: use an RSA key"_s.arg(signer.displayName()));
    if (auto weak = tooWeak(signer))
        return weak;
    // Mostly it is one key. Looking at a key means parsing it.
    return requested != signer ? tooWeak(requested) : std::nullopt;
}

std::optional<Rejection> Authority::challengeObjection(const Pki::CertificationRequest &request) const
{
    if (m_policy.challenge.isEmpty())
        return std::nullopt;
    const auto challengeRejection = [this](const QString &text) {
        Rejection refused = rejection(FailInfo::BadRequest, text);
        refused.failInfoNumber = m_policy.personality.challengeFailInfo.value_or(refused.failInfoNumber);
        return refused;
    };
    if (!request.hasChallengePassword())
        return challengeRejection(u"the challenge password is missing"_s);
    // Hashes have one length, so that the comparison's time tells nothing of the challenge's.
    const Pki::SecretBytes given = request.challengePassword();
    const auto hashOf = [](const Pki::SecretBytes &secret) {
        return Pki::hash(Pki::Digest::Sha256, QByteArray::fromRawData(secret.view().data(), secret.view().size()));
    };
    if (!Pki::equalInConstantTime(hashOf(given), hashOf(m_policy.challenge)))
        return challengeRejection(u"the challenge password is wrong"_s);
    return std::nullopt;
}

namespace {

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

Result<std::expected<bool, Rejection>> Authority::isRenewal(const Scep::ReceivedRequest &received,
                                                            const Pki::CertificationRequest &request) const
{
    using Verdict = std::expected<bool, Rejection>;
    // A first request travels under a self-signed certificate (RFC 8894 2.3). One of another CA's makes a PKCSReq no renewal, either.
    const bool saysSo = received.type == MessageType::RenewalReq;
    if (!saysSo && received.signer.isSelfIssued())
        return Verdict(false);
    const auto known = m_depot.findByCertificate(received.signer);
    if (!known)
        return std::unexpected(known.error());
    if (!saysSo && !*known)
        return Verdict(false);
    if (const auto refused = renewalObjection(received.signer, *known, request, m_policy.renewal, m_now()))
        return Verdict(std::unexpected(*refused));
    return Verdict(true);
}

Result<Decision> Authority::certificationRequest(const Scep::ReceivedRequest &received, LogEntry &log)
{
    const auto refuse = [](FailInfo info, const QString &text) { return Decision(std::unexpected(rejection(info, text))); };
    const auto request = Pki::CertificationRequest::fromDer(received.payload);
    if (!request)
        return refuse(FailInfo::BadRequest, u"the request holds no PKCS#10"_s);
    log.subject = request->subject().toText();
    const Pki::PublicKey signerKey = received.signer.publicKey();
    if (auto weak = keyObjection(signerKey, request->publicKey()))
        return Decision(std::unexpected(*weak));
    if (!request->isSignatureValid())
        return refuse(FailInfo::BadMessageCheck, u"the signature of the PKCS#10 is wrong"_s);
    if (auto refused = nameObjection(*request))
        return Decision(std::unexpected(*refused));
    const auto renewal = isRenewal(received, *request);
    if (!renewal)
        return std::unexpected(renewal.error());
    if (!*renewal)
        return Decision(std::unexpected(renewal->error()));
    // A renewal is authorised by the certificate that signs it: no challenge, no person (RFC 8894 2.4).
    const bool isAuthorised = **renewal;
    if (!isAuthorised || m_policy.personality.wantsChallengeOnRenewal) {
        if (auto refused = challengeObjection(*request))
            return Decision(std::unexpected(*refused));
    }

    if (isAuthorised && m_policy.personality.returnsFormerForSameKey && signerKey == request->publicKey())
        return Decision(Granted{.certificates = {received.signer}, .outcome = u"the certificate that it has"_s});
    if (isAuthorised) {
        if (const auto kept = keepRenewed(received); !kept)
            return std::unexpected(kept.error());
    }
    const QByteArray digest = Pki::hash(Pki::Digest::Sha256, received.payload);
    std::optional<Rejection> refused;
    const auto stored = m_depot.update(received.transactionId, [&](const std::optional<Enrollment> &known) -> Result<Enrollment> {
        // Clients that make the transactionID of the key come back with it: when the certificate is over, or to renew it.
        const bool isOver = known && known->state == Enrollment::State::Issued &&
                            (known->certificate.notAfter() < m_now() || (isAuthorised && known->certificate == received.signer));
        if (known && !isOver) {
            // The same request again is a poll (RFC 8894 2.5.1; scepclient asks so). What is in the file need not change.
            if (known->requestDigest != digest)
                refused = rejection(FailInfo::BadRequest, u"the transactionID belongs to another request"_s);
            else if (!mayPoll(*known, signerKey))
                refused = rejection(FailInfo::BadRequest, u"the transactionID belongs to the request of another key"_s);
            if (refused)
                return *known;
        }
        Enrollment enrollment;
        if (known && !isOver) {
            enrollment = *known;
        } else {
            enrollment.transactionId = received.transactionId;
            enrollment.state = isAuthorised || m_policy.mode == Mode::Auto ? Enrollment::State::Approved : Enrollment::State::Pending;
            enrollment.receivedAt = m_now();
            enrollment.requested = RequestedCertificate::fromRequest(*request);
            enrollment.requestDigest = digest;
            enrollment.signer = received.signer;
        }
        return issueIfApproved(std::move(enrollment));
    });
    if (!stored)
        return std::unexpected(stored.error());
    if (refused)
        return Decision(std::unexpected(*refused));
    return decisionOn(*stored);
}

/// A renewal under the very transactionID of the certificate that it renews would take that one's place in the depot: it moves to an
/// enrollment of its own, named by its serial number.
Result<void> Authority::keepRenewed(const Scep::ReceivedRequest &renewal)
{
    const auto known = m_depot.find(renewal.transactionId);
    if (!known)
        return std::unexpected(known.error());
    if (!*known || (*known)->certificate != renewal.signer)
        return {};
    const auto id = Scep::TransactionId::fromText((*known)->certificate.serialNumber().toHex());
    if (!id)
        return std::unexpected(id.error());
    Enrollment former = **known;
    former.transactionId = *id;
    return m_depot.store(former);
}

Result<Decision> Authority::certPoll(const Scep::ReceivedRequest &received, LogEntry &log)
{
    const auto refuse = [](FailInfo info, const QString &text) { return Decision(std::unexpected(rejection(info, text))); };
    const auto asked = Scep::issuerAndSubjectFromDer(received.payload);
    if (!asked)
        return refuse(FailInfo::BadRequest, u"the poll holds no IssuerAndSubject"_s);
    log.subject = asked->subject.toText();
    const auto known = m_depot.find(received.transactionId);
    if (!known)
        return std::unexpected(known.error());
    if (!known->has_value())
        return refuse(FailInfo::BadCertId, u"no request with this transactionID is known"_s);
    if (!Pki::matches(asked->issuer, m_depot.issuing().subject()) || !Pki::matches(asked->subject, (*known)->subject()))
        return refuse(FailInfo::BadCertId, u"issuer and subject do not fit the transactionID"_s);
    const Pki::PublicKey signerKey = received.signer.publicKey();
    if (!mayPoll(**known, signerKey))
        return refuse(FailInfo::BadRequest, u"the poll is not signed with the key of the request"_s);
    if (auto weak = keyObjection(signerKey, (*known)->requested.publicKey))
        return Decision(std::unexpected(*weak));
    const auto stored = m_depot.update(received.transactionId, [&](const std::optional<Enrollment> &current) -> Result<Enrollment> {
        return issueIfApproved(current.value_or(**known));
    });
    if (!stored)
        return std::unexpected(stored.error());
    return decisionOn(*stored);
}

/// Runs under the depot's lock, so that one request never gets two certificates.
Result<Enrollment> Authority::issueIfApproved(Enrollment enrollment) const
{
    if (enrollment.state != Enrollment::State::Approved)
        return enrollment;
    auto certificate = issueFor(enrollment.requested, m_depot, m_policy.validityDays, m_now());
    if (!certificate)
        return std::unexpected(certificate.error());
    enrollment.certificate = std::move(*certificate);
    enrollment.state = Enrollment::State::Issued;
    return enrollment;
}

Decision Authority::decisionOn(const Enrollment &enrollment) const
{
    if (enrollment.state == Enrollment::State::Issued) {
        Granted granted{.certificates = {enrollment.certificate}, .outcome = issuedText(enrollment.certificate)};
        if (m_policy.personality.includesCa.value_or(m_policy.includesCaInReply))
            granted.certificates.append(m_depot.issuing());
        return granted;
    }
    if (enrollment.state != Enrollment::State::Rejected)
        return std::nullopt;
    const QString reason = enrollment.rejectionReason.isEmpty() ? u"the request was rejected"_s : enrollment.rejectionReason;
    return std::unexpected(rejection(FailInfo::BadRequest, reason));
}

HttpResponse Authority::reply(const Scep::ReceivedRequest &request, const Decision &decision, const QList<Fault> &faults,
                              LogEntry &log) const
{
    const auto ca = m_depot.material();
    return writeReply(request, decision,
                      {.ca = ca->current, .personality = m_policy.personality, .challenge = m_policy.challenge, .faults = faults}, log);
}

} // namespace LabCa
