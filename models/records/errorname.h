// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/records/records.h"

namespace Models {

/// The stable name of a code, e.g. "HostNotFound": as stored and as `scepctl --json` prints it. Never translated.
QString errorName(ErrorCode code);
/// nullopt for a name that this version does not know (a file of a newer one).
std::optional<ErrorCode> errorFromName(const QString &name);
/// Every code there is, for tests and look-ups.
QList<ErrorCode> allErrorCodes();

} // namespace Models
