// SPDX-License-Identifier: GPL-3.0-or-later
// Writing signedData. The message is assembled here because CMS_sign always adds a signingTime in OpenSSL 3.0, which some servers judge
// and which can only be removed by signing a second time.
#include "scep/pki/cms.h"

#include "scep/pki/asn1reader.h"
#include "scep/pki/asn1writer.h"
#include "scep/pki/cmscommon.h"
#include "scep/pki/cmssignature.h"
#include "scep/pki/cmssigning.h"

namespace Pki {

using namespace Detail;
using namespace Qt::StringLiterals;

namespace {

const char *const contentTypeOid = "1.2.840.113549.1.9.3";
const char *const messageDigestOid = "1.2.840.113549.1.9.4";

QByteArray attributeDer(const Attribute &attribute)
{
    return encodeElement(Tag::sequence, derOid(attribute.oid) + derSetOf(attribute.values));
}

Result<QByteArray> signedMessage(const QByteArray &content, const Certificate &signer, const PrivateKey &key, const SignOptions &options,
                                 bool namesDigest)
{
    if (signer.isNull() || key.isNull())
        return failure(ErrorCode::InvalidArgument, u"a signature needs a certificate and a key"_s);
    if (!belongTogether(key, signer))
        return failure(ErrorCode::KeyMismatch, u"the signing key is not that of the signer's certificate"_s);

    const Oid dataType = Oid::literal(Oids::data);
    const QByteArray digestAlgorithm = digestAlgorithmDer(options.digest);
    const QByteArray signedContent = options.hasContent ? content : QByteArray();

    QList<QByteArray> attributes{
        attributeDer({Oid::literal(contentTypeOid), {derOid(dataType)}}),
        attributeDer({Oid::literal(messageDigestOid), {octetStringDer(hash(options.digest, signedContent))}}),
    };
    for (const Attribute &attribute : options.signedAttributes) {
        if (attribute.oid.isEmpty() || isOid(attribute.oid, contentTypeOid) || isOid(attribute.oid, messageDigestOid))
            return failure(ErrorCode::InvalidArgument, u"signed attribute %1"_s.arg(attribute.oid.displayName()));
        attributes.append(attributeDer(attribute));
    }
    // RFC 5652 5.4: signed as a SET OF in DER, transmitted as [0] IMPLICIT; only the tag differs.
    const QByteArray attributeSet = derSetOf(attributes);
    const Result<Signature> signature = makeSignature(key, options.digest, attributeSet, namesDigest);
    if (!signature)
        return std::unexpected(signature.error());
    QByteArray transmitted = attributeSet;
    transmitted[0] = static_cast<char>(Tag::contextConstructed(0));

    const QByteArray signerInfo = derSmallInteger(1) + signer.issuerAndSerialNumber().der() + digestAlgorithm + transmitted +
                                  signature->algorithmDer + octetStringDer(signature->bytes);
    QByteArray encapsulated = derOid(dataType);
    if (options.hasContent)
        encapsulated += encodeElement(Tag::contextConstructed(0), octetStringDer(content));
    QByteArray certificates;
    for (const Certificate &certificate : options.certificates)
        certificates += certificate.der();

    QByteArray body = derSmallInteger(1) + encodeElement(Tag::set, digestAlgorithm) + encodeElement(Tag::sequence, encapsulated);
    if (!certificates.isEmpty())
        body += encodeElement(Tag::contextConstructed(0), certificates);
    body += encodeElement(Tag::set, encodeElement(Tag::sequence, signerInfo));
    return contentInfo(Oid::literal(Oids::signedData), encodeElement(Tag::sequence, body));
}

} // namespace

Result<QByteArray> signCms(const QByteArray &content, const Certificate &signer, const PrivateKey &key, const SignOptions &options)
{
    return signedMessage(content, signer, key, options, false);
}

Result<QByteArray> signCmsNamingDigest(const QByteArray &content, const Certificate &signer, const PrivateKey &key,
                                       const SignOptions &options)
{
    return signedMessage(content, signer, key, options, true);
}

} // namespace Pki
