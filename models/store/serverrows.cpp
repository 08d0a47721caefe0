// SPDX-License-Identifier: GPL-3.0-or-later
// Servers: what was configured and what is known of them.
#include "models/store/store_p.h"

using namespace Qt::StringLiterals;
using Pki::failure;

namespace Models {

namespace {

constexpr auto serverColumns = "SELECT id, settings, knowledge, extras FROM server WHERE deleted_at IS NULL"_L1;

std::unexpected<Error> labelTaken(const QString &label)
{
    return failure(ErrorCode::InvalidArgument, u"there is a server with the label %1 already"_s.arg(label));
}

} // namespace

Result<ServerRecord> Store::Private::serverRecord(QSqlQuery &row) const
{
    const Scep::ServerId id{row.value(0).toLongLong()};
    const auto damaged = [&](const Error &error) {
        return failure(ErrorCode::StoreFailure, u"server %1: %2"_s.arg(QString::number(id.value), error.detail));
    };
    const auto settings = Json::fromText(row.value(1).toString().toUtf8());
    if (!settings)
        return damaged(settings.error());
    const auto server = Json::toServer(*settings);
    if (!server)
        return damaged(server.error());
    ServerRecord record;
    record.server = *server;
    record.server.id = id;
    if (const QString text = row.value(2).toString(); !text.isEmpty()) {
        const auto object = Json::fromText(text.toUtf8());
        if (!object)
            return damaged(object.error());
        const auto knowledge = Json::toKnowledge(*object);
        if (!knowledge)
            return damaged(knowledge.error());
        record.knowledge = *knowledge;
    }
    record.knowledge.id = id;
    record.extras = extrasFromText(row.value(3).toString());
    return record;
}

Result<QList<ServerRecord>> Store::serverRecords()
{
    Result<QSqlQuery> rows = d->database->run(serverColumns + u" ORDER BY id"_s);
    if (!rows)
        return std::unexpected(rows.error());
    QList<ServerRecord> records;
    while (rows->next()) {
        const Result<ServerRecord> record = d->serverRecord(*rows);
        if (!record)
            return std::unexpected(record.error());
        records.append(*record);
    }
    return records;
}

Result<ServerRecord> Store::serverRecord(Scep::ServerId id)
{
    Result<QSqlQuery> row = d->database->run(serverColumns + u" AND id = ?"_s, {id.value});
    if (!row)
        return std::unexpected(row.error());
    if (!row->next())
        return failure(ErrorCode::InvalidArgument, u"the server does not exist"_s);
    return d->serverRecord(*row);
}

Result<QList<Scep::EnrollmentServer>> Store::servers()
{
    const Result<QList<ServerRecord>> records = serverRecords();
    if (!records)
        return std::unexpected(records.error());
    QList<Scep::EnrollmentServer> servers;
    for (const ServerRecord &record : *records)
        servers.append(record.server);
    return servers;
}

Result<QList<Scep::ServerKnowledge>> Store::serverKnowledge()
{
    const Result<QList<ServerRecord>> records = serverRecords();
    if (!records)
        return std::unexpected(records.error());
    QList<Scep::ServerKnowledge> knowledge;
    for (const ServerRecord &record : *records)
        knowledge.append(record.knowledge);
    return knowledge;
}

Result<void> Store::Private::storeClientKey(const Scep::EnrollmentServer &server, Scep::ServerId id)
{
    const Scep::TransportSettings &transport = server.transport;
    if (transport.clientKey.isNull() && !transport.clientCertificates.isEmpty())
        return {}; // the one that is stored stays
    const Result<QVariant> key = sealedKey(transport.clientKey, "server-client-key", id.value);
    if (!key)
        return std::unexpected(key.error());
    return database->execute(u"UPDATE server SET client_key = ? WHERE id = ?"_s, {*key, id.value});
}

Result<Pki::PrivateKey> Store::clientKey(Scep::ServerId server)
{
    const Result<QVariant> column =
        d->database->value(u"SELECT client_key FROM server WHERE id = ? AND deleted_at IS NULL"_s, {server.value});
    if (!column)
        return std::unexpected(column.error());
    return d->unsealedKey(*column, "server-client-key", server.value);
}

Result<Scep::ServerId> Store::addServer(const Scep::EnrollmentServer &server)
{
    if (server.label.trimmed().isEmpty())
        return failure(ErrorCode::InvalidArgument, u"the server has no label"_s);
    SqlTransaction transaction(*d->database);
    if (!transaction.begun())
        return std::unexpected(transaction.begun().error());
    const QString settings = QString::fromUtf8(Json::toText(Json::fromServer(server)));
    const Result<qint64> id = d->database->insert(u"INSERT INTO server (label, settings) VALUES (?, ?)"_s, {server.label, settings});
    if (!id && d->database->failedByConstraint())
        return labelTaken(server.label);
    if (!id)
        return std::unexpected(id.error());
    if (Result<void> stored = d->storeClientKey(server, {*id}); !stored)
        return std::unexpected(stored.error());
    if (Result<void> committed = transaction.commit(); !committed)
        return std::unexpected(committed.error());
    emit serverChanged({*id});
    return Scep::ServerId{*id};
}

Result<void> Store::updateServer(const Scep::EnrollmentServer &server)
{
    if (server.label.trimmed().isEmpty())
        return failure(ErrorCode::InvalidArgument, u"the server has no label"_s);
    SqlTransaction transaction(*d->database);
    if (!transaction.begun())
        return std::unexpected(transaction.begun().error());
    const Result<QVariant> formerLabel = d->database->value(u"SELECT label FROM server WHERE id = ?"_s, {server.id.value});
    if (!formerLabel)
        return std::unexpected(formerLabel.error());
    const QString settings = QString::fromUtf8(Json::toText(Json::fromServer(server)));
    const Result<void> changed =
        d->changeOne(u"server %1"_s.arg(server.label),
                     u"UPDATE server SET label = ?, settings = ?, version = version + 1 WHERE id = ? AND deleted_at IS NULL"_s,
                     {server.label, settings, server.id.value});
    if (!changed && d->database->failedByConstraint())
        return labelTaken(server.label);
    if (!changed)
        return changed;
    if (Result<void> stored = d->storeClientKey(server, server.id); !stored)
        return stored;
    const bool isRenamed = formerLabel->toString() != server.label;
    if (isRenamed) {
        if (Result<void> renamed = d->renameCaCertificates(server.id, formerLabel->toString(), server.label); !renamed)
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
