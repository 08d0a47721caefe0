// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/certificatechain.h"
#include "scep/pki/certificationrequest.h"
#include "scep/protocol/cacertificates.h"
#include "scep/protocol/pkirequest.h"

#include <variant>

namespace Scep {

/// What a reply is judged by: all of it comes from our own memory, nothing from the reply.
struct CertRepContext {
    TransactionId transactionId;
    Nonce senderNonce;              ///< of the request this answers
    CaRoles roles;                  ///< of the authenticated CA
    Pki::PublicKey publicKey;       ///< of the CSR; null for GetCert and GetCRL, whose certificate may be anybody's
    Pki::DistinguishedName subject; ///< of the CSR, to tell differences
    Pki::SubjectAlternativeNames subjectAlternativeNames;
    Pki::Certificate former; ///< of a renewal: the certificate to be replaced, which is no answer; else null
    Pki::Certificate signer; ///< that signed our request: the reply's recipient
    Pki::PrivateKey signerKey;
    const Pki::SecretBytes *challenge = nullptr; ///< for pwri replies to keys that cannot decrypt
    QDateTime now;
};

struct IssuedReply {
    Pki::Certificate certificate; ///< has the CSR's public key, chains to the authenticated CA, is in force, is no CA
    Pki::CertificateChain chain;
    QList<Pki::Certificate> extras; ///< other certificates in the reply that link up; never trusted as roots
    QList<Pki::Crl> crls;           ///< answer to GetCRL: those that the issuing CA signed
    QStringList differences;        ///< "subject: asked CN=a, got CN=b": a notice
    Pki::Cipher replyCipher = Pki::Cipher::Aes128;
    QStringList notes; ///< leniencies and weak algorithms met (DES reply, SHA-1 signature, ...)
};
struct PendingReply {
    QStringList notes;
};
struct RejectedReply {
    Rejection rejection;
    QStringList notes;
};
using CertRep = std::variant<IssuedReply, PendingReply, RejectedReply>;

/// All checks of a reply (RFC 8894 3.3.2), the signature first. Errors: the "not trusted" and "not understood" groups of ErrorCode.
Result<CertRep> processCertRep(const QByteArray &message, const CertRepContext &context);

// -- the server's side (Lab CA) --------------------------------------------------------------------------------------------

struct CertRepSuccess {
    QList<Pki::Certificate> certificates; ///< the issued one and, if wanted, its CA certificates
    Pki::Certificate recipient;           ///< signer of the request
    Pki::Cipher cipher = Pki::Cipher::Aes128;
    Pki::KeyTransport keyTransport = Pki::KeyTransport::RsaPkcs1;
    QList<Pki::Crl> crls = {};
    /// For a recipient whose key cannot decrypt: the challenge, from which the envelope's key is derived (RFC 8894 3.1).
    const Pki::SecretBytes *password = nullptr;
    /// For such a recipient with an EC key: by key agreement, as NDES does, instead of by password.
    bool byKeyAgreement = false;
};
struct CertRepPending {};

struct CertRepTemplate {
    TransactionId transactionId;
    Nonce senderNonce;
    Nonce recipientNonce;
    Pki::Digest digest = Pki::Digest::Sha256;
    Pki::Certificate signer; ///< RA or CA certificate
    bool includeSigner = true;
    using Success = CertRepSuccess;
    using Pending = CertRepPending;
    std::variant<Success, Pending, Rejection> body = Pending();
    /// eContent of PENDING and FAILURE. Absent by RFC 8894 3.3.2; some servers send none, NDES one zero byte, and some clients want
    /// it to be there.
    std::optional<QByteArray> refusalContent = std::nullopt;
};
Result<QByteArray> buildCertRep(const CertRepTemplate &reply, const Pki::PrivateKey &signerKey);

} // namespace Scep
