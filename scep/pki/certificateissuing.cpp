// SPDX-License-Identifier: GPL-3.0-or-later
// issueCertificate() of certificate.h.
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

/// RFC 5280 4.2.1.2 method 1: SHA-1 of the subjectPublicKey bits; an identifier, not a protection.
QByteArray keyIdentifier(const X509 *x509)
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int length = 0;
    return X509_pubkey_digest(x509, digestMethod(Digest::Sha1), digest.data(), &length) == 1
               ? QByteArray(reinterpret_cast<const char *>(digest.data()), static_cast<qsizetype>(length))
               : QByteArray();
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

class Builder
{
public:
    explicit Builder(X509 *x509)
        : m_x509(x509)
    {}

    bool add(const X509ExtensionPtr &extension) { return extension != nullptr && X509_add_ext(m_x509, extension.get(), -1) == 1; }
    bool add(const char *oid, bool isCritical, const QByteArray &value) { return add(rawExtension(Oid::literal(oid), isCritical, value)); }

private:
    X509 *m_x509;
};

EvpKeyPtr decoded(const PublicKey &publicKey)
{
    const QByteArray spki = publicKey.der();
    const auto *cursor = reinterpret_cast<const unsigned char *>(spki.constData());
    return EvpKeyPtr(d2i_PUBKEY_ex(nullptr, &cursor, static_cast<long>(spki.size()), libraryContext(), nullptr));
}

/// One more reference to a key that is decoded already.
EvpKeyPtr borrowed(const PrivateKey &key)
{
    EVP_PKEY_up_ref(keyOf(key));
    return EvpKeyPtr(keyOf(key));
}

Result<void> addExtensions(X509 *x509, const CertificateTemplate &description, const Certificate &issuer, const PublicKey &issuerKey)
{
    Builder builder(x509);
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
        const QByteArray ownIdentifier = keyIdentifier(x509);
        QByteArray issuerIdentifier = issuer.isNull() ? ownIdentifier : issuer.subjectKeyIdentifier();
        if (issuerIdentifier.isEmpty()) { // an issuer without the extension: by the same method, from its key
            const X509Ptr holder(X509_new_ex(libraryContext(), nullptr));
            const EvpKeyPtr key = decoded(issuerKey);
            if (key != nullptr && X509_set_pubkey(holder.get(), key.get()) == 1)
                issuerIdentifier = keyIdentifier(holder.get());
        }
        isAdded = isAdded && builder.add("2.5.29.14", false, derElement(V_ASN1_OCTET_STRING, ownIdentifier)) &&
                  builder.add("2.5.29.35", false, derElement(0x30, derElement(0x80, issuerIdentifier)));
    }
    if (!isAdded)
        return std::unexpected(drainErrors(ErrorCode::CryptoFailure));
    return {};
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

    const X509NamePtr subjectName = toX509Name(description.subject);
    const X509NamePtr issuerName = toX509Name(isSelfSigned                   ? description.subject
                                              : description.issuer.isEmpty() ? issuer.subject()
                                                                             : description.issuer);
    const Asn1IntegerPtr serialNumber = toAsn1Integer(positiveSerialNumber(description.serialNumber));
    const EvpKeyPtr key = isSelfSigned ? borrowed(issuerKey) : decoded(subjectKey);
    const X509Ptr x509(X509_new_ex(libraryContext(), nullptr));
    const bool isFilled = subjectName != nullptr && issuerName != nullptr && serialNumber != nullptr && key != nullptr && x509 != nullptr &&
                          X509_set_version(x509.get(), X509_VERSION_3) == 1 && X509_set_serialNumber(x509.get(), serialNumber.get()) == 1 &&
                          X509_set_subject_name(x509.get(), subjectName.get()) == 1 &&
                          X509_set_issuer_name(x509.get(), issuerName.get()) == 1 && X509_set_pubkey(x509.get(), key.get()) == 1 &&
                          ASN1_TIME_set(X509_getm_notBefore(x509.get()), description.notBefore.toSecsSinceEpoch()) != nullptr &&
                          ASN1_TIME_set(X509_getm_notAfter(x509.get()), description.notAfter.toSecsSinceEpoch()) != nullptr;
    if (!isFilled)
        return std::unexpected(drainErrors(ErrorCode::CryptoFailure));
    if (const auto added = addExtensions(x509.get(), description, issuer, issuer.publicKey()); !added)
        return std::unexpected(added.error());

    const EvpDigestContextPtr context(EVP_MD_CTX_new());
    if (context == nullptr ||
        EVP_DigestSignInit_ex(context.get(), nullptr, EVP_MD_get0_name(digestMethod(digest)), libraryContext(), nullptr, keyOf(issuerKey),
                              nullptr) != 1 ||
        X509_sign_ctx(x509.get(), context.get()) <= 0)
        return std::unexpected(drainErrors(ErrorCode::CryptoFailure));
    return Certificate::fromDer(toDer(i2d_X509, x509.get()));
}

} // namespace Pki
