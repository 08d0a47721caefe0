// SPDX-License-Identifier: GPL-3.0-or-later
// issueCertificate() of certificate.h. The certificate is assembled here: OpenSSL 3 would decode the subject's public key and encode it
// again, which takes longer than a check of a signature, only to write the bytes that came with the request.
#include "scep/pki/asn1reader.h"
#include "scep/pki/asn1writer.h"
#include "scep/pki/opensslhandles.h"

#include <QUrl>

#include <array>

namespace Pki {

using namespace Qt::StringLiterals;
using namespace Detail;

namespace {

/// Positive, at most 20 octets (RFC 5280 4.1.2.2).
SerialNumber positiveSerialNumber(const SerialNumber &wanted)
{
    QByteArray bytes = wanted.bytes();
    if (bytes.isEmpty()) {
        bytes = randomBytes(16);
        bytes[0] = static_cast<char>(bytes[0] & 0x7f);
    }
    return SerialNumber((bytes[0] & 0x80) != 0 ? '\0' + bytes : bytes);
}

/// RFC 5280 4.2.1.2 method 1: SHA-1 of the subjectPublicKey bits; an identifier, not a protection. Empty: the key cannot be read.
QByteArray keyIdentifier(const PublicKey &key)
{
    const QByteArray spki = key.der();
    const auto sequence = singleElement(spki);
    if (!sequence)
        return {};
    Asn1Reader fields(sequence->content);
    if (!fields.next(Tag::sequence))
        return {};
    const auto bits = fields.next(0x03);
    // The first octet says how many bits of the last are unused.
    return bits && !bits->content.isEmpty() ? hash(Digest::Sha1, bits->content.sliced(1).toByteArray()) : QByteArray();
}

Result<QByteArray> uriElement(const QString &text)
{
    const QUrl url(text, QUrl::StrictMode);
    if (!url.isValid() || url.isRelative())
        return failure(ErrorCode::InvalidUrl, displayText(text));
    return derElement(0x86, url.toEncoded(QUrl::FullyEncoded));
}

/// RFC 5280 4.2.1.13: one DistributionPoint with a fullName for each URL.
Result<QByteArray> distributionPointsDer(const QStringList &urls)
{
    QByteArray points;
    for (const QString &url : urls) {
        const auto uri = uriElement(url);
        if (!uri)
            return uri;
        points += derElement(0x30, derElement(0xa0, derElement(0xa0, *uri)));
    }
    return derElement(0x30, points);
}

/// RFC 5280 4.2.2.1: AccessDescription { id-ad-caIssuers, uri }.
Result<QByteArray> authorityInformationDer(const QStringList &urls)
{
    const QByteArray caIssuers = toDer(i2d_ASN1_OBJECT, OBJ_nid2obj(NID_ad_ca_issuers));
    QByteArray descriptions;
    for (const QString &url : urls) {
        const auto uri = uriElement(url);
        if (!uri)
            return uri;
        descriptions += derElement(0x30, caIssuers + *uri);
    }
    return derElement(0x30, descriptions);
}

QByteArray basicConstraintsDer(bool isCa, std::optional<int> pathLength)
{
    QByteArray content = isCa ? QByteArray("\x01\x01\xff", 3) : QByteArray(); // FALSE is the default and left out
    if (isCa && pathLength) {
        const Asn1IntegerPtr length(ASN1_INTEGER_new());
        ASN1_INTEGER_set_int64(length.get(), *pathLength);
        content += toDer(i2d_ASN1_INTEGER, length.get());
    }
    return derElement(0x30, content);
}

/// The extensions, one after the other in DER.
class Builder
{
public:
    bool add(const X509ExtensionPtr &extension)
    {
        const QByteArray der = extension == nullptr ? QByteArray() : toDer(i2d_X509_EXTENSION, extension.get());
        m_der += der;
        return !der.isEmpty();
    }
    bool add(const char *oid, bool isCritical, const QByteArray &value) { return add(rawExtension(Oid::literal(oid), isCritical, value)); }
    [[nodiscard]] QByteArray der() const { return m_der; }

private:
    QByteArray m_der;
};

QByteArray timeDer(const QDateTime &time)
{
    // UTCTime to 2049, then GeneralizedTime (RFC 5280 4.1.2.5): OpenSSL knows.
    const std::unique_ptr<ASN1_TIME, Deleter<ASN1_TIME_free>> asn1(ASN1_TIME_set(nullptr, time.toSecsSinceEpoch()));
    return asn1 == nullptr ? QByteArray() : toDer(i2d_ASN1_TIME, asn1.get());
}

/// The AlgorithmIdentifier of `key`'s signatures with `digest`.
QByteArray signatureAlgorithmDer(const PrivateKey &key, Digest digest)
{
    const bool isRsa = EVP_PKEY_is_a(keyOf(key), "RSA") == 1;
    int nid = NID_undef;
    if ((!isRsa && EVP_PKEY_is_a(keyOf(key), "EC") != 1) ||
        OBJ_find_sigid_by_algs(&nid, EVP_MD_get_type(digestMethod(digest)), isRsa ? NID_rsaEncryption : NID_X9_62_id_ecPublicKey) != 1)
        return {};
    return derAlgorithm(nid, isRsa);
}

Result<QByteArray> extensionsDer(const CertificateTemplate &description, const PublicKey &subjectKey, const Certificate &issuer)
{
    Builder builder;
    bool isAdded = builder.add("2.5.29.19", true, basicConstraintsDer(description.isCa, description.pathLength));
    if (description.keyUsage)
        isAdded = isAdded && builder.add(keyUsageExtension(*description.keyUsage));
    if (!description.extendedKeyUsage.isEmpty())
        isAdded = isAdded && builder.add(extendedKeyUsageExtension(description.extendedKeyUsage));
    if (!description.subjectAlternativeNames.isEmpty()) {
        const auto names = subjectAlternativeNamesToDer(description.subjectAlternativeNames);
        if (!names)
            return std::unexpected(names.error());
        isAdded = isAdded && builder.add("2.5.29.17", description.subject.isEmpty(), *names); // RFC 5280 4.2.1.6
    }
    if (!description.templateName.isEmpty())
        isAdded = isAdded && builder.add("1.3.6.1.4.1.311.20.2", false, derElement(V_ASN1_UTF8STRING, description.templateName.toUtf8()));
    if (!description.crlDistributionPoints.isEmpty()) {
        const auto points = distributionPointsDer(description.crlDistributionPoints);
        if (!points)
            return std::unexpected(points.error());
        isAdded = isAdded && builder.add("2.5.29.31", false, *points);
    }
    if (!description.caIssuerUrls.isEmpty()) {
        const auto information = authorityInformationDer(description.caIssuerUrls);
        if (!information)
            return std::unexpected(information.error());
        isAdded = isAdded && builder.add("1.3.6.1.5.5.7.1.1", false, *information);
    }
    if (description.withKeyIdentifiers) {
        const QByteArray ownIdentifier = keyIdentifier(subjectKey);
        QByteArray issuerIdentifier = issuer.isNull() ? ownIdentifier : issuer.subjectKeyIdentifier();
        if (issuerIdentifier.isEmpty()) // an issuer without the extension: by the same method, from its key
            issuerIdentifier = keyIdentifier(issuer.publicKey());
        isAdded = isAdded && !ownIdentifier.isEmpty();
        isAdded = isAdded && builder.add("2.5.29.14", false, derElement(V_ASN1_OCTET_STRING, ownIdentifier)) &&
                  builder.add("2.5.29.35", false, derElement(0x30, derElement(0x80, issuerIdentifier)));
    }
    if (!isAdded)
        return std::unexpected(drainErrors(ErrorCode::CryptoFailure));
    return builder.der();
}

} // namespace

Result<Certificate> issueCertificate(const CertificateTemplate &description, const PrivateKey &issuerKey, const Certificate &issuer,
                                     Digest digest)
{
    const ErrorQueueGuard guard;
    const bool isSelfSigned = issuer.isNull();
    if (issuerKey.isNull())
        return failure(ErrorCode::InvalidArgument, u"no issuer key"_s);
    const PublicKey subjectKey = description.publicKey.isNull() && isSelfSigned ? issuerKey.publicKey() : description.publicKey;
    if (subjectKey.isNull())
        return failure(ErrorCode::InvalidArgument, u"no public key"_s);
    if (isSelfSigned && subjectKey != issuerKey.publicKey())
        return failure(ErrorCode::KeyMismatch, u"self-signed certificate"_s);
    if (!description.notBefore.isValid() || !description.notAfter.isValid() || description.notAfter < description.notBefore)
        return failure(ErrorCode::InvalidArgument, u"validity period"_s);

    const DistinguishedName issuerName = isSelfSigned                   ? description.subject
                                         : description.issuer.isEmpty() ? issuer.subject()
                                                                        : description.issuer;
    const Asn1IntegerPtr serialNumber = toAsn1Integer(positiveSerialNumber(description.serialNumber));
    const QByteArray notBefore = timeDer(description.notBefore);
    const QByteArray notAfter = timeDer(description.notAfter);
    const QByteArray algorithm = signatureAlgorithmDer(issuerKey, digest);
    if (serialNumber == nullptr || notBefore.isEmpty() || notAfter.isEmpty() || algorithm.isEmpty())
        return std::unexpected(drainErrors(ErrorCode::CryptoFailure));
    const auto extensions = extensionsDer(description, subjectKey, issuer);
    if (!extensions)
        return std::unexpected(extensions.error());

    // RFC 5280 4.1: TBSCertificate, version 3.
    const QByteArray toBeSigned = encodeElement(
        Tag::sequence, encodeElement(Tag::contextConstructed(0), derSmallInteger(2)) + toDer(i2d_ASN1_INTEGER, serialNumber.get()) +
                           algorithm + issuerName.der() + encodeElement(Tag::sequence, notBefore + notAfter) + description.subject.der() +
                           subjectKey.der() + encodeElement(Tag::contextConstructed(3), encodeElement(Tag::sequence, *extensions)));
    const EvpDigestContextPtr context(EVP_MD_CTX_new());
    size_t size = 0;
    const auto *octets = reinterpret_cast<const unsigned char *>(toBeSigned.constData());
    const auto length = static_cast<size_t>(toBeSigned.size());
    if (context == nullptr ||
        EVP_DigestSignInit_ex(context.get(), nullptr, EVP_MD_get0_name(digestMethod(digest)), libraryContext(), nullptr, keyOf(issuerKey),
                              nullptr) != 1 ||
        EVP_DigestSign(context.get(), nullptr, &size, octets, length) != 1)
        return std::unexpected(drainErrors(ErrorCode::CryptoFailure));
    QByteArray signature(static_cast<qsizetype>(size), '\0');
    if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char *>(signature.data()), &size, octets, length) != 1)
        return std::unexpected(drainErrors(ErrorCode::CryptoFailure));
    signature.truncate(static_cast<qsizetype>(size));
    return toCertificate(encodeElement(Tag::sequence, toBeSigned + algorithm + encodeElement(0x03, QByteArray(1, '\0') + signature)),
                         {{issuerName, toSerialNumber(serialNumber.get())}, subjectKey});
}

} // namespace Pki
