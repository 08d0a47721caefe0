// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/certificatechain.h"
#include "scep/pki/certificationrequest.h"
#include "scep/worker/ids.h"

#include <chrono>

namespace Scep {

using Pki::Error;
using Pki::Result;

/// When a certificate is renewed.
struct RenewalRule {
    enum class Kind { Off, PercentOfValidity, HoursBeforeExpiry };
    Kind kind = Kind::PercentOfValidity;
    int value = 80; ///< percent 0..99 (0 means off) or hours

    /// Invalid when renewal is off. `receivedAt`: when the certificate came; invalid: with notBefore. A new certificate is never due at
    /// once, or a server would be asked without end: a tenth of the life that is left passes first, a minute at least. Hours that
    /// exceed the validity mean half of it.
    [[nodiscard]] QDateTime dueAt(const QDateTime &notBefore, const QDateTime &notAfter, const QDateTime &receivedAt = {}) const;
    /// It asks to be renewed before the certificate begins.
    [[nodiscard]] bool exceeds(const QDateTime &notBefore, const QDateTime &notAfter) const;
    friend bool operator==(const RenewalRule &, const RenewalRule &) = default;
};

/// What one device should have. Lives for years. Plain value; the challenge and keys are kept apart, in the vault.
struct EnrollmentRequest {
    RequestId id;
    QString label; ///< unique
    ServerId server;
    Pki::DistinguishedName subject;
    Pki::SubjectAlternativeNames subjectAlternativeNames;
    Pki::KeySpec keySpec;
    bool reusesKeyOnRenewal = false;
    QString profile; ///< template name, OID 1.3.6.1.4.1.311.20.2; empty: none
    Pki::TemplateNameEncoding profileEncoding = Pki::TemplateNameEncoding::Utf8String;
    std::optional<Pki::KeyUsage> keyUsage;
    QList<Pki::Oid> extendedKeyUsage;
    RenewalRule renewal;
    QString transactionIdOverride; ///< advanced: servers that hand out the id; empty: made by us
    /// False: nothing begins by itself, neither an enrollment nor a renewal. An open transaction goes on to its end, and what a person asks
    /// for is done.
    bool isEnabled = true;

    friend bool operator==(const EnrollmentRequest &, const EnrollmentRequest &) = default;
};

/// The PKCS#10 for `request`: the one place where a CSR of ours is made, for the preview and for sending alike.
Result<Pki::CertificationRequest> createCertificationRequest(const EnrollmentRequest &request, const Pki::SecretBytes &challenge,
                                                             const Pki::PrivateKey &key, Pki::Digest digest);

/// A certificate with its key: what signs a renewal, GetCert and GetCRL.
struct Credential {
    Pki::Certificate certificate; ///< null: there is none
    Pki::PrivateKey key;          ///< null: only the device has it
};

/// What a CRL of its issuer said of a certificate.
struct Revocation {
    QDateTime date; ///< UTC
    QString reason; ///< RFC 5280 name ("keyCompromise"), empty: none given

    /// Only a certificate on hold can come back (RFC 5280 5.3.1).
    [[nodiscard]] bool isHold() const;
    friend bool operator==(const Revocation &, const Revocation &) = default;
};

/// What the engine plans a request's renewal from.
struct CurrentCertificate {
    RequestId request;
    Pki::Certificate certificate;
    bool waitsForPerson = false;               ///< its last transaction was rejected or cancelled: nothing begins by itself
    QDateTime receivedAt = {};                 ///< UTC
    std::optional<Revocation> revocation = {}; ///< it can no longer renew itself, and nothing begins by itself
};

/// What should begin without being asked for again (Journal::dueEnrollments()).
struct DueEnrollment {
    RequestId request;
    bool isRenewal = false; ///< of the current certificate; else a new enrollment
};

/// A certificate that a request got, with what is needed to use it.
struct IssuedCertificate {
    CertificateId id;
    RequestId request;
    ServerId server;
    Pki::Certificate certificate;
    QList<Pki::Certificate> issuers; ///< issuing CA up to and including the anchor
    Pki::PrivateKey key;             ///< null for a CSR made by the device; not filled in for lists
    QString transactionId;
    QDateTime receivedAt;    ///< UTC
    QStringList differences; ///< between what was asked and what came
    QStringList notes;
    std::optional<Revocation> revocation = {}; ///< as far as a CRL has told (Journal::recordRevocations())
};

} // namespace Scep
