// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/depot.h"

#include "scep/files/durablefile.h"
#include "scep/labca/camaking.h"
#include "scep/labca/depotprivate.h"

#include <QDir>
#include <QFileInfo>

#include <algorithm>
#include <chrono>

namespace LabCa {

using namespace Qt::StringLiterals;

namespace {

/// Two RSA-4096 keys on a slow machine, made by another process.
constexpr std::chrono::milliseconds makingPatience{120'000};

QString lockPath(const QString &folder)
{
    return folder + "/depot.lock"_L1;
}

} // namespace

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

} // namespace LabCa
