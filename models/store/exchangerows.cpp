// SPDX-License-Identifier: GPL-3.0-or-later
// The exchange log: bounded by count and by size, wire bytes as they were.
#include "models/store/store_p.h"

using namespace Qt::StringLiterals;

namespace Models {

namespace {

// Written together, so that a batch of enrollments waits for the disk once and not once an exchange.
constexpr std::chrono::milliseconds longestWait{200};
constexpr qsizetype mostWaiting = 64;

} // namespace

void Store::logExchange(const Scep::Exchange &exchange)
{
    if (d->isReadOnly)
        return;
    d->waitingExchanges.append(exchange);
    if (d->waitingExchanges.size() >= mostWaiting) {
        d->writeExchanges();
        return;
    }
    if (!d->exchangeTimer) {
        d->exchangeTimer = std::make_unique<QTimer>();
        d->exchangeTimer->setSingleShot(true);
        connect(d->exchangeTimer.get(), &QTimer::timeout, this, [this] { d->writeExchanges(); });
    }
    if (!d->exchangeTimer->isActive())
        d->exchangeTimer->start(longestWait);
}

void Store::Private::writeExchanges()
{
    if (exchangeTimer)
        exchangeTimer->stop();
    const QList<Scep::Exchange> waiting = std::exchange(waitingExchanges, {});
    if (waiting.isEmpty())
        return;
    // Losing entries is not an error of the enrollment.
    SqlTransaction sql(*database);
    if (!sql.begun())
        return;
    SqlStatement insert(*database,
                        u"INSERT INTO exchange (server, request, at, operation, method, url, sent, received, size, http_status, duration, "
                        "details) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"_s);
    qint64 bytes = exchangeBytes;
    qint64 newest = 0;
    for (const Scep::Exchange &exchange : waiting) {
        QJsonObject details{{u"notes"_s, QJsonArray::fromStringList(exchange.notes)}};
        if (exchange.error)
            details[u"error"_s] = Json::fromError(*exchange.error);
        const qint64 size = exchange.sent.size() + exchange.received.size();
        if (!insert.run({exchange.server.value, exchange.request.value, timeText(exchange.at), static_cast<int>(exchange.operation),
                         static_cast<int>(exchange.method), notNull(exchange.url.toString(QUrl::FullyEncoded)), exchange.sent,
                         exchange.received, size, exchange.httpStatus, static_cast<qint64>(exchange.duration.count()),
                         QString::fromUtf8(Json::toText(details))}))
            return;
        bytes += size;
        newest = insert.insertedId();
    }

    // Ids only grow, so the oldest are those below the newest by the number to keep.
    qint64 last = newest - limits.mostExchanges;
    if (bytes > limits.mostExchangeBytes) {
        Result<QSqlQuery> rows = database->run(u"SELECT id, size FROM exchange ORDER BY id"_s);
        qint64 left = bytes;
        while (rows && left > limits.mostExchangeBytes && rows->next() && rows->value(0).toLongLong() < newest) {
            left -= rows->value(1).toLongLong();
            last = qMax(last, rows->value(0).toLongLong());
        }
    }
    const Result<QVariant> dropped = database->value(u"SELECT COALESCE(SUM(size), 0) FROM exchange WHERE id <= ?"_s, {last});
    if (!dropped || !database->execute(u"DELETE FROM exchange WHERE id <= ?"_s, {last}) || !sql.commit())
        return;
    exchangeBytes = bytes - dropped->toLongLong();
}

Result<QList<Scep::Exchange>> Store::exchanges(int newest)
{
    if (!d->isReadOnly)
        d->writeExchanges();
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
