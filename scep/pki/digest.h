// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/error.h"

#include <QByteArray>
#include <QList>
#include <QString>

#include <optional>

namespace Pki {

enum class Digest { Md5, Sha1, Sha224, Sha256, Sha384, Sha512 };

QString displayName(Digest digest);                               ///< "SHA-256"
QString settingName(Digest digest);                               ///< "sha256", as stored and as scepctl takes it
std::optional<Digest> digestFromSettingName(const QString &name); ///< "sha256", "SHA-256", "sha-256"
bool isWeak(Digest digest);                                       ///< MD5 and SHA-1
QByteArray hash(Digest digest, const QByteArray &bytes);
/// `count` bytes from the system's random source; never fails quietly (aborts when there is none).
QByteArray randomBytes(int count);
bool equalInConstantTime(const QByteArray &a, const QByteArray &b);

/// The digest of a whole certificate in DER.
class Fingerprint
{
public:
    Fingerprint() = default;
    static Fingerprint of(Digest digest, const QByteArray &der);
    /// Any spelling: upper or lower case, colons, spaces, dashes, a prefix "sha256:" or "SHA256 Fingerprint=". The digest is inferred
    /// from the length (MD5 32, SHA-1 40, SHA-256 64, SHA-512 128 digits) and must agree with a prefix and with `expected`.
    /// Errors: InvalidFingerprint.
    static Result<Fingerprint> fromText(const QString &text, std::optional<Digest> expected = std::nullopt);

    [[nodiscard]] Digest digest() const { return m_digest; }
    [[nodiscard]] QByteArray bytes() const { return m_bytes; }
    [[nodiscard]] bool isEmpty() const { return m_bytes.isEmpty(); }
    [[nodiscard]] QString toHex() const;     ///< "3af0..." lower case, no separators
    [[nodiscard]] QString toDisplay() const; ///< "3A:F0:..."
    /// Constant time.
    [[nodiscard]] bool matchesCertificate(const QByteArray &der) const;

    friend bool operator==(const Fingerprint &, const Fingerprint &) = default;

private:
    Digest m_digest = Digest::Sha256;
    QByteArray m_bytes;
};

QDebug operator<<(QDebug debug, const Fingerprint &fingerprint);

} // namespace Pki
