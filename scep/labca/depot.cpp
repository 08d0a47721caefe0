// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/depot.h"

#include "scep/files/durablefile.h"
#include "scep/labca/camaking.h"
#include "scep/labca/enrollmentfile.h"
#include "scep/labca/enrollmentindex.h"
#include "scep/labca/filestamp.h"
#include "scep/labca/folderlock.h"
#include "scep/labca/rollover.h"
#include "scep/pki/crlreasons.h"

#include <QDir>
#include <QFileInfo>

#include <algorithm>
#include <chrono>
#include <mutex>

namespace LabCa {

using namespace Qt::StringLiterals;

namespace {

/// Two RSA-4096 keys on a slow machine, made by another process.
constexpr std::chrono::milliseconds makingPatience{120'000};

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
           a.signer == b.signer && a.rejectionReason == b.rejectionReason && a.certificate == b.certificate &&
           a.revocation == b.revocation && a.issuingTrouble == b.issuingTrouble;
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
    Private(QString folderPath, FolderLock folderLock, KeyProtection keyProtection)
        : folder(std::move(folderPath))
        , lock(std::move(folderLock))
        , protection(std::move(keyProtection))
        , index(enrollmentFolder(folder))
    {}

    /// Changes with every file that is put into the folder, also by another process. Enrollments lie in a folder of their own.
    using Stamp = std::pair<FileStamp, FileStamp>;
    [[nodiscard]] Stamp stamp() const
    {
        return {fileStamp(folder), fileStamp(inFolder(folder, certificateFile(Generation::current(), CaPart::Issuing)))};
    }
    /// Under the lock of the whole folder.
    Result<void> readAgain()
    {
        const auto finished = finishSwitch(folder, protection);
        if (!finished)
            return finished;
        const Stamp read = stamp();
        auto material = readCa(folder, protection);
        if (!material)
            return std::unexpected(material.error());
        const std::lock_guard guard(mutex);
        ca = std::make_shared<const CaMaterial>(std::move(*material));
        caStamp = read;
        return {};
    }
    [[nodiscard]] bool isUpToDate(const QDateTime &now) const
    {
        const Stamp found = stamp();
        const std::lock_guard guard(mutex);
        const bool isTime = ca->next && ca->switchAt.isValid() && ca->switchAt <= now;
        return found == caStamp && !isTime;
    }
    Result<void> makeNext(const std::optional<CaDescription> &wanted, bool withRoot);

    QString folder;
    FolderLock lock;
    KeyProtection protection;
    EnrollmentIndex index;
    mutable std::mutex mutex; ///< of what follows
    std::shared_ptr<const CaMaterial> ca;
    Stamp caStamp; ///< of the files that `ca` was read from
};

Result<void> Depot::Private::makeNext(const std::optional<CaDescription> &wanted, bool withRoot)
{
    // Said again when it is written; here to spare the keys.
    if (hasNextCa(folder))
        return failure(ErrorCode::InvalidArgument, u"the next issuing CA in %1 is made already"_s.arg(QDir::toNativeSeparators(folder)));
    auto description = wanted ? Result<CaDescription>(*wanted) : readDescription(folder);
    if (!description)
        return std::unexpected(description.error());
    {
        const std::lock_guard guard(mutex);
        description->ra = ca->current.raKind();
    }
    const auto next = makeNextCa(folder, *description, protection, withRoot);
    if (!next)
        return std::unexpected(next.error());
    const auto guard = lock.whole();
    if (!guard)
        return std::unexpected(guard.error());
    if (const auto written = writeNextCa(folder, *next); !written)
        return written;
    return readAgain();
}

Depot::Depot(std::unique_ptr<Private> data)
    : d(std::move(data))
{}
Depot::~Depot() = default;
Depot::Depot(Depot &&) noexcept = default;
Depot &Depot::operator=(Depot &&) noexcept = default;

Result<Depot> Depot::openOrCreate(const QString &folder, const CaDescription &description, const Pki::SecretBytes &passphrase)
{
    if (folder.isEmpty())
        return failure(ErrorCode::InvalidArgument, u"the Lab CA needs a folder"_s);
    const QString path = QFileInfo(folder).absoluteFilePath();
    if (!isFinishedCa(path)) {
        if (const auto made = Files::makePrivateFolder(path); !made)
            return std::unexpected(made.error());
        FolderLock lock(lockPath(path));
        const auto guard = lock.whole(makingPatience);
        if (!guard)
            return std::unexpected(guard.error());
        if (!isFinishedCa(path)) {
            // Before anything is written that would bind a second try to how this one wanted its keys protected.
            if (const auto checked = checkMaking(description); !checked)
                return std::unexpected(checked.error());
            if (const auto made = Files::makePrivateFolder(enrollmentFolder(path)); !made)
                return std::unexpected(made.error());
            const auto protection = KeyProtection::ofFolder(path, passphrase);
            if (!protection)
                return std::unexpected(protection.error());
            if (const auto made = makeCa(path, description, *protection); !made)
                return std::unexpected(made.error());
        }
    }
    return open(path, passphrase);
}

Result<Depot> Depot::open(const QString &folder, const Pki::SecretBytes &passphrase)
{
    const QString path = QFileInfo(folder).absoluteFilePath();
    if (folder.isEmpty() || !isFinishedCa(path))
        return failure(ErrorCode::FileNotFound, u"there is no Lab CA in %1"_s.arg(QDir::toNativeSeparators(path)));
    FolderLock lock(lockPath(path));
    Result<KeyProtection> protection;
    {
        const auto guard = lock.whole(makingPatience);
        if (!guard)
            return std::unexpected(guard.error());
        protection = KeyProtection::ofFolder(path, passphrase);
        if (!protection)
            return std::unexpected(protection.error());
    }
    auto d = std::make_unique<Private>(path, std::move(lock), std::move(*protection));
    {
        const auto guard = d->lock.whole(makingPatience);
        if (!guard)
            return std::unexpected(guard.error());
        if (const auto read = d->readAgain(); !read)
            return std::unexpected(read.error());
        // Only of a folder that is whole: what is damaged stays as it is.
        if (const auto sealed = d->protection.sealOpenKeys(path); !sealed)
            return std::unexpected(sealed.error());
        const std::lock_guard ofStamp(d->mutex);
        d->caStamp = d->stamp();
    }
    return Depot(std::move(d));
}

QString Depot::folder() const
{
    return d->folder;
}

std::shared_ptr<const CaMaterial> Depot::material() const
{
    const std::lock_guard guard(d->mutex);
    return d->ca;
}

Pki::Certificate Depot::root() const
{
    return material()->current.root;
}

Pki::Certificate Depot::issuing() const
{
    return material()->current.issuing;
}

Pki::PrivateKey Depot::issuingKey() const
{
    return material()->current.issuingKey;
}

QList<Pki::Certificate> Depot::retiredIssuing() const
{
    QList<Pki::Certificate> certificates;
    const auto ca = material();
    for (const CaIdentity &identity : ca->retired)
        certificates.append(identity.issuing);
    return certificates;
}

Pki::Certificate Depot::nextIssuing() const
{
    const auto ca = material();
    return ca->next ? ca->next->issuing : Pki::Certificate();
}

Result<CaDescription> Depot::description() const
{
    return readDescription(d->folder);
}

Result<void> Depot::makeNextIssuing(const std::optional<CaDescription> &description)
{
    return d->makeNext(description, false);
}

Result<void> Depot::makeNextRoot(const std::optional<CaDescription> &description)
{
    return d->makeNext(description, true);
}

Result<void> Depot::discardNext()
{
    const auto guard = d->lock.whole();
    if (!guard)
        return std::unexpected(guard.error());
    if (const auto finished = finishSwitch(d->folder, d->protection); !finished)
        return finished;
    if (const auto discarded = discardNextCa(d->folder); !discarded)
        return discarded;
    return d->readAgain();
}

Result<void> Depot::makeRa(RaKind kind)
{
    auto described = readDescription(d->folder);
    if (!described)
        return std::unexpected(described.error());
    described->ra = kind;
    const auto guard = d->lock.whole(makingPatience);
    if (!guard)
        return std::unexpected(guard.error());
    if (const auto read = d->readAgain(); !read)
        return read;
    const auto ca = material();
    if (kind == RaKind::None || ca->current.raKind() != RaKind::None)
        return failure(ErrorCode::InvalidArgument, kind == RaKind::None ? u"no kind of RA is given"_s : u"the CA has an RA already"_s);
    const auto files = LabCa::makeRa(d->folder, *described, ca->current, d->protection);
    if (!files)
        return std::unexpected(files.error());
    if (const auto written = writeRa(d->folder, *described, *files); !written)
        return written;
    return d->readAgain();
}

Result<void> Depot::switchToNextIssuing()
{
    const auto guard = d->lock.whole();
    if (!guard)
        return std::unexpected(guard.error());
    if (const auto finished = finishSwitch(d->folder, d->protection); !finished)
        return finished;
    if (const auto switched = switchToNext(d->folder); !switched)
        return switched;
    return d->readAgain();
}

Result<void> Depot::scheduleSwitch(const QDateTime &at)
{
    const auto guard = d->lock.whole();
    if (!guard)
        return std::unexpected(guard.error());
    if (const auto scheduled = LabCa::scheduleSwitch(d->folder, at); !scheduled)
        return scheduled;
    return d->readAgain();
}

Result<void> Depot::refresh(const QDateTime &now)
{
    if (d->isUpToDate(now))
        return {};
    const auto guard = d->lock.whole();
    if (!guard)
        return std::unexpected(guard.error());
    if (d->isUpToDate(now)) // another thread did it meanwhile
        return {};
    if (const auto read = d->readAgain(); !read)
        return read;
    if (const auto ca = material(); !ca->next || !ca->switchAt.isValid() || ca->switchAt > now)
        return {}; // a file came into the folder since
    if (const auto switched = switchToNext(d->folder); !switched)
        return switched;
    return d->readAgain();
}

Result<QList<Enrollment>> Depot::enrollments(QStringList *damaged) const
{
    return d->index.all(damaged);
}

Result<std::optional<Enrollment>> Depot::find(const Scep::TransactionId &id) const
{
    return d->index.find(id);
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
    const auto guard = d->lock.slot(id.toText().toUtf8());
    if (!guard)
        return std::unexpected(guard.error());
    const auto before = find(id);
    if (!before)
        return std::unexpected(before.error());
    auto after = change(*before);
    if (!after)
        return after;
    if (!before->has_value() || !isSame(**before, *after)) {
        if (const auto written = d->index.write(*after); !written)
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
    // A stranger's certificate must not make us look through the folder.
    const auto ca = material();
    const auto isOurs = [&certificate](const CaIdentity &identity) { return certificate.isSignedBy(identity.issuing); };
    if (!isOurs(ca->current) && std::ranges::none_of(ca->retired, isOurs))
        return std::optional<Enrollment>();
    auto found = findBySerialNumber(certificate.issuerAndSerialNumber());
    if (found && *found && (*found)->certificate != certificate)
        return std::optional<Enrollment>();
    return found;
}

Result<std::optional<Enrollment>> Depot::findBySerialNumber(const Pki::IssuerAndSerialNumber &about) const
{
    return d->index.findBySerialNumber(about);
}

Result<std::optional<Enrollment>> Depot::findTroubled(const RequestedCertificate &requested) const
{
    return d->index.findTroubled(requested);
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

Result<QList<Pki::RevokedCertificate>> Depot::revoked(const Pki::Certificate &issuing, QStringList *damaged) const
{
    const auto known = enrollments(damaged);
    if (!known)
        return std::unexpected(known.error());
    QList<Pki::RevokedCertificate> list;
    for (const Enrollment &enrollment : *known) {
        if (enrollment.revocation && enrollment.certificate.issuer() == issuing.subject())
            list.append({enrollment.certificate.serialNumber(), enrollment.revocation->at, enrollment.revocation->reason});
    }
    return list;
}

Result<Scep::TransactionId> Depot::resolve(const QString &idPrefix) const
{
    if (idPrefix.isEmpty())
        return failure(ErrorCode::InvalidArgument, u"no transactionID given"_s);
    // Also where other files are damaged; and so is told what is wrong with its own.
    if (const auto id = Scep::TransactionId::fromText(idPrefix)) {
        const auto exact = find(*id);
        if (!exact || exact->has_value())
            return exact ? Result<Scep::TransactionId>(*id) : std::unexpected(exact.error());
    }
    const auto known = enrollments();
    if (!known)
        return std::unexpected(known.error());
    QString serialPrefix = idPrefix;
    serialPrefix.remove(u':');
    QList<Scep::TransactionId> matching;
    for (const Enrollment &enrollment : *known) {
        const QString serial = enrollment.certificate.isNull() ? QString() : enrollment.certificate.serialNumber().toHex();
        if (!serial.isEmpty() && serial.compare(serialPrefix, Qt::CaseInsensitive) == 0)
            return enrollment.transactionId;
        const bool hasSerial = !serialPrefix.isEmpty() && serial.startsWith(serialPrefix, Qt::CaseInsensitive);
        if (hasSerial || enrollment.transactionId.toText().startsWith(idPrefix, Qt::CaseInsensitive))
            matching.append(enrollment.transactionId);
    }
    if (matching.isEmpty())
        return failure(ErrorCode::InvalidArgument,
                       u"no request has a transactionID or serial number that begins with \"%1\""_s.arg(idPrefix));
    if (matching.size() > 1)
        return failure(ErrorCode::InvalidArgument,
                       u"%1 requests have a transactionID or serial number that begins with \"%2\": type more of it"_s.arg(matching.size())
                           .arg(idPrefix));
    return matching.first();
}

} // namespace LabCa
