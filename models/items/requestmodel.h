// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/items/recordtablemodel.h"
#include "models/service/requeststatus.h"

#include <QHash>

#include <functional>

namespace Models {

/// The enrollment requests, one a row. GUI thread.
class RequestModel final : public RecordTableModel<RequestRecord, Scep::RequestId>
{
    Q_OBJECT

public:
    enum Column {
        LabelColumn,
        SubjectColumn,
        ServerColumn,
        CertificateColumn,
        TransactionColumn,
        ValidityColumn,
        NextActionColumn,
        ColumnCount
    };
    enum Role { SortRole = Qt::UserRole, IdRole, SeverityRole, ValidityShareRole, ActionsRole };

    /// `now` is asked whenever a text with a time in it is made.
    explicit RequestModel(std::function<QDateTime()> now, QObject *parent = nullptr);
    void setServerLabel(Scep::ServerId id, const QString &label);
    void refreshTimes(); ///< countdowns moved on: dataChanged for the texts with times
    [[nodiscard]] RequestStatus status(const QModelIndex &index) const;

    [[nodiscard]] int columnCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex &index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::function<QDateTime()> m_now;
    QHash<Scep::ServerId, QString> m_serverLabels;
};

} // namespace Models
