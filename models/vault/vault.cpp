// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/vault/vault.h"

#include "scep/files/durablefile.h"
#include "scep/pki/digest.h"

#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>
#include <utility>

using namespace Qt::StringLiterals;
using Pki::failure;

namespace Models {

namespace {

constexpr int formatVersion = 1;
constexpr int keySize = 32;
constexpr int saltSize = 16;
constexpr QByteArrayView wrapIdentity = "vault-data-key/1";

constexpr int longestDelay = 60;
constexpr QByteArrayView dataKeyName = "\"dataKey\"";

QByteArray fromBase64(const QJsonValue &value)
{
    return QByteArray::fromBase64(value.toString().toLatin1());
}

QString toBase64(QByteArrayView bytes)
{
    return QString::fromLatin1(QByteArray::fromRawData(bytes.data(), bytes.size()).toBase64());
}

/// The data key of an open vault, taken out of the text: a JSON document would keep a copy of it that nobody can overwrite.
Pki::SecretBytes takeDataKey(QByteArray &text)
{
    const qsizetype name = text.indexOf(dataKeyName);
    const qsizetype colon = name < 0 ? -1 : text.indexOf(':', name + dataKeyName.size());
    const qsizetype begin = colon < 0 ? -1 : text.indexOf('"', colon) + 1;
    const qsizetype end = begin <= 0 ? -1 : text.indexOf('"', begin);
    if (end < 0)
        return {};
    QByteArray key = QByteArray::fromBase64(QByteArray::fromRawData(text.constData() + begin, end - begin));
    Pki::SecretBytes taken{QByteArrayView(key)};
    Pki::wipe(key);
    std::fill(text.begin() + begin, text.begin() + end, 'x');
    return taken;
}

/// The text with the data key in it, again without a JSON document.
QByteArray withDataKey(QByteArray text, const Pki::SecretBytes &key)
{
    QByteArray encoded = QByteArray::fromRawData(key.view().data(), key.view().size()).toBase64();
    const qsizetype end = text.lastIndexOf('}');
    QByteArray full;
    full.reserve(text.size() + encoded.size() + 32); // not moved about while it grows
    full.append(text.constData(), end).append(",\n").append(dataKeyName.data(), dataKeyName.size()).append(": \"").append(encoded);
    full.append("\"\n}\n");
    Pki::wipe(encoded);
    return full;
}

std::chrono::seconds delayAfter(int wrongAttempts)
{
    if (wrongAttempts < 2)
        return std::chrono::seconds(0);
    return std::chrono::seconds(wrongAttempts - 2 > 6 ? longestDelay : qMin(1 << (wrongAttempts - 2), longestDelay));
}

/// Whoever can write the file must not be able to make us need all the memory there is: 128 * n * r bytes.
bool isAffordable(const Pki::ScryptParameters &parameters)
{
    const auto isPowerOfTwo = parameters.n > 1 && (parameters.n & (parameters.n - 1)) == 0;
    return isPowerOfTwo && parameters.n <= (1U << 20) && parameters.r >= 1 && parameters.r <= 16 && parameters.p >= 1 && parameters.p <= 4;
}

} // namespace

Result<Vault> Vault::create(const QString &file, const Pki::SecretBytes &passphrase)
{
    Vault vault;
    vault.m_file = file;
    QByteArray key = Pki::randomBytes(keySize);
    vault.m_dataKey = Pki::SecretBytes{QByteArrayView(key)};
    Pki::wipe(key);
    if (Result<void> made = vault.protect(passphrase, true); !made)
        return std::unexpected(made.error());
    return vault;
}

Result<void> Vault::protect(const Pki::SecretBytes &passphrase, bool isNew)
{
    QJsonObject object{{u"format"_s, u"scepter-vault"_s}, {u"version"_s, formatVersion}};
    const Pki::ScryptParameters parameters;
    QByteArray salt;
    QByteArray wrapped;
    if (passphrase.isEmpty()) {
        object[u"protection"_s] = u"open"_s;
    } else {
        salt = Pki::randomBytes(saltSize);
        const Result<Pki::SecretBytes> wrappingKey = Pki::deriveKey(passphrase, salt, parameters);
        if (!wrappingKey)
            return std::unexpected(wrappingKey.error());
        const Result<QByteArray> sealed = Pki::seal(*wrappingKey, m_dataKey.view(), wrapIdentity);
        if (!sealed)
            return std::unexpected(sealed.error());
        wrapped = *sealed;
        object[u"protection"_s] = u"passphrase"_s;
        object[u"scrypt"_s] = QJsonObject{{u"n"_s, static_cast<qint64>(parameters.n)},
                                          {u"r"_s, static_cast<qint64>(parameters.r)},
                                          {u"p"_s, static_cast<qint64>(parameters.p)}};
        object[u"salt"_s] = toBase64(salt);
        object[u"wrappedKey"_s] = toBase64(wrapped);
    }
    QByteArray text = QJsonDocument(object).toJson();
    if (passphrase.isEmpty())
        text = withDataKey(text, m_dataKey);
    Result<void> written = Files::writeDurably(QList<Files::FileToWrite>{{m_file, text, Files::FileAccess::OwnerOnly, isNew}});
    Pki::wipe(text);
    if (!written)
        return written;
    m_protection = passphrase.isEmpty() ? Protection::Open : Protection::Passphrase;
    m_scrypt = parameters;
    m_salt = salt;
    m_wrappedKey = wrapped;
    return {};
}

Result<Vault> Vault::load(const QString &file)
{
    Result<QByteArray> text = Files::readFile(file, 64 * 1024);
    if (!text)
        return std::unexpected(text.error());
    Pki::SecretBytes openKey = takeDataKey(*text);
    const QJsonObject object = QJsonDocument::fromJson(*text).object();
    Pki::wipe(*text);
    const auto malformed = [&](const QString &reason) { return failure(ErrorCode::Malformed, u"%1: %2"_s.arg(file, reason)); };
    if (object[u"format"_s].toString() != "scepter-vault"_L1)
        return malformed(u"not a vault"_s);
    if (object[u"version"_s].toInt() != formatVersion)
        return malformed(u"version %1 of the vault is not known here"_s.arg(object[u"version"_s].toInt()));

    Vault vault;
    vault.m_file = file;
    const QString protection = object[u"protection"_s].toString();
    if (protection == "open"_L1) {
        if (openKey.size() != keySize)
            return malformed(u"the data key is missing"_s);
        vault.m_dataKey = std::move(openKey);
        return vault;
    }
    if (protection != "passphrase"_L1)
        return malformed(u"its protection is not known"_s);
    const QJsonObject scrypt = object[u"scrypt"_s].toObject();
    vault.m_protection = Protection::Passphrase;
    vault.m_scrypt = {static_cast<quint64>(scrypt[u"n"_s].toInteger()), static_cast<quint64>(scrypt[u"r"_s].toInteger()),
                      static_cast<quint64>(scrypt[u"p"_s].toInteger())};
    vault.m_salt = fromBase64(object[u"salt"_s]);
    vault.m_wrappedKey = fromBase64(object[u"wrappedKey"_s]);
    if (!isAffordable(vault.m_scrypt) || vault.m_salt.size() < 8 || vault.m_wrappedKey.size() <= keySize)
        return malformed(u"its scrypt parameters or its wrapped key cannot be used"_s);
    vault.readAttempts();
    return vault;
}

std::chrono::seconds Vault::unlockDelay(const QDateTime &now) const
{
    const std::chrono::seconds whole = delayAfter(m_wrongAttempts);
    if (whole.count() == 0 || !m_lastAttempt.isValid())
        return std::chrono::seconds(0);
    // A clock that was set back makes nobody wait longer than the whole of it.
    const auto waited = std::chrono::seconds(qMax<qint64>(0, m_lastAttempt.secsTo(now)));
    return waited >= whole ? std::chrono::seconds(0) : whole - waited;
}

void Vault::readAttempts()
{
    const Result<QByteArray> text = Files::readFile(m_file + u".attempts"_s, 1024);
    const QJsonObject object = text ? QJsonDocument::fromJson(*text).object() : QJsonObject();
    m_wrongAttempts = qBound(0, object[u"wrong"_s].toInt(), 1'000'000);
    m_lastAttempt = QDateTime::fromString(object[u"last"_s].toString(), Qt::ISODate).toUTC();
}

void Vault::writeAttempts() const
{
    // Where this cannot be written the count in memory has to do.
    const QString file = m_file + u".attempts"_s;
    if (m_wrongAttempts == 0) {
        (void)Files::removeFile(file);
        return;
    }
    const QJsonObject object{{u"wrong"_s, m_wrongAttempts}, {u"last"_s, m_lastAttempt.toUTC().toString(Qt::ISODate)}};
    (void)Files::writeDurably(file, QJsonDocument(object).toJson(), Files::FileAccess::OwnerOnly);
}

Result<void> Vault::unlock(const Pki::SecretBytes &passphrase, const QDateTime &now)
{
    if (m_protection == Protection::Open)
        return {};
    if (passphrase.isEmpty())
        return failure(ErrorCode::PassphraseRequired, m_file);
    if (const auto delay = unlockDelay(now); delay.count() > 0) {
        if (now < m_lastAttempt) { // the clock was set back: the wait begins again, once
            m_lastAttempt = now;
            writeAttempts();
        }
        return failure(ErrorCode::WaitRequired, u"%1: after %2 wrong pass phrases the next one is looked at in %3 s"_s.arg(
                                                    m_file, QString::number(m_wrongAttempts), QString::number(delay.count())));
    }
    const Result<Pki::SecretBytes> wrappingKey = Pki::deriveKey(passphrase, m_salt, m_scrypt);
    if (!wrappingKey)
        return std::unexpected(wrappingKey.error());
    Result<Pki::SecretBytes> key = Pki::unseal(*wrappingKey, m_wrappedKey, wrapIdentity);
    if (!key || key->size() != keySize) {
        ++m_wrongAttempts;
        m_lastAttempt = now;
        writeAttempts();
        return failure(ErrorCode::WrongPassphrase, m_file);
    }
    m_dataKey = std::move(*key);
    if (std::exchange(m_wrongAttempts, 0) > 0)
        writeAttempts();
    return {};
}

void Vault::lock()
{
    if (m_protection == Protection::Passphrase)
        m_dataKey.clear();
}

Result<void> Vault::changePassphrase(const Pki::SecretBytes &passphrase)
{
    if (isLocked())
        return failure(ErrorCode::VaultLocked, m_file);
    return protect(passphrase, false);
}

Result<QByteArray> Vault::seal(QByteArrayView plain, const QByteArray &identity) const
{
    if (isLocked())
        return failure(ErrorCode::VaultLocked, m_file);
    if (plain.isEmpty() || identity.isEmpty())
        return failure(ErrorCode::InvalidArgument, u"nothing to seal, or no name to seal it to"_s);
    return Pki::seal(m_dataKey, plain, identity);
}

Result<Pki::SecretBytes> Vault::unseal(const QByteArray &sealed, const QByteArray &identity) const
{
    if (isLocked())
        return failure(ErrorCode::VaultLocked, m_file);
    return Pki::unseal(m_dataKey, sealed, identity);
}

} // namespace Models
