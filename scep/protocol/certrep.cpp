// SPDX-License-Identifier: GPL-3.0-or-later
// The client's side of CertRep, step by step. Nothing of a reply is believed before its signature verified
// with a certificate we knew beforehand, and nothing is decrypted before its attributes fit our request.
#include "scep/protocol/certrep.h"

#include "scep/protocol/certrepattributes.h"
#include "scep/protocol/issuedcertificate.h"
#include "scep/protocol/signedreply.h"
#include "scep/protocol/wire.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace Scep {

namespace {

/// Steps 1 to 3: a signedData with one signer over id-data.
Result<Pki::SignedData> readOuter(const QByteArray &message, QStringList &notes)
{
    const auto signedData = Detail::readSignedReply(message, u"PKIOperation"_s, notes);
    if (!signedData)
        return signedData;
    // BouncyCastle servers write envelopedData here; the octets inside are the same.
    const Pki::Oid type = signedData->contentType();
    if (type != Pki::Oid::literal(Pki::Oids::data) && type != Pki::Oid::literal(Pki::Oids::envelopedData))
        return failure(ErrorCode::ContentRefused, u"the signed content is %1"_s.arg(type.displayName()));
    if (!signedData->signers().first().hasSignedAttributes)
        return failure(ErrorCode::AttributeMissing, u"there are no signed attributes"_s);
    return signedData;
}

/// One attempt with one key, chosen by what the envelope names; every failure looks the same.
Result<QByteArray> decrypt(const Pki::EnvelopedData &envelope, const CertRepContext &context)
{
    const auto isPassword = [](const Pki::RecipientInfo &info) { return info.kind == Pki::RecipientInfo::Kind::Password; };
    const QList<Pki::RecipientInfo> recipients = envelope.recipients();
    const bool onlyPassword = !recipients.isEmpty() && std::ranges::all_of(recipients, isPassword);
    if (onlyPassword && (context.challenge == nullptr || context.challenge->isEmpty()))
        return failure(ErrorCode::DecryptionFailed);
    return onlyPassword ? envelope.decryptWithPassword(*context.challenge) : envelope.decrypt(context.signerKey, context.signer);
}

/// Step 10, up to the decrypted bundle.
Result<Pki::SignedData> openEnvelope(const Pki::SignedData &message, const CertRepContext &context, IssuedReply &reply)
{
    const std::optional<QByteArray> content = message.content();
    if (!content || content->isEmpty())
        return failure(ErrorCode::ContentRefused, u"SUCCESS without an envelope"_s);
    const auto envelope = Pki::EnvelopedData::fromDer(*content);
    if (!envelope) {
        // "Not a CMS content at all" is as little an envelope as a bare certificate bundle.
        return envelope.error().code == ErrorCode::NotRecognised ? failure(ErrorCode::ContentRefused, envelope.error().detail)
                                                                 : Detail::replyFailure(envelope.error());
    }
    const std::optional<Pki::Cipher> cipher = envelope->contentCipher();
    if (!cipher)
        return failure(ErrorCode::ContentRefused, u"the content cipher is %1"_s.arg(envelope->contentCipherOid().displayName()));
    reply.replyCipher = *cipher;
    if (Pki::isWeak(*cipher))
        reply.notes.append(u"the reply is encrypted with %1, which is weak"_s.arg(displayName(*cipher)));
    else if (*cipher == Pki::Cipher::TripleDes)
        reply.notes.append(u"the reply is encrypted with %1, which is old"_s.arg(displayName(*cipher)));

    const auto plain = decrypt(*envelope, context);
    if (!plain)
        return plain.error().code == ErrorCode::LegacyProviderMissing ? std::unexpected(plain.error())
                                                                      : failure(ErrorCode::DecryptionFailed);
    if (!Detail::looksLikeContentInfo(*plain)) {
        // OpenSSL answers a wrong key with random bytes on purpose: garbage means "not decrypted".
        if (Pki::Certificate::fromDer(*plain))
            return failure(ErrorCode::ReplyMalformed, u"a bare certificate where a certificate bundle belongs"_s);
        return failure(ErrorCode::DecryptionFailed);
    }
    const auto bundle = Pki::SignedData::fromDer(*plain);
    if (!bundle)
        return Detail::replyFailure(bundle.error());
    return *bundle;
}

} // namespace

Result<CertRep> processCertRep(const QByteArray &message, const CertRepContext &context)
{
    QStringList notes;
    const auto signedData = readOuter(message, notes);
    if (!signedData)
        return std::unexpected(signedData.error());
    const Pki::SignerInfo signer = signedData->signers().first();
    if (const auto checked = Detail::checkSignatureAlgorithms(signer, notes); !checked)
        return std::unexpected(checked.error());
    if (const auto checked = Detail::checkReplySigner(*signedData, context.roles.expectedSigners, context.now, notes); !checked)
        return std::unexpected(checked.error());
    const auto status = Detail::checkAttributes(signer, context);
    if (!status)
        return std::unexpected(status.error());
    Detail::noteExtras(signer, notes);

    // Steps 8 and 9: whatever stands in the content of FAILURE and PENDING is never looked at (RFC 8894 3.3.2; NDES puts a zero byte).
    if (*status == PkiStatus::Failure) {
        const auto rejection = Detail::readRejection(signer, notes);
        if (!rejection)
            return std::unexpected(rejection.error());
        return RejectedReply{*rejection, notes};
    }
    if (*status == PkiStatus::Pending)
        return PendingReply{notes};

    IssuedReply reply;
    reply.notes = notes;
    const auto bundle = openEnvelope(*signedData, context, reply);
    if (!bundle)
        return std::unexpected(bundle.error());
    auto issued = Detail::readIssued(*bundle, context, std::move(reply));
    if (!issued)
        return std::unexpected(issued.error());
    return *std::move(issued);
}

} // namespace Scep
