// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/records/records.h"

namespace Models {

/// Why nothing can be written beside `file`: DiskFull "disk full", FileNotWritable "read-only file system" or the system's words. nullopt:
/// something can. SQLite and Qt's lock file tell that they failed, not why; this one tries.
std::optional<Error> writeObstacle(const QString &file);

} // namespace Models
