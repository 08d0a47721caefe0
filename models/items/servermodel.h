// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/items/recordtablemodel.h"
#include "models/records/records.h"

namespace Models {

/// The servers, one a row. GUI thread. Changes are merged row by row, never by reset.
class ServerModel final : public RecordTableModel<ServerRecord, Scep::ServerId>
{
    Q_OBJECT

public:
    enum Column { LabelColumn, StateColumn, UrlColumn, TrustColumn, CapabilitiesColumn, LastContactColumn, ColumnCount };
    enum Role { SortRole = Qt::UserRole, IdRole, SeverityRole };

    using RecordTableModel::RecordTableModel;

    [[nodiscard]] int columnCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex &index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
};

} // namespace Models
