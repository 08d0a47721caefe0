// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// For scep/protocol/*.cpp only: the last part of processCertRep(), from the decrypted bundle to the issued certificate.

#include "scep/pki/cms.h"
#include "scep/protocol/certrep.h"

namespace Scep::Detail {

/// Finds *the* certificate in the bundle and judges it. `reply` comes with cipher and notes filled in.
/// Errors: ForeignPublicKey, ChainBroken, IssuedCertificateNotInForce, IssuedCertificateIsCa, AlgorithmBelowFloor, ReplyMalformed.
Result<IssuedReply> readIssued(const Pki::SignedData &bundle, const CertRepContext &context, IssuedReply reply);

} // namespace Scep::Detail
