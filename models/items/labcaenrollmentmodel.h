// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/records/labcarecords.h"

#include "models/items/recordtablemodel.h"
#include "models/service/requeststatus.h"

namespace Models {

inline QString idOf(const LabCaEnrollment &enrollment)
{
    return enrollment.transactionId;
}

inline bool isSame(const LabCaEnrollment &a, const LabCaEnrollment &b)
{
    return a == b;
}

QString labCaStateText(const LabCaEnrollment &enrollment);
Severity labCaSeverity(const LabCaEnrollment &enrollment);

/// The Lab CA's enrollments, one a row: the queue and what was issued. GUI thread.
class LabCaEnrollmentModel final : public RecordTableModel<LabCaEnrollment, QString>
{
    Q_OBJECT

public:
    enum Column { SubjectColumn, StateColumn, ReceivedColumn, AlternativeNamesColumn, OutcomeColumn, ColumnCount };
    enum Role { SortRole = Qt::UserRole, IdRole, SeverityRole };

    using RecordTableModel::RecordTableModel;

    [[nodiscard]] int columnCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex &index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
};

} // namespace Models
