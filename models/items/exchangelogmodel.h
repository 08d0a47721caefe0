// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/items/recordtablemodel.h"
#include "models/records/loggedexchange.h"
#include "models/service/requeststatus.h"

#include <functional>

namespace Models {

/// The newest stands first.
inline qint64 idOf(const LoggedExchange &entry)
{
    return -entry.exchange.id;
}

/// What was logged never changes.
inline bool isSame(const LoggedExchange &a, const LoggedExchange &b)
{
    return a.exchange.id == b.exchange.id;
}

Severity exchangeSeverity(LoggedExchange::Outcome outcome);

/// Entries of the exchange log, one a row. Older ones come when somebody scrolls. GUI thread.
class ExchangeLogModel final : public RecordTableModel<LoggedExchange, qint64>
{
    Q_OBJECT

public:
    enum Column { TimeColumn, ServerColumn, RequestColumn, MessageColumn, AnswerColumn, DurationColumn, SizeColumn, ColumnCount };
    enum Role { SortRole = Qt::UserRole, IdRole, SeverityRole };

    struct Labels {
        std::function<QString(Scep::ServerId)> server;
        std::function<QString(Scep::RequestId)> request;
    };
    explicit ExchangeLogModel(Labels labels, QObject *parent = nullptr);
    /// `more` asks for older entries; empty: there are none.
    void setMore(std::function<void()> more) { m_more = std::move(more); }
    void labelsChanged();

    [[nodiscard]] int columnCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex &index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    [[nodiscard]] bool canFetchMore(const QModelIndex &parent) const override;
    void fetchMore(const QModelIndex &parent) override;

private:
    Labels m_labels;
    std::function<void()> m_more;
};

} // namespace Models
