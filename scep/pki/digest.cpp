// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/digest.h"

#include "scep/pki/opensslhandles.h"

#include <openssl/rand.h>

#include <QRegularExpression>

#include <array>

namespace Pki {

using namespace Qt::StringLiterals;

namespace {

struct DigestName {
    Digest digest = Digest::Sha256;
    QLatin1StringView display;
    QLatin1StringView setting;
    int size = 0; ///< bytes
};

constexpr std::array digestNames{
    DigestName{Digest::Md5, "MD5"_L1, "md5"_L1, 16},           DigestName{Digest::Sha1, "SHA-1"_L1, "sha1"_L1, 20},
    DigestName{Digest::Sha224, "SHA-224"_L1, "sha224"_L1, 28}, DigestName{Digest::Sha256, "SHA-256"_L1, "sha256"_L1, 32},
    DigestName{Digest::Sha384, "SHA-384"_L1, "sha384"_L1, 48}, DigestName{Digest::Sha512, "SHA-512"_L1, "sha512"_L1, 64},
};

const DigestName &nameOf(Digest digest)
{
    return digestNames.at(static_cast<std::size_t>(digest));
}

bool isHexDigit(QChar c)
{
    return (c >= u'0' && c <= u'9') || (c >= u'a' && c <= u'f') || (c >= u'A' && c <= u'F');
}

/// "sha256:...", "SHA-256 ..." and "SHA256 Fingerprint=..." name their digest; the rest of the text is left in `text`. No name of a digest
/// begins with a hexadecimal digit.
std::optional<Digest> takePrefix(QString &text)
{
    static const QRegularExpression pattern(u"^\\s*(md5|sha-?\\d+)(\\s+fingerprint)?\\s*[=:\\s]"_s,
                                            QRegularExpression::CaseInsensitiveOption);
    const QRegularExpressionMatch match = pattern.match(text);
    const auto digest = match.hasMatch() ? digestFromSettingName(match.captured(1)) : std::nullopt;
    if (digest)
        text.remove(0, match.capturedEnd());
    return digest;
}

} // namespace

QString displayName(Digest digest)
{
    return nameOf(digest).display;
}

QString settingName(Digest digest)
{
    return nameOf(digest).setting;
}

std::optional<Digest> digestFromSettingName(const QString &name)
{
    const QString plain = QString(name).remove(u'-').toLower();
    for (const DigestName &known : digestNames) {
        if (plain == known.setting)
            return known.digest;
    }
    return std::nullopt;
}

bool isWeak(Digest digest)
{
    return digest == Digest::Md5 || digest == Digest::Sha1;
}

QByteArray hash(Digest digest, const QByteArray &bytes)
{
    QByteArray value(nameOf(digest).size, Qt::Uninitialized);
    unsigned int length = 0;
    if (EVP_Digest(bytes.constData(), static_cast<size_t>(bytes.size()), reinterpret_cast<unsigned char *>(value.data()), &length,
                   Detail::digestMethod(digest), nullptr) != 1 ||
        length != static_cast<unsigned int>(value.size()))
        qFatal("OpenSSL cannot compute %s", nameOf(digest).setting.data());
    return value;
}

QByteArray randomBytes(int count)
{
    QByteArray bytes(count, Qt::Uninitialized);
    if (RAND_bytes_ex(Detail::libraryContext(), reinterpret_cast<unsigned char *>(bytes.data()), static_cast<size_t>(count), 0) != 1)
        qFatal("the system has no random source");
    return bytes;
}

bool equalInConstantTime(const QByteArray &a, const QByteArray &b)
{
    return a.size() == b.size() && CRYPTO_memcmp(a.constData(), b.constData(), static_cast<size_t>(a.size())) == 0;
}

Fingerprint Fingerprint::of(Digest digest, const QByteArray &der)
{
    Fingerprint fingerprint;
    fingerprint.m_digest = digest;
    fingerprint.m_bytes = hash(digest, der);
    return fingerprint;
}

Result<Fingerprint> Fingerprint::fromText(const QString &text, std::optional<Digest> expected)
{
    QString rest = text;
    const std::optional<Digest> prefix = takePrefix(rest);
    rest = rest.trimmed();
    if (rest.startsWith("0x"_L1, Qt::CaseInsensitive))
        rest.remove(0, 2);
    QByteArray hex;
    for (const QChar c : std::as_const(rest)) {
        if (isHexDigit(c))
            hex.append(static_cast<char>(c.unicode()));
        else if (!c.isSpace() && c != u':' && c != u'-')
            return failure(ErrorCode::InvalidFingerprint, u"\"%1\" is not a hexadecimal digit"_s.arg(Detail::displayText(QString(c))));
    }
    Fingerprint fingerprint;
    bool isKnownLength = false;
    for (const DigestName &known : digestNames) {
        if (hex.size() == qsizetype{2} * known.size) {
            fingerprint.m_digest = known.digest;
            isKnownLength = true;
        }
    }
    if (!isKnownLength)
        return failure(ErrorCode::InvalidFingerprint,
                       u"%1 hexadecimal digits; MD5 has 32, SHA-1 40, SHA-256 64, SHA-512 128"_s.arg(hex.size()));
    for (const std::optional<Digest> wanted : {prefix, expected}) {
        if (wanted && *wanted != fingerprint.m_digest)
            return failure(ErrorCode::InvalidFingerprint, u"%1 hexadecimal digits are %2, not %3"_s.arg(hex.size())
                                                              .arg(Pki::displayName(fingerprint.m_digest), Pki::displayName(*wanted)));
    }
    fingerprint.m_bytes = QByteArray::fromHex(hex);
    return fingerprint;
}

QString Fingerprint::toHex() const
{
    return QString::fromLatin1(m_bytes.toHex());
}

QString Fingerprint::toDisplay() const
{
    return QString::fromLatin1(m_bytes.toHex(':').toUpper());
}

bool Fingerprint::matchesCertificate(const QByteArray &der) const
{
    return !isEmpty() && equalInConstantTime(m_bytes, hash(m_digest, der));
}

QDebug operator<<(QDebug debug, const Fingerprint &fingerprint)
{
    const QDebugStateSaver saver(debug);
    debug.nospace().noquote() << "Fingerprint(" << settingName(fingerprint.digest()) << ':' << fingerprint.toHex() << ')';
    return debug;
}

} // namespace Pki
