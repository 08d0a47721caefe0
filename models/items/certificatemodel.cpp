// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/items/certificatemodel.h"

#include "models/items/recordcompare.h"
#include "models/service/errortext.h"
#include "models/service/requeststatus.h"

#include <QSet>

#include <utility>

namespace Models {

namespace {

QString stateText(const CertificateRow &row, const QDateTime &now)
{
    switch (row.stateAt(now)) {
    case CertificateRow::State::NotYetValid:
        return CertificateModel::tr("not yet valid");
    case CertificateRow::State::Expired:
        return CertificateModel::tr("expired");
    case CertificateRow::State::Revoked:
        return revocationText(*row.revocation);
    case CertificateRow::State::Valid:
        break;
    }
    return row.isCurrent ? CertificateModel::tr("valid") : CertificateModel::tr("replaced");
}

Severity severity(const CertificateRow &row, const QDateTime &now)
{
    if (!row.isCurrent)
        return Severity::Neutral;
    switch (row.stateAt(now)) {
    case CertificateRow::State::NotYetValid:
        return Severity::Attention;
    case CertificateRow::State::Expired:
    case CertificateRow::State::Revoked:
        return Severity::Bad;
    case CertificateRow::State::Valid:
        break;
    }
    return Severity::Good;
}

} // namespace

CertificateModel::CertificateModel(Fetch fetch, std::function<QDateTime()> now, QObject *parent)
    : QAbstractTableModel(parent)
    , m_fetch(std::move(fetch))
    , m_now(std::move(now))
{}

// -- asking and being told ------------------------------------------------------------------------------------------------------

void CertificateModel::ask(int offset, int most)
{
    m_ticket = ++m_lastTicket;
    m_askedOffset = offset;
    m_fetch({m_ticket, m_query, offset, most});
}

void CertificateModel::setQuery(const CertificateQuery &query)
{
    m_query = query;
    m_mustRefresh = false;
    ask(0, pageSize);
}

void CertificateModel::refresh()
{
    // One question at a time: a batch changes thousands of rows, and each says so.
    if (m_ticket != 0) {
        m_mustRefresh = true;
        return;
    }
    ask(0, qMax(pageSize, static_cast<int>(m_rows.size())));
}

bool CertificateModel::canFetchMore(const QModelIndex &parent) const
{
    return !parent.isValid() && !m_isComplete && m_ticket == 0;
}

void CertificateModel::fetchMore(const QModelIndex &parent)
{
    if (canFetchMore(parent))
        ask(static_cast<int>(m_rows.size()), pageSize);
}

void CertificateModel::setPage(quint64 ticket, const CertificatePage &page)
{
    if (ticket == 0 || ticket != m_ticket)
        return;
    m_ticket = 0;
    m_isComplete = page.isLast;
    if (m_askedOffset == 0) {
        merge(page.rows);
    } else if (m_askedOffset == m_rows.size()) {
        // Rows that were added in between push others onto the next page: none stands here twice.
        QSet<Scep::CertificateId> present;
        for (const CertificateRow &row : std::as_const(m_rows))
            present.insert(row.id);
        QList<CertificateRow> added;
        for (const CertificateRow &row : page.rows) {
            if (!present.contains(row.id))
                added.append(row);
        }
        insertRows(static_cast<int>(m_rows.size()), added);
    }
    emit filled();
    if (std::exchange(m_mustRefresh, false))
        refresh();
}

void CertificateModel::insertRows(int at, const QList<CertificateRow> &rows)
{
    if (rows.isEmpty())
        return;
    beginInsertRows({}, at, at + static_cast<int>(rows.size()) - 1);
    if (at == m_rows.size()) {
        m_rows.append(rows);
    } else {
        m_rows.insert(at, rows.size(), {});
        std::copy(rows.cbegin(), rows.cend(), m_rows.begin() + at);
    }
    endInsertRows();
}

void CertificateModel::removeWhere(const std::function<bool(const CertificateRow &)> &isUnwanted)
{
    for (int last = static_cast<int>(m_rows.size()) - 1; last >= 0; --last) {
        if (!isUnwanted(m_rows.at(last)))
            continue;
        int first = last;
        while (first > 0 && isUnwanted(m_rows.at(first - 1)))
            --first;
        beginRemoveRows({}, first, last);
        m_rows.remove(first, last - first + 1);
        endRemoveRows();
        last = first;
    }
}

void CertificateModel::merge(const QList<CertificateRow> &wanted)
{
    QHash<Scep::CertificateId, int> places;
    for (int i = 0; i < wanted.size(); ++i)
        places.insert(wanted.at(i).id, i);
    // Those that stay must stand in the order wanted; one that does not comes again in its new place.
    QSet<Scep::CertificateId> staying;
    int last = -1;
    for (const CertificateRow &row : std::as_const(m_rows)) {
        const int place = places.value(row.id, -1);
        if (place > last) {
            staying.insert(row.id);
            last = place;
        }
    }
    removeWhere([&](const CertificateRow &row) { return !staying.contains(row.id); });
    for (int i = 0; i < wanted.size();) {
        if (!staying.contains(wanted.at(i).id)) {
            int end = i;
            while (end < wanted.size() && !staying.contains(wanted.at(end).id))
                ++end;
            insertRows(i, wanted.sliced(i, end - i));
            i = end;
            continue;
        }
        if (m_rows.at(i) != wanted.at(i)) {
            m_rows[i] = wanted.at(i);
            emit dataChanged(index(i, 0), index(i, ColumnCount - 1));
        }
        ++i;
    }
}

// -- what is shown --------------------------------------------------------------------------------------------------------------

void CertificateModel::setServerLabel(Scep::ServerId id, const QString &label)
{
    QString &stored = m_serverLabels[id];
    if (std::exchange(stored, label) != label && !m_rows.isEmpty())
        emit dataChanged(index(0, ServerColumn), index(static_cast<int>(m_rows.size()) - 1, ServerColumn));
}

void CertificateModel::refreshTimes()
{
    if (!m_rows.isEmpty())
        emit dataChanged(index(0, StateColumn), index(static_cast<int>(m_rows.size()) - 1, ExpiryColumn));
}

const CertificateRow *CertificateModel::row(const QModelIndex &index) const
{
    return index.isValid() && checkIndex(index, CheckIndexOption::IndexIsValid) ? &m_rows.at(index.row()) : nullptr;
}

QModelIndex CertificateModel::indexOf(Scep::CertificateId id) const
{
    for (int row = 0; row < m_rows.size(); ++row) {
        if (m_rows.at(row).id == id)
            return index(row, 0);
    }
    return {};
}

int CertificateModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int CertificateModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant CertificateModel::data(const QModelIndex &index, int role) const
{
    const CertificateRow *found = row(index);
    if (!found)
        return {};
    switch (role) {
    case IdRole:
        return QVariant::fromValue<qint64>(found->id.value);
    case RequestRole:
        return QVariant::fromValue<qint64>(found->request.value);
    case SeverityRole:
        return static_cast<int>(severity(*found, m_now()));
    case SortRole:
        if (index.column() == ExpiryColumn)
            return found->notAfter;
        break;
    case Qt::DisplayRole:
        break;
    default:
        return {};
    }
    switch (index.column()) {
    case SubjectColumn:
        return safeText(found->subject);
    case RequestColumn:
        return safeText(found->requestLabel);
    case ServerColumn:
        return safeText(m_serverLabels.value(found->server));
    case StateColumn:
        return stateText(*found, m_now());
    case ExpiryColumn:
        return localTime(found->notAfter);
    case SerialNumberColumn:
        return found->serialNumber;
    case IssuerColumn:
        return safeText(found->issuer);
    default:
        return {};
    }
}

QVariant CertificateModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case SubjectColumn:
        return tr("Subject");
    case RequestColumn:
        return tr("Request");
    case ServerColumn:
        return tr("Server");
    case StateColumn:
        return tr("State");
    case ExpiryColumn:
        return tr("Expires");
    case SerialNumberColumn:
        return tr("Serial number");
    case IssuerColumn:
        return tr("Issuer");
    default:
        return {};
    }
}

void CertificateModel::sort(int column, Qt::SortOrder)
{
    CertificateQuery query = m_query;
    query.order = column == SubjectColumn  ? CertificateQuery::Order::BySubject
                  : column == ExpiryColumn ? CertificateQuery::Order::ByExpiry
                                           : CertificateQuery::Order::NewestFirst;
    if (query.order != m_query.order)
        setQuery(query);
}

} // namespace Models
