// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/certificate.h"
#include "scep/pki/secretbytes.h"

namespace Pki {

enum class Pkcs12Style {
    Modern,     ///< PBES2 AES-256-CBC, PBKDF2-HMAC-SHA256, SHA-256 MAC
    Compatible, ///< PBE-SHA1-3DES and SHA-1 MAC: Windows before 10 1709, old switches and Java
};

struct Pkcs12Contents {
    PrivateKey key;          ///< null when the file holds none
    Certificate certificate; ///< the one that fits the key, else the first
    QList<Certificate> others;
    QString friendlyName;
};

/// Random salts, 600000 rounds (Modern) or 2048 (Compatible: what its readers accept). Errors: EmptyPassphrase, KeyMismatch, CryptoFailure.
Result<QByteArray> toPkcs12(const Pkcs12Contents &contents, const SecretBytes &passphrase, Pkcs12Style style);
/// Errors: NotRecognised, Malformed, PassphraseRequired, WrongPassphrase, LegacyProviderMissing (RC2-40 files).
Result<Pkcs12Contents> fromPkcs12(const QByteArray &der, const SecretBytes &passphrase);

} // namespace Pki
