// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/keyprotection.h"

#include "scep/files/durablefile.h"
#include "scep/pki/keyfile.h"

#include <QDir>
#include <QHash>

#include <mutex>

namespace LabCa {

using namespace Qt::StringLiterals;
using Pki::ErrorCode;
using Pki::failure;
using Pki::PrivateKey;
using Pki::Result;
using Pki::SecretBytes;

namespace {

constexpr qint64 maxPemBytes = 256 * 1024;
constexpr int secretBytes = 32;

QStringList keyFiles(const QString &folder)
{
    QStringList paths;
    const QFileInfoList files = QDir(folder).entryInfoList({u"*.key.pem"_s}, QDir::Files, QDir::Name);
    for (const QFileInfo &file : files)
        paths.append(file.filePath());
    return paths;
}

/// What is written with few rounds is under a random secret: a pass phrase always has many.
bool isUnderRandomSecret(const QString &path)
{
    auto bytes = Files::readFile(path, maxPemBytes);
    const auto rounds = bytes ? Pki::keyDerivationRounds(*bytes) : std::nullopt;
    if (bytes)
        Pki::wipe(*bytes);
    return rounds && *rounds < Pki::passphraseRounds;
}

bool isEncrypted(const QString &path)
{
    auto bytes = Files::readFile(path, maxPemBytes);
    const bool encrypted = bytes && Pki::isEncryptedPem(*bytes);
    if (bytes)
        Pki::wipe(*bytes);
    return encrypted;
}

} // namespace

class KeyProtection::Private
{
public:
    SecretBytes secret;
    bool isRandom = false;
    /// Opening a key under a pass phrase takes a third of a second: once for each content of a file.
    std::mutex mutex;
    QHash<QByteArray, PrivateKey> opened;
};

Result<KeyProtection> KeyProtection::ofFolder(const QString &folder, const SecretBytes &passphrase)
{
    KeyProtection protection;
    protection.d = std::make_shared<Private>();
    const QString path = folder + "/keys.secret"_L1;
    const QStringList keys = keyFiles(folder);
    const bool hasSecretFile = QFile::exists(path);
    if (!passphrase.isEmpty()) {
        // One without a key is what a making left that was given up.
        if (hasSecretFile && keys.isEmpty()) {
            if (const auto removed = Files::removeFile(path); !removed)
                return std::unexpected(removed.error());
        } else if (hasSecretFile)
            return failure(ErrorCode::InvalidArgument,
                           u"the keys in %1 are not under a pass phrase but under keys.secret"_s.arg(QDir::toNativeSeparators(folder)));
        protection.d->secret = passphrase.clone(); // the folder is worked with for as long as its user likes
        return protection;
    }
    if (!hasSecretFile) {
        for (const QString &key : keys) {
            if (isUnderRandomSecret(key))
                return failure(ErrorCode::FileNotFound, u"%1, the secret that opens %2: without it the keys are lost"_s.arg(
                                                            QDir::toNativeSeparators(path), QFileInfo(key).fileName()));
            if (isEncrypted(key))
                return failure(ErrorCode::PassphraseRequired, QDir::toNativeSeparators(key));
        }
        QByteArray text = Pki::randomBytes(secretBytes).toHex() + '\n';
        const auto written =
            Files::writeDurably({{.path = path, .bytes = text, .access = Files::FileAccess::OwnerOnly, .mustBeNew = true}});
        Pki::wipe(text);
        if (!written)
            return std::unexpected(written.error());
    }
    auto secret = Files::readSecretFile(path);
    if (!secret)
        return std::unexpected(secret.error());
    protection.d->secret = std::move(*secret);
    protection.d->isRandom = true;
    return protection;
}

Result<PrivateKey> KeyProtection::read(const QString &path) const
{
    auto bytes = Files::readFile(path, maxPemBytes);
    if (!bytes)
        return std::unexpected(bytes.error());
    const QByteArray digest = Pki::hash(Pki::Digest::Sha256, *bytes);
    {
        const std::lock_guard lock(d->mutex);
        if (const auto known = d->opened.constFind(digest); known != d->opened.cend()) {
            Pki::wipe(*bytes);
            return *known;
        }
    }
    auto key = PrivateKey::fromBytes(*bytes, d->secret);
    Pki::wipe(*bytes);
    if (!key) {
        const bool isWrong = key.error().code == ErrorCode::WrongPassphrase;
        const QString name = QDir::toNativeSeparators(path);
        if (isWrong && !d->isRandom)
            return failure(ErrorCode::WrongPassphrase, name);
        if (isWrong)
            return failure(ErrorCode::Malformed, u"%1: it is not encrypted with the secret in keys.secret"_s.arg(name));
        return failure(ErrorCode::Malformed, u"%1: %2"_s.arg(name, key.error().detail.isEmpty() ? u"is damaged"_s : key.error().detail));
    }
    const std::lock_guard lock(d->mutex);
    d->opened.insert(digest, *key);
    return key;
}

Result<QByteArray> KeyProtection::seal(const PrivateKey &key) const
{
    auto pem = Pki::encryptedPkcs8Pem(key, d->secret, d->isRandom ? Pki::randomSecretRounds : Pki::passphraseRounds);
    if (pem) {
        const std::lock_guard lock(d->mutex);
        d->opened.insert(Pki::hash(Pki::Digest::Sha256, *pem), key);
    }
    return pem;
}

Result<void> KeyProtection::sealOpenKeys(const QString &folder) const
{
    const QStringList paths = keyFiles(folder);
    for (const QString &path : paths) {
        if (isEncrypted(path))
            continue;
        const auto key = read(path);
        if (!key)
            return std::unexpected(key.error());
        const auto pem = seal(*key);
        if (!pem)
            return std::unexpected(pem.error());
        if (const auto written = Files::writeDurably(path, *pem, Files::FileAccess::OwnerOnly); !written)
            return written;
    }
    return {};
}

} // namespace LabCa
