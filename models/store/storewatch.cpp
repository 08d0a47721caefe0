// SPDX-License-Identifier: GPL-3.0-or-later
// A second process on one workspace: it reads, is told who writes, and sees what that one changes.
#include "models/store/store_p.h"
#include "models/store/storeschema.h"

#include <QFileInfo>
#include <QSysInfo>

using namespace Qt::StringLiterals;
using Pki::failure;

namespace Models {

namespace {

constexpr std::chrono::milliseconds watchInterval{1500};

/// Which rows of `before` are gone and which of `after` are new or changed.
template <typename Version, typename Gone, typename Changed>
void compare(const QHash<qint64, Version> &before, const QHash<qint64, Version> &after, Gone gone, Changed changed)
{
    for (auto it = before.cbegin(); it != before.cend(); ++it) {
        if (!after.contains(it.key()))
            gone(it.key(), it.value());
    }
    for (auto it = after.cbegin(); it != after.cend(); ++it) {
        const auto former = before.constFind(it.key());
        if (former == before.cend() || *former != it.value())
            changed(it.key(), it.value());
    }
}

} // namespace

QString WorkspaceHolder::toText() const
{
    const QString name = program.isEmpty() ? u"another program"_s : program;
    const QString who = u"%1 (process %2 on %3"_s.arg(name, QString::number(process), host);
    return since.isValid() ? u"%1, since %2)"_s.arg(who, since.toLocalTime().toString(u"yyyy-MM-dd HH:mm"_s)) : who + u')';
}

std::optional<WorkspaceHolder> Store::holderOf(const QString &file)
{
    const QString lockFile = file + u".lock"_s;
    const QFileInfo info(lockFile);
    QLockFile lock(lockFile);
    lock.setStaleLockTime(0);
    WorkspaceHolder holder;
    if (!info.exists() || !lock.getLockInfo(&holder.process, &holder.host, &holder.program))
        return std::nullopt;
    // One that died on this machine holds nothing; of another machine's process only its own words are known.
    const bool isHere = holder.host == QSysInfo::machineHostName();
    if (isHere && holder.process > 0 && !QFileInfo::exists(u"/proc/%1"_s.arg(holder.process)) && QFileInfo::exists(u"/proc/self"_s))
        return std::nullopt;
    holder.since = info.lastModified().toUTC();
    return holder;
}

Result<Store::Private::Versions> Store::Private::readVersions()
{
    Versions read;
    Result<QSqlQuery> servers = database->run(u"SELECT id, version FROM server WHERE deleted_at IS NULL"_s);
    if (!servers)
        return std::unexpected(servers.error());
    while (servers->next())
        read.servers.insert(servers->value(0).toLongLong(), servers->value(1).toLongLong());
    Result<QSqlQuery> requests = database->run(u"SELECT id, version FROM request WHERE deleted_at IS NULL"_s);
    if (!requests)
        return std::unexpected(requests.error());
    while (requests->next())
        read.requests.insert(requests->value(0).toLongLong(), requests->value(1).toLongLong());
    Result<QSqlQuery> certificates = database->run(u"SELECT id, version, server FROM ca_certificate"_s);
    if (!certificates)
        return std::unexpected(certificates.error());
    while (certificates->next())
        read.caCertificates.insert(certificates->value(0).toLongLong(),
                                   {certificates->value(1).toLongLong(), certificates->value(2).toLongLong()});
    return read;
}

void Store::lookForChanges()
{
    const Result<QVariant> version = d->database->value(u"PRAGMA data_version"_s);
    if (!version || version->toLongLong() == d->dataVersion)
        return;
    auto read = d->readVersions();
    if (!read)
        return; // in the middle of something: the next look will do
    d->dataVersion = version->toLongLong();
    const Private::Versions before = std::exchange(d->versions, *read);
    const Private::Versions &after = d->versions;
    compare(
        before.servers, after.servers, [this](qint64 id, qint64) { emit serverRemoved({id}); },
        [this](qint64 id, qint64) { emit serverChanged({id}); });
    compare(
        before.requests, after.requests, [this](qint64 id, qint64) { emit requestRemoved({id}); },
        [this](qint64 id, qint64) { emit requestChanged({id}); });
    QSet<Scep::ServerId> caStores;
    const auto note = [&](qint64, const std::pair<qint64, qint64> &row) { caStores.insert({row.second}); };
    compare(before.caCertificates, after.caCertificates, note, note);
    for (const Scep::ServerId server : std::as_const(caStores)) {
        if (server.isNull() || after.servers.contains(server.value))
            emit caStoreChanged(server);
    }
}

Result<std::unique_ptr<Store>> Store::openReadOnly(const QString &file, Vault &vault)
{
    auto parts = std::make_unique<Private>(file, vault);
    parts->isReadOnly = true;
    auto database = SqlDatabase::openForReading(file);
    if (!database)
        return std::unexpected(database.error());
    parts->database = std::move(*database);
    const Result<int> version = schemaVersion(*parts->database);
    if (!version)
        return std::unexpected(version.error());
    if (const int newest = migrations().last().to; *version != newest)
        return failure(ErrorCode::StoreVersion,
                       u"%1 has version %2, this Scepter reads version %3"_s.arg(file, QString::number(*version), QString::number(newest)));
    const std::optional<WorkspaceHolder> holder = holderOf(file);
    parts->database->refuseChanges({ErrorCode::WorkspaceInUse, holder ? u"%1 is held by %2"_s.arg(file, holder->toText())
                                                                      : u"%1 was opened for reading only"_s.arg(file)});
    const Result<QVariant> seen = parts->database->value(u"PRAGMA data_version"_s);
    if (!seen)
        return std::unexpected(seen.error());
    parts->dataVersion = seen->toLongLong();
    auto versions = parts->readVersions();
    if (!versions)
        return std::unexpected(versions.error());
    parts->versions = *versions;
    std::unique_ptr<Store> store(new Store(std::move(parts)));
    if (const Result<StoreSettings> settings = store->settings())
        store->d->limits = *settings;
    store->d->watchTimer = std::make_unique<QTimer>();
    connect(store->d->watchTimer.get(), &QTimer::timeout, store.get(), &Store::lookForChanges);
    store->d->watchTimer->start(watchInterval);
    return store;
}

} // namespace Models
