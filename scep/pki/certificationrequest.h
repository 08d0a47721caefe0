// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/certificate.h"
#include "scep/pki/secretbytes.h"

namespace Pki {

/// How the template name is encoded in extension 1.3.6.1.4.1.311.20.2.
enum class TemplateNameEncoding { Utf8String, BmpString };

/// What a PKCS#10 shall ask for.
struct CertificationRequestTemplate {
    DistinguishedName subject;
    SubjectAlternativeNames subjectAlternativeNames;
    std::optional<KeyUsage> keyUsage;
    QList<Oid> extendedKeyUsage;
    QString templateName;
    TemplateNameEncoding templateNameEncoding = TemplateNameEncoding::Utf8String;
    SecretBytes challengePassword; ///< PrintableString if all characters fit, else UTF8String; empty: no attribute
};

/// A PKCS#10 request (RFC 2986). Immutable, implicitly shared.
/// Its DER may hold the challenge in the clear: treat der() as secret while a challenge is inside.
class CertificationRequest
{
public:
    CertificationRequest() = default;
    static Result<CertificationRequest> create(const CertificationRequestTemplate &description, const PrivateKey &key,
                                               Digest digest = Digest::Sha256);
    static Result<CertificationRequest> fromDer(const QByteArray &der);     ///< no trailing bytes. Malformed
    static Result<CertificationRequest> fromBytes(const QByteArray &bytes); ///< DER or PEM (also "NEW CERTIFICATE REQUEST")

    [[nodiscard]] bool isNull() const { return m_data == nullptr; }
    [[nodiscard]] QByteArray der() const;
    [[nodiscard]] QByteArray toPem() const;
    [[nodiscard]] DistinguishedName subject() const;
    [[nodiscard]] PublicKey publicKey() const;
    [[nodiscard]] QString signatureAlgorithm() const;
    [[nodiscard]] bool isSignatureValid() const; ///< proof of possession
    [[nodiscard]] bool hasChallengePassword() const;
    [[nodiscard]] SecretBytes challengePassword() const; ///< UTF-8, whatever string type it came in
    [[nodiscard]] SubjectAlternativeNames subjectAlternativeNames() const;
    [[nodiscard]] std::optional<KeyUsage> keyUsage() const;
    [[nodiscard]] QList<Oid> extendedKeyUsage() const;
    [[nodiscard]] QString templateName() const;
    /// From extensionRequest (PKCS#9) or Microsoft's older attribute 1.3.6.1.4.1.311.2.1.14.
    [[nodiscard]] QList<Extension> extensions() const;

private:
    struct Data;
    std::shared_ptr<const Data> m_data;
};

} // namespace Pki
