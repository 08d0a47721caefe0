// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/privatekey.h"

#include <optional>

namespace Pki {

/// PBKDF2 rounds for keys in files under a pass phrase that a person chose (OWASP's number for HMAC-SHA256).
inline constexpr int passphraseRounds = 600'000;
/// Rounds for a secret of at least 128 random bits: guessing such a one is hopeless without stretching.
inline constexpr int randomSecretRounds = 2048;

/// PKCS#8 in PEM: PBES2, AES-256-CBC, PBKDF2-HMAC-SHA256 with `rounds` rounds. Errors: EmptyPassphrase, InvalidArgument (null key),
/// CryptoFailure.
Result<QByteArray> encryptedPkcs8Pem(const PrivateKey &key, const SecretBytes &secret, int rounds = passphraseRounds);
/// The PEM says that it is encrypted.
bool isEncryptedPem(QByteArrayView pem);
/// With how many rounds the secret of an encrypted PKCS#8 was stretched; nullopt where that cannot be told.
std::optional<int> keyDerivationRounds(const QByteArray &pem);

} // namespace Pki
