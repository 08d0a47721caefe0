// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/store/restorestep.h"
#include "models/store/store_p.h"
#include "models/store/storeschema.h"
#include "models/store/writeobstacle.h"

#include <QFileInfo>

using namespace Qt::StringLiterals;
using Pki::failure;

namespace Models {

Store::Store(std::unique_ptr<Private> parts)
    : d(std::move(parts))
{
    d->q = this;
}

Store::~Store()
{
    if (d->database && !d->isReadOnly)
        d->writeExchanges();
}

bool Store::isReadOnly() const
{
    return d->isReadOnly;
}

QString Store::file() const
{
    return d->file;
}

namespace {

/// Of a file that the former process did not close: what it wrote last is still apart.
bool wasLeftOpen(const QString &file)
{
    return QFileInfo(file + u"-wal"_s).size() > 0;
}

Result<void> quickCheck(SqlDatabase &database, const QString &file)
{
    const Result<QVariant> verdict = database.value(u"PRAGMA quick_check(1)"_s);
    if (!verdict)
        return std::unexpected(verdict.error());
    if (verdict->toString() != "ok"_L1)
        return failure(ErrorCode::StoreFailure, u"%1 is damaged: %2"_s.arg(file, verdict->toString()));
    return {};
}

} // namespace

Result<std::unique_ptr<Store>> Store::open(const QString &file, Vault &vault)
{
    auto parts = std::make_unique<Private>(file, vault);
    // Only a writer that has died gives up its lock, however long ago it took it.
    parts->lock.setStaleLockTime(0);
    if (!parts->lock.tryLock(0)) {
        if (parts->lock.error() != QLockFile::LockFailedError) {
            const Error error = writeObstacle(file).value_or(Error{ErrorCode::FileNotWritable, u"the lock cannot be made"_s});
            return failure(error.code, u"%1.lock: %2"_s.arg(file, error.detail));
        }
        const std::optional<WorkspaceHolder> holder = holderOf(file);
        return failure(ErrorCode::WorkspaceInUse,
                       holder ? u"%1 is held by %2"_s.arg(file, holder->toText()) : u"%1 is held by another process"_s.arg(file));
    }
    // Then the vault at hand may be another store's.
    if (RestoreStep(QFileInfo(file).path()).isPending())
        return failure(ErrorCode::StoreFailure, u"%1: a backup was being restored; open the workspace again"_s.arg(file));
    const bool mustCheck = wasLeftOpen(file);
    auto database = SqlDatabase::open(file);
    if (!database)
        return std::unexpected(database.error());
    parts->database = std::move(*database);
    if (mustCheck) {
        if (Result<void> sound = quickCheck(*parts->database, file); !sound)
            return std::unexpected(sound.error());
    }
    if (Result<void> ready = bringUpToDate(*parts->database, file); !ready)
        return std::unexpected(ready.error());
    const Result<QVariant> bytes = parts->database->value(u"SELECT COALESCE(SUM(size), 0) FROM exchange"_s);
    if (!bytes)
        return std::unexpected(bytes.error());
    parts->exchangeBytes = bytes->toLongLong();
    std::unique_ptr<Store> store(new Store(std::move(parts)));
    const Result<StoreSettings> settings = store->settings();
    if (!settings)
        return std::unexpected(settings.error());
    store->d->limits = *settings;
    if (!vault.isLocked()) {
        if (Result<void> done = store->d->sealOpenProxyPasswords(); !done)
            return std::unexpected(done.error());
    }
    return store;
}

QList<StoreReport::Problem> Store::damages() const
{
    return d->damages;
}

// -- what the files of the store share ---------------------------------------------------------------------------------------

void Store::Private::noteDamage(const QString &object, const QString &what)
{
    const StoreReport::Problem problem{object, what};
    if (damages.contains(problem))
        return;
    damages.append(problem);
    QMetaObject::invokeMethod(q, [store = q, problem] { emit store->damaged(problem); }, Qt::QueuedConnection);
}

Result<void> Store::Private::changeOne(const QString &what, const QString &sql, const QVariantList &values)
{
    const Result<int> rows = database->change(sql, values);
    if (!rows)
        return std::unexpected(rows.error());
    if (*rows != 1)
        return failure(ErrorCode::InvalidArgument, u"%1 does not exist"_s.arg(what));
    return {};
}

namespace {

QByteArray identity(const char *table, qint64 id)
{
    return QByteArray(table) + '/' + QByteArray::number(id);
}

} // namespace

Result<QVariant> Store::Private::sealed(QByteArrayView plain, const char *table, qint64 id) const
{
    if (plain.isEmpty())
        return QVariant();
    const Result<QByteArray> bytes = vault.seal(plain, identity(table, id));
    if (!bytes)
        return std::unexpected(bytes.error());
    return QVariant(*bytes);
}

Result<Pki::SecretBytes> Store::Private::unsealed(const QVariant &column, const char *table, qint64 id) const
{
    if (column.isNull() || column.toByteArray().isEmpty())
        return Pki::SecretBytes();
    return vault.unseal(column.toByteArray(), identity(table, id));
}

Result<QVariant> Store::Private::sealedKey(const Pki::PrivateKey &key, const char *table, qint64 id) const
{
    if (key.isNull())
        return QVariant();
    const Pki::SecretBytes der = key.toPkcs8Der();
    if (der.isEmpty())
        return failure(ErrorCode::CryptoFailure, u"the private key cannot be written as PKCS#8"_s);
    return sealed(der.view(), table, id);
}

Result<Pki::PrivateKey> Store::Private::unsealedKey(const QVariant &column, const char *table, qint64 id) const
{
    const Result<Pki::SecretBytes> der = unsealed(column, table, id);
    if (!der)
        return std::unexpected(der.error());
    if (der->isEmpty())
        return Pki::PrivateKey();
    return Pki::PrivateKey::fromBytes(der->view());
}

} // namespace Models

#include "moc_store.cpp"
