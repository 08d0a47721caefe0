// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/items/requestmodel.h"

#include "models/items/recordcompare.h"
#include "models/service/errortext.h"

using namespace Qt::StringLiterals;

namespace Models {

namespace {

Scep::RequestId idOf(const RequestRecord &record)
{
    return record.request.id;
}

} // namespace

RequestModel::RequestModel(std::function<QDateTime()> now, QObject *parent)
    : QAbstractTableModel(parent)
    , m_now(std::move(now))
{}

void RequestModel::setRecords(const QList<RequestRecord> &records)
{
    QList<RequestRecord> wanted = records;
    std::sort(wanted.begin(), wanted.end(), [](const RequestRecord &a, const RequestRecord &b) { return idOf(a) < idOf(b); });
    for (qsizetype row = m_records.size() - 1; row >= 0; --row) {
        const Scep::RequestId id = idOf(m_records.at(row));
        const qsizetype place = lowerBound(wanted, idOf, id);
        if (place == wanted.size() || idOf(wanted.at(place)) != id)
            removeRecord(id);
    }
    for (const RequestRecord &record : std::as_const(wanted))
        setRecord(record);
}

void RequestModel::setRecord(const RequestRecord &record)
{
    const qsizetype place = lowerBound(m_records, idOf, idOf(record));
    const int row = static_cast<int>(place);
    if (place == m_records.size() || idOf(m_records.at(place)) != idOf(record)) {
        beginInsertRows({}, row, row);
        m_records.insert(place, record);
        endInsertRows();
    } else if (!isSame(m_records.at(place), record)) {
        m_records[place] = record;
        emit dataChanged(index(row, 0), index(row, ColumnCount - 1));
    }
}

void RequestModel::removeRecord(Scep::RequestId id)
{
    const QModelIndex found = indexOf(id);
    if (!found.isValid())
        return;
    beginRemoveRows({}, found.row(), found.row());
    m_records.removeAt(found.row());
    endRemoveRows();
}

void RequestModel::setServerLabel(Scep::ServerId id, const QString &label)
{
    QString &stored = m_serverLabels[id];
    if (stored == label)
        return;
    stored = label;
    for (int row = 0; row < m_records.size(); ++row) {
        if (m_records.at(row).request.server == id)
            emit dataChanged(index(row, ServerColumn), index(row, ServerColumn));
    }
}

void RequestModel::refreshTimes()
{
    if (!m_records.isEmpty())
        emit dataChanged(index(0, CertificateColumn), index(static_cast<int>(m_records.size()) - 1, NextActionColumn));
}

const RequestRecord *RequestModel::record(const QModelIndex &index) const
{
    return index.isValid() && checkIndex(index, CheckIndexOption::IndexIsValid) ? &m_records.at(index.row()) : nullptr;
}

const RequestRecord *RequestModel::record(Scep::RequestId id) const
{
    return record(indexOf(id));
}

QModelIndex RequestModel::indexOf(Scep::RequestId id) const
{
    const qsizetype place = lowerBound(m_records, idOf, id);
    if (place == m_records.size() || idOf(m_records.at(place)) != id)
        return {};
    return index(static_cast<int>(place), 0);
}

RequestStatus RequestModel::status(const QModelIndex &index) const
{
    const RequestRecord *found = record(index);
    return found ? requestStatus(*found, m_now()) : RequestStatus{};
}

int RequestModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_records.size());
}

int RequestModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant RequestModel::data(const QModelIndex &index, int role) const
{
    const RequestRecord *found = record(index);
    if (!found)
        return {};
    switch (role) {
    case IdRole:
        return QVariant::fromValue<qint64>(found->request.id.value);
    case SeverityRole:
        return static_cast<int>(status(index).severity);
    case ValidityShareRole:
        return status(index).validityShare;
    case ActionsRole:
        return status(index).actions.toInt();
    case SortRole:
        switch (index.column()) {
        case CertificateColumn:
            return found->current ? found->current->certificate.notAfter() : QDateTime();
        case TransactionColumn:
            return static_cast<int>(found->transaction.state);
        case ValidityColumn:
            return status(index).validityShare;
        case NextActionColumn:
            return found->transaction.nextAttemptAt;
        default:
            break;
        }
        break;
    case Qt::DisplayRole:
        break;
    default:
        return {};
    }
    switch (index.column()) {
    case LabelColumn:
        return safeText(found->request.label);
    case SubjectColumn:
        return safeText(found->request.subject.toText());
    case ServerColumn:
        return safeText(m_serverLabels.value(found->request.server));
    case CertificateColumn:
        return status(index).certificateText;
    case TransactionColumn:
        return status(index).transactionText;
    case ValidityColumn:
        return found->current ? tr("%1 %").arg(qRound(status(index).validityShare * 100)) : QString();
    case NextActionColumn:
        return status(index).nextAction;
    default:
        return {};
    }
}

QVariant RequestModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case LabelColumn:
        return tr("Request");
    case SubjectColumn:
        return tr("Subject");
    case ServerColumn:
        return tr("Server");
    case CertificateColumn:
        return tr("Certificate");
    case TransactionColumn:
        return tr("Transaction");
    case ValidityColumn:
        return tr("Validity");
    case NextActionColumn:
        return tr("Next");
    default:
        return {};
    }
}

} // namespace Models
