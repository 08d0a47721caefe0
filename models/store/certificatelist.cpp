// SPDX-License-Identifier: GPL-3.0-or-later
// The list of all certificates: found by columns, nothing decoded.
#include "models/store/store_p.h"

using namespace Qt::StringLiterals;

namespace Models {

namespace {

/// `text` as a part of something, for LIKE with '\' as the escape.
QString pattern(QString text)
{
    text.replace(u'\\', u"\\\\"_s).replace(u'%', u"\\%"_s).replace(u'_', u"\\_"_s);
    return u'%' + text + u'%';
}

struct Condition {
    QString text;
    QVariantList values;
};

Condition conditionOf(const CertificateQuery &query, const QDateTime &now)
{
    QStringList parts{u"c.deleted_at IS NULL"_s, u"r.deleted_at IS NULL"_s};
    QVariantList values;
    const QString text = query.text.trimmed();
    if (!text.isEmpty()) {
        QString serial = text;
        serial.remove(u':').remove(u' ');
        parts.append(u"(c.subject LIKE ? ESCAPE '\\' OR c.serial LIKE ? ESCAPE '\\' OR r.label LIKE ? ESCAPE '\\')"_s);
        values << pattern(text) << pattern(serial.toLower()) << pattern(text);
    }
    if (!query.server.isNull()) {
        parts.append(u"c.server = ?"_s);
        values << query.server.value;
    }
    if (!query.request.isNull()) {
        parts.append(u"c.request = ?"_s);
        values << query.request.value;
    }
    if (query.onlyCurrent)
        parts.append(u"c.is_current = 1"_s);
    const qint64 seconds = now.toSecsSinceEpoch();
    switch (query.validity) {
    case CertificateQuery::Validity::Any:
        break;
    case CertificateQuery::Validity::NotYetValid:
        parts.append(u"c.not_before > ? AND c.revoked_at IS NULL"_s);
        values << seconds;
        break;
    case CertificateQuery::Validity::Valid:
        parts.append(u"c.not_before <= ? AND c.not_after >= ? AND c.revoked_at IS NULL"_s);
        values << seconds << seconds;
        break;
    case CertificateQuery::Validity::Expired:
        parts.append(u"c.not_after < ?"_s);
        values << seconds;
        break;
    case CertificateQuery::Validity::Revoked:
        parts.append(u"c.revoked_at IS NOT NULL"_s);
        break;
    }
    if (query.expiresBefore.isValid()) {
        parts.append(u"c.not_after < ?"_s);
        values << query.expiresBefore.toSecsSinceEpoch();
    }
    return {parts.join(" AND "_L1), values};
}

QString orderOf(CertificateQuery::Order order)
{
    switch (order) {
    case CertificateQuery::Order::BySubject:
        return u"c.subject, c.id"_s;
    case CertificateQuery::Order::ByExpiry:
        return u"c.not_after, c.id"_s;
    case CertificateQuery::Order::NewestFirst:
        break;
    }
    return u"c.id DESC"_s;
}

QDateTime fromSeconds(const QVariant &value)
{
    return QDateTime::fromSecsSinceEpoch(value.toLongLong(), Qt::UTC);
}

} // namespace

Result<CertificatePage> Store::certificateRows(const CertificateQuery &query, int offset, int most, const QDateTime &now)
{
    const Condition condition = conditionOf(query, now);
    Result<QSqlQuery> rows =
        d->database->run(u"SELECT c.id, c.request, c.server, r.label, c.subject, c.issuer, c.serial, c.not_before, c.not_after, "
                         "c.is_current, c.private_key IS NOT NULL, c.revoked_at, c.revocation_reason FROM certificate c CROSS JOIN request "
                         "r ON r.id = c.request "
                         "WHERE %1 ORDER BY %2 LIMIT ? OFFSET ?"_s.arg(condition.text, orderOf(query.order)),
                         condition.values + QVariantList{most + 1, offset}); // one more, to know whether there is more
    if (!rows)
        return std::unexpected(rows.error());
    CertificatePage page;
    page.offset = offset;
    page.isLast = true;
    while (rows->next()) {
        if (page.rows.size() == most) {
            page.isLast = false;
            break;
        }
        page.rows.append({{rows->value(0).toLongLong()},
                          {rows->value(1).toLongLong()},
                          {rows->value(2).toLongLong()},
                          rows->value(3).toString(),
                          rows->value(4).toString(),
                          rows->value(5).toString(),
                          rows->value(6).toString(),
                          fromSeconds(rows->value(7)),
                          fromSeconds(rows->value(8)),
                          rows->value(9).toBool(),
                          rows->value(10).toBool(),
                          revocationFrom(rows->value(11), rows->value(12))});
    }
    return page;
}

Result<int> Store::certificateCount(const CertificateQuery &query, const QDateTime &now)
{
    const Condition condition = conditionOf(query, now);
    const Result<QVariant> count = d->database->value(
        u"SELECT COUNT(*) FROM certificate c CROSS JOIN request r ON r.id = c.request WHERE %1"_s.arg(condition.text), condition.values);
    if (!count)
        return std::unexpected(count.error());
    return count->toInt();
}

} // namespace Models
