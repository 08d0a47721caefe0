// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/cms.h"
#include "scep/protocol/certrep.h"

namespace Scep {

// What buildCertRep() puts together, for a server that answers in a way of its own.

/// degenerate signedData, enveloped for the recipient: RSA, key agreement or password. Errors: UnsupportedAlgorithm, CryptoFailure.
Result<QByteArray> certRepEnvelope(const CertRepSuccess &success);
/// The signed attributes beside contentType and messageDigest.
QList<Pki::Attribute> certRepAttributes(const CertRepTemplate &reply);

} // namespace Scep
