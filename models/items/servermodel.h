// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/records/records.h"

#include <QAbstractTableModel>

namespace Models {

/// The servers, one a row. GUI thread. Changes are merged row by row, never by reset.
class ServerModel final : public QAbstractTableModel
{
    Q_OBJECT

public:
    enum Column { LabelColumn, StateColumn, UrlColumn, TrustColumn, CapabilitiesColumn, LastContactColumn, ColumnCount };
    enum Role { SortRole = Qt::UserRole, IdRole, SeverityRole };

    using QAbstractTableModel::QAbstractTableModel;
    void setRecords(const QList<ServerRecord> &records); ///< the difference is merged
    void setRecord(const ServerRecord &record);          ///< adds or changes one
    void removeRecord(Scep::ServerId id);
    [[nodiscard]] const ServerRecord *record(const QModelIndex &index) const;
    [[nodiscard]] const ServerRecord *record(Scep::ServerId id) const;
    [[nodiscard]] QModelIndex indexOf(Scep::ServerId id) const;

    [[nodiscard]] int rowCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex &index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QList<ServerRecord> m_records;
};

} // namespace Models
