// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/labca/depot.h"

namespace LabCa {

/// The file of one enrollment: JSON, names and keys as base64 of their DER so that they come back byte for byte.
Result<QByteArray> enrollmentToJson(const Enrollment &enrollment);
/// Errors: Malformed, naming the member that is wrong.
Result<Enrollment> enrollmentFromJson(const QByteArray &json);
/// SHA-256 of the transactionID in hex: any transactionID ("../x", "A/B=") makes a harmless file name.
QString enrollmentFileName(const Scep::TransactionId &id);

} // namespace LabCa
