// SPDX-License-Identifier: GPL-3.0-or-later
// The part of every signed reply that stands before its meaning: nothing of it is believed before its signature verified with a certificate
// we knew beforehand.
#include "scep/protocol/signedreply.h"

#include "scep/protocol/wire.h"

#include <algorithm>
#include <array>

using namespace Qt::StringLiterals;

namespace Scep::Detail {

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

/// The DER in a PEM block or in bare base64.
std::optional<QByteArray> fromText(const QByteArray &body)
{
    const QByteArray text = body.trimmed();
    if (!text.startsWith("-----BEGIN "))
        return derFromBase64(text);
    const qsizetype start = text.indexOf('\n');
    const qsizetype end = text.indexOf("-----END ", start);
    return start > 0 && end > start ? derFromBase64(text.mid(start, end - start)) : std::nullopt;
}

} // namespace

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

Result<Pki::SignedData> readSignedReply(const QByteArray &body, const QString &operation, QStringList &notes)
{
    if (body.isEmpty())
        return failure(ErrorCode::EmptyReply, operation);
    if (body.size() > Pki::CmsLimits().maxBytes)
        return failure(ErrorCode::ReplyTooLarge, u"%1 bytes"_s.arg(body.size()));
    if (looksLikeMarkup(body))
        return failure(ErrorCode::HtmlReply, excerpt(body));
    const std::optional<QByteArray> unwrapped = body.startsWith('\x30') ? body : fromText(body);
    if (!unwrapped)
        return failure(ErrorCode::ReplyMalformed, u"no SCEP message, but: %1"_s.arg(excerpt(body)));
    if (unwrapped != body)
        notes.append(u"the reply is base64 or PEM instead of DER"_s);
    const auto signedData = Pki::SignedData::fromDer(*unwrapped);
    if (!signedData)
        return replyFailure(signedData.error());
    if (signedData->signers().size() != 1)
        return failure(ErrorCode::SignerCount, u"%1 signers"_s.arg(signedData->signers().size()));
    return *signedData;
}

Result<void> checkSignatureAlgorithms(const Pki::SignerInfo &signer, QStringList &notes)
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

Result<Pki::Certificate> checkReplySigner(const Pki::SignedData &message, const QList<Pki::Certificate> &expected, const QDateTime &now,
                                          QStringList &notes)
{
    const Pki::SignerInfo signer = message.signers().first();
    QList<Pki::Certificate> known;
    std::ranges::copy_if(expected, std::back_inserter(known),
                         [&signer](const Pki::Certificate &certificate) { return names(signer, certificate); });
    const QList<Pki::Certificate> embedded = message.certificates();
    const bool hasNamesake = std::ranges::any_of(
        embedded, [&](const Pki::Certificate &certificate) { return names(signer, certificate) && !known.contains(certificate); });
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
    if (!known.first().isValidAt(now))
        return failure(ErrorCode::SignerNotInForce,
                       u"%1, valid from %2 to %3"_s.arg(known.first().subject().toText(), known.first().notBefore().toString(Qt::ISODate),
                                                        known.first().notAfter().toString(Qt::ISODate)));
    if (embedded.isEmpty())
        notes.append(u"the reply holds no certificate; the signer was found among the CA's"_s);
    return known.first();
}

} // namespace Scep::Detail
