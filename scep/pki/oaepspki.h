// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// For scep/pki/*.cpp only. OpenSSL has no key type for id-RSAES-OAEP, which is an ordinary RSA key with a restriction.

#include "scep/pki/opensslhandles.h"

namespace Pki::Detail {

/// The RSA key in a SubjectPublicKeyInfo of type id-RSAES-OAEP; null for any other and for a broken one.
EvpKeyPtr oaepKeyIn(X509_PUBKEY *spki);
/// The same for a certificate whose key OpenSSL does not know.
EvpKeyPtr oaepKeyOf(const X509 *x509);

} // namespace Pki::Detail
