// SPDX-License-Identifier: GPL-3.0-or-later
// The bin: what was deleted, until it is brought back or goes for good.
#include "models/store/store_p.h"

using namespace Qt::StringLiterals;
using Pki::failure;

namespace Models {

namespace {

using Kind = BinRecord::Kind;

QString tableOf(Kind kind)
{
    return kind == Kind::Server ? u"server"_s : kind == Kind::Request ? u"request"_s : u"certificate"_s;
}

QString nounOf(Kind kind)
{
    return kind == Kind::Server ? u"the server"_s : kind == Kind::Request ? u"the request"_s : u"the certificate"_s;
}

QString nowText()
{
    return timeText(QDateTime::currentDateTimeUtc());
}

/// What stands in the unique column while something lies in the bin, so that its name is free. checkLabel() lets none begin so; an older
/// Scepter did.
QString labelInBin(qint64 id)
{
    return u"\u0001bin/%1"_s.arg(id);
}

} // namespace

// -- into the bin --------------------------------------------------------------------------------------------------------------

Result<void> Store::removeServer(Scep::ServerId id)
{
    SqlTransaction sql(*d->database);
    if (!sql.begun())
        return std::unexpected(sql.begun().error());
    const Result<QVariant> users =
        d->database->value(u"SELECT COUNT(*) FROM request WHERE server = ? AND deleted_at IS NULL"_s, {id.value});
    if (!users)
        return std::unexpected(users.error());
    if (users->toInt() > 0)
        return failure(ErrorCode::NotPossibleNow, u"%1 request(s) still use the server"_s.arg(users->toInt()));
    const Result<QString> label = d->freeLabel(u"server"_s, labelInBin(id.value));
    if (!label)
        return std::unexpected(label.error());
    if (Result<void> removed = d->changeOne(
            u"the server"_s, u"UPDATE server SET deleted_at = ?, label = ?, version = version + 1 WHERE id = ? AND deleted_at IS NULL"_s,
            {nowText(), *label, id.value});
        !removed)
        return removed;
    // The names of its CA certificates are free as well: they follow the label.
    if (Result<void> renamed = d->renameCaCertificates(id, {}, labelInBin(id.value) + u'/'); !renamed)
        return renamed;
    if (Result<void> committed = sql.commit(); !committed)
        return committed;
    emit serverRemoved(id);
    return {};
}

Result<void> Store::removeRequest(Scep::RequestId id)
{
    SqlTransaction sql(*d->database);
    if (!sql.begun())
        return std::unexpected(sql.begun().error());
    if (const auto closed = d->closeUnread(id); !closed)
        return std::unexpected(closed.error());
    const Result<QString> label = d->freeLabel(u"request"_s, labelInBin(id.value));
    if (!label)
        return std::unexpected(label.error());
    if (Result<void> removed = d->changeOne(
            u"the request"_s, u"UPDATE request SET deleted_at = ?, label = ?, version = version + 1 WHERE id = ? AND deleted_at IS NULL"_s,
            {nowText(), *label, id.value});
        !removed)
        return removed;
    if (Result<void> committed = sql.commit(); !committed)
        return committed;
    d->unreadable.remove(id);
    emit requestRemoved(id);
    return {};
}

Result<void> Store::removeCertificate(Scep::CertificateId id)
{
    SqlTransaction sql(*d->database);
    if (!sql.begun())
        return std::unexpected(sql.begun().error());
    const Result<QVariant> request =
        d->database->value(u"SELECT request FROM certificate WHERE id = ? AND deleted_at IS NULL"_s, {id.value});
    if (!request)
        return std::unexpected(request.error());
    if (Result<void> removed = d->changeOne(
            u"the certificate"_s, u"UPDATE certificate SET deleted_at = ?, version = version + 1 WHERE id = ? AND deleted_at IS NULL"_s,
            {nowText(), id.value});
        !removed)
        return removed;
    if (Result<void> touched = d->database->execute(u"UPDATE request SET version = version + 1 WHERE id = ?"_s, {*request}); !touched)
        return touched;
    if (Result<void> committed = sql.commit(); !committed)
        return committed;
    emit requestChanged({request->toLongLong()});
    return {};
}

Result<QList<BinRecord>> Store::binRecords()
{
    // A certificate of a deleted request comes and goes with it: it is listed only if it was deleted before.
    Result<QSqlQuery> rows =
        d->database->run(u"SELECT 0, s.id, s.settings, s.deleted_at, 0 FROM server s WHERE s.deleted_at IS NOT NULL UNION ALL "
                         "SELECT 1, r.id, r.settings, r.deleted_at, (SELECT COUNT(*) FROM certificate WHERE request = r.id) FROM request r "
                         "WHERE r.deleted_at IS NOT NULL UNION ALL "
                         "SELECT 2, c.id, c.subject, c.deleted_at, 1 FROM certificate c WHERE c.deleted_at IS NOT NULL "
                         "ORDER BY 4 DESC, 1, 2 DESC"_s);
    if (!rows)
        return std::unexpected(rows.error());
    QList<BinRecord> records;
    while (rows->next()) {
        BinRecord record;
        record.kind = static_cast<Kind>(rows->value(0).toInt());
        record.id = rows->value(1).toLongLong();
        record.label = rows->value(2).toString();
        if (record.kind != Kind::Certificate)
            record.label = Json::fromText(record.label.toUtf8()).value_or(QJsonObject())[u"label"_s].toString();
        record.deletedAt = timeFromText(rows->value(3).toString());
        record.certificates = rows->value(4).toInt();
        records.append(record);
    }
    return records;
}

// -- and back ------------------------------------------------------------------------------------------------------------------

Result<QString> Store::Private::freeLabel(const QString &table, const QString &wanted)
{
    for (int number = 1;; ++number) {
        const QString label = number == 1 ? wanted : u"%1-%2"_s.arg(wanted, QString::number(number));
        const Result<QVariant> taken = database->value(u"SELECT COUNT(*) FROM %1 WHERE label = ?"_s.arg(table), {label});
        if (!taken)
            return std::unexpected(taken.error());
        if (taken->toInt() == 0)
            return label;
    }
}

Result<QString> Store::Private::restoreLabelled(BinRecord::Kind kind, qint64 id)
{
    const QString table = tableOf(kind);
    const Result<QVariant> settings =
        database->value(u"SELECT settings FROM %1 WHERE id = ? AND deleted_at IS NOT NULL"_s.arg(table), {id});
    if (!settings)
        return std::unexpected(settings.error());
    if (!settings->isValid())
        return failure(ErrorCode::InvalidArgument, u"%1 is not in the bin"_s.arg(nounOf(kind)));
    auto object = Json::fromText(settings->toString().toUtf8());
    if (!object)
        return failure(ErrorCode::StoreFailure, u"%1: %2"_s.arg(nounOf(kind), object.error().detail));
    const Result<QString> label = freeLabel(table, (*object)[u"label"_s].toString());
    if (!label)
        return label;
    (*object)[u"label"_s] = *label;
    if (Result<void> restored =
            database->execute(u"UPDATE %1 SET deleted_at = NULL, label = ?, settings = ?, version = version + 1 WHERE id = ?"_s.arg(table),
                              {*label, QString::fromUtf8(Json::toText(*object)), id});
        !restored)
        return std::unexpected(restored.error());
    if (kind == Kind::Server) {
        if (Result<void> renamed = renameCaCertificates({id}, labelInBin(id) + u'/', {}); !renamed)
            return std::unexpected(renamed.error());
    }
    return label;
}

Result<QString> Store::restore(BinRecord::Kind kind, qint64 id)
{
    SqlTransaction sql(*d->database);
    if (!sql.begun())
        return std::unexpected(sql.begun().error());
    qint64 server = kind == Kind::Server ? id : 0;
    qint64 request = kind == Kind::Request ? id : 0;
    Result<QString> label = QString();
    if (kind == Kind::Certificate) {
        Result<QSqlQuery> row = d->database->run(
            u"SELECT c.subject, c.request, r.deleted_at IS NOT NULL FROM certificate c JOIN request r ON r.id = c.request WHERE c.id = ? "
            "AND c.deleted_at IS NOT NULL"_s,
            {id});
        if (!row)
            return std::unexpected(row.error());
        if (!row->next())
            return failure(ErrorCode::InvalidArgument, u"the certificate is not in the bin"_s);
        label = row->value(0).toString();
        const qint64 owner = row->value(1).toLongLong();
        request = row->value(2).toBool() ? owner : 0;
        if (Result<void> restored =
                d->database->execute(u"UPDATE certificate SET deleted_at = NULL, version = version + 1 WHERE id = ?"_s, {id});
            !restored)
            return std::unexpected(restored.error());
        if (Result<void> touched = d->database->execute(u"UPDATE request SET version = version + 1 WHERE id = ?"_s, {owner}); !touched)
            return std::unexpected(touched.error());
        if (request == 0) {
            if (Result<void> committed = sql.commit(); !committed)
                return std::unexpected(committed.error());
            emit requestChanged({owner});
            return label;
        }
    }
    if (request != 0) {
        const Result<QVariant> lost = d->database->value(
            u"SELECT s.id FROM request r JOIN server s ON s.id = r.server WHERE r.id = ? AND s.deleted_at IS NOT NULL"_s, {request});
        if (!lost)
            return std::unexpected(lost.error());
        server = lost->toLongLong(); // 0 for none
        const Result<QString> restored = d->restoreLabelled(Kind::Request, request);
        if (!restored)
            return restored;
        if (kind == Kind::Request)
            label = restored;
    }
    if (server != 0) {
        const Result<QString> restored = d->restoreLabelled(Kind::Server, server);
        if (!restored)
            return restored;
        if (kind == Kind::Server)
            label = restored;
    }
    if (Result<void> committed = sql.commit(); !committed)
        return std::unexpected(committed.error());
    if (server != 0) {
        emit serverChanged({server});
        emit caStoreChanged({server});
    }
    if (request != 0)
        emit requestChanged({request});
    return label;
}

// -- for good ------------------------------------------------------------------------------------------------------------------

Result<void> Store::Private::purge(BinRecord::Kind kind, qint64 id)
{
    if (kind == Kind::Server) { // its requests are in the bin too, or it would not be
        if (Result<void> gone = database->execute(u"DELETE FROM request WHERE server = ? AND deleted_at IS NOT NULL"_s, {id}); !gone)
            return gone;
    }
    if (Result<void> gone = changeOne(nounOf(kind), u"DELETE FROM %1 WHERE id = ? AND deleted_at IS NOT NULL"_s.arg(tableOf(kind)), {id});
        !gone)
        return failure(gone.error().code,
                       gone.error().code == ErrorCode::InvalidArgument ? u"%1 is not in the bin"_s.arg(nounOf(kind)) : gone.error().detail);
    return {};
}

Result<void> Store::Private::dropUnusedChains()
{
    chains.clear();
    return database->execute(u"DELETE FROM issuer_chain WHERE id NOT IN (SELECT chain FROM certificate WHERE chain IS NOT NULL)"_s);
}

Result<void> Store::purge(BinRecord::Kind kind, qint64 id)
{
    SqlTransaction sql(*d->database);
    if (!sql.begun())
        return std::unexpected(sql.begun().error());
    if (Result<void> gone = d->purge(kind, id); !gone)
        return gone;
    if (Result<void> gone = d->dropUnusedChains(); !gone)
        return gone;
    return sql.commit();
}

Result<int> Store::emptyBin(const QDateTime &deletedBefore)
{
    const auto records = binRecords();
    if (!records)
        return std::unexpected(records.error());
    SqlTransaction sql(*d->database);
    if (!sql.begun())
        return std::unexpected(sql.begun().error());
    int count = 0;
    // Certificates, then requests, then servers: what hangs on something goes before it.
    for (const Kind kind : {Kind::Certificate, Kind::Request, Kind::Server}) {
        for (const BinRecord &record : *records) {
            if (record.kind != kind || (deletedBefore.isValid() && record.deletedAt >= deletedBefore))
                continue;
            // With a young request in the bin its server stays, however old.
            if (kind == Kind::Server) {
                const Result<QVariant> users = d->database->value(u"SELECT COUNT(*) FROM request WHERE server = ?"_s, {record.id});
                if (!users)
                    return std::unexpected(users.error());
                if (users->toInt() > 0)
                    continue;
            }
            if (Result<void> gone = d->purge(kind, record.id); !gone)
                return std::unexpected(gone.error());
            ++count;
        }
    }
    if (Result<void> gone = count > 0 ? d->dropUnusedChains() : Result<void>(); !gone)
        return std::unexpected(gone.error());
    if (Result<void> committed = sql.commit(); !committed)
        return std::unexpected(committed.error());
    return count;
}

} // namespace Models
