// SPDX-License-Identifier: GPL-3.0-or-later
// The server's side: reading pkiMessages of any client (RFC 8894 3.1-3.3, 4.3).
#include "scep/pki/cmsrecipients.h"
#include "scep/protocol/pkirequest.h"
#include "scep/protocol/wire.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace Scep {

namespace {

using RefusedRequest = std::unexpected<RequestFailure>;

RefusedRequest unreadable(const QString &text)
{
    return std::unexpected(RequestFailure{std::nullopt, FailInfo::BadRequest, text});
}

/// What an answer needs. None of it is verified yet: a FAILURE reveals nothing.
std::expected<RequestEnvelope, RequestFailure> readEnvelope(const Pki::SignedData &message, const Pki::SignerInfo &signer)
{
    RequestEnvelope envelope;
    // Several certificates may be embedded (chains of a renewal): the one that signed is named by issuer and serial number.
    const QList<Pki::Certificate> embedded = message.certificates();
    const auto certificate =
        std::ranges::find_if(embedded, [&signer](const Pki::Certificate &candidate) { return Detail::names(signer, candidate); });
    if (certificate == embedded.end())
        return unreadable(u"the signer's certificate is not in the request"_s);
    envelope.signer = *certificate;

    const auto transactionId = Detail::onlyText(signer, Oids::transactionId);
    const auto nonce = Detail::onlyBytes(signer, Oids::senderNonce);
    if (!transactionId || !*transactionId || !nonce || !*nonce)
        return unreadable(u"transactionID or senderNonce is missing or there more than once"_s);
    const auto id = TransactionId::fromText(**transactionId);
    const auto senderNonce = Nonce::fromBytes(**nonce);
    if (!id || !senderNonce)
        return unreadable(u"transactionID or senderNonce has a form that is not accepted"_s);
    envelope.transactionId = *id;
    envelope.senderNonce = *senderNonce;
    if (signer.digest && !Pki::isWeak(*signer.digest))
        envelope.digest = *signer.digest;
    else if (signer.digest == Pki::Digest::Sha1)
        envelope.digest = Pki::Digest::Sha1; // the client may read nothing newer
    return envelope;
}

} // namespace

std::expected<ReceivedRequest, RequestFailure> readPkiRequest(const QByteArray &message, const Pki::Certificate &recipient,
                                                              const Pki::PrivateKey &recipientKey)
{
    const auto signedData = Pki::SignedData::fromDer(message);
    if (!signedData)
        return unreadable(u"not a signed message: %1"_s.arg(signedData.error().detail));
    const QList<Pki::SignerInfo> signers = signedData->signers();
    if (signers.size() != 1 || !signers.first().hasSignedAttributes)
        return unreadable(u"not exactly one signer with signed attributes"_s);
    const Pki::SignerInfo &signer = signers.first();
    const auto envelope = readEnvelope(*signedData, signer);
    if (!envelope)
        return std::unexpected(envelope.error());
    const auto refuse = [&envelope](FailInfo info, const QString &text) { return std::unexpected(RequestFailure{*envelope, info, text}); };

    if (!signer.digest || *signer.digest == Pki::Digest::Md5)
        return refuse(FailInfo::BadAlg, u"the digest algorithm %1 is not accepted"_s.arg(signer.digestAlgorithm.displayName()));
    if (const auto verified = signedData->verifySigner(0, envelope->signer); !verified) {
        if (verified.error().code == ErrorCode::UnsupportedAlgorithm)
            return refuse(FailInfo::BadAlg, u"the signature algorithm %1 is not accepted"_s.arg(signer.signatureAlgorithm.displayName()));
        return refuse(FailInfo::BadMessageCheck, u"the signature does not verify"_s);
    }

    const auto typeText = Detail::onlyText(signer, Oids::messageType);
    const std::optional<MessageType> type = typeText && *typeText ? messageTypeFromText(**typeText) : std::nullopt;
    if (!type || *type == MessageType::CertRep)
        return refuse(FailInfo::BadRequest, u"the messageType is missing or not that of a request"_s);

    const std::optional<QByteArray> content = signedData->content();
    if (!content || content->isEmpty())
        return refuse(FailInfo::BadRequest, u"the request has no envelope"_s);
    const auto enveloped = Pki::EnvelopedData::fromDer(*content);
    if (!enveloped) {
        const bool isAlgorithm =
            enveloped.error().code == ErrorCode::ContentRefused || enveloped.error().code == ErrorCode::UnsupportedAlgorithm;
        return refuse(isAlgorithm ? FailInfo::BadAlg : FailInfo::BadMessageCheck, u"the envelope is not accepted"_s);
    }
    if (!enveloped->contentCipher())
        return refuse(FailInfo::BadAlg, u"the content cipher %1 is not accepted"_s.arg(enveloped->contentCipherOid().displayName()));
    const auto payload = enveloped->decrypt(recipientKey, recipient);
    if (!payload) {
        if (payload.error().code == ErrorCode::LegacyProviderMissing)
            return refuse(FailInfo::BadAlg, u"this server cannot read DES"_s);
        return refuse(FailInfo::BadMessageCheck, u"the envelope cannot be opened with this server's key"_s);
    }

    ReceivedRequest request;
    request.type = *type;
    request.transactionId = envelope->transactionId;
    request.senderNonce = envelope->senderNonce;
    request.signer = envelope->signer;
    request.digest = *signer.digest;
    request.cipher = *enveloped->contentCipher();
    request.keyTransport = Pki::keyTransportUsed(*content).value_or(Pki::KeyTransport::RsaPkcs1);
    request.payload = *payload;
    return request;
}

} // namespace Scep
