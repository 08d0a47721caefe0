// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/error.h"
#include "scep/pki/secretbytes.h"

#include <QByteArray>

namespace Pki {

/// AES-256-GCM with a random 96-bit nonce in front: nonce || ciphertext || tag. `key` is 32 bytes. For the vault.
Result<QByteArray> seal(const SecretBytes &key, QByteArrayView plain, QByteArrayView associatedData);
/// Errors: DecryptionFailed (wrong key, wrong associated data, changed bytes: not told apart).
Result<SecretBytes> unseal(const SecretBytes &key, QByteArrayView sealed, QByteArrayView associatedData);

struct ScryptParameters {
    quint64 n = 1U << 16;
    quint64 r = 8;
    quint64 p = 1;
};
/// 32 bytes (RFC 7914). About 0.2 s with the default parameters: not on the GUI thread.
Result<SecretBytes> deriveKey(const SecretBytes &passphrase, const QByteArray &salt, const ScryptParameters &parameters);

} // namespace Pki
