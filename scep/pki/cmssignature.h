// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// For scep/pki/cms*.cpp only: one signature over bytes, as a SignerInfo describes it.

#include "scep/pki/asn1reader.h"
#include "scep/pki/certificate.h"

namespace Pki::Detail {

/// The two algorithm fields of a SignerInfo.
struct SignatureAlgorithm {
    std::optional<Digest> digest;
    Algorithm signature;
};

/// From a digest's OID; also from a signature's OID (sha1WithRSAEncryption), which old senders write as digestAlgorithm.
std::optional<Digest> digestFromOid(const Oid &oid);
/// digestAlgorithm as everybody writes it: SHA without parameters (RFC 5754 2), MD5 with NULL.
QByteArray digestAlgorithmDer(Digest digest);

/// RSA PKCS#1 v1.5, RSA-PSS, ECDSA with MD5..SHA-512, and Ed25519/Ed448. Only `signer`'s public key is used.
/// Errors: SignatureInvalid, UnsupportedAlgorithm.
Result<void> verifySignature(const SignatureAlgorithm &algorithm, const Certificate &signer, const QByteArray &bytes,
                             const QByteArray &signature);

struct Signature {
    QByteArray algorithmDer; ///< AlgorithmIdentifier: rsaEncryption for RSA, ecdsa-with-SHA* for EC
    QByteArray bytes;
};
/// `namesDigest`: sha256WithRSAEncryption instead of rsaEncryption. Errors: UnsupportedAlgorithm, CryptoFailure.
Result<Signature> makeSignature(const PrivateKey &key, Digest digest, const QByteArray &bytes, bool namesDigest = false);

} // namespace Pki::Detail
