// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/digest.h"
#include "scep/pki/error.h"
#include "scep/pki/secretbytes.h"

#include <QByteArray>
#include <QString>

#include <memory>

namespace Pki {

/// What kind of key to make: RSA 1024/2048/3072/4096 or EC P-256/P-384/P-521.
struct KeySpec {
    enum class Algorithm { Rsa, Ec };
    Algorithm algorithm = Algorithm::Rsa;
    int bits = 2048; ///< modulus size, or 256/384/521

    /// "rsa:2048", "ec:P-256" (also "rsa2048", "RSA-2048", "ec:256"). Errors: InvalidKeyType.
    static Result<KeySpec> fromText(const QString &text);
    [[nodiscard]] QString toText() const;      ///< "rsa:2048", "ec:P-256"
    [[nodiscard]] QString displayName() const; ///< "RSA 2048", "EC P-256"
    [[nodiscard]] bool isWeak() const;         ///< RSA below 2048

    friend bool operator==(const KeySpec &, const KeySpec &) = default;
};

QDebug operator<<(QDebug debug, const KeySpec &spec);

namespace Detail {
struct KeyHandle; // an EVP_PKEY, known to scep_pki's own sources only
}

/// The public half: SubjectPublicKeyInfo in DER plus what a person wants to know of it.
class PublicKey
{
public:
    PublicKey() = default;
    static Result<PublicKey> fromDer(const QByteArray &spki); ///< Malformed, UnsupportedAlgorithm
    [[nodiscard]] QByteArray der() const { return m_der; }
    [[nodiscard]] QString displayName() const { return m_displayName; } ///< "RSA 2048", "EC P-256", "Ed25519"
    [[nodiscard]] bool isRsa() const { return m_isRsa; }
    [[nodiscard]] int bits() const { return m_bits; }
    [[nodiscard]] bool isNull() const { return m_der.isEmpty(); }

    /// For scep_pki's own sources, which hold the key decoded: decoding costs as much as checking three signatures.
    PublicKey(QByteArray der, QString displayName, int bits, bool isRsa)
        : m_der(std::move(der))
        , m_displayName(std::move(displayName))
        , m_bits(bits)
        , m_isRsa(isRsa)
    {}

    friend bool operator==(const PublicKey &a, const PublicKey &b) { return a.m_der == b.m_der; }

private:
    QByteArray m_der;
    QString m_displayName;
    int m_bits = 0;
    bool m_isRsa = false;
};

/// A private key in memory. Immutable and implicitly shared: copies refer to one key, which may be used from any thread.
/// The interface never exposes the key material except through the export functions, so a token-held key can stand behind it.
class PrivateKey
{
public:
    PrivateKey() = default; ///< null

    /// Takes 0.05-4 s for RSA: call it on a pool thread. Errors: CryptoFailure, InvalidKeyType.
    static Result<PrivateKey> generate(const KeySpec &spec);
    /// PEM or DER; PKCS#8 (encrypted or not), PKCS#1, SEC 1. Errors: NotRecognised, Malformed, PassphraseRequired, WrongPassphrase,
    /// UnsupportedAlgorithm.
    static Result<PrivateKey> fromBytes(QByteArrayView bytes, const SecretBytes &passphrase = {});

    [[nodiscard]] SecretBytes toPkcs8Der() const; ///< unencrypted
    [[nodiscard]] SecretBytes toPkcs8Pem() const; ///< unencrypted
    /// PBES2, AES-256-CBC, PBKDF2-HMAC-SHA256 with 600000 rounds. Errors: EmptyPassphrase.
    [[nodiscard]] Result<QByteArray> toEncryptedPkcs8Pem(const SecretBytes &passphrase) const;

    [[nodiscard]] PublicKey publicKey() const;
    [[nodiscard]] KeySpec spec() const;
    [[nodiscard]] bool isNull() const { return m_handle == nullptr; }
    [[nodiscard]] bool canDecrypt() const; ///< RSA: key transport is possible

    /// For scep_pki's own sources.
    [[nodiscard]] const Detail::KeyHandle *handle() const { return m_handle.get(); }
    explicit PrivateKey(std::shared_ptr<const Detail::KeyHandle> handle)
        : m_handle(std::move(handle))
    {}

private:
    std::shared_ptr<const Detail::KeyHandle> m_handle;
};

} // namespace Pki
