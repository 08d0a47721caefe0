// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/store/sqldatabase.h"

namespace Models {

/// One step of the schema: the statements that lead from version `to` - 1 to `to`.
struct Migration {
    int to = 0;
    QStringList statements;
};

/// All of them since the empty file, in order. What has been released is never changed: a new step is added.
QList<Migration> migrations();

/// Brings the file to the last version of `steps`, each step in one database transaction. A file that has a version already is copied to
/// FILE.vN.backup first. Errors: StoreVersion (the file is newer), those of SqlDatabase, FileNotWritable (the backup).
Result<void> bringUpToDate(SqlDatabase &database, const QString &file, const QList<Migration> &steps = migrations());

} // namespace Models
