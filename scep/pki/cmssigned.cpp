// SPDX-License-Identifier: GPL-3.0-or-later
// Reading signedData (RFC 5652 5). Done on the bytes and not through CMS_ContentInfo: OpenSSL re-sorts the signed attributes, and it
// refuses messages with odd AlgorithmIdentifiers or without certificates that real servers send.
#include "scep/pki/cms.h"

#include "scep/pki/asn1reader.h"
#include "scep/pki/asn1writer.h"
#include "scep/pki/cmscommon.h"
#include "scep/pki/cmssignature.h"
#include "scep/pki/opensslhandles.h"

#include <mutex>

namespace Pki {

using namespace Detail;
using namespace Qt::StringLiterals;

namespace Detail {

struct SignerParts {
    SignatureAlgorithm algorithm;
    QList<QByteArray> attributes; ///< as received, in the order received
    QByteArray signature;
};

struct SignedDataParts {
    int version = 0;
    Oid contentType;
    std::optional<QByteArray> content;
    QByteArray digested; ///< what the message digest is over
    QList<QByteArray> certificateDers;
    QList<Crl> crls;
    QList<SignerInfo> signers;
    QList<SignerParts> signerParts; ///< same order as signers

    /// Decoding a certificate costs as much as checking three signatures, and the signer is usually known without the embedded one, so it
    /// is done when somebody asks. What cannot be decoded is left out.
    const QList<Certificate> &certificates() const
    {
        std::call_once(once, [this] {
            for (const QByteArray &der : certificateDers) {
                if (Result<Certificate> certificate = Certificate::fromDer(der))
                    decoded.append(*std::move(certificate));
            }
        });
        return decoded;
    }

private:
    mutable std::once_flag once;
    mutable QList<Certificate> decoded;
};

} // namespace Detail

namespace {

std::unexpected<Error> malformed(const QString &what)
{
    return failure(ErrorCode::Malformed, u"broken signedData: %1"_s.arg(what));
}

Result<void> readContent(const Asn1Element &sequence, SignedDataParts &parts)
{
    Asn1Reader reader(sequence.content);
    const std::optional<Asn1Element> typeElement = reader.next();
    const std::optional<Oid> type = typeElement ? readOid(*typeElement) : std::nullopt;
    if (!type)
        return malformed(u"eContentType"_s);
    parts.contentType = *type;
    if (reader.atEnd())
        return {};
    const std::optional<Asn1Element> wrapper = reader.next(Tag::contextConstructed(0));
    const std::optional<Asn1Element> content = wrapper ? singleElement(wrapper->content) : std::nullopt;
    if (!content || !reader.atEnd())
        return malformed(u"eContent"_s);
    if (content->isString(Tag::octetString)) {
        parts.content = stringOctets(*content);
        if (!parts.content)
            return malformed(u"eContent"_s);
        parts.digested = *parts.content;
    } else {
        // PKCS#7 1.5 had other types in here, whose digest leaves out tag and length (RFC 5652 5.2.1). Data is an OCTET STRING in both, and
        // a changed tag around it must not pass.
        parts.content = content->whole.toByteArray();
        const bool isOldForm = content->identifier == Tag::sequence && !isOid(*type, Oids::data);
        parts.digested = isOldForm ? content->content.toByteArray() : *parts.content;
    }
    return {};
}

Result<void> readCertificates(const Asn1Element &set, const CmsLimits &limits, SignedDataParts &parts)
{
    Asn1Reader reader(set.content);
    int count = 0;
    while (!reader.atEnd()) {
        const std::optional<Asn1Element> element = reader.next();
        if (!element)
            return malformed(u"certificates"_s);
        if (++count > limits.maxCertificates)
            return failure(ErrorCode::TooLarge, u"more than %1 certificates in one message"_s.arg(limits.maxCertificates));
        if (element->identifier != Tag::sequence) // attribute and extended certificates: of no use here
            continue;
        parts.certificateDers.append(element->whole.toByteArray());
    }
    return {};
}

Result<void> readCrls(const Asn1Element &set, const CmsLimits &limits, SignedDataParts &parts)
{
    Asn1Reader reader(set.content);
    while (!reader.atEnd()) {
        const std::optional<Asn1Element> element = reader.next();
        if (!element)
            return malformed(u"crls"_s);
        if (parts.crls.size() >= limits.maxCertificates)
            return failure(ErrorCode::TooLarge, u"more than %1 CRLs in one message"_s.arg(limits.maxCertificates));
        if (element->identifier != Tag::sequence) // other revocation information
            continue;
        Result<Crl> crl = Crl::fromDer(element->whole.toByteArray());
        if (!crl)
            return std::unexpected(std::move(crl.error()));
        parts.crls.append(*std::move(crl));
    }
    return {};
}

std::optional<Attribute> readAttribute(const Asn1Element &sequence, int maxValues)
{
    Asn1Reader reader(sequence.content);
    const std::optional<Asn1Element> typeElement = reader.next();
    const std::optional<Oid> type = typeElement ? readOid(*typeElement) : std::nullopt;
    const std::optional<Asn1Element> set = type ? reader.next(Tag::set) : std::nullopt;
    if (!set || !reader.atEnd())
        return std::nullopt;
    Attribute attribute{*type, {}};
    Asn1Reader values(set->content);
    while (!values.atEnd()) {
        const std::optional<Asn1Element> value = values.next();
        if (!value || attribute.values.size() >= maxValues)
            return std::nullopt;
        attribute.values.append(value->whole.toByteArray());
    }
    return attribute;
}

Result<void> readSignedAttributes(const Asn1Element &set, const CmsLimits &limits, SignerInfo &info, SignerParts &parts)
{
    info.hasSignedAttributes = true;
    Asn1Reader reader(set.content);
    while (!reader.atEnd()) {
        if (info.signedAttributes.size() >= limits.maxAttributes)
            return failure(ErrorCode::TooLarge, u"more than %1 signed attributes"_s.arg(limits.maxAttributes));
        const std::optional<Asn1Element> element = reader.next(Tag::sequence);
        std::optional<Attribute> attribute = element ? readAttribute(*element, limits.maxAttributes) : std::nullopt;
        if (!attribute)
            return malformed(u"signedAttrs"_s);
        info.signedAttributes.append(*std::move(attribute));
        parts.attributes.append(element->whole.toByteArray());
    }
    return {};
}

Result<void> readSigner(const Asn1Element &sequence, const CmsLimits &limits, SignedDataParts &all)
{
    SignerInfo info;
    SignerParts parts;
    Asn1Reader reader(sequence.content);
    const std::optional<Asn1Element> version = reader.next(Tag::integer);
    const std::optional<Asn1Element> signerId = version ? reader.next() : std::nullopt;
    if (!signerId)
        return malformed(u"SignerInfo"_s);
    if (signerId->identifier == Tag::sequence) {
        const std::optional<IssuerAndSerialNumber> id = readIssuerAndSerialNumber(*signerId);
        if (!id)
            return malformed(u"the signer's identifier"_s);
        info.signerId = *id;
    } else if (signerId->isString(Tag::context(0))) {
        const std::optional<QByteArray> keyIdentifier = stringOctets(*signerId);
        if (!keyIdentifier)
            return malformed(u"the signer's identifier"_s);
        info.subjectKeyIdentifier = *keyIdentifier;
    } else {
        return malformed(u"the signer's identifier"_s);
    }

    const std::optional<Asn1Element> digestElement = reader.next();
    const std::optional<Algorithm> digestAlgorithm = digestElement ? readAlgorithm(*digestElement) : std::nullopt;
    if (!digestAlgorithm)
        return malformed(u"digestAlgorithm"_s);
    info.digestAlgorithm = digestAlgorithm->oid;
    info.digest = digestFromOid(digestAlgorithm->oid);

    if (const std::optional<Asn1Element> attributes = reader.next(Tag::contextConstructed(0))) {
        if (Result<void> read = readSignedAttributes(*attributes, limits, info, parts); !read)
            return read;
    }
    const std::optional<Asn1Element> signatureElement = reader.next();
    const std::optional<Algorithm> signatureAlgorithm = signatureElement ? readAlgorithm(*signatureElement) : std::nullopt;
    if (!signatureAlgorithm)
        return malformed(u"signatureAlgorithm"_s);
    info.signatureAlgorithm = signatureAlgorithm->oid;
    parts.algorithm = {info.digest, *signatureAlgorithm};

    const std::optional<Asn1Element> signature = reader.next();
    const std::optional<QByteArray> octets = signature && signature->isString(Tag::octetString) ? stringOctets(*signature) : std::nullopt;
    if (!octets)
        return malformed(u"signature"_s);
    parts.signature = *octets;
    if (reader.isNext(Tag::contextConstructed(1)) && !reader.next()) // unsignedAttrs: nothing in them counts
        return malformed(u"unsignedAttrs"_s);
    if (!reader.atEnd())
        return malformed(u"SignerInfo"_s);
    all.signers.append(std::move(info));
    all.signerParts.append(std::move(parts));
    return {};
}

Result<void> readSigners(const Asn1Element &set, const CmsLimits &limits, SignedDataParts &parts)
{
    Asn1Reader reader(set.content);
    while (!reader.atEnd()) {
        if (parts.signers.size() >= limits.maxRecipients) // SCEP has exactly one; the limit only bounds the work
            return failure(ErrorCode::TooLarge, u"more than %1 signers"_s.arg(limits.maxRecipients));
        const std::optional<Asn1Element> element = reader.next(Tag::sequence);
        if (!element)
            return malformed(u"signerInfos"_s);
        if (Result<void> read = readSigner(*element, limits, parts); !read)
            return read;
    }
    return {};
}

Result<void> readSignedData(const Asn1Element &sequence, const CmsLimits &limits, SignedDataParts &parts)
{
    Asn1Reader reader(sequence.content);
    const std::optional<Asn1Element> versionElement = reader.next(Tag::integer);
    const std::optional<int> version = versionElement ? readSmallInteger(*versionElement) : std::nullopt;
    const std::optional<Asn1Element> digests = version ? reader.next(Tag::set) : std::nullopt;
    const std::optional<Asn1Element> content = digests ? reader.next(Tag::sequence) : std::nullopt;
    if (!content)
        return malformed(u"its first fields"_s);
    parts.version = *version;
    if (Result<void> read = readContent(*content, parts); !read)
        return read;
    if (const std::optional<Asn1Element> certificates = reader.next(Tag::contextConstructed(0))) {
        if (Result<void> read = readCertificates(*certificates, limits, parts); !read)
            return read;
    }
    if (const std::optional<Asn1Element> crls = reader.next(Tag::contextConstructed(1))) {
        if (Result<void> read = readCrls(*crls, limits, parts); !read)
            return read;
    }
    const std::optional<Asn1Element> signers = reader.next(Tag::set);
    if (!signers || !reader.atEnd())
        return malformed(u"signerInfos"_s);
    if (Result<void> read = readSigners(*signers, limits, parts); !read)
        return read;
    // In a degenerate message the certificates are the content: none may be lost unseen.
    if (parts.signers.isEmpty() && parts.certificates().size() != parts.certificateDers.size())
        return malformed(u"a certificate in it"_s);
    return {};
}

/// The value of a signed attribute that must be there once with one value (RFC 5652 11.1, 11.2).
std::optional<QByteArray> onlyValue(const SignerInfo &info, const char *oid)
{
    const Oid type = Oid::literal(oid);
    if (info.attributeCount(type) != 1)
        return std::nullopt;
    const QList<QByteArray> values = info.attribute(type)->values;
    return values.size() == 1 ? std::optional(values.front()) : std::nullopt;
}

} // namespace

Result<SignedData> SignedData::fromDer(const QByteArray &bytes, const CmsLimits &limits)
{
    const Result<ContentInfoParts> outer = readContentInfo(bytes, limits);
    if (!outer)
        return std::unexpected(outer.error());
    if (!isOid(outer->type, Oids::signedData))
        return failure(ErrorCode::NotRecognised, u"the content type is %1, not signedData"_s.arg(outer->type.displayName()));
    if (outer->content.identifier != Tag::sequence)
        return malformed(u"its content"_s);
    auto parts = std::make_shared<SignedDataParts>();
    if (Result<void> read = readSignedData(outer->content, limits, *parts); !read)
        return std::unexpected(std::move(read.error()));
    SignedData signedData;
    signedData.m_data = std::move(parts);
    return signedData;
}

int SignedData::version() const
{
    return m_data ? m_data->version : 0;
}

Oid SignedData::contentType() const
{
    return m_data ? m_data->contentType : Oid();
}

std::optional<QByteArray> SignedData::content() const
{
    return m_data ? m_data->content : std::nullopt;
}

QList<Certificate> SignedData::certificates() const
{
    return m_data ? m_data->certificates() : QList<Certificate>();
}

QList<Crl> SignedData::crls() const
{
    return m_data ? m_data->crls : QList<Crl>();
}

QList<SignerInfo> SignedData::signers() const
{
    return m_data ? m_data->signers : QList<SignerInfo>();
}

Result<void> SignedData::verifySigner(int index, const Certificate &signer) const
{
    if (!m_data || index < 0 || index >= m_data->signers.size() || signer.isNull())
        return failure(ErrorCode::SignatureInvalid, u"there is no such signer"_s);
    const SignerInfo &info = m_data->signers.at(index);
    const SignerParts &parts = m_data->signerParts.at(index);
    if (!info.digest)
        return failure(ErrorCode::UnsupportedAlgorithm, u"digest algorithm %1"_s.arg(info.digestAlgorithm.displayName()));
    const QByteArray &content = m_data->digested;
    if (!info.hasSignedAttributes)
        return verifySignature(parts.algorithm, signer, content, parts.signature);

    const std::optional<QByteArray> contentType = onlyValue(info, "1.2.840.113549.1.9.3");
    const std::optional<QByteArray> messageDigest = onlyValue(info, "1.2.840.113549.1.9.4");
    if (!contentType || !messageDigest)
        return failure(ErrorCode::SignatureInvalid, u"the signed attribute %1 is missing or there more than once"_s.arg(
                                                        contentType ? u"messageDigest"_s : u"contentType"_s));
    const std::optional<Asn1Element> typeElement = singleElement(*contentType);
    if (!typeElement || readOid(*typeElement) != m_data->contentType)
        return failure(ErrorCode::SignatureInvalid, u"the signed contentType is not that of the content"_s);
    const Result<QByteArray> expected = octetStringFromDer(*messageDigest);
    if (!expected || !equalInConstantTime(*expected, hash(*info.digest, content)))
        return failure(ErrorCode::SignatureInvalid, u"the content was changed after it was signed"_s);

    // RFC 5652 5.4: the signature is over the attributes as a SET OF (tag 0x31) in DER. Cisco IOS signs them unsorted.
    const QByteArray received = encodeElement(Tag::set, parts.attributes.join());
    Result<void> verified = verifySignature(parts.algorithm, signer, received, parts.signature);
    if (verified || verified.error().code != ErrorCode::SignatureInvalid)
        return verified;
    const QByteArray sorted = derSetOf(parts.attributes);
    return sorted == received ? verified : verifySignature(parts.algorithm, signer, sorted, parts.signature);
}

} // namespace Pki
