// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/store/sqldatabase.h"

#include <functional>

namespace Models {

/// One step of the schema: the statements that lead from version `to` - 1 to `to`, then what cannot be said in SQL, then statements again.
struct Migration {
    int to = 0;
    QStringList statements;
    std::function<Result<void>(SqlDatabase &)> convert = {};
    QStringList lastStatements = {};
};

/// All of them since the empty file, in order. What has been released is never changed: a new step is added.
QList<Migration> migrations();

/// Brings the file to the last version of `steps`, each step in one database transaction. A file that has a version already is copied to
/// FILE.vN.backup first. Errors: StoreVersion (the file is newer), those of SqlDatabase, FileNotWritable (the backup).
/// 0 for an empty file. StoreFailure: another program's database.
Result<int> schemaVersion(SqlDatabase &database);
/// A copy of the whole database as one new file (0600), also while others use it. FileNotWritable, DiskFull.
Result<void> copyDatabase(SqlDatabase &database, const QString &file);

Result<void> bringUpToDate(SqlDatabase &database, const QString &file, const QList<Migration> &steps = migrations());

} // namespace Models
