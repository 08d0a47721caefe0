// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/items/exchangelogmodel.h"

#include "models/service/errortext.h"

using namespace Qt::StringLiterals;

namespace Models {

Severity exchangeSeverity(LoggedExchange::Outcome outcome)
{
    switch (outcome) {
    case LoggedExchange::Outcome::Good:
        return Severity::Good;
    case LoggedExchange::Outcome::Pending:
        return Severity::Busy;
    case LoggedExchange::Outcome::Rejected:
        return Severity::Attention;
    case LoggedExchange::Outcome::Failed:
        break;
    }
    return Severity::Bad;
}

ExchangeLogModel::ExchangeLogModel(Labels labels, QObject *parent)
    : RecordTableModel(parent)
    , m_labels(std::move(labels))
{}

void ExchangeLogModel::labelsChanged()
{
    if (rowCount() > 0)
        emit dataChanged(index(0, ServerColumn), index(rowCount() - 1, RequestColumn));
}

int ExchangeLogModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant ExchangeLogModel::data(const QModelIndex &index, int role) const
{
    const LoggedExchange *entry = record(index);
    if (entry == nullptr)
        return {};
    switch (role) {
    case IdRole:
        return entry->exchange.id;
    case SeverityRole:
        return static_cast<int>(exchangeSeverity(entry->outcome));
    case SortRole:
    case Qt::DisplayRole:
        break;
    case Qt::TextAlignmentRole:
        return index.column() == DurationColumn || index.column() == SizeColumn ? QVariant(int(Qt::AlignRight | Qt::AlignVCenter))
                                                                                : QVariant();
    default:
        return {};
    }
    switch (index.column()) {
    case TimeColumn:
        // Of today the second matters, of another day the day does; the details have both.
        return QLocale().toString(entry->exchange.at.toLocalTime(),
                                  entry->exchange.at.toLocalTime().date() == QDate::currentDate() ? u"HH:mm:ss"_s : u"d MMM HH:mm"_s);
    case ServerColumn:
        return safeText(m_labels.server(entry->exchange.server));
    case RequestColumn:
        return safeText(m_labels.request(entry->exchange.request));
    case MessageColumn:
        return entry->message;
    case AnswerColumn:
        return entry->answer;
    case DurationColumn:
        return tr("%1 ms").arg(QLocale().toString(qlonglong(entry->exchange.duration.count())));
    case SizeColumn:
        return QLocale().formattedDataSize(entry->size, 1, QLocale::DataSizeTraditionalFormat);
    default:
        return {};
    }
}

QVariant ExchangeLogModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case TimeColumn:
        return tr("Time");
    case ServerColumn:
        return tr("Server");
    case RequestColumn:
        return tr("Request");
    case MessageColumn:
        return tr("Sent");
    case AnswerColumn:
        return tr("Received");
    case DurationColumn:
        return tr("Took");
    case SizeColumn:
        return tr("Size");
    default:
        return {};
    }
}

bool ExchangeLogModel::canFetchMore(const QModelIndex &parent) const
{
    return !parent.isValid() && m_more;
}

void ExchangeLogModel::fetchMore(const QModelIndex &parent)
{
    if (!parent.isValid() && m_more)
        std::exchange(m_more, {})(); // once: the answer says whether there is still more
}

} // namespace Models
