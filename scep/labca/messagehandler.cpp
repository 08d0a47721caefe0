// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/messagehandler.h"

#include <algorithm>

namespace LabCa {

using namespace Qt::StringLiterals;
using Scep::FailInfo;
using Scep::MessageType;
using Scep::Rejection;

namespace {

constexpr int minimumRsaBits = 1024; // what WeOS-like devices still use

Rejection rejection(FailInfo info, const QString &text)
{
    return {.failInfoNumber = static_cast<int>(info), .failInfoText = text, .hresult = std::nullopt};
}

/// Whom an envelope is addressed to; empty where the signature does not hold, because nothing in such a message means anything.
QList<Pki::RecipientInfo> recipientsOf(const QByteArray &message, const Pki::Certificate &signer)
{
    const auto signedData = Pki::SignedData::fromDer(message);
    if (!signedData || !signedData->verifySigner(0, signer))
        return {};
    const auto content = signedData->content();
    const auto enveloped = content ? Pki::EnvelopedData::fromDer(*content) : Result<Pki::EnvelopedData>(failure(ErrorCode::Malformed));
    return enveloped ? enveloped->recipients() : QList<Pki::RecipientInfo>();
}

bool isAddressedTo(const QList<Pki::RecipientInfo> &recipients, const Pki::Certificate &certificate)
{
    return std::ranges::any_of(recipients, [&](const Pki::RecipientInfo &recipient) {
        return recipient.recipientId.serialNumber == certificate.serialNumber() &&
               Pki::matches(recipient.recipientId.issuer, certificate.issuer());
    });
}

/// Why an envelope cannot be opened, as far as it can be told from whom it names.
QString addressText(const QList<Pki::RecipientInfo> &recipients, const CaIdentity &current)
{
    const QString plain = u"the envelope cannot be opened with this server's key"_s;
    if (recipients.isEmpty() || isAddressedTo(recipients, current.recipient()))
        return plain;
    if (isAddressedTo(recipients, current.issuing))
        return u"the envelope is for the CA's certificate, but here the RA's receives"_s;
    if (!current.raSigning.isNull() && isAddressedTo(recipients, current.raSigning))
        return u"the envelope is for the RA certificate that signs, not for the one that receives"_s;
    const Pki::IssuerAndSerialNumber id = recipients.first().recipientId;
    if (id.serialNumber.isEmpty())
        return plain;
    return u"%1: it is for another CA or RA, serial number %2 of %3"_s.arg(plain, id.serialNumber.toHex(), id.issuer.toText());
}

} // namespace

std::optional<QByteArray> pkiMessageOf(const HttpRequest &request)
{
    if (request.isPost)
        return request.message.isEmpty() ? std::nullopt : std::optional(request.message);
    // Cisco breaks the base64 into lines, and a raw `+` arrives as a blank from clients that did not encode it.
    QByteArray text = request.message;
    text.replace('\r', QByteArrayView()).replace('\n', QByteArrayView()).replace(' ', '+');
    const auto decoded = QByteArray::fromBase64Encoding(text, QByteArray::AbortOnBase64DecodingErrors);
    if (!decoded || decoded.decoded.isEmpty())
        return std::nullopt;
    return *decoded;
}

MessageHandler::MessageHandler(const MessageContext &context, LogEntry &log)
    : m_context(context)
    , m_log(log)
    , m_identity(&context.ca.current)
{}

std::expected<Scep::ReceivedRequest, Scep::RequestFailure> MessageHandler::read(const QByteArray &message)
{
    const CaIdentity &current = m_context.ca.current;
    auto received = Scep::readPkiRequest(message, current.recipient(), current.recipientKey());
    if (received || !received.error().envelope || received.error().failInfo != FailInfo::BadMessageCheck)
        return received;
    // A client that has not noticed a rollover yet writes to the former CA and expects it to answer.
    const QList<Pki::RecipientInfo> recipients = recipientsOf(message, received.error().envelope->signer);
    if (recipients.isEmpty())
        return received;
    for (auto former = m_context.ca.retired.crbegin(); former != m_context.ca.retired.crend(); ++former) {
        if (!isAddressedTo(recipients, former->recipient()))
            continue;
        auto again = Scep::readPkiRequest(message, former->recipient(), former->recipientKey());
        if (again)
            m_identity = &*former;
        return again;
    }
    received.error().text = addressText(recipients, current);
    return received;
}

HttpResponse MessageHandler::answer(const QByteArray &message)
{
    const Personality &personality = m_context.policy.personality;
    const auto received = read(message);
    if (!received) {
        const Scep::RequestFailure &trouble = received.error();
        if (auto refused = answerToUnreadable(personality, trouble))
            return *refused;
        Scep::ReceivedRequest answerable;
        answerable.transactionId = trouble.envelope->transactionId;
        answerable.senderNonce = trouble.envelope->senderNonce;
        answerable.signer = trouble.envelope->signer;
        answerable.digest = trouble.envelope->digest;
        m_log.transactionId = answerable.transactionId.toText();
        return reply(answerable, std::unexpected(rejection(trouble.failInfo, trouble.text)));
    }
    m_log.operation = u"PKIOperation %1"_s.arg(Scep::displayName(received->type));
    m_log.transactionId = received->transactionId.toText();
    if (auto refused = refusedUnread(personality, *received))
        return *refused;
    if (auto refused = refusedRead(personality, *received))
        return reply(*received, std::unexpected(*refused));
    if (m_context.faults.contains(Fault::BadAlgorithm))
        return reply(*received, std::unexpected(rejection(FailInfo::BadAlg, u"a fault that was asked for"_s)));
    const Result<Decision> decision = decide(*received);
    // Trouble of our own is no judgement on the request: the client shall try again.
    if (!decision)
        return plainTextResponse(500, u"the Lab CA could not handle the request: %1"_s.arg(decision.error().detail));
    return reply(*received, *decision);
}

Result<Decision> MessageHandler::decide(const Scep::ReceivedRequest &received)
{
    switch (received.type) {
    case MessageType::PkcsReq:
    case MessageType::RenewalReq:
        return certificationRequest(received);
    case MessageType::CertPoll:
        return certPoll(received);
    case MessageType::GetCert:
        return getCertificate(received);
    case MessageType::GetCrl:
        return getCrl(received);
    case MessageType::CertRep:
        break;
    }
    return Decision(
        std::unexpected(rejection(FailInfo::BadRequest, u"%1 is not offered by this Lab CA"_s.arg(Scep::displayName(received.type)))));
}

/// The reply is encrypted to the request's signer, so its key must be able to decrypt (RFC 8894 2.3); else the challenge is the secret
/// that both sides know (3.1), or, as NDES does, the two keys agree on one.
std::optional<Rejection> MessageHandler::keyObjection(const Pki::PublicKey &signer, const Pki::PublicKey &requested, Pki::Cipher asked,
                                                      bool hasChallenge) const
{
    const auto tooWeak = [](const Pki::PublicKey &key) -> std::optional<Rejection> {
        if (!key.isRsa() || key.bits() >= minimumRsaBits)
            return std::nullopt;
        return rejection(FailInfo::BadAlg, u"a key of type %1 is too weak: use 2048 bits"_s.arg(key.displayName()));
    };
    const bool agrees = m_context.policy.personality.agreesOnKeys;
    const bool canReceive = signer.isRsa() || (agrees ? signer.displayName().startsWith("EC "_L1) : hasChallenge);
    if (!canReceive && agrees)
        return rejection(FailInfo::BadAlg, u"a key of type %1 cannot receive the reply: use RSA or EC"_s.arg(signer.displayName()));
    if (!canReceive)
        return rejection(FailInfo::BadAlg,
                         u"a key of type %1 cannot receive the reply without a challenge: use an RSA key"_s.arg(signer.displayName()));
    // A key wrap under a password takes two blocks at least (RFC 3211 2.3.1), and DES' key is one.
    const Pki::Cipher cipher = m_context.policy.personality.replyCipher.value_or(asked);
    if (!signer.isRsa() && !agrees && cipher == Pki::Cipher::Des)
        return rejection(FailInfo::BadAlg,
                         u"a key of type %1 cannot receive the reply, which would be in DES: use an RSA key, or a better cipher"_s.arg(
                             signer.displayName()));
    if (auto weak = tooWeak(signer))
        return weak;
    // Mostly it is one key. Looking at a key means parsing it.
    return requested != signer ? tooWeak(requested) : std::nullopt;
}

HttpResponse MessageHandler::reply(const Scep::ReceivedRequest &request, const Decision &decision)
{
    const Pki::SecretBytes &challenge = m_ownChallenge.isEmpty() ? m_context.policy.challenge : m_ownChallenge;
    HttpResponse response = writeReply(
        request, decision,
        {.ca = *m_identity, .personality = m_context.policy.personality, .challenge = challenge, .faults = m_context.faults}, m_log);
    if (!m_notes.isEmpty() && response.status == 200)
        m_log.outcome += u", "_s + m_notes.join(u", "_s);
    return response;
}

} // namespace LabCa
