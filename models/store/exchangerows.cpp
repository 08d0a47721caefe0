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

namespace {

constexpr auto lightColumns = "SELECT id, server, request, at, operation, method, url, http_status, duration, details, size"_L1;

Scep::Exchange exchangeFrom(const QSqlQuery &row)
{
    Scep::Exchange exchange;
    exchange.id = row.value(0).toLongLong();
    exchange.server = {row.value(1).toLongLong()};
    exchange.request = {row.value(2).toLongLong()};
    exchange.at = timeFromText(row.value(3).toString());
    exchange.operation = static_cast<Scep::Operation>(row.value(4).toInt());
    exchange.method = static_cast<Scep::HttpMethod>(row.value(5).toInt());
    exchange.url = QUrl(row.value(6).toString(), QUrl::StrictMode);
    exchange.httpStatus = row.value(7).toInt();
    exchange.duration = std::chrono::milliseconds(row.value(8).toLongLong());
    if (const Result<QJsonObject> details = Json::fromText(row.value(9).toString().toUtf8())) {
        for (const QJsonValue &note : (*details)[u"notes"_s].toArray())
            exchange.notes.append(note.toString());
        if (details->contains(u"error"_s))
            exchange.error = Json::toError((*details)[u"error"_s].toObject());
    }
    return exchange;
}

Scep::Exchange wholeExchangeFrom(const QSqlQuery &row)
{
    Scep::Exchange exchange = exchangeFrom(row);
    exchange.sent = row.value(11).toByteArray();
    exchange.received = row.value(12).toByteArray();
    return exchange;
}

} // namespace

Result<QList<Scep::Exchange>> Store::exchanges(int newest)
{
    if (!d->isReadOnly)
        d->writeExchanges();
    Result<QSqlQuery> rows = d->database->run(lightColumns + u", sent, received FROM exchange ORDER BY id DESC LIMIT ?"_s, {newest});
    if (!rows)
        return std::unexpected(rows.error());
    QList<Scep::Exchange> exchanges;
    while (rows->next())
        exchanges.append(wholeExchangeFrom(*rows));
    return exchanges;
}

Result<QList<ExchangeRow>> Store::exchanges(const ExchangeQuery &query)
{
    if (!d->isReadOnly)
        d->writeExchanges();
    QStringList conditions{u"1"_s};
    QVariantList values;
    if (!query.server.isNull()) {
        conditions.append(u"server = ?"_s);
        values.append(query.server.value);
    }
    if (!query.request.isNull()) {
        conditions.append(u"request = ?"_s);
        values.append(query.request.value);
    }
    // Inside of a string a quote would have a backslash before it.
    if (query.onlyFailed)
        conditions.append(u"details LIKE '%\"error\":{%'"_s);
    if (query.what == ExchangeQuery::What::Messages)
        conditions.append(u"operation = %1"_s.arg(int(Scep::Operation::PkiOperation)));
    else if (query.what == ExchangeQuery::What::Questions)
        conditions.append(u"operation <> %1"_s.arg(int(Scep::Operation::PkiOperation)));
    if (query.since.isValid()) {
        conditions.append(u"at >= ?"_s);
        values.append(timeText(query.since));
    }
    if (const QString text = query.text.trimmed(); !text.isEmpty()) {
        // Labels as they are now, also of what lies in the bin.
        QString pattern = text;
        pattern.replace(u'\\', u"\\\\"_s).replace(u'%', u"\\%"_s).replace(u'_', u"\\_"_s);
        pattern = u'%' + pattern + u'%';
        conditions.append(u"(url LIKE ? ESCAPE '\\' OR server IN (SELECT id FROM server WHERE label LIKE ? ESCAPE '\\') OR "
                          "request IN (SELECT id FROM request WHERE label LIKE ? ESCAPE '\\'))"_s);
        values << pattern << pattern << pattern;
    }
    if (query.before > 0) {
        conditions.append(u"id < ?"_s);
        values.append(query.before);
    }
    Result<QSqlQuery> rows =
        d->database->run(lightColumns + u" FROM exchange WHERE %1 ORDER BY id DESC LIMIT ?"_s.arg(conditions.join(u" AND "_s)),
                         values + QVariantList{query.most});
    if (!rows)
        return std::unexpected(rows.error());
    QList<ExchangeRow> exchanges;
    while (rows->next())
        exchanges.append({exchangeFrom(*rows), rows->value(10).toLongLong()});
    return exchanges;
}

Result<Scep::Exchange> Store::exchange(qint64 id)
{
    if (!d->isReadOnly)
        d->writeExchanges();
    Result<QSqlQuery> row = d->database->run(lightColumns + u", sent, received FROM exchange WHERE id = ?"_s, {id});
    if (!row)
        return std::unexpected(row.error());
    if (!row->next())
        return Pki::failure(ErrorCode::InvalidArgument, u"the log has no exchange %1 (any more)"_s.arg(id));
    return wholeExchangeFrom(*row);
}

} // namespace Models
