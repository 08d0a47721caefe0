// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/cms.h"
#include "scep/pki/digest.h"
#include "scep/protocol/capabilities.h"

namespace Scep {

/// How PKIOperation travels.
enum class HttpMethod { Get, Post };

/// What the technician allows and wishes for one server; nullopt means "as the capabilities say".
struct AlgorithmPolicy {
    std::optional<Pki::Digest> digest;
    std::optional<Pki::Cipher> cipher;
    std::optional<HttpMethod> method;
    Pki::KeyTransport keyTransport = Pki::KeyTransport::RsaPkcs1;
    bool allowSha1 = true; ///< with a warning
    bool allowMd5 = false;
    bool allowDes = false;

    friend bool operator==(const AlgorithmPolicy &, const AlgorithmPolicy &) = default;
};

/// What a request will use, each with its reason: the negotiation preview.
struct Negotiated {
    Pki::Digest digest = Pki::Digest::Sha256;
    Pki::Cipher cipher = Pki::Cipher::Aes128;
    HttpMethod method = HttpMethod::Post;
    Pki::KeyTransport keyTransport = Pki::KeyTransport::RsaPkcs1;
    QString digestReason;
    QString cipherReason;
    QString methodReason;
    QStringList warnings; ///< SHA-1 in use, no AES, ...

    friend bool operator==(const Negotiated &, const Negotiated &) = default;
};

/// In this order: SHA-256, SHA-512, SHA-1 (warn), MD5 by opt-in; AES-128, 3DES, DES by opt-in.
/// An empty capability set gives the floor (SHA-256 + AES-128 is not assumed: 3DES and SHA-1 are what such servers read), GET.
/// Errors: AlgorithmBelowFloor.
Result<Negotiated> negotiate(const AlgorithmPolicy &policy, const Capabilities &capabilities);

} // namespace Scep
