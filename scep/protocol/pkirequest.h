// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/certificationrequest.h"
#include "scep/pki/cms.h"
#include "scep/protocol/algorithms.h"
#include "scep/protocol/identifiers.h"

namespace Scep {

/// The self-signed certificate under which a first PKCSReq travels (RFC 8894 2.3): the CSR's subject and, but for a CSR that a device
/// made, its key; valid from a day before `now` for 60 days, so that it outlives a long approval queue.
Result<Pki::Certificate> createRequestSigner(const Pki::DistinguishedName &subject, const Pki::PrivateKey &key, const QDateTime &now,
                                             Pki::Digest digest = Pki::Digest::Sha256);

/// Everything a pkiMessage to a server needs. Values in, bytes out.
struct PkiRequest {
    MessageType type = MessageType::PkcsReq;
    TransactionId transactionId;
    Nonce senderNonce;
    QByteArray payload;      ///< DER: PKCS#10, IssuerAndSubject or IssuerAndSerialNumber
    Pki::Certificate signer; ///< exactly one certificate is sent (EJBCA looks at the first only)
    Pki::Certificate recipient;
    Negotiated algorithms;
};

/// Sign-over-encrypt (RFC 8894 3.1, 3.2). Definite-length DER (Go servers cannot digest BER).
Result<QByteArray> buildPkiRequest(const PkiRequest &request, const Pki::PrivateKey &signerKey);

/// IssuerAndSubject (RFC 8894 3.3.3): issuing CA's *subject* and the CSR's subject, DER copied.
QByteArray issuerAndSubjectDer(const Pki::DistinguishedName &issuer, const Pki::DistinguishedName &subject);
struct IssuerAndSubject {
    Pki::DistinguishedName issuer;
    Pki::DistinguishedName subject;
};
Result<IssuerAndSubject> issuerAndSubjectFromDer(const QByteArray &der);

// -- the server's side (Lab CA) --------------------------------------------------------------------------------------------

/// A request as it arrived, verified and decrypted.
struct ReceivedRequest {
    MessageType type = MessageType::PkcsReq;
    TransactionId transactionId;
    Nonce senderNonce;
    Pki::Certificate signer;                                      ///< the embedded certificate whose key signed
    Pki::Digest digest = Pki::Digest::Sha256;                     ///< for mirroring
    Pki::Cipher cipher = Pki::Cipher::Aes128;                     ///< for mirroring
    Pki::KeyTransport keyTransport = Pki::KeyTransport::RsaPkcs1; ///< for mirroring
    QByteArray payload;                                           ///< decrypted DER; may hold a challenge
};

/// What can be answered even when a request is refused: FAILURE needs the transaction, the nonce and the recipient.
struct RequestEnvelope {
    TransactionId transactionId;
    Nonce senderNonce;
    Pki::Certificate signer;
    Pki::Digest digest = Pki::Digest::Sha256;
};

struct RequestFailure {
    std::optional<RequestEnvelope> envelope; ///< nullopt: not even that could be read; answer HTTP 400
    FailInfo failInfo = FailInfo::BadMessageCheck;
    QString text; ///< for failInfoText
};

/// Parses and checks a request addressed to `recipient`. The signature is verified with the embedded signer certificate.
std::expected<ReceivedRequest, RequestFailure> readPkiRequest(const QByteArray &message, const Pki::Certificate &recipient,
                                                              const Pki::PrivateKey &recipientKey);

} // namespace Scep
