// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/cms.h"

namespace Pki {

/// ContentInfo{envelopedData} with one KeyAgreeRecipientInfo (RFC 5753 3.1: ephemeral-static ECDH, X9.63 KDF with SHA-1, AES key wrap):
/// what NDES sends to requesters whose key only signs. Errors: UnsupportedAlgorithm (no EC key), CryptoFailure.
Result<QByteArray> encryptCmsByKeyAgreement(const QByteArray &content, const Certificate &recipient, Cipher cipher);

/// How the first key-transport recipient of a ContentInfo{envelopedData} got the key: OAEP with the hash that its parameters name. SHA-1
/// where there are none (RFC 4055 4.1), and for the hashes that are not written here. nullopt: there is no such recipient, or the bytes
/// are broken.
std::optional<KeyTransport> keyTransportUsed(const QByteArray &envelopedDer);

} // namespace Pki
