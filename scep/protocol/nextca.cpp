// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/protocol/nextca.h"

#include "scep/protocol/catrust.h"
#include "scep/protocol/signedreply.h"
#include "scep/protocol/wire.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace Scep {

namespace {

constexpr char integerTag = 0x02;
constexpr char octetStringTag = 0x04;

/// RFC 8894 4.7.1 says "a degenerate certificates-only SignedData" and leaves open how it sits in the content: as ContentInfo, as
/// SignedData alone when the content type says so already (RFC 5652 5.2), or, from some servers, in one more OCTET STRING.
QByteArray bundleIn(const QByteArray &content, QStringList &notes)
{
    QByteArray bundle = content;
    if (content.startsWith(octetStringTag)) {
        if (const auto inner = Pki::octetStringFromDer(content)) {
            notes.append(u"the next CA certificates are wrapped in an OCTET STRING too many"_s);
            bundle = *inner;
        }
    }
    if (Detail::innerTag(bundle) == integerTag) {
        // The SEQUENCE that SignedData itself is: give it the ContentInfo that readers want.
        const QByteArray signedDataOid = QByteArray::fromHex("06092a864886f70d010702");
        bundle = Detail::sequence(signedDataOid + Detail::element('\xA0', bundle));
    }
    return bundle;
}

/// The bundle in the signed content.
Result<CaCertificates> certificatesIn(const Pki::SignedData &message, QStringList &notes)
{
    const std::optional<QByteArray> content = message.content();
    if (!content || content->isEmpty())
        return failure(ErrorCode::ContentRefused, u"the next CA certificates are not in the signed content"_s);
    const QByteArray bundle = bundleIn(*content, notes);
    if (!Detail::looksLikeContentInfo(bundle))
        return failure(ErrorCode::ContentRefused, u"the signed content is no certificate bundle"_s);
    const auto offered = parseCaCertificates(bundle, u"application/x-x509-ca-ra-cert"_s);
    if (!offered)
        return offered;
    if (offered->form != CaCertificates::Form::DegenerateSignedData)
        return failure(ErrorCode::ContentRefused, u"the signed content is no certificate bundle"_s);
    return offered;
}

} // namespace

Result<NextCaMessage> processNextCa(const QByteArray &message, const CaRoles &current, const QDateTime &now)
{
    NextCaMessage result;
    const auto signedData = Detail::readSignedReply(message, u"GetNextCACert"_s, result.notes);
    if (!signedData)
        return std::unexpected(signedData.error());
    const Pki::SignerInfo signerInfo = signedData->signers().first();
    if (const auto checked = Detail::checkSignatureAlgorithms(signerInfo, result.notes); !checked)
        return std::unexpected(checked.error());
    const auto signer = Detail::checkReplySigner(*signedData, current.expectedSigners, now, result.notes);
    if (!signer)
        return std::unexpected(signer.error());
    result.signer = *signer;
    // A CertRep is signed by the same key: its content is an envelope, and it says what it is.
    if (signerInfo.attributeCount(Pki::Oid::literal(Oids::messageType)) > 0)
        return failure(ErrorCode::MessageTypeMismatch, u"a pkiMessage in place of the next CA certificates"_s);

    auto offered = certificatesIn(*signedData, result.notes);
    if (!offered)
        return std::unexpected(offered.error());
    result.notes += offered->leniencies;
    result.offered = *std::move(offered);
    for (const Pki::Certificate &certificate : std::as_const(result.offered.certificates)) {
        if (Detail::isCaAmong(certificate, result.offered.certificates))
            result.inForceFrom =
                result.inForceFrom.isValid() ? std::max(result.inForceFrom, certificate.notBefore()) : certificate.notBefore();
    }
    if (!result.inForceFrom.isValid())
        return failure(ErrorCode::NoUsableCaCertificate, u"there is no CA certificate among the announced ones"_s);
    return result;
}

Result<QByteArray> buildNextCa(const QList<Pki::Certificate> &next, const Pki::Certificate &signer, const Pki::PrivateKey &signerKey,
                               Pki::Digest digest, bool includesSigner)
{
    if (next.isEmpty())
        return failure(ErrorCode::InvalidArgument, u"there is no next CA certificate"_s);
    if (!Pki::belongTogether(signerKey, signer))
        return failure(ErrorCode::KeyMismatch, u"the signer's certificate and the key do not belong together"_s);
    const auto bundle = Pki::degenerateCms(next);
    if (!bundle)
        return bundle;
    Pki::SignOptions options;
    options.digest = digest;
    if (includesSigner)
        options.certificates = {signer};
    return Pki::signCms(*bundle, signer, signerKey, options);
}

} // namespace Scep
