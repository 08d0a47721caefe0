// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/items/servermodel.h"

#include "models/items/recordcompare.h"
#include "models/service/errortext.h"
#include "models/service/requeststatus.h"

using namespace Qt::StringLiterals;

namespace Models {

namespace {

Scep::ServerId idOf(const ServerRecord &record)
{
    return record.server.id;
}

QString trustText(Scep::ServerKnowledge::Trust trust)
{
    switch (trust) {
    case Scep::ServerKnowledge::Trust::NotAsked:
        return ServerModel::tr("unknown");
    case Scep::ServerKnowledge::Trust::NotConfirmed:
        return ServerModel::tr("not confirmed");
    case Scep::ServerKnowledge::Trust::Confirmed:
        return ServerModel::tr("confirmed");
    case Scep::ServerKnowledge::Trust::Refused:
        return ServerModel::tr("refused");
    }
    return {};
}

} // namespace

void ServerModel::setRecords(const QList<ServerRecord> &records)
{
    QList<ServerRecord> wanted = records;
    std::sort(wanted.begin(), wanted.end(), [](const ServerRecord &a, const ServerRecord &b) { return idOf(a) < idOf(b); });
    for (qsizetype row = m_records.size() - 1; row >= 0; --row) {
        const Scep::ServerId id = idOf(m_records.at(row));
        const qsizetype place = lowerBound(wanted, idOf, id);
        if (place == wanted.size() || idOf(wanted.at(place)) != id)
            removeRecord(id);
    }
    for (const ServerRecord &record : std::as_const(wanted))
        setRecord(record);
}

void ServerModel::setRecord(const ServerRecord &record)
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

void ServerModel::removeRecord(Scep::ServerId id)
{
    const QModelIndex found = indexOf(id);
    if (!found.isValid())
        return;
    beginRemoveRows({}, found.row(), found.row());
    m_records.removeAt(found.row());
    endRemoveRows();
}

const ServerRecord *ServerModel::record(const QModelIndex &index) const
{
    return index.isValid() && checkIndex(index, CheckIndexOption::IndexIsValid) ? &m_records.at(index.row()) : nullptr;
}

const ServerRecord *ServerModel::record(Scep::ServerId id) const
{
    return record(indexOf(id));
}

QModelIndex ServerModel::indexOf(Scep::ServerId id) const
{
    const qsizetype place = lowerBound(m_records, idOf, id);
    if (place == m_records.size() || idOf(m_records.at(place)) != id)
        return {};
    return index(static_cast<int>(place), 0);
}

int ServerModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_records.size());
}

int ServerModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant ServerModel::data(const QModelIndex &index, int role) const
{
    const ServerRecord *found = record(index);
    if (!found)
        return {};
    switch (role) {
    case IdRole:
        return QVariant::fromValue<qint64>(found->server.id.value);
    case SeverityRole:
        return static_cast<int>(serverStatus(*found).severity);
    case SortRole:
        if (index.column() == LastContactColumn)
            return found->knowledge.lastContact;
        if (index.column() == StateColumn)
            return static_cast<int>(serverStatus(*found).severity);
        [[fallthrough]];
    case Qt::DisplayRole:
        break;
    default:
        return {};
    }
    switch (index.column()) {
    case LabelColumn:
        return safeText(found->server.label);
    case StateColumn:
        return serverStatus(*found).text;
    case UrlColumn:
        return safeText(found->server.url.toDisplayString());
    case TrustColumn:
        return trustText(found->knowledge.trust);
    case CapabilitiesColumn:
        return safeText(found->knowledge.capabilities.lines().join(", "_L1));
    case LastContactColumn:
        return found->knowledge.lastContact.isValid() ? localTime(found->knowledge.lastContact) : tr("never");
    default:
        return {};
    }
}

QVariant ServerModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case LabelColumn:
        return tr("Server");
    case StateColumn:
        return tr("State");
    case UrlColumn:
        return tr("URL");
    case TrustColumn:
        return tr("CA");
    case CapabilitiesColumn:
        return tr("Capabilities");
    case LastContactColumn:
        return tr("Last contact");
    default:
        return {};
    }
}

} // namespace Models
