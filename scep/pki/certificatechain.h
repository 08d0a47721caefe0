// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/certificate.h"

namespace Pki {

/// The judgement on one certificate of a chain and on its link to the next one up.
struct ChainLink {
    enum class Verdict {
        Good,
        NotYetValid,
        Expired,
        IssuerNotFound,
        SignatureInvalid,
        IssuerIsNotCa,        ///< basicConstraints or keyUsage of the issuer forbid it
        PathTooLong,          ///< pathLenConstraint
        WeakSignature,        ///< MD5; SHA-1 stays Good here and is noted by the inspector
        SelfSignedNotTrusted, ///< the chain ends in a root that is not the anchor
    };
    Certificate certificate;
    Verdict verdict = Verdict::Good;

    friend bool operator==(const ChainLink &, const ChainLink &) = default;
};

/// A path from a certificate up to an anchor, with a verdict per link.
struct CertificateChain {
    QList<ChainLink> links; ///< leaf first; last one is the anchor if it was reached
    bool isTrusted = false; ///< anchor reached and every verdict Good

    /// The leaf's issuer up to and including the anchor.
    [[nodiscard]] QList<Certificate> issuers() const;
    /// The first link that is not Good, from the leaf up.
    [[nodiscard]] std::optional<ChainLink> firstProblem() const;
};

QDebug operator<<(QDebug debug, ChainLink::Verdict verdict);

/// Builds the best path from `leaf` through `pool` (any order, duplicates allowed, loops handled) to one of `anchors`, judged at `time`.
/// An anchor need not be self-signed: a pinned issuing CA ends the path. Certificates from `pool` never become anchors.
/// At most 10 links (TooLarge is not an error here: the chain just ends with IssuerNotFound).
CertificateChain buildChain(const Certificate &leaf, const QList<Certificate> &pool, const QList<Certificate> &anchors,
                            const QDateTime &time);

} // namespace Pki
