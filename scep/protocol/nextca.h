// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/cms.h"
#include "scep/protocol/cacertificates.h"

namespace Scep {

/// A reply to GetNextCACert whose signature was verified (RFC 8894 4.7): what will follow the current CA. Plain value.
struct NextCaMessage {
    CaCertificates offered;  ///< from the signed content only, never from the outer certificates
    Pki::Certificate signer; ///< of the current CA's: its RA or itself
    QDateTime inForceFrom;   ///< UTC, from when on all of its CA certificates are valid; may be past
    QStringList notes;       ///< leniencies, SHA-1
};

/// Judged by `current`, the roles of the authenticated CA. The certificates are staged material: choose roles with chooseRoles() at
/// `inForceFrom`, and use them no sooner.
/// Errors: EmptyReply, HtmlReply, ReplyTooLarge, ReplyMalformed, SignerCount (unsigned or more than one), SignerUnknown, SignerNotInForce,
/// SignatureInvalid, AlgorithmBelowFloor, ContentRefused (no certificate bundle in the signed content), NoUsableCaCertificate.
Result<NextCaMessage> processNextCa(const QByteArray &message, const CaRoles &current, const QDateTime &now);

// -- the server's side (Lab CA) --------------------------------------------------------------------------------------------

/// `next`: the CA that will follow with its chain and RA certificates; `signer`: the current CA or RA.
Result<QByteArray> buildNextCa(const QList<Pki::Certificate> &next, const Pki::Certificate &signer, const Pki::PrivateKey &signerKey,
                               Pki::Digest digest = Pki::Digest::Sha256, bool includesSigner = true);

} // namespace Scep
