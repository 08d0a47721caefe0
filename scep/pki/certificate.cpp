// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/certificate.h"

#include "scep/pki/opensslhandles.h"

#include <QStringList>

namespace Pki {

using namespace Qt::StringLiterals;
using namespace Detail;

namespace {

using BasicConstraintsPtr = std::unique_ptr<BASIC_CONSTRAINTS, Deleter<BASIC_CONSTRAINTS_free>>;
using DistributionPointsPtr = std::unique_ptr<CRL_DIST_POINTS, Deleter<CRL_DIST_POINTS_free>>;
using AuthorityInformationPtr = std::unique_ptr<AUTHORITY_INFO_ACCESS, Deleter<AUTHORITY_INFO_ACCESS_free>>;

/// A decoded extension, or null when it is absent, broken or there twice.
template <typename Pointer>
Pointer decodedExtension(const X509 *x509, int nid)
{
    return Pointer(static_cast<typename Pointer::pointer>(X509_get_ext_d2i(x509, nid, nullptr, nullptr)));
}

QString uriOf(const GENERAL_NAME *name)
{
    return name->type == GEN_URI ? displayUtf8(toBytes(name->d.uniformResourceIdentifier)) : QString();
}

/// The next CERTIFICATE block of a PEM file; nullopt at the end of the file.
Result<std::optional<QByteArray>> nextCertificateBlock(BIO *bio)
{
    for (;;) {
        char *name = nullptr;
        char *header = nullptr;
        unsigned char *data = nullptr;
        long length = 0;
        if (PEM_read_bio(bio, &name, &header, &data, &length) != 1) {
            if (ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE)
                return std::nullopt;
            return std::unexpected(drainErrors(ErrorCode::Malformed));
        }
        const QByteArrayView label(name);
        const bool isCertificate = label == QByteArrayView("CERTIFICATE") || label == QByteArrayView("X509 CERTIFICATE");
        const QByteArray bytes(reinterpret_cast<const char *>(data), isCertificate ? length : 0);
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_clear_free(data, static_cast<size_t>(length)); // another block may be a private key
        if (isCertificate)
            return bytes;
    }
}

std::optional<Digest> digestFromNid(int nid)
{
    switch (nid) {
    case NID_md5:
        return Digest::Md5;
    case NID_sha1:
        return Digest::Sha1;
    case NID_sha224:
        return Digest::Sha224;
    case NID_sha256:
        return Digest::Sha256;
    case NID_sha384:
        return Digest::Sha384;
    case NID_sha512:
        return Digest::Sha512;
    default:
        return std::nullopt;
    }
}

} // namespace

Result<Certificate> Certificate::fromDer(const QByteArray &der)
{
    if (std::shared_ptr<const CertificateData> living = CertificateData::living(der)) {
        Certificate certificate;
        certificate.m_data = std::move(living);
        return certificate;
    }
    const ErrorQueueGuard guard;
    qsizetype excess = 0;
    X509Ptr x509 = CertificateData::decoded(der, &excess);
    if (x509 == nullptr)
        return std::unexpected(drainErrors(ErrorCode::Malformed, u"certificate"_s));
    if (excess != 0)
        return failure(ErrorCode::Malformed, u"%1 bytes after the certificate"_s.arg(excess));
    Certificate certificate;
    certificate.m_data = CertificateData::keep(std::make_unique<CertificateData>(der, std::move(x509)));
    return certificate;
}

Result<QList<Certificate>> Certificate::listFromPem(const QByteArray &pem)
{
    const ErrorQueueGuard guard;
    const BioPtr bio = readOnlyBio(pem);
    QList<Certificate> certificates;
    while (bio != nullptr) {
        const auto block = nextCertificateBlock(bio.get());
        if (!block)
            return std::unexpected(block.error());
        if (!*block)
            break;
        const auto certificate = fromDer(**block);
        if (!certificate)
            return std::unexpected(certificate.error());
        certificates.append(*certificate);
    }
    if (certificates.isEmpty())
        return failure(ErrorCode::NotRecognised, u"no CERTIFICATE block"_s);
    return certificates;
}

Result<Certificate> Certificate::fromPem(const QByteArray &pem)
{
    const ErrorQueueGuard guard;
    const BioPtr bio = readOnlyBio(pem);
    if (bio == nullptr)
        return failure(ErrorCode::NotRecognised, u"no CERTIFICATE block"_s);
    const auto block = nextCertificateBlock(bio.get());
    if (!block)
        return std::unexpected(block.error());
    if (!*block)
        return failure(ErrorCode::NotRecognised, u"no CERTIFICATE block"_s);
    return fromDer(**block);
}

Result<Certificate> Certificate::fromBytes(const QByteArray &bytes)
{
    if (bytes.isEmpty())
        return failure(ErrorCode::NotRecognised, u"no bytes"_s);
    return bytes.startsWith('\x30') ? fromDer(bytes) : fromPem(bytes);
}

QByteArray Certificate::der() const
{
    return isNull() ? QByteArray() : m_data->der();
}

QByteArray Certificate::toPem() const
{
    if (isNull())
        return {};
    const BioPtr bio(BIO_new(BIO_s_mem()));
    const QByteArray bytes = der();
    PEM_write_bio(bio.get(), PEM_STRING_X509, "", reinterpret_cast<const unsigned char *>(bytes.constData()),
                  static_cast<long>(bytes.size()));
    return takeBytes(bio.get());
}

int Certificate::version() const
{
    return isNull() ? 0 : static_cast<int>(X509_get_version(m_data->x509())) + 1;
}

DistinguishedName Certificate::subject() const
{
    return isNull() ? DistinguishedName() : toName(X509_get_subject_name(m_data->x509()));
}

DistinguishedName Certificate::issuer() const
{
    if (isNull())
        return {};
    return m_data->known() ? m_data->known()->issuerAndSerialNumber.issuer : toName(X509_get_issuer_name(m_data->x509()));
}

SerialNumber Certificate::serialNumber() const
{
    if (isNull())
        return {};
    return m_data->known() ? m_data->known()->issuerAndSerialNumber.serialNumber : toSerialNumber(X509_get0_serialNumber(m_data->x509()));
}

IssuerAndSerialNumber Certificate::issuerAndSerialNumber() const
{
    return {issuer(), serialNumber()};
}

QDateTime Certificate::notBefore() const
{
    return isNull() ? QDateTime() : toDateTime(X509_get0_notBefore(m_data->x509()));
}

QDateTime Certificate::notAfter() const
{
    return isNull() ? QDateTime() : toDateTime(X509_get0_notAfter(m_data->x509()));
}

PublicKey Certificate::publicKey() const
{
    if (isNull())
        return {};
    if (m_data->known())
        return m_data->known()->publicKey;
    const ErrorQueueGuard guard;
    const QByteArray spki = toDer(i2d_X509_PUBKEY, X509_get_X509_PUBKEY(m_data->x509()));
    if (const EVP_PKEY *key = X509_get0_pubkey(m_data->x509()))
        return toPublicKey(key, spki);
    if (const EvpKeyPtr key = oaepKeyOf(m_data->x509()))
        return {spki, u"RSA-OAEP %1"_s.arg(EVP_PKEY_get_bits(key.get())), EVP_PKEY_get_bits(key.get()), true};
    return {}; // an algorithm that OpenSSL does not know
}

QString Certificate::signatureAlgorithm() const
{
    if (isNull())
        return {};
    const ASN1_OBJECT *object = nullptr;
    X509_ALGOR_get0(&object, nullptr, nullptr, X509_get0_tbs_sigalg(m_data->x509()));
    const int nid = OBJ_obj2nid(object);
    return nid != NID_undef ? QString::fromLatin1(OBJ_nid2ln(nid)) : toOid(object).toText();
}

std::optional<Digest> Certificate::signatureDigest() const
{
    const ErrorQueueGuard guard;
    int nid = NID_undef;
    if (isNull() || X509_get_signature_info(m_data->x509(), &nid, nullptr, nullptr, nullptr) != 1)
        return std::nullopt;
    return digestFromNid(nid);
}

QByteArray Certificate::subjectKeyIdentifier() const
{
    const ErrorQueueGuard guard;
    return isNull() ? QByteArray() : toBytes(X509_get0_subject_key_id(m_data->x509()));
}

QByteArray Certificate::authorityKeyIdentifier() const
{
    const ErrorQueueGuard guard;
    return isNull() ? QByteArray() : toBytes(X509_get0_authority_key_id(m_data->x509()));
}

std::optional<KeyUsage> Certificate::keyUsage() const
{
    return isNull() ? std::nullopt : m_data->commonExtensions().keyUsage;
}

QList<Oid> Certificate::extendedKeyUsage() const
{
    return isNull() ? QList<Oid>() : m_data->commonExtensions().extendedKeyUsage;
}

SubjectAlternativeNames Certificate::subjectAlternativeNames() const
{
    return isNull() ? SubjectAlternativeNames() : m_data->commonExtensions().subjectAlternativeNames;
}

QString Certificate::templateName() const
{
    return isNull() ? QString() : m_data->commonExtensions().templateName;
}

bool Certificate::isCa() const
{
    if (isNull())
        return false;
    const ErrorQueueGuard guard;
    const auto constraints = decodedExtension<BasicConstraintsPtr>(m_data->x509(), NID_basic_constraints);
    return constraints != nullptr && constraints->ca != 0;
}

std::optional<int> Certificate::pathLength() const
{
    if (isNull())
        return std::nullopt;
    const ErrorQueueGuard guard;
    const auto constraints = decodedExtension<BasicConstraintsPtr>(m_data->x509(), NID_basic_constraints);
    if (constraints == nullptr || constraints->ca == 0 || constraints->pathlen == nullptr)
        return std::nullopt;
    int64_t length = 0;
    if (ASN1_INTEGER_get_int64(&length, constraints->pathlen) != 1 || length > std::numeric_limits<int>::max())
        return length < 0 ? 0 : std::numeric_limits<int>::max();
    return static_cast<int>(std::max<int64_t>(length, 0));
}

QStringList Certificate::crlDistributionPoints() const
{
    QStringList urls;
    if (isNull())
        return urls;
    const ErrorQueueGuard guard;
    const auto points = decodedExtension<DistributionPointsPtr>(m_data->x509(), NID_crl_distribution_points);
    for (int i = 0; points != nullptr && i < sk_DIST_POINT_num(points.get()); ++i) {
        const DIST_POINT *point = sk_DIST_POINT_value(points.get(), i);
        if (point->distpoint == nullptr || point->distpoint->type != 0) // 0: fullName (RFC 5280 4.2.1.13)
            continue;
        const GENERAL_NAMES *names = point->distpoint->name.fullname;
        for (int j = 0; j < sk_GENERAL_NAME_num(names); ++j) {
            if (const QString url = uriOf(sk_GENERAL_NAME_value(names, j)); !url.isEmpty())
                urls.append(url);
        }
    }
    return urls;
}

QStringList Certificate::authorityInformationUrls() const
{
    QStringList urls;
    if (isNull())
        return urls;
    const ErrorQueueGuard guard;
    const auto descriptions = decodedExtension<AuthorityInformationPtr>(m_data->x509(), NID_info_access);
    for (int i = 0; descriptions != nullptr && i < sk_ACCESS_DESCRIPTION_num(descriptions.get()); ++i) {
        const ACCESS_DESCRIPTION *description = sk_ACCESS_DESCRIPTION_value(descriptions.get(), i);
        const QString url = uriOf(description->location);
        const int method = OBJ_obj2nid(description->method);
        if (!url.isEmpty() && method == NID_ad_ca_issuers)
            urls.append("CA issuers: "_L1 + url);
        else if (!url.isEmpty() && method == NID_ad_OCSP)
            urls.append("OCSP: "_L1 + url);
    }
    return urls;
}

QList<Extension> Certificate::extensions() const
{
    return isNull() ? QList<Extension>() : toExtensions(X509_get0_extensions(m_data->x509()));
}

bool Certificate::isSelfIssued() const
{
    return !isNull() && X509_NAME_cmp(X509_get_issuer_name(m_data->x509()), X509_get_subject_name(m_data->x509())) == 0;
}

bool Certificate::isSelfSigned() const
{
    return isSignedBy(*this);
}

bool Certificate::isSignedBy(const Certificate &issuer) const
{
    if (isNull() || issuer.isNull())
        return false;
    const ErrorQueueGuard guard;
    X509 *signer = issuer.m_data->x509();
    EVP_PKEY *key = X509_get0_pubkey(signer);
    return key != nullptr && X509_NAME_cmp(X509_get_issuer_name(m_data->x509()), X509_get_subject_name(signer)) == 0 &&
           X509_verify(m_data->x509(), key) == 1;
}

bool Certificate::isValidAt(const QDateTime &time) const
{
    const QDateTime from = notBefore();
    const QDateTime until = notAfter();
    // RFC 5280 4.1.2.5: both ends belong to the period.
    return from.isValid() && until.isValid() && from <= time && time <= until;
}

Fingerprint Certificate::fingerprint(Digest digest) const
{
    return isNull() ? Fingerprint() : Fingerprint::of(digest, m_data->der());
}

QByteArray toPem(const QList<Certificate> &certificates)
{
    QByteArray pem;
    for (const Certificate &certificate : certificates)
        pem += certificate.toPem();
    return pem;
}

QDebug operator<<(QDebug debug, const Certificate &certificate)
{
    const QDebugStateSaver saver(debug);
    if (certificate.isNull())
        debug.nospace() << "Certificate(null)";
    else
        debug.nospace().noquote() << "Certificate(" << certificate.subject().toText() << ", SHA-256 "
                                  << certificate.fingerprint(Digest::Sha256).toHex() << ')';
    return debug;
}

bool belongTogether(const PrivateKey &key, const Certificate &certificate)
{
    if (key.isNull() || certificate.isNull())
        return false;
    const ErrorQueueGuard guard;
    const X509 *x509 = certificate.data()->x509();
    const EVP_PKEY *certified = X509_get0_pubkey(x509);
    const EvpKeyPtr oaep = certified == nullptr ? oaepKeyOf(x509) : nullptr;
    return (certified != nullptr || oaep) && EVP_PKEY_eq(keyOf(key), certified != nullptr ? certified : oaep.get()) == 1;
}

} // namespace Pki
