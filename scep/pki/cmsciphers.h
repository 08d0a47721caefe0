// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// For scep/pki/cms*.cpp only: the content ciphers in OpenSSL's terms.

#include "scep/pki/cms.h"

#include <openssl/types.h>

namespace Pki::Detail {

const EVP_CIPHER *cipherMethod(Cipher cipher);
std::optional<Cipher> cipherFromOid(const Oid &oid);
/// The context in which `cipher` can be fetched: DES needs the legacy provider. nullptr when OpenSSL has none.
OSSL_LIB_CTX *contextFor(Cipher cipher);

} // namespace Pki::Detail
