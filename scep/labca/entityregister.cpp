// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/entityregister.h"

#include "scep/files/durablefile.h"
#include "scep/pki/digest.h"
#include "scep/pki/symmetric.h"

#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>

namespace LabCa {

using namespace Qt::StringLiterals;
using Pki::SecretBytes;
using Scep::FailInfo;
using Scep::Rejection;

namespace {

constexpr qint64 maxFileBytes = 64 * 1024;
constexpr int challengeBytes = 12;
constexpr int saltBytes = 16;
/// A few milliseconds and 1 MiB: a challenge works once and for one name only, and a server must not be kept busy by wrong ones.
constexpr Pki::ScryptParameters stretching{.n = 1024, .r = 8, .p = 1};

Rejection badRequest(const QString &text)
{
    return {.failInfoNumber = static_cast<int>(FailInfo::BadRequest), .failInfoText = text, .hresult = std::nullopt};
}

QByteArray bytesOf(const SecretBytes &secret)
{
    return QByteArray::fromRawData(secret.view().data(), secret.view().size());
}

} // namespace

struct EntityRegister::Stored {
    Entity entity;
    QByteArray salt;
    QByteArray hash;
    QByteArray usedFor; ///< digest of the CSR
};

EntityRegister::EntityRegister(const QString &caFolder)
    : m_folder(caFolder + "/entities"_L1)
    , m_lock(m_folder + "/.lock"_L1)
{}

QString EntityRegister::pathOf(const QString &commonName) const
{
    // Any name makes a harmless file name.
    return m_folder + u'/' + QString::fromLatin1(Pki::hash(Pki::Digest::Sha256, commonName.toUtf8()).toHex()) + ".json"_L1;
}

Result<FolderLock::Guard> EntityRegister::lockOf(const QString &commonName)
{
    if (const auto made = Files::makePrivateFolder(m_folder); !made)
        return std::unexpected(made.error());
    return m_lock.slot(commonName.toUtf8());
}

Result<std::optional<EntityRegister::Stored>> EntityRegister::read(const QString &path) const
{
    const auto bytes = Files::readFile(path, maxFileBytes);
    if (!bytes) {
        if (bytes.error().code == ErrorCode::FileNotFound)
            return std::optional<Stored>();
        return std::unexpected(bytes.error());
    }
    const QJsonObject object = QJsonDocument::fromJson(*bytes).object();
    const auto text = [&object](const QString &member) { return object.value(member).toString(); };
    const auto hex = [&text](const QString &member) { return QByteArray::fromHex(text(member).toLatin1()); };
    Stored stored{.entity = {.commonName = text(u"commonName"_s),
                             .registeredAt = QDateTime::fromString(text(u"registeredAt"_s), Qt::ISODateWithMs),
                             .usedAt = QDateTime::fromString(text(u"usedAt"_s), Qt::ISODateWithMs),
                             .usedBy = text(u"usedBy"_s)},
                  .salt = hex(u"salt"_s),
                  .hash = hex(u"hash"_s),
                  .usedFor = hex(u"usedFor"_s)};
    if (object.value(u"version"_s).toInt() != 1 || stored.entity.commonName.isEmpty() || stored.salt.isEmpty() || stored.hash.isEmpty() ||
        !stored.entity.registeredAt.isValid())
        return failure(ErrorCode::Malformed, QDir::toNativeSeparators(path));
    return std::optional<Stored>(std::move(stored));
}

Result<void> EntityRegister::write(const Stored &stored) const
{
    const auto hex = [](const QByteArray &bytes) { return QString::fromLatin1(bytes.toHex()); };
    QJsonObject object{{u"version"_s, 1},
                       {u"commonName"_s, stored.entity.commonName},
                       {u"registeredAt"_s, stored.entity.registeredAt.toUTC().toString(Qt::ISODateWithMs)},
                       {u"salt"_s, hex(stored.salt)},
                       {u"hash"_s, hex(stored.hash)}};
    if (stored.entity.usedAt.isValid()) {
        object.insert(u"usedAt"_s, stored.entity.usedAt.toUTC().toString(Qt::ISODateWithMs));
        object.insert(u"usedBy"_s, stored.entity.usedBy);
        object.insert(u"usedFor"_s, hex(stored.usedFor));
    }
    return Files::writeDurably(pathOf(stored.entity.commonName), QJsonDocument(object).toJson(), Files::FileAccess::OwnerOnly);
}

Result<QList<Entity>> EntityRegister::entities() const
{
    QList<Entity> list;
    const QFileInfoList files = QDir(m_folder).entryInfoList({u"*.json"_s}, QDir::Files);
    for (const QFileInfo &file : files) {
        const auto stored = read(file.filePath());
        if (!stored)
            return std::unexpected(stored.error());
        if (*stored)
            list.append((*stored)->entity);
    }
    std::ranges::sort(list, {}, &Entity::commonName);
    return list;
}

Result<std::optional<Entity>> EntityRegister::find(const QString &commonName) const
{
    const auto stored = read(pathOf(commonName));
    if (!stored)
        return std::unexpected(stored.error());
    return *stored ? std::optional((*stored)->entity) : std::nullopt;
}

Result<SecretBytes> EntityRegister::add(const QString &commonName, const SecretBytes &challenge, bool again, const QDateTime &now)
{
    if (commonName.trimmed().isEmpty())
        return failure(ErrorCode::InvalidArgument, u"an entity needs a common name"_s);
    SecretBytes chosen = challenge.clone(); // handed back, so that the caller need not tell the two cases apart
    if (chosen.isEmpty()) {
        QByteArray made = Pki::randomBytes(challengeBytes).toHex();
        chosen = SecretBytes(QByteArrayView(made));
        Pki::wipe(made);
    }
    Stored stored{
        .entity = {.commonName = commonName, .registeredAt = now}, .salt = Pki::randomBytes(saltBytes), .hash = {}, .usedFor = {}};
    const auto hash = Pki::deriveKey(chosen, stored.salt, stretching);
    if (!hash)
        return std::unexpected(hash.error());
    stored.hash = hash->view().toByteArray();
    const auto guard = lockOf(commonName);
    if (!guard)
        return std::unexpected(guard.error());
    const auto known = read(pathOf(commonName));
    if (!known)
        return std::unexpected(known.error());
    if (*known && !again)
        return failure(ErrorCode::InvalidArgument, u"\"%1\" is registered already"_s.arg(commonName));
    if (const auto written = write(stored); !written)
        return std::unexpected(written.error());
    return chosen;
}

Result<void> EntityRegister::remove(const QString &commonName)
{
    const auto guard = lockOf(commonName);
    if (!guard)
        return std::unexpected(guard.error());
    if (!QFile::exists(pathOf(commonName)))
        return failure(ErrorCode::InvalidArgument, u"\"%1\" is not registered"_s.arg(commonName));
    return Files::removeFile(pathOf(commonName));
}

Result<std::optional<Rejection>> EntityRegister::take(const Claim &claim, const QDateTime &now)
{
    using Answer = std::optional<Rejection>;
    if (claim.commonName.isEmpty())
        return Answer(badRequest(u"the request has no common name: nobody is registered without one"_s));
    if (claim.challenge == nullptr || claim.challenge->isEmpty())
        return Answer(badRequest(u"the challenge password is missing"_s));
    // Strangers are turned away without a lock or any stretching.
    const QString path = pathOf(claim.commonName);
    const Answer unknown(badRequest(u"\"%1\" is not registered here"_s.arg(claim.commonName)));
    auto stored = read(path);
    if (!stored)
        return std::unexpected(stored.error());
    if (!*stored)
        return unknown;
    const auto guard = lockOf(claim.commonName);
    if (!guard)
        return std::unexpected(guard.error());
    stored = read(path);
    if (!stored)
        return std::unexpected(stored.error());
    if (!*stored)
        return unknown;
    const auto hash = Pki::deriveKey(*claim.challenge, (*stored)->salt, stretching);
    if (!hash)
        return std::unexpected(hash.error());
    if (!Pki::equalInConstantTime(bytesOf(*hash), (*stored)->hash))
        return Answer(badRequest(u"the challenge password is wrong"_s));
    Entity &entity = (*stored)->entity;
    if (entity.usedAt.isValid()) {
        const bool isTheSame = entity.usedBy == claim.transactionId.toText() && (*stored)->usedFor == claim.requestDigest;
        return isTheSame ? Answer() : Answer(badRequest(u"the challenge password was used already"_s));
    }
    entity.usedAt = now;
    entity.usedBy = claim.transactionId.toText();
    (*stored)->usedFor = claim.requestDigest;
    if (const auto written = write(**stored); !written)
        return std::unexpected(written.error());
    return Answer();
}

} // namespace LabCa
