// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/protocol/identifiers.h"

#include <QDebug>

#include <algorithm>
#include <array>

using namespace Qt::StringLiterals;

namespace Scep {

namespace {

struct KnownHresult {
    quint32 value;
    const char *name;
    const char *meaning;
};

/// What Active Directory Certificate Services puts into NDES's private attribute (winerror.h names).
constexpr std::array knownHresults{
    KnownHresult{0x80004005, "E_FAIL", "unspecified failure"},
    KnownHresult{0x80070005, "E_ACCESSDENIED", "the service account may not do this"},
    KnownHresult{0x8007000d, "ERROR_INVALID_DATA", "the data is invalid"},
    KnownHresult{0x8007000e, "E_OUTOFMEMORY", "out of memory"},
    KnownHresult{0x80070057, "E_INVALIDARG", "the parameter is incorrect; often a wrong or used challenge"},
    KnownHresult{0x800706ba, "RPC_S_SERVER_UNAVAILABLE", "the certification authority is not reached"},
    KnownHresult{0x8000ffff, "E_UNEXPECTED", "unexpected failure"},
    KnownHresult{0x80090005, "NTE_BAD_DATA", "bad data; usually encrypted to the wrong RA certificate"},
    KnownHresult{0x80090006, "NTE_BAD_SIGNATURE", "invalid signature"},
    KnownHresult{0x80090008, "NTE_BAD_ALGID", "invalid algorithm"},
    KnownHresult{0x80090016, "NTE_BAD_KEYSET", "the key set does not exist"},
    KnownHresult{0x80090029, "NTE_NOT_SUPPORTED", "not supported"},
    KnownHresult{0x80091004, "CRYPT_E_INVALID_MSG_TYPE", "invalid message type"},
    KnownHresult{0x80091007, "CRYPT_E_HASH_VALUE", "the hash value is not correct"},
    KnownHresult{0x80092004, "CRYPT_E_NOT_FOUND", "object or property not found"},
    KnownHresult{0x80092010, "CRYPT_E_REVOKED", "the certificate is revoked"},
    KnownHresult{0x80092012, "CRYPT_E_NO_REVOCATION_CHECK", "revocation could not be checked"},
    KnownHresult{0x80092013, "CRYPT_E_REVOCATION_OFFLINE", "the revocation server is offline"},
    KnownHresult{0x80093102, "CRYPT_E_ASN1_EOD", "ASN.1 ended unexpectedly"},
    KnownHresult{0x8009310b, "CRYPT_E_ASN1_BADTAG", "bad ASN.1 tag"},
    KnownHresult{0x80094001, "CERTSRV_E_BAD_REQUESTSUBJECT", "the request's subject is invalid or too long"},
    KnownHresult{0x80094002, "CERTSRV_E_NO_REQUEST", "the request does not exist"},
    KnownHresult{0x80094003, "CERTSRV_E_BAD_REQUESTSTATUS", "the request's status does not allow this"},
    KnownHresult{0x80094004, "CERTSRV_E_PROPERTY_EMPTY", "the requested property is empty"},
    KnownHresult{0x80094005, "CERTSRV_E_INVALID_CA_CERTIFICATE", "the CA certificate is invalid"},
    KnownHresult{0x80094006, "CERTSRV_E_SERVER_SUSPENDED", "certificate services is suspended"},
    KnownHresult{0x80094007, "CERTSRV_E_ENCODING_LENGTH", "an encoded part is too long"},
    KnownHresult{0x80094008, "CERTSRV_E_ROLECONFLICT", "the role conflicts with another role of the user"},
    KnownHresult{0x80094009, "CERTSRV_E_RESTRICTEDOFFICER", "restricted to certificate managers for other users"},
    KnownHresult{0x8009400a, "CERTSRV_E_KEY_ARCHIVAL_NOT_CONFIGURED", "key archival is not configured"},
    KnownHresult{0x8009400b, "CERTSRV_E_NO_VALID_KRA", "no valid key recovery agent"},
    KnownHresult{0x8009400c, "CERTSRV_E_BAD_REQUEST_KEY_ARCHIVAL", "bad key archival request"},
    KnownHresult{0x8009400d, "CERTSRV_E_NO_CAADMIN_DEFINED", "no CA administrator is defined"},
    KnownHresult{0x8009400e, "CERTSRV_E_BAD_RENEWAL_CERT_ATTRIBUTE", "the request has an invalid renewal certificate attribute"},
    KnownHresult{0x8009400f, "CERTSRV_E_NO_DB_SESSIONS", "no database session is free"},
    KnownHresult{0x80094010, "CERTSRV_E_ALIGNMENT_FAULT", "alignment fault"},
    KnownHresult{0x80094011, "CERTSRV_E_ENROLL_DENIED", "the CA does not let this account enrol"},
    KnownHresult{0x80094012, "CERTSRV_E_TEMPLATE_DENIED", "the template does not let this account enrol"},
    KnownHresult{0x80094013, "CERTSRV_E_DOWNLEVEL_DC_SSL_OR_UPGRADE", "the domain controller cannot be used this way"},
    KnownHresult{0x80094014, "CERTSRV_E_ADMIN_DENIED_REQUEST", "an administrator denied the request"},
    KnownHresult{0x80094015, "CERTSRV_E_NO_POLICY_SERVER", "no policy server was found"},
    KnownHresult{0x80094800, "CERTSRV_E_UNSUPPORTED_CERT_TYPE", "the CA does not offer this template"},
    KnownHresult{0x80094801, "CERTSRV_E_NO_CERT_TYPE", "the request names no template"},
    KnownHresult{0x80094802, "CERTSRV_E_TEMPLATE_CONFLICT", "the request names conflicting templates"},
    KnownHresult{0x80094803, "CERTSRV_E_SUBJECT_ALT_NAME_REQUIRED", "a subjectAltName is required"},
    KnownHresult{0x80094804, "CERTSRV_E_ARCHIVED_KEY_REQUIRED", "the private key must be archived"},
    KnownHresult{0x80094805, "CERTSRV_E_SMIME_REQUIRED", "S/MIME capabilities are required"},
    KnownHresult{0x80094806, "CERTSRV_E_BAD_RENEWAL_SUBJECT", "the renewal has no, or another, subject"},
    KnownHresult{0x80094807, "CERTSRV_E_BAD_TEMPLATE_VERSION", "the template's version is not supported"},
    KnownHresult{0x80094808, "CERTSRV_E_TEMPLATE_POLICY_REQUIRED", "a template policy is required"},
    KnownHresult{0x80094809, "CERTSRV_E_SIGNATURE_POLICY_REQUIRED", "a signature with a certain policy is required"},
    KnownHresult{0x8009480a, "CERTSRV_E_SIGNATURE_COUNT", "the request lacks required signatures"},
    KnownHresult{0x8009480b, "CERTSRV_E_SIGNATURE_REJECTED", "a signature of the request was rejected"},
    KnownHresult{0x8009480c, "CERTSRV_E_ISSUANCE_POLICY_REQUIRED", "an issuance policy is required"},
    KnownHresult{0x8009480d, "CERTSRV_E_SUBJECT_UPN_REQUIRED", "a UPN is required"},
    KnownHresult{0x8009480e, "CERTSRV_E_SUBJECT_DIRECTORY_GUID_REQUIRED", "a directory GUID is required"},
    KnownHresult{0x8009480f, "CERTSRV_E_SUBJECT_DNS_REQUIRED", "a DNS name is required in the subject"},
    KnownHresult{0x80094810, "CERTSRV_E_ARCHIVED_KEY_UNEXPECTED", "an archived key was not expected"},
    KnownHresult{0x80094811, "CERTSRV_E_KEY_LENGTH", "the key is shorter than the template demands"},
    KnownHresult{0x80094812, "CERTSRV_E_SUBJECT_EMAIL_REQUIRED", "an e-mail address is required"},
    KnownHresult{0x80094813, "CERTSRV_E_UNKNOWN_CERT_TYPE", "the template is unknown"},
    KnownHresult{0x80094814, "CERTSRV_E_CERT_TYPE_OVERLAP", "the template's name is used twice"},
    KnownHresult{0x80094815, "CERTSRV_E_TOO_MANY_SIGNATURES", "the request has too many signatures"},
    KnownHresult{0x800b0101, "CERT_E_EXPIRED", "a certificate is not within its validity"},
    KnownHresult{0x800b0109, "CERT_E_UNTRUSTEDROOT", "the chain ends in an untrusted root"},
    KnownHresult{0x800b010a, "CERT_E_CHAINING", "the chain could not be built"},
    KnownHresult{0x800b010c, "CERT_E_REVOKED", "a certificate is revoked"},
};

QString meaning(FailInfo info)
{
    switch (info) {
    case FailInfo::BadAlg:
        return u"the server does not know or does not allow an algorithm"_s;
    case FailInfo::BadMessageCheck:
        return u"the signature or the decryption failed at the server"_s;
    case FailInfo::BadRequest:
        return u"the server does not permit this transaction"_s;
    case FailInfo::BadTime:
        return u"the signing time is too far from the server's clock"_s;
    case FailInfo::BadCertId:
        return u"the server knows no such certificate or transaction"_s;
    }
    return {};
}

} // namespace

std::optional<FailInfo> Rejection::failInfo() const
{
    if (failInfoNumber < static_cast<int>(FailInfo::BadAlg) || failInfoNumber > static_cast<int>(FailInfo::BadCertId))
        return std::nullopt;
    return static_cast<FailInfo>(failInfoNumber);
}

QString hresultText(qint32 hresult)
{
    const auto value = static_cast<quint32>(hresult);
    const QString number = u"0x%1"_s.arg(value, 8, 16, '0'_L1);
    const auto it = std::ranges::find(knownHresults, value, &KnownHresult::value);
    if (it == knownHresults.end())
        return number;
    return u"%1 (%2: %3)"_s.arg(number, QLatin1StringView(it->name), QLatin1StringView(it->meaning));
}

QString toText(const Rejection &rejection)
{
    QStringList parts;
    if (const std::optional<FailInfo> info = rejection.failInfo())
        parts.append(u"%1: %2"_s.arg(displayName(*info), meaning(*info)));
    else if (rejection.failInfoNumber >= 0)
        parts.append(u"failInfo %1 (not defined by RFC 8894)"_s.arg(rejection.failInfoNumber));
    else
        parts.append(u"the server gave no failInfo"_s);
    if (!rejection.failInfoText.isEmpty())
        parts.append(u"\"%1\""_s.arg(rejection.failInfoText));
    if (rejection.hresult)
        parts.append(hresultText(*rejection.hresult));
    return parts.join("; "_L1);
}

QDebug operator<<(QDebug debug, const Rejection &rejection)
{
    const QDebugStateSaver saver(debug);
    return debug.nospace().noquote() << "Rejection(" << toText(rejection) << ')';
}

} // namespace Scep
