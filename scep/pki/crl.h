// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/certificate.h"

namespace Pki {

/// One revoked certificate in a CRL.
struct RevokedCertificate {
    SerialNumber serialNumber;
    QDateTime revocationDate; ///< UTC
    QString reason;           ///< RFC 5280 name ("keyCompromise"), empty when absent

    friend bool operator==(const RevokedCertificate &, const RevokedCertificate &) = default;
};

/// A certificate revocation list (RFC 5280 5). Immutable, implicitly shared.
class Crl
{
public:
    Crl() = default;
    static Result<Crl> fromDer(const QByteArray &der);
    static Result<Crl> fromBytes(const QByteArray &bytes); ///< DER or PEM

    [[nodiscard]] bool isNull() const { return m_data == nullptr; }
    [[nodiscard]] QByteArray der() const;
    [[nodiscard]] QByteArray toPem() const;
    [[nodiscard]] DistinguishedName issuer() const;
    [[nodiscard]] QDateTime thisUpdate() const;
    [[nodiscard]] QDateTime nextUpdate() const; ///< invalid when absent
    [[nodiscard]] QString signatureAlgorithm() const;
    [[nodiscard]] QByteArray crlNumber() const; ///< big endian, empty when absent
    [[nodiscard]] QList<RevokedCertificate> revoked() const;
    [[nodiscard]] bool isSignedBy(const Certificate &issuer) const;
    [[nodiscard]] std::optional<RevokedCertificate> find(const SerialNumber &serialNumber) const;

private:
    struct Data;
    std::shared_ptr<const Data> m_data;
};

/// Signs a version 2 CRL (for Lab CA).
Result<Crl> issueCrl(const Certificate &issuer, const PrivateKey &issuerKey, const QList<RevokedCertificate> &revoked,
                     const QDateTime &thisUpdate, const QDateTime &nextUpdate, quint64 crlNumber, Digest digest = Digest::Sha256);

} // namespace Pki
