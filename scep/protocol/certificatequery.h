// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/protocol/certrep.h"

namespace Scep {

/// Payload of GetCert and GetCRL (RFC 8894 3.3.4): which certificate is wanted, or the certificate whose CRL is wanted. DER copied.
QByteArray issuerAndSerialNumberDer(const Pki::DistinguishedName &issuer, const Pki::SerialNumber &serial);
/// Errors: Malformed.
Result<Pki::IssuerAndSerialNumber> issuerAndSerialNumberFromDer(const QByteArray &der);

/// The answer to GetCert: exactly the certificate asked for, issued by the authenticated CA. It may have expired or be revoked.
struct CertificateAnswer {
    Pki::Certificate certificate;
    Pki::CertificateChain chain; ///< judged at the time of the query
    QStringList notes;
};
/// `reply` came from processCertRep() with a null public key. Errors: TransactionMismatch (another certificate, detail says which),
/// ChainBroken (not issued by the authenticated CA), ReplyMalformed (none).
Result<CertificateAnswer> answeredCertificate(const IssuedReply &reply, const Pki::IssuerAndSerialNumber &about, const CaRoles &roles,
                                              const QDateTime &now);

/// The answer to GetCRL: the newest CRL that the certificate's issuer signed.
struct CrlAnswer {
    Pki::Crl crl;
    bool isStale = false; ///< nextUpdate has passed: a newer one should be there
    QStringList notes;
};
/// As above. Errors: TransactionMismatch (CRLs of other issuers only), ReplyMalformed (none), SignerNotInForce (from the future).
Result<CrlAnswer> answeredCrl(const IssuedReply &reply, const Pki::IssuerAndSerialNumber &about, const QDateTime &now);

} // namespace Scep
