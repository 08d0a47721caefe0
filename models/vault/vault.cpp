// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/vault/vault.h"

#include "scep/files/durablefile.h"
#include "scep/pki/digest.h"

#include <QJsonDocument>
#include <QJsonObject>

using namespace Qt::StringLiterals;
using Pki::failure;

namespace Models {

namespace {

constexpr int formatVersion = 1;
constexpr int keySize = 32;
constexpr int saltSize = 16;
constexpr QByteArrayView wrapIdentity = "vault-data-key/1";

QByteArray fromBase64(const QJsonValue &value)
{
    return QByteArray::fromBase64(value.toString().toLatin1());
}

QString toBase64(QByteArrayView bytes)
{
    return QString::fromLatin1(QByteArray::fromRawData(bytes.data(), bytes.size()).toBase64());
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
        object[u"dataKey"_s] = toBase64(m_dataKey.view());
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
        QByteArray key = fromBase64(object[u"dataKey"_s]);
        const bool isUsable = key.size() == keySize;
        vault.m_dataKey = Pki::SecretBytes{QByteArrayView(key)};
        Pki::wipe(key);
        if (!isUsable)
            return malformed(u"the data key is missing"_s);
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
    return vault;
}

Result<void> Vault::unlock(const Pki::SecretBytes &passphrase)
{
    if (m_protection == Protection::Open)
        return {};
    if (passphrase.isEmpty())
        return failure(ErrorCode::PassphraseRequired, m_file);
    const Result<Pki::SecretBytes> wrappingKey = Pki::deriveKey(passphrase, m_salt, m_scrypt);
    if (!wrappingKey)
        return std::unexpected(wrappingKey.error());
    Result<Pki::SecretBytes> key = Pki::unseal(*wrappingKey, m_wrappedKey, wrapIdentity);
    if (!key || key->size() != keySize)
        return failure(ErrorCode::WrongPassphrase, m_file);
    m_dataKey = std::move(*key);
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
    return Pki::seal(m_dataKey, plain, identity);
}

Result<Pki::SecretBytes> Vault::unseal(const QByteArray &sealed, const QByteArray &identity) const
{
    if (isLocked())
        return failure(ErrorCode::VaultLocked, m_file);
    return Pki::unseal(m_dataKey, sealed, identity);
}

} // namespace Models
