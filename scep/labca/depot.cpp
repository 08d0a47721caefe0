// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/depot.h"

#include "scep/files/durablefile.h"
#include "scep/labca/camaking.h"
#include "scep/labca/enrollmentfile.h"
#include "scep/pki/crlreasons.h"

#include <QDir>
#include <QFileInfo>
#include <QHash>
#include <QLockFile>

#include <algorithm>
#include <chrono>

namespace LabCa {

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 maxEnrollmentBytes = 1024 * 1024;
/// Two RSA-4096 keys on a slow machine, made by another process.
constexpr std::chrono::milliseconds makingPatience{120'000};
constexpr std::chrono::milliseconds changePatience{10'000};

Result<void> take(QLockFile &lock, std::chrono::milliseconds patience)
{
    // A lock is stale when its process is gone, never because it is old: making keys may take long.
    lock.setStaleLockTime(0);
    if (lock.tryLock(static_cast<int>(patience.count())))
        return {};
    if (lock.error() == QLockFile::LockFailedError)
        return failure(ErrorCode::WorkspaceInUse, u"another process keeps %1 locked"_s.arg(QDir::toNativeSeparators(lock.fileName())));
    return failure(ErrorCode::FileNotWritable, u"%1: the lock file cannot be written"_s.arg(QDir::toNativeSeparators(lock.fileName())));
}

QString lockPath(const QString &folder)
{
    return folder + "/depot.lock"_L1;
}

QString enrollmentFolder(const QString &folder)
{
    return folder + "/enrollments"_L1;
}

/// What may change in a stored enrollment.
bool isSame(const Enrollment &a, const Enrollment &b)
{
    return a.state == b.state && a.receivedAt == b.receivedAt && a.requested == b.requested && a.requestDigest == b.requestDigest &&
           a.signer == b.signer && a.rejectionReason == b.rejectionReason && a.certificate == b.certificate && a.revocation == b.revocation;
}

Result<void> checkPending(const Scep::TransactionId &id, const std::optional<Enrollment> &stored)
{
    if (!stored)
        return failure(ErrorCode::InvalidArgument, u"there is no request with transactionID %1"_s.arg(id.toText()));
    if (stored->state != Enrollment::State::Pending)
        return failure(ErrorCode::InvalidArgument, u"the request %1 is not pending but %2"_s.arg(id.toText(), displayName(stored->state)));
    return {};
}

} // namespace

class Depot::Private
{
public:
    /// Changes when another process made or switched to the next issuing CA.
    static QString stampOf(const QString &folder)
    {
        QString stamp;
        for (const QString &name : {u"/issuing.pem"_s, u"/next-issuing.pem"_s}) {
            const QFileInfo file(folder + name);
            stamp += u"%1 %2;"_s.arg(file.exists() ? file.lastModified().toMSecsSinceEpoch() : 0).arg(file.size());
        }
        return stamp;
    }
    Result<void> readCaAgain()
    {
        const QString stamp = stampOf(folder);
        auto material = readCa(folder);
        if (!material)
            return std::unexpected(material.error());
        ca = std::move(*material);
        caStamp = stamp;
        return {};
    }

    explicit Private(QString folderPath, CaMaterial caMaterial)
        : folder(std::move(folderPath))
        , ca(std::move(caMaterial))
    {}

    [[nodiscard]] QString pathOf(const QString &fileName) const { return enrollmentFolder(folder) + u'/' + fileName; }
    Result<Enrollment> read(const QString &fileName) const;
    Result<void> write(const Enrollment &enrollment) const;

    QString folder;
    CaMaterial ca;
    QString caStamp = stampOf(folder); ///< of the files that `ca` was read from

    /// Parsed files, good as long as time and size of the file are the same: listing a thousand enrollments reads only the changed ones.
    struct Cached {
        QDateTime modified;
        qint64 size = 0;
        Enrollment enrollment;
    };
    mutable QHash<QString, Cached> cache;
};

Result<Enrollment> Depot::Private::read(const QString &fileName) const
{
    const auto bytes = Files::readFile(pathOf(fileName), maxEnrollmentBytes);
    if (!bytes)
        return std::unexpected(bytes.error());
    auto enrollment = enrollmentFromJson(*bytes);
    if (!enrollment)
        return failure(enrollment.error().code, u"%1: %2"_s.arg(QDir::toNativeSeparators(pathOf(fileName)), enrollment.error().detail));
    return enrollment;
}

Result<void> Depot::Private::write(const Enrollment &enrollment) const
{
    const auto json = enrollmentToJson(enrollment);
    if (!json)
        return std::unexpected(json.error());
    return Files::writeDurably(pathOf(enrollmentFileName(enrollment.transactionId)), *json, Files::FileAccess::OwnerOnly);
}

Depot::Depot(std::unique_ptr<Private> data)
    : d(std::move(data))
{}
Depot::~Depot() = default;
Depot::Depot(Depot &&) noexcept = default;
Depot &Depot::operator=(Depot &&) noexcept = default;

Result<Depot> Depot::openOrCreate(const QString &folder, const CaDescription &description)
{
    if (folder.isEmpty())
        return failure(ErrorCode::InvalidArgument, u"the Lab CA needs a folder"_s);
    const QString path = QFileInfo(folder).absoluteFilePath();
    if (!isFinishedCa(path)) {
        if (const auto made = Files::makePrivateFolder(path); !made)
            return std::unexpected(made.error());
        QLockFile lock(lockPath(path));
        if (const auto taken = take(lock, makingPatience); !taken)
            return std::unexpected(taken.error());
        if (!isFinishedCa(path)) {
            if (const auto made = Files::makePrivateFolder(enrollmentFolder(path)); !made)
                return std::unexpected(made.error());
            if (const auto made = makeCa(path, description); !made)
                return std::unexpected(made.error());
        }
    }
    return open(path);
}

Result<Depot> Depot::open(const QString &folder)
{
    const QString path = QFileInfo(folder).absoluteFilePath();
    if (folder.isEmpty() || !isFinishedCa(path))
        return failure(ErrorCode::FileNotFound, u"there is no Lab CA in %1"_s.arg(QDir::toNativeSeparators(path)));
    auto material = readCa(path);
    if (!material)
        return std::unexpected(material.error());
    return Depot(std::make_unique<Private>(path, std::move(*material)));
}

QString Depot::folder() const
{
    return d->folder;
}

Pki::Certificate Depot::root() const
{
    return d->ca.root;
}

Pki::Certificate Depot::issuing() const
{
    return d->ca.issuing;
}

Pki::PrivateKey Depot::issuingKey() const
{
    return d->ca.issuingKey;
}

QList<Pki::Certificate> Depot::retiredIssuing() const
{
    return d->ca.retired;
}

Pki::Certificate Depot::nextIssuing() const
{
    return d->ca.next;
}

Result<void> Depot::makeNextIssuing(const CaDescription &description)
{
    QLockFile lock(lockPath(d->folder));
    if (const auto taken = take(lock, makingPatience); !taken)
        return taken;
    if (const auto made = LabCa::makeNextIssuing(d->folder, description); !made)
        return made;
    return d->readCaAgain();
}

Result<void> Depot::switchToNextIssuing()
{
    QLockFile lock(lockPath(d->folder));
    if (const auto taken = take(lock, changePatience); !taken)
        return taken;
    if (const auto switched = LabCa::switchToNextIssuing(d->folder); !switched)
        return switched;
    return d->readCaAgain();
}

Result<void> Depot::refresh()
{
    if (Private::stampOf(d->folder) == d->caStamp)
        return {};
    // A switch under way in another process is waited for.
    QLockFile lock(lockPath(d->folder));
    if (const auto taken = take(lock, changePatience); !taken)
        return taken;
    return d->readCaAgain();
}

Result<QList<Enrollment>> Depot::enrollments() const
{
    QList<Enrollment> list;
    const QFileInfoList files = QDir(enrollmentFolder(d->folder)).entryInfoList({u"*.json"_s}, QDir::Files);
    list.reserve(files.size());
    for (const QFileInfo &file : files) {
        const QString name = file.fileName();
        const auto cached = d->cache.constFind(name);
        if (cached != d->cache.constEnd() && cached->modified == file.lastModified() && cached->size == file.size()) {
            list.append(cached->enrollment);
            continue;
        }
        auto enrollment = d->read(name);
        if (!enrollment)
            return std::unexpected(enrollment.error());
        d->cache.insert(name, {file.lastModified(), file.size(), *enrollment});
        list.append(std::move(*enrollment));
    }
    std::stable_sort(list.begin(), list.end(), [](const Enrollment &a, const Enrollment &b) { return a.receivedAt < b.receivedAt; });
    return list;
}

Result<std::optional<Enrollment>> Depot::find(const Scep::TransactionId &id) const
{
    auto enrollment = d->read(enrollmentFileName(id));
    if (!enrollment) {
        if (enrollment.error().code == ErrorCode::FileNotFound)
            return std::optional<Enrollment>();
        return std::unexpected(enrollment.error());
    }
    return std::optional<Enrollment>(std::move(*enrollment));
}

Result<void> Depot::store(const Enrollment &enrollment)
{
    const auto stored =
        update(enrollment.transactionId, [&](const std::optional<Enrollment> &) -> Result<Enrollment> { return enrollment; });
    if (!stored)
        return std::unexpected(stored.error());
    return {};
}

Result<Enrollment> Depot::update(const Scep::TransactionId &id, const Change &change)
{
    QLockFile lock(lockPath(d->folder));
    if (const auto taken = take(lock, changePatience); !taken)
        return std::unexpected(taken.error());
    const auto before = find(id);
    if (!before)
        return std::unexpected(before.error());
    auto after = change(*before);
    if (!after)
        return after;
    if (!before->has_value() || !isSame(**before, *after)) {
        if (const auto written = d->write(*after); !written)
            return std::unexpected(written.error());
    }
    return after;
}

Result<Enrollment> Depot::approve(const Scep::TransactionId &id)
{
    return update(id, [&](const std::optional<Enrollment> &stored) -> Result<Enrollment> {
        if (const auto pending = checkPending(id, stored); !pending)
            return std::unexpected(pending.error());
        Enrollment approved = *stored;
        approved.state = Enrollment::State::Approved;
        return approved;
    });
}

Result<Enrollment> Depot::reject(const Scep::TransactionId &id, const QString &reason)
{
    return update(id, [&](const std::optional<Enrollment> &stored) -> Result<Enrollment> {
        if (const auto pending = checkPending(id, stored); !pending)
            return std::unexpected(pending.error());
        Enrollment rejected = *stored;
        rejected.state = Enrollment::State::Rejected;
        rejected.rejectionReason = reason;
        return rejected;
    });
}

Result<std::optional<Enrollment>> Depot::findByCertificate(const Pki::Certificate &certificate) const
{
    auto found = findBySerialNumber(certificate.issuerAndSerialNumber());
    if (found && *found && (*found)->certificate != certificate)
        return std::optional<Enrollment>();
    return found;
}

Result<std::optional<Enrollment>> Depot::findBySerialNumber(const Pki::IssuerAndSerialNumber &about) const
{
    const auto known = enrollments();
    if (!known)
        return std::unexpected(known.error());
    for (const Enrollment &enrollment : *known) {
        if (!enrollment.certificate.isNull() && enrollment.certificate.serialNumber() == about.serialNumber &&
            Pki::matches(enrollment.certificate.issuer(), about.issuer))
            return std::optional<Enrollment>(enrollment);
    }
    return std::optional<Enrollment>();
}

Result<Enrollment> Depot::revoke(const Scep::TransactionId &id, const QString &reason, const QDateTime &at)
{
    if (!reason.isEmpty() && !Pki::crlReasons().contains(reason)) {
        return failure(ErrorCode::InvalidArgument, u"\"%1\" is no reason: take one of %2"_s.arg(reason, Pki::crlReasons().join(", "_L1)));
    }
    return update(id, [&](const std::optional<Enrollment> &stored) -> Result<Enrollment> {
        if (!stored || stored->state != Enrollment::State::Issued)
            return failure(ErrorCode::InvalidArgument, u"no certificate was issued for %1"_s.arg(id.toText()));
        if (stored->revocation)
            return failure(ErrorCode::InvalidArgument, u"the certificate of %1 is revoked already"_s.arg(id.toText()));
        Enrollment revoked = *stored;
        revoked.revocation = Revocation{.at = at, .reason = reason};
        return revoked;
    });
}

Result<QList<Pki::RevokedCertificate>> Depot::revoked() const
{
    const auto known = enrollments();
    if (!known)
        return std::unexpected(known.error());
    QList<Pki::RevokedCertificate> list;
    for (const Enrollment &enrollment : *known) {
        if (enrollment.revocation && Pki::matches(enrollment.certificate.issuer(), issuing().subject()))
            list.append({enrollment.certificate.serialNumber(), enrollment.revocation->at, enrollment.revocation->reason});
    }
    return list;
}

Result<Scep::TransactionId> Depot::resolve(const QString &idPrefix) const
{
    if (idPrefix.isEmpty())
        return failure(ErrorCode::InvalidArgument, u"no transactionID given"_s);
    const auto known = enrollments();
    if (!known)
        return std::unexpected(known.error());
    QList<Scep::TransactionId> matching;
    for (const Enrollment &enrollment : *known) {
        const QString text = enrollment.transactionId.toText();
        if (text == idPrefix)
            return enrollment.transactionId;
        if (text.startsWith(idPrefix, Qt::CaseInsensitive))
            matching.append(enrollment.transactionId);
    }
    if (matching.isEmpty())
        return failure(ErrorCode::InvalidArgument, u"no request has a transactionID that begins with \"%1\""_s.arg(idPrefix));
    if (matching.size() > 1)
        return failure(ErrorCode::InvalidArgument,
                       u"%1 requests have a transactionID that begins with \"%2\": type more of it"_s.arg(matching.size()).arg(idPrefix));
    return matching.first();
}

} // namespace LabCa
