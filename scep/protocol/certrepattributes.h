// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// For scep/protocol/*.cpp only: the signed attributes of a CertRep.

#include "scep/pki/cms.h"
#include "scep/protocol/certrep.h"

namespace Scep::Detail {

/// messageType, transactionID and recipientNonce compared whole with `context`; then, and only then, the status.
/// Errors: AttributeMissing, MessageTypeMismatch, TransactionMismatch, NonceMismatch, StatusUnknown, ReplyMalformed.
Result<PkiStatus> checkAttributes(const Pki::SignerInfo &signer, const CertRepContext &context);

/// failInfo, failInfoText and the HRESULT of NDES. What cannot be read becomes a note. Errors: ReplyMalformed for repeated attributes.
Result<Rejection> readRejection(const Pki::SignerInfo &signer, QStringList &notes);

/// The text of NDES's disposition attribute and other private words worth a note.
void noteExtras(const Pki::SignerInfo &signer, QStringList &notes);

} // namespace Scep::Detail
