// SPDX-License-Identifier: GPL-3.0-or-later
// Servers: what was configured and what is known of them.
#include "models/records/label.h"
#include "models/store/store_p.h"

#include <QDir>
#include <QFileInfo>

using namespace Qt::StringLiterals;
using Pki::failure;

namespace Models {

namespace {

constexpr auto serverColumns = "SELECT id, settings, knowledge, extras, label FROM server WHERE deleted_at IS NULL"_L1;

std::unexpected<Error> labelTaken(const QString &label)
{
    return failure(ErrorCode::InvalidArgument, u"there is a server with the label %1 already"_s.arg(label));
}

} // namespace

Result<ServerRecord> Store::Private::serverRecord(QSqlQuery &row) const
{
    const Scep::ServerId id{row.value(0).toLongLong()};
    const auto settings = Json::fromText(row.value(1).toString().toUtf8());
    if (!settings)
        return std::unexpected(settings.error());
    const auto server = Json::toServer(*settings);
    if (!server)
        return std::unexpected(server.error());
    ServerRecord record;
    record.server = *server;
    record.server.id = id;
    if (const QString text = row.value(2).toString(); !text.isEmpty()) {
        const auto object = Json::fromText(text.toUtf8());
        if (!object)
            return std::unexpected(object.error());
        const auto knowledge = Json::toKnowledge(*object);
        if (!knowledge)
            return std::unexpected(knowledge.error());
        record.knowledge = *knowledge;
    }
    record.knowledge.id = id;
    record.extras = extrasFromText(row.value(3).toString());
    return record;
}

Result<QList<ServerRecord>> Store::Private::serverRecords(const QString &condition, const QVariantList &values)
{
    Result<QSqlQuery> rows = database->run(serverColumns + condition, values);
    if (!rows)
        return std::unexpected(rows.error());
    QList<ServerRecord> records;
    while (rows->next()) {
        Result<ServerRecord> record = serverRecord(*rows);
        if (!record) {
            // The others work on; this one can be seen, removed, or set up anew.
            const QString label = rows->value(4).toString();
            const QString what = u"it cannot be read from the store: %1"_s.arg(record.error().detail);
            noteDamage(u"server “%1”"_s.arg(label), what);
            record = ServerRecord();
            record->server.id = {rows->value(0).toLongLong()};
            record->server.label = label;
            record->server.isEnabled = false;
            record->knowledge.id = record->server.id;
            record->knowledge.lastError = Error{ErrorCode::StoreFailure, what};
            record->damage = what;
        }
        records.append(*record);
    }
    return records;
}

Result<QList<ServerRecord>> Store::serverRecords()
{
    return d->serverRecords(u" ORDER BY id"_s, {});
}

Result<ServerRecord> Store::serverRecord(Scep::ServerId id)
{
    const auto records = d->serverRecords(u" AND id = ?"_s, {id.value});
    if (!records)
        return std::unexpected(records.error());
    if (records->isEmpty())
        return failure(ErrorCode::InvalidArgument, u"the server does not exist"_s);
    return records->first();
}

Result<QList<Scep::EnrollmentServer>> Store::servers()
{
    const Result<QList<ServerRecord>> records = serverRecords();
    if (!records)
        return std::unexpected(records.error());
    QList<Scep::EnrollmentServer> servers;
    for (const ServerRecord &record : *records) {
        if (record.damage.isEmpty())
            servers.append(record.server);
    }
    return servers;
}

Result<QList<Scep::ServerKnowledge>> Store::serverKnowledge()
{
    const Result<QList<ServerRecord>> records = serverRecords();
    if (!records)
        return std::unexpected(records.error());
    QList<Scep::ServerKnowledge> knowledge;
    for (const ServerRecord &record : *records) {
        if (record.damage.isEmpty())
            knowledge.append(record.knowledge);
    }
    return knowledge;
}

// -- secrets of the transport --------------------------------------------------------------------------------------------------

Result<void> Store::Private::storeTransportSecrets(const Scep::EnrollmentServer &server, Scep::ServerId id, const QString &formerProxyUser)
{
    const Scep::TransportSettings &transport = server.transport;
    if (!transport.clientKey.isNull() || transport.clientCertificates.isEmpty()) { // else the one that is stored stays
        const Result<QVariant> key = sealedKey(transport.clientKey, "server-client-key", id.value);
        if (!key)
            return std::unexpected(key.error());
        if (Result<void> stored = database->execute(u"UPDATE server SET client_key = ? WHERE id = ?"_s, {*key, id.value}); !stored)
            return stored;
    }
    if (!transport.proxyPassword && !transport.proxyUser.isEmpty() && transport.proxyUser == formerProxyUser)
        return {};
    const bool hasPassword = transport.proxyPassword && !transport.proxyUser.isEmpty();
    const Result<QVariant> password =
        sealed(hasPassword ? transport.proxyPassword->view() : QByteArrayView(), "server-proxy-password", id.value);
    if (!password)
        return std::unexpected(password.error());
    return database->execute(u"UPDATE server SET proxy_password = ?, open_proxy_password = NULL WHERE id = ?"_s, {*password, id.value});
}

namespace {

/// The user stays in the address, as that version has it. What cannot be changed here stays as it was.
void scrubOldCopies(const QString &file)
{
    const QFileInfo store(file);
    for (const QFileInfo &copy : store.dir().entryInfoList({store.fileName() + u".v3*.backup"_s}, QDir::Files)) {
        const auto old = SqlDatabase::open(copy.filePath());
        Result<QSqlQuery> rows = old ? (*old)->run(u"SELECT id, settings FROM server"_s) : Result<QSqlQuery>(std::unexpected(old.error()));
        QList<std::pair<qint64, QString>> changes;
        while (rows && rows->next()) {
            QJsonObject settings = Json::fromText(rows->value(1).toString().toUtf8()).value_or(QJsonObject());
            QJsonObject transport = settings[u"transport"_s].toObject();
            QUrl proxy(transport[u"proxy"_s].toString(), QUrl::StrictMode);
            if (proxy.password().isEmpty())
                continue;
            proxy.setPassword({});
            transport[u"proxy"_s] = proxy.toString(QUrl::FullyEncoded);
            settings[u"transport"_s] = transport;
            changes.append({rows->value(0).toLongLong(), QString::fromUtf8(Json::toText(settings))});
        }
        if (rows)
            rows->finish();
        for (const auto &[id, settings] : std::as_const(changes))
            (void)(*old)->execute(u"UPDATE server SET settings = ? WHERE id = ?"_s, {settings, id});
    }
}

} // namespace

Result<void> Store::Private::sealOpenProxyPasswords()
{
    Result<QSqlQuery> rows = database->run(u"SELECT id, open_proxy_password FROM server WHERE open_proxy_password IS NOT NULL"_s);
    if (!rows)
        return std::unexpected(rows.error());
    QList<std::pair<qint64, QVariant>> sealedOnes;
    while (rows->next()) {
        const qint64 id = rows->value(0).toLongLong();
        const Pki::SecretBytes password = Pki::SecretBytes::fromText(rows->value(1).toString());
        const Result<QVariant> bytes = sealed(password.view(), "server-proxy-password", id);
        if (!bytes)
            return std::unexpected(bytes.error());
        sealedOnes.append({id, *bytes});
    }
    if (sealedOnes.isEmpty())
        return {};
    {
        SqlTransaction sql(*database);
        for (const auto &[id, bytes] : std::as_const(sealedOnes)) {
            if (Result<void> stored =
                    database->execute(u"UPDATE server SET proxy_password = ?, open_proxy_password = NULL WHERE id = ?"_s, {bytes, id});
                !stored)
                return stored;
        }
        if (Result<void> committed = sql.commit(); !committed)
            return committed;
    }
    // What was in clear leaves the write-ahead log too, and the copy that was made before the migration.
    scrubOldCopies(file);
    return database->execute(u"PRAGMA wal_checkpoint(TRUNCATE)"_s);
}

Result<Pki::PrivateKey> Store::clientKey(Scep::ServerId server)
{
    const Result<QVariant> column =
        d->database->value(u"SELECT client_key FROM server WHERE id = ? AND deleted_at IS NULL"_s, {server.value});
    if (!column)
        return std::unexpected(column.error());
    return d->unsealedKey(*column, "server-client-key", server.value);
}

Result<Pki::SecretBytes> Store::proxyPassword(Scep::ServerId server)
{
    if (!d->isReadOnly && !d->vault.isLocked()) {
        if (Result<void> done = d->sealOpenProxyPasswords(); !done)
            return std::unexpected(done.error());
    }
    Result<QSqlQuery> row =
        d->database->run(u"SELECT proxy_password, open_proxy_password FROM server WHERE id = ? AND deleted_at IS NULL"_s, {server.value});
    if (!row)
        return std::unexpected(row.error());
    if (!row->next())
        return Pki::SecretBytes();
    if (!row->value(1).isNull())
        return Pki::SecretBytes::fromText(row->value(1).toString());
    return d->unsealed(row->value(0), "server-proxy-password", server.value);
}

// -- changes -------------------------------------------------------------------------------------------------------------------

namespace {

Result<void> checkServer(const Scep::EnrollmentServer &server)
{
    if (!server.transport.proxy.userInfo().isEmpty())
        return failure(ErrorCode::InvalidArgument, u"the proxy's user and password do not belong into its address"_s);
    return {};
}

} // namespace

Result<Scep::ServerId> Store::addServer(const Scep::EnrollmentServer &server, const Extras *extras)
{
    if (Result<void> usable = checkLabel(server.label); !usable)
        return std::unexpected(usable.error());
    if (Result<void> usable = checkServer(server); !usable)
        return std::unexpected(usable.error());
    SqlTransaction transaction(*d->database);
    if (!transaction.begun())
        return std::unexpected(transaction.begun().error());
    const QString settings = QString::fromUtf8(Json::toText(Json::fromServer(server)));
    const Result<qint64> id = d->database->insert(u"INSERT INTO server (label, settings) VALUES (?, ?)"_s, {server.label, settings});
    if (!id && d->database->failedByConstraint())
        return labelTaken(server.label);
    if (!id)
        return std::unexpected(id.error());
    if (Result<void> stored = d->storeTransportSecrets(server, {*id}, {}); !stored)
        return std::unexpected(stored.error());
    if (Result<void> stored = extras ? d->storeServerExtras({*id}, *extras) : Result<void>(); !stored)
        return std::unexpected(stored.error());
    if (Result<void> committed = transaction.commit(); !committed)
        return std::unexpected(committed.error());
    emit serverChanged({*id});
    return Scep::ServerId{*id};
}

Result<void> Store::updateServer(const Scep::EnrollmentServer &server, const Extras *extras)
{
    if (Result<void> usable = checkServer(server); !usable)
        return usable;
    SqlTransaction transaction(*d->database);
    if (!transaction.begun())
        return std::unexpected(transaction.begun().error());
    Result<QSqlQuery> former = d->database->run(u"SELECT label, settings FROM server WHERE id = ?"_s, {server.id.value});
    if (!former)
        return std::unexpected(former.error());
    const bool isThere = former->next();
    const QString formerLabel = isThere ? former->value(0).toString() : QString();
    const QJsonObject formerSettings = Json::fromText(isThere ? former->value(1).toByteArray() : QByteArray()).value_or(QJsonObject());
    former->finish();
    if (formerLabel != server.label) {
        if (Result<void> usable = checkLabel(server.label); !usable)
            return usable;
    }
    const QString settings = QString::fromUtf8(Json::toText(Json::fromServer(server)));
    const Result<void> changed =
        d->changeOne(u"server %1"_s.arg(server.label),
                     u"UPDATE server SET label = ?, settings = ?, version = version + 1 WHERE id = ? AND deleted_at IS NULL"_s,
                     {server.label, settings, server.id.value});
    if (!changed && d->database->failedByConstraint())
        return labelTaken(server.label);
    if (!changed)
        return changed;
    const QString formerProxyUser = formerSettings[u"transport"_s].toObject()[u"proxyUser"_s].toString();
    if (Result<void> stored = d->storeTransportSecrets(server, server.id, formerProxyUser); !stored)
        return stored;
    if (Result<void> stored = extras ? d->storeServerExtras(server.id, *extras) : Result<void>(); !stored)
        return stored;
    const bool isRenamed = formerLabel != server.label;
    if (isRenamed) {
        if (Result<void> renamed = d->renameCaCertificates(server.id, formerLabel, server.label); !renamed)
            return renamed;
    }
    if (Result<void> committed = transaction.commit(); !committed)
        return committed;
    emit serverChanged(server.id);
    if (isRenamed)
        emit caStoreChanged(server.id);
    return {};
}

Result<void> Store::storeKnowledge(const Scep::ServerKnowledge &knowledge)
{
    SqlTransaction transaction(*d->database);
    if (!transaction.begun())
        return std::unexpected(transaction.begun().error());
    const Result<QVariant> label =
        d->database->value(u"SELECT label FROM server WHERE id = ? AND deleted_at IS NULL"_s, {knowledge.id.value});
    if (!label)
        return std::unexpected(label.error());
    const QString text = QString::fromUtf8(Json::toText(Json::fromKnowledge(knowledge)));
    if (Result<void> changed =
            d->changeOne(u"the server"_s, u"UPDATE server SET knowledge = ?, version = version + 1 WHERE id = ? AND deleted_at IS NULL"_s,
                         {text, knowledge.id.value});
        !changed)
        return changed;
    // Only what the technician confirmed gets into the CA store; a changed root waits for his word.
    const bool isConfirmed = knowledge.trust == Scep::ServerKnowledge::Trust::Confirmed;
    if (isConfirmed) {
        if (Result<void> stored = d->storeCaCertificates(knowledge, label->toString()); !stored)
            return stored;
    }
    if (Result<void> committed = transaction.commit(); !committed)
        return committed;
    emit serverChanged(knowledge.id);
    if (isConfirmed)
        emit caStoreChanged(knowledge.id);
    return {};
}

} // namespace Models
