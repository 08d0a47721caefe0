// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/cms.h"

namespace Pki {

/// The key transport that a certificate demands: its SubjectPublicKeyInfo says id-RSAES-OAEP, so its key must not be used with PKCS#1 v1.5
/// (RFC 4055 1.2, 4.1). SHA-256 where the parameters name it, else SHA-1, their default. nullopt: no demand.
std::optional<KeyTransport> demandedKeyTransport(const Certificate &certificate);

} // namespace Pki
