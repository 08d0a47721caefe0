// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/records/records.h"

namespace Models {

/// RequestStatus::headline and transactionText without the reason of a failure: for a place where explain() stands beside them.
struct BriefStatus {
    QString headline;    ///< "rejected"
    QString transaction; ///< "renewal: retrying in 4 min"
};
BriefStatus briefStatus(const RequestRecord &record, const QDateTime &now);

} // namespace Models
