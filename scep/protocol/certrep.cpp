// SPDX-License-Identifier: GPL-3.0-or-later
// The client's side of CertRep: scep-facts 11, step by step in that order. Nothing of a reply is believed before its signature verified
// with a certificate we knew beforehand, and nothing is decrypted before its attributes fit our request.
#include "scep/protocol/certrep.h"

#include "scep/protocol/certrepattributes.h"
#include "scep/protocol/issuedcertificate.h"
#include "scep/protocol/wire.h"

#include <algorithm>
#include <array>

using namespace Qt::StringLiterals;

namespace Scep {

namespace {

constexpr std::array allowedSignatureAlgorithms{
    "1.2.840.113549.1.1.1",  // rsaEncryption: macOS, NDES, cryptlib
    "1.2.840.113549.1.1.5",  // sha1WithRSA
    "1.2.840.113549.1.1.10", // RSASSA-PSS
    "1.2.840.113549.1.1.11", // sha256WithRSA
    "1.2.840.113549.1.1.12", // sha384WithRSA
    "1.2.840.113549.1.1.13", // sha512WithRSA
    "1.2.840.113549.1.1.14", // sha224WithRSA
    "1.3.14.3.2.29",         // sha1WithRSA of OIW, in old Microsoft messages
    "1.2.840.10045.2.1",     // ecPublicKey, where rsaEncryption stands for RSA
    "1.2.840.10045.4.1",     // ecdsa-with-SHA1
    "1.2.840.10045.4.3.1",   // ecdsa-with-SHA224
    "1.2.840.10045.4.3.2",   // ecdsa-with-SHA256
    "1.2.840.10045.4.3.3",   // ecdsa-with-SHA384
    "1.2.840.10045.4.3.4",   // ecdsa-with-SHA512
};

/// Errors of the CMS layer in the words of a reply.
std::unexpected<Error> replyFailure(const Error &error)
{
    switch (error.code) {
    case ErrorCode::TooLarge:
        return failure(ErrorCode::ReplyTooLarge, error.detail);
    case ErrorCode::NotRecognised:
    case ErrorCode::Malformed:
        return failure(ErrorCode::ReplyMalformed, error.detail);
    case ErrorCode::UnsupportedAlgorithm:
        return failure(ErrorCode::AlgorithmBelowFloor, error.detail);
    default:
        return std::unexpected(error);
    }
}

/// Steps 1 to 3: a signedData with one signer over id-data.
Result<Pki::SignedData> readOuter(const QByteArray &message)
{
    if (message.isEmpty())
        return failure(ErrorCode::EmptyReply, u"PKIOperation"_s);
    if (message.size() > Pki::CmsLimits().maxBytes)
        return failure(ErrorCode::ReplyTooLarge, u"%1 bytes"_s.arg(message.size()));
    if (Detail::looksLikeMarkup(message))
        return failure(ErrorCode::HtmlReply, Detail::excerpt(message));
    if (!message.startsWith('\x30'))
        return failure(ErrorCode::ReplyMalformed, u"no SCEP message, but: %1"_s.arg(Detail::excerpt(message)));
    const auto signedData = Pki::SignedData::fromDer(message);
    if (!signedData)
        return replyFailure(signedData.error());
    if (signedData->signers().size() != 1)
        return failure(ErrorCode::SignerCount, u"%1 signers"_s.arg(signedData->signers().size()));
    // BouncyCastle servers write envelopedData here (interop 2.9); the octets inside are the same.
    const Pki::Oid type = signedData->contentType();
    if (type != Pki::Oid::literal(Pki::Oids::data) && type != Pki::Oid::literal(Pki::Oids::envelopedData))
        return failure(ErrorCode::ContentRefused, u"the signed content is %1"_s.arg(type.displayName()));
    if (!signedData->signers().first().hasSignedAttributes)
        return failure(ErrorCode::AttributeMissing, u"there are no signed attributes"_s);
    return *signedData;
}

/// Step 4. MD5 can be forged; SHA-1 is what several servers cannot do without, so it is a note.
Result<void> checkAlgorithms(const Pki::SignerInfo &signer, QStringList &notes)
{
    if (!signer.digest || *signer.digest == Pki::Digest::Md5)
        return failure(ErrorCode::AlgorithmBelowFloor, u"the reply is signed with %1"_s.arg(signer.digestAlgorithm.displayName()));
    const QString algorithm = signer.signatureAlgorithm.toText();
    if (std::ranges::none_of(allowedSignatureAlgorithms, [&algorithm](const char *oid) { return algorithm == QLatin1StringView(oid); }))
        return failure(ErrorCode::AlgorithmBelowFloor, u"the reply is signed with %1"_s.arg(signer.signatureAlgorithm.displayName()));
    if (*signer.digest == Pki::Digest::Sha1)
        notes.append(u"the reply is signed with SHA-1"_s);
    return {};
}

/// Steps 5 and 6. Certificates embedded in the reply prove nothing: they are only looked at to refuse a namesake of a known signer.
Result<void> checkSigner(const Pki::SignedData &message, const CertRepContext &context, QStringList &notes)
{
    const Pki::SignerInfo signer = message.signers().first();
    QList<Pki::Certificate> known;
    std::ranges::copy_if(context.roles.expectedSigners, std::back_inserter(known),
                         [&signer](const Pki::Certificate &certificate) { return Detail::names(signer, certificate); });
    const QList<Pki::Certificate> embedded = message.certificates();
    const bool hasNamesake = std::ranges::any_of(
        embedded, [&](const Pki::Certificate &certificate) { return Detail::names(signer, certificate) && !known.contains(certificate); });
    if (known.isEmpty() || hasNamesake) {
        const QString id = signer.subjectKeyIdentifier.isEmpty()
                               ? u"issuer %1, serial %2"_s.arg(signer.signerId.issuer.toText(), signer.signerId.serialNumber.toHex())
                               : u"key identifier %1"_s.arg(QString::fromLatin1(signer.subjectKeyIdentifier.toHex()));
        return failure(ErrorCode::SignerUnknown, id);
    }
    const auto verified = message.verifySigner(0, known.first());
    if (!verified && verified.error().code == ErrorCode::UnsupportedAlgorithm)
        return failure(ErrorCode::AlgorithmBelowFloor, verified.error().detail);
    if (!verified)
        return failure(ErrorCode::SignatureInvalid, verified.error().detail);
    if (!known.first().isValidAt(context.now))
        return failure(ErrorCode::SignerNotInForce,
                       u"%1, valid from %2 to %3"_s.arg(known.first().subject().toText(), known.first().notBefore().toString(Qt::ISODate),
                                                        known.first().notAfter().toString(Qt::ISODate)));
    if (embedded.isEmpty())
        notes.append(u"the reply holds no certificate; the signer was found among the CA's"_s);
    return {};
}

/// One attempt with one key, chosen by what the envelope names; every failure looks the same (interop 3.11).
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
                                                                 : replyFailure(envelope.error());
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
        // OpenSSL answers a wrong key with random bytes on purpose: garbage means "not decrypted" (scep-facts 17).
        if (Pki::Certificate::fromDer(*plain))
            return failure(ErrorCode::ReplyMalformed, u"a bare certificate where a certificate bundle belongs"_s);
        return failure(ErrorCode::DecryptionFailed);
    }
    const auto bundle = Pki::SignedData::fromDer(*plain);
    if (!bundle)
        return replyFailure(bundle.error());
    return *bundle;
}

} // namespace

Result<CertRep> processCertRep(const QByteArray &message, const CertRepContext &context)
{
    const auto signedData = readOuter(message);
    if (!signedData)
        return std::unexpected(signedData.error());
    const Pki::SignerInfo signer = signedData->signers().first();
    QStringList notes;
    if (const auto checked = checkAlgorithms(signer, notes); !checked)
        return std::unexpected(checked.error());
    if (const auto checked = checkSigner(*signedData, context, notes); !checked)
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
