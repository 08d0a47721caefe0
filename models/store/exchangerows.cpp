// SPDX-License-Identifier: GPL-3.0-or-later
// The exchange log: bounded by count and by size, wire bytes as they were.
#include "models/store/store_p.h"

using namespace Qt::StringLiterals;

namespace Models {

namespace {

constexpr qint64 mostExchanges = 2000;
constexpr qint64 mostBytes = 64LL * 1024 * 1024;

} // namespace

void Store::logExchange(const Scep::Exchange &exchange)
{
    QJsonObject details{{u"notes"_s, QJsonArray::fromStringList(exchange.notes)}};
    if (exchange.error)
        details[u"error"_s] = Json::fromError(*exchange.error);
    const qint64 size = exchange.sent.size() + exchange.received.size();
    const Result<qint64> id = d->database->insert(
        u"INSERT INTO exchange (server, request, at, operation, method, url, sent, received, size, http_status, duration, details) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"_s,
        {exchange.server.value, exchange.request.value, exchange.at.toUTC().toString(Qt::ISODateWithMs),
         static_cast<int>(exchange.operation), static_cast<int>(exchange.method), notNull(exchange.url.toString(QUrl::FullyEncoded)),
         exchange.sent, exchange.received, size, exchange.httpStatus, static_cast<qint64>(exchange.duration.count()),
         QString::fromUtf8(Json::toText(details))});
    if (!id)
        return; // losing an entry is not an error of the enrollment
    d->exchangeBytes += size;

    // Ids only grow, so the oldest are those below the newest by the number to keep.
    qint64 last = *id - mostExchanges;
    if (d->exchangeBytes > mostBytes) {
        Result<QSqlQuery> rows = d->database->run(u"SELECT id, size FROM exchange ORDER BY id"_s);
        qint64 left = d->exchangeBytes;
        while (rows && left > mostBytes && rows->next() && rows->value(0).toLongLong() < *id) {
            left -= rows->value(1).toLongLong();
            last = qMax(last, rows->value(0).toLongLong());
        }
    }
    const Result<QVariant> dropped = d->database->value(u"SELECT COALESCE(SUM(size), 0) FROM exchange WHERE id <= ?"_s, {last});
    if (!dropped || !d->database->execute(u"DELETE FROM exchange WHERE id <= ?"_s, {last}))
        return;
    d->exchangeBytes -= dropped->toLongLong();
}

Result<QList<Scep::Exchange>> Store::exchanges(int newest)
{
    Result<QSqlQuery> rows =
        d->database->run(u"SELECT id, server, request, at, operation, method, url, sent, received, http_status, duration, details "
                         "FROM exchange ORDER BY id DESC LIMIT ?"_s,
                         {newest});
    if (!rows)
        return std::unexpected(rows.error());
    QList<Scep::Exchange> exchanges;
    while (rows->next()) {
        Scep::Exchange exchange;
        exchange.id = rows->value(0).toLongLong();
        exchange.server = {rows->value(1).toLongLong()};
        exchange.request = {rows->value(2).toLongLong()};
        exchange.at = QDateTime::fromString(rows->value(3).toString(), Qt::ISODateWithMs).toUTC();
        exchange.operation = static_cast<Scep::Operation>(rows->value(4).toInt());
        exchange.method = static_cast<Scep::HttpMethod>(rows->value(5).toInt());
        exchange.url = QUrl(rows->value(6).toString(), QUrl::StrictMode);
        exchange.sent = rows->value(7).toByteArray();
        exchange.received = rows->value(8).toByteArray();
        exchange.httpStatus = rows->value(9).toInt();
        exchange.duration = std::chrono::milliseconds(rows->value(10).toLongLong());
        if (const Result<QJsonObject> details = Json::fromText(rows->value(11).toString().toUtf8())) {
            for (const QJsonValue &note : (*details)[u"notes"_s].toArray())
                exchange.notes.append(note.toString());
            if (details->contains(u"error"_s))
                exchange.error = Json::toError((*details)[u"error"_s].toObject());
        }
        exchanges.append(exchange);
    }
    return exchanges;
}

} // namespace Models
