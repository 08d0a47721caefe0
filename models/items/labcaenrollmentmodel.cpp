// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/items/labcaenrollmentmodel.h"

#include "models/service/errortext.h"

using namespace Qt::StringLiterals;

namespace Models {

using State = LabCa::Enrollment::State;

QString labCaStateText(const LabCaEnrollment &enrollment)
{
    if (enrollment.revocation)
        return LabCaEnrollmentModel::tr("revoked");
    switch (enrollment.state) {
    case State::Pending:
        return LabCaEnrollmentModel::tr("waits for approval");
    case State::Approved:
        return enrollment.issuingTrouble.isEmpty() ? LabCaEnrollmentModel::tr("approved, not fetched yet")
                                                   : LabCaEnrollmentModel::tr("approved, could not be issued");
    case State::Rejected:
        return LabCaEnrollmentModel::tr("rejected");
    case State::Issued:
        return LabCaEnrollmentModel::tr("issued");
    }
    return {};
}

Severity labCaSeverity(const LabCaEnrollment &enrollment)
{
    if (enrollment.revocation)
        return Severity::Bad;
    switch (enrollment.state) {
    case State::Pending:
        return Severity::Attention;
    case State::Approved:
        return enrollment.issuingTrouble.isEmpty() ? Severity::Busy : Severity::Bad;
    case State::Rejected:
        return Severity::Bad;
    case State::Issued:
        return Severity::Good;
    }
    return Severity::Neutral;
}

int LabCaEnrollmentModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant LabCaEnrollmentModel::data(const QModelIndex &index, int role) const
{
    const LabCaEnrollment *found = record(index);
    if (!found)
        return {};
    switch (role) {
    case IdRole:
        return found->transactionId;
    case SeverityRole:
        return static_cast<int>(labCaSeverity(*found));
    case SortRole:
        if (index.column() == ReceivedColumn)
            return found->receivedAt;
        if (index.column() == StateColumn)
            return static_cast<int>(found->state); // what waits comes first
        [[fallthrough]];
    case Qt::DisplayRole:
        break;
    default:
        return {};
    }
    switch (index.column()) {
    case SubjectColumn:
        return safeText(found->subject);
    case StateColumn:
        return labCaStateText(*found);
    case ReceivedColumn:
        return localTime(found->receivedAt);
    case AlternativeNamesColumn:
        return safeText(found->alternativeNames);
    case OutcomeColumn:
        return found->state == State::Rejected ? safeText(found->rejectionReason) : found->certificate.serialNumber().toDisplay();
    default:
        return {};
    }
}

QVariant LabCaEnrollmentModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case SubjectColumn:
        return tr("Subject");
    case StateColumn:
        return tr("State");
    case ReceivedColumn:
        return tr("Received");
    case AlternativeNamesColumn:
        return tr("Alternative names");
    case OutcomeColumn:
        return tr("Serial number or reason");
    default:
        return {};
    }
}

} // namespace Models
