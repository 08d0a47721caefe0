// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/protocol/algorithms.h"
#include "scep/protocol/cacertificates.h"

namespace Scep {

/// What a request to a server would be made with, told before anything is sent. Pure values.
struct NegotiationInput {
    AlgorithmPolicy policy;
    Capabilities capabilities;
    CaRoles roles; ///< as chosen with `roleOverride`, if there is one
    RoleOverride roleOverride;
    Pki::KeySpec::Algorithm keyAlgorithm = Pki::KeySpec::Algorithm::Rsa; ///< of the requester's key
    bool hasChallenge = false;
};

struct NegotiationRow {
    enum class What {
        Cipher,       ///< content encryption of the request
        Digest,       ///< of its signature
        Transport,    ///< POST or GET
        KeyTransport, ///< how the content key reaches the recipient
        Recipient,    ///< the CA or RA certificate that the request is encrypted to
        Signers,      ///< who may sign the reply
        Reply,        ///< how the reply can be encrypted to the requester's key
    };
    What what = What::Cipher;
    QString value;
    QString reason;
    QStringList warnings;

    friend bool operator==(const NegotiationRow &, const NegotiationRow &) = default;
};

QString displayName(NegotiationRow::What what); ///< "Cipher"

/// The key transport that a request to `recipient` uses under `policy`: OAEP where its certificate demands it (a key for
/// id-RSAES-OAEP only, RFC 4055 1.2), else as the policy says.
Pki::KeyTransport keyTransportFor(const AlgorithmPolicy &policy, const Pki::Certificate &recipient);

/// One row for each of NegotiationRow::What, in that order. Errors: those of negotiate(), NoUsableCaCertificate (no recipient), and
/// UnsupportedAlgorithm for an EC key without a challenge, whose reply nobody could open (RFC 8894 3.1).
Result<QList<NegotiationRow>> previewNegotiation(const NegotiationInput &input);

} // namespace Scep
