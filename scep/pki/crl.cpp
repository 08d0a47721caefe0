// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/crl.h"

#include "scep/pki/crlreasons.h"
#include "scep/pki/opensslhandles.h"

#include <algorithm>

namespace Pki {

using namespace Detail;
using namespace Qt::StringLiterals;

struct Crl::Data {
    QByteArray der;
    X509CrlPtr crl;
};

namespace {

struct ReasonName {
    int code;
    const char *name;
};
// RFC 5280 5.3.1
constexpr ReasonName reasonNames[] = {
    {CRL_REASON_UNSPECIFIED, "unspecified"},
    {CRL_REASON_KEY_COMPROMISE, "keyCompromise"},
    {CRL_REASON_CA_COMPROMISE, "cACompromise"},
    {CRL_REASON_AFFILIATION_CHANGED, "affiliationChanged"},
    {CRL_REASON_SUPERSEDED, "superseded"},
    {CRL_REASON_CESSATION_OF_OPERATION, "cessationOfOperation"},
    {CRL_REASON_CERTIFICATE_HOLD, "certificateHold"},
    {CRL_REASON_REMOVE_FROM_CRL, "removeFromCRL"},
    {CRL_REASON_PRIVILEGE_WITHDRAWN, "privilegeWithdrawn"},
    {CRL_REASON_AA_COMPROMISE, "aACompromise"},
};

QString reasonOf(const X509_REVOKED *entry)
{
    int critical = 0;
    using EnumeratedPtr = std::unique_ptr<ASN1_ENUMERATED, Deleter<ASN1_ENUMERATED_free>>;
    const EnumeratedPtr value(static_cast<ASN1_ENUMERATED *>(X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, &critical, nullptr)));
    if (!value)
        return {};
    const long code = ASN1_ENUMERATED_get(value.get());
    const auto *found = std::ranges::find(reasonNames, code, &ReasonName::code);
    return found == std::end(reasonNames) ? QString::number(code) : QString::fromLatin1(found->name);
}

RevokedCertificate toRevoked(const X509_REVOKED *entry)
{
    return {toSerialNumber(X509_REVOKED_get0_serialNumber(entry)), toDateTime(X509_REVOKED_get0_revocationDate(entry)), reasonOf(entry)};
}

using Asn1TimePtr = std::unique_ptr<ASN1_TIME, Deleter<ASN1_TIME_free>>;

Asn1TimePtr toAsn1Time(const QDateTime &time)
{
    return Asn1TimePtr(ASN1_TIME_set(nullptr, static_cast<time_t>(time.toSecsSinceEpoch())));
}

bool addReason(X509_REVOKED *entry, const QString &name)
{
    if (name.isEmpty())
        return true;
    const auto *found = std::ranges::find_if(reasonNames, [&](const ReasonName &reason) { return name == QLatin1StringView(reason.name); });
    if (found == std::end(reasonNames))
        return false;
    const std::unique_ptr<ASN1_ENUMERATED, Deleter<ASN1_ENUMERATED_free>> value(ASN1_ENUMERATED_new());
    return value && ASN1_ENUMERATED_set(value.get(), found->code) == 1 &&
           X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, value.get(), 0, X509V3_ADD_DEFAULT) == 1;
}

bool addRevoked(X509_CRL *crl, const RevokedCertificate &revoked)
{
    std::unique_ptr<X509_REVOKED, Deleter<X509_REVOKED_free>> entry(X509_REVOKED_new());
    const Asn1IntegerPtr serial = toAsn1Integer(revoked.serialNumber);
    const Asn1TimePtr time = toAsn1Time(revoked.revocationDate);
    if (!entry || !serial || !time || X509_REVOKED_set_serialNumber(entry.get(), serial.get()) != 1 ||
        X509_REVOKED_set_revocationDate(entry.get(), time.get()) != 1 || !addReason(entry.get(), revoked.reason) ||
        X509_CRL_add0_revoked(crl, entry.get()) != 1)
        return false;
    static_cast<void>(entry.release()); // owned by the CRL now
    return true;
}

bool addExtensions(X509_CRL *crl, const Certificate &issuer, quint64 crlNumber)
{
    // RFC 5280 5.2.1, 5.2.3
    const Asn1IntegerPtr number(ASN1_INTEGER_new());
    if (!number || ASN1_INTEGER_set_uint64(number.get(), crlNumber) != 1 ||
        X509_CRL_add1_ext_i2d(crl, NID_crl_number, number.get(), 0, X509V3_ADD_DEFAULT) != 1)
        return false;
    const QByteArray keyIdentifier = issuer.subjectKeyIdentifier();
    if (keyIdentifier.isEmpty())
        return true;
    const std::unique_ptr<AUTHORITY_KEYID, Deleter<AUTHORITY_KEYID_free>> authority(AUTHORITY_KEYID_new());
    if (!authority)
        return false;
    authority->keyid = ASN1_OCTET_STRING_new();
    return authority->keyid != nullptr &&
           ASN1_OCTET_STRING_set(authority->keyid, reinterpret_cast<const unsigned char *>(keyIdentifier.constData()),
                                 static_cast<int>(keyIdentifier.size())) == 1 &&
           X509_CRL_add1_ext_i2d(crl, NID_authority_key_identifier, authority.get(), 0, X509V3_ADD_DEFAULT) == 1;
}

} // namespace

Result<Crl> Crl::fromDer(const QByteArray &der)
{
    const ErrorQueueGuard guard;
    constexpr int maxDepth = 32;
    if (Result<void> shape = checkAsn1Shape(der, maxDepth, true); !shape)
        return std::unexpected(std::move(shape.error()));
    X509_CRL *raw = X509_CRL_new_ex(libraryContext(), nullptr);
    const auto *position = reinterpret_cast<const unsigned char *>(der.constData());
    const bool isRead = raw != nullptr && d2i_X509_CRL(&raw, &position, static_cast<long>(der.size())) != nullptr;
    auto data = std::make_shared<Data>();
    data->crl.reset(raw);
    if (!isRead || position != reinterpret_cast<const unsigned char *>(der.constData()) + der.size())
        return std::unexpected(drainErrors(ErrorCode::Malformed, u"the bytes are not a CRL"_s));
    data->der = der;
    Crl crl;
    crl.m_data = std::move(data);
    return crl;
}

Result<Crl> Crl::fromBytes(const QByteArray &bytes)
{
    if (!bytes.contains("-----BEGIN "))
        return fromDer(bytes);
    const ErrorQueueGuard guard;
    const BioPtr bio = readOnlyBio(bytes);
    const X509CrlPtr crl(bio ? PEM_read_bio_X509_CRL(bio.get(), nullptr, nullptr, nullptr) : nullptr);
    if (!crl) {
        return bytes.contains("-----BEGIN X509 CRL-----")
                   ? std::unexpected(drainErrors(ErrorCode::Malformed, u"the PEM block is not a CRL"_s))
                   : failure(ErrorCode::NotRecognised, u"there is no X509 CRL block in it"_s);
    }
    return fromDer(toDer(i2d_X509_CRL, crl.get()));
}

QByteArray Crl::der() const
{
    return m_data ? m_data->der : QByteArray();
}

QByteArray Crl::toPem() const
{
    const ErrorQueueGuard guard;
    const BioPtr bio(BIO_new(BIO_s_mem()));
    if (!m_data || !bio || PEM_write_bio_X509_CRL(bio.get(), m_data->crl.get()) != 1)
        return {};
    return takeBytes(bio.get());
}

DistinguishedName Crl::issuer() const
{
    return m_data ? toName(X509_CRL_get_issuer(m_data->crl.get())) : DistinguishedName();
}

QDateTime Crl::thisUpdate() const
{
    return m_data ? toDateTime(X509_CRL_get0_lastUpdate(m_data->crl.get())) : QDateTime();
}

QDateTime Crl::nextUpdate() const
{
    const ASN1_TIME *time = m_data ? X509_CRL_get0_nextUpdate(m_data->crl.get()) : nullptr;
    return time != nullptr ? toDateTime(time) : QDateTime();
}

QString Crl::signatureAlgorithm() const
{
    if (!m_data)
        return {};
    const int nid = X509_CRL_get_signature_nid(m_data->crl.get());
    return nid == NID_undef ? QString() : QString::fromLatin1(OBJ_nid2ln(nid));
}

QByteArray Crl::crlNumber() const
{
    if (!m_data)
        return {};
    const ErrorQueueGuard guard;
    int critical = 0;
    const Asn1IntegerPtr number(static_cast<ASN1_INTEGER *>(X509_CRL_get_ext_d2i(m_data->crl.get(), NID_crl_number, &critical, nullptr)));
    return number ? toBytes(number.get()) : QByteArray();
}

QList<RevokedCertificate> Crl::revoked() const
{
    QList<RevokedCertificate> list;
    if (!m_data)
        return list;
    const ErrorQueueGuard guard;
    STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(m_data->crl.get());
    const int count = sk_X509_REVOKED_num(entries); // -1 when the list is absent
    list.reserve(std::max(count, 0));
    for (int i = 0; i < count; ++i)
        list.append(toRevoked(sk_X509_REVOKED_value(entries, i)));
    return list;
}

bool Crl::isSignedBy(const Certificate &issuerCertificate) const
{
    const ErrorQueueGuard guard;
    const X509Ptr x509 = duplicate(issuerCertificate);
    if (!m_data || !x509 || !matches(issuer(), issuerCertificate.subject()))
        return false;
    EVP_PKEY *key = X509_get0_pubkey(x509.get());
    return key != nullptr && X509_CRL_verify(m_data->crl.get(), key) == 1;
}

std::optional<RevokedCertificate> Crl::find(const SerialNumber &serialNumber) const
{
    if (!m_data)
        return std::nullopt;
    const ErrorQueueGuard guard;
    // Walked, not looked up through OpenSSL's X509_CRL_get0_by_serial: that sorts the list in place.
    const Asn1IntegerPtr wanted = toAsn1Integer(serialNumber);
    STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(m_data->crl.get());
    for (int i = 0; wanted && i < sk_X509_REVOKED_num(entries); ++i) {
        const X509_REVOKED *entry = sk_X509_REVOKED_value(entries, i);
        if (ASN1_INTEGER_cmp(X509_REVOKED_get0_serialNumber(entry), wanted.get()) == 0)
            return toRevoked(entry);
    }
    return std::nullopt;
}

Result<Crl> issueCrl(const Certificate &issuer, const PrivateKey &issuerKey, const QList<RevokedCertificate> &revoked,
                     const QDateTime &thisUpdate, const QDateTime &nextUpdate, quint64 crlNumber, Digest digest)
{
    const ErrorQueueGuard guard;
    if (issuer.isNull() || issuerKey.isNull() || !thisUpdate.isValid())
        return failure(ErrorCode::InvalidArgument, u"a CRL needs an issuer, its key and a date"_s);
    if (!belongTogether(issuerKey, issuer))
        return failure(ErrorCode::KeyMismatch, u"the signing key is not that of the CRL's issuer"_s);
    const X509CrlPtr crl(X509_CRL_new_ex(libraryContext(), nullptr));
    const X509Ptr x509 = duplicate(issuer);
    const Asn1TimePtr from = toAsn1Time(thisUpdate);
    if (!crl || !x509 || !from || X509_CRL_set_version(crl.get(), X509_CRL_VERSION_2) != 1 ||
        X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(x509.get())) != 1 || X509_CRL_set1_lastUpdate(crl.get(), from.get()) != 1)
        return std::unexpected(drainErrors(ErrorCode::CryptoFailure));
    if (nextUpdate.isValid()) {
        const Asn1TimePtr until = toAsn1Time(nextUpdate);
        if (!until || X509_CRL_set1_nextUpdate(crl.get(), until.get()) != 1)
            return std::unexpected(drainErrors(ErrorCode::CryptoFailure));
    }
    for (const RevokedCertificate &entry : revoked) {
        if (!addRevoked(crl.get(), entry))
            return failure(ErrorCode::InvalidArgument, u"revoked certificate %1"_s.arg(entry.serialNumber.toHex()));
    }
    if (!addExtensions(crl.get(), issuer, crlNumber) || X509_CRL_sort(crl.get()) != 1)
        return std::unexpected(drainErrors(ErrorCode::CryptoFailure));
    const EvpDigestContextPtr context(EVP_MD_CTX_new());
    const QByteArray digestName = settingName(digest).toLatin1();
    EVP_PKEY *key = keyOf(issuerKey);
    if (!context || EVP_DigestSignInit_ex(context.get(), nullptr, digestName.constData(), libraryContext(), nullptr, key, nullptr) != 1 ||
        X509_CRL_sign_ctx(crl.get(), context.get()) <= 0)
        return std::unexpected(drainErrors(ErrorCode::CryptoFailure));
    return Crl::fromDer(toDer(i2d_X509_CRL, crl.get()));
}

QStringList crlReasons()
{
    QStringList names;
    for (const ReasonName &reason : reasonNames) {
        if (reason.code != CRL_REASON_REMOVE_FROM_CRL)
            names.append(QString::fromLatin1(reason.name));
    }
    return names;
}

} // namespace Pki
