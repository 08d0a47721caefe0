// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/requeststatus.h"

#include <QAbstractTableModel>
#include <QHash>

#include <functional>

namespace Models {

/// The enrollment requests, one a row. GUI thread.
class RequestModel final : public QAbstractTableModel
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
    void setRecords(const QList<RequestRecord> &records);
    void setRecord(const RequestRecord &record);
    void removeRecord(Scep::RequestId id);
    void setServerLabel(Scep::ServerId id, const QString &label);
    void refreshTimes(); ///< countdowns moved on: dataChanged for the texts with times
    [[nodiscard]] const RequestRecord *record(const QModelIndex &index) const;
    [[nodiscard]] const RequestRecord *record(Scep::RequestId id) const;
    [[nodiscard]] QModelIndex indexOf(Scep::RequestId id) const;
    [[nodiscard]] RequestStatus status(const QModelIndex &index) const;

    [[nodiscard]] int rowCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex &index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::function<QDateTime()> m_now;
    QList<RequestRecord> m_records;
    QHash<Scep::ServerId, QString> m_serverLabels;
};

} // namespace Models
