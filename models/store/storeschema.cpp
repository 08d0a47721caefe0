// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/store/storeschema.h"

#include <QFile>

using namespace Qt::StringLiterals;
using Pki::failure;

namespace Models {

// Every row has a version that each change increments, so that several writers can notice each other on a shared database.
// Ids are never used twice (AUTOINCREMENT): they are part of what seals the secrets. Sealed columns are BLOBs of the vault.
QList<Migration> migrations()
{
    return {{1,
             {
                 uR"(CREATE TABLE server (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    version INTEGER NOT NULL DEFAULT 1,
                    label TEXT NOT NULL UNIQUE,
                    settings TEXT NOT NULL,
                    knowledge TEXT))"_s,
                 uR"(CREATE TABLE request (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    version INTEGER NOT NULL DEFAULT 1,
                    label TEXT NOT NULL UNIQUE,
                    server INTEGER NOT NULL REFERENCES server(id),
                    settings TEXT NOT NULL,
                    status TEXT,
                    challenge BLOB,
                    provided_key BLOB,
                    provided_csr BLOB))"_s,
                 uR"(CREATE INDEX request_server ON request(server))"_s,
                 uR"(CREATE TABLE enrollment_transaction (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    version INTEGER NOT NULL DEFAULT 1,
                    request INTEGER NOT NULL REFERENCES request(id) ON DELETE CASCADE,
                    server INTEGER NOT NULL,
                    transaction_id TEXT NOT NULL,
                    is_open INTEGER NOT NULL,
                    state TEXT NOT NULL,
                    csr BLOB,
                    private_key BLOB,
                    signer_key BLOB,
                    ended_at TEXT))"_s,
                 // At most one open transaction a request.
                 uR"(CREATE UNIQUE INDEX one_open_transaction ON enrollment_transaction(request) WHERE is_open = 1)"_s,
                 uR"(CREATE TABLE certificate (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    version INTEGER NOT NULL DEFAULT 1,
                    request INTEGER NOT NULL REFERENCES request(id) ON DELETE CASCADE,
                    server INTEGER NOT NULL,
                    is_current INTEGER NOT NULL,
                    der BLOB NOT NULL,
                    private_key BLOB,
                    transaction_id TEXT NOT NULL,
                    received_at TEXT NOT NULL,
                    details TEXT NOT NULL))"_s,
                 uR"(CREATE UNIQUE INDEX one_current_certificate ON certificate(request) WHERE is_current = 1)"_s,
                 uR"(CREATE INDEX certificate_request ON certificate(request))"_s,
                 uR"(CREATE TABLE certificate_issuer (
                    certificate INTEGER NOT NULL REFERENCES certificate(id) ON DELETE CASCADE,
                    position INTEGER NOT NULL,
                    version INTEGER NOT NULL DEFAULT 1,
                    der BLOB NOT NULL,
                    PRIMARY KEY (certificate, position)))"_s,
                 uR"(CREATE TABLE ca_certificate (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    version INTEGER NOT NULL DEFAULT 1,
                    server INTEGER NOT NULL REFERENCES server(id) ON DELETE CASCADE,
                    name TEXT NOT NULL UNIQUE,
                    role TEXT NOT NULL,
                    stage TEXT NOT NULL,
                    is_anchor INTEGER NOT NULL,
                    der BLOB NOT NULL,
                    UNIQUE (server, der)))"_s,
                 uR"(CREATE TABLE exchange (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    version INTEGER NOT NULL DEFAULT 1,
                    server INTEGER NOT NULL,
                    request INTEGER NOT NULL,
                    at TEXT NOT NULL,
                    operation INTEGER NOT NULL,
                    method INTEGER NOT NULL,
                    url TEXT NOT NULL,
                    sent BLOB,
                    received BLOB,
                    size INTEGER NOT NULL,
                    http_status INTEGER NOT NULL,
                    duration INTEGER NOT NULL,
                    details TEXT NOT NULL))"_s,
             }},
            // Transactions that renew, and what was learned of servers, stand inside the texts. A Scepter that does not know them would go
            // on with an open renewal as if it were a first enrollment: so it must not open this store.
            {2, {}}};
}

namespace {

Result<int> versionOf(SqlDatabase &database)
{
    const Result<QVariant> table = database.value(u"SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'"_s);
    if (!table)
        return std::unexpected(table.error());
    if (!table->isValid()) {
        const Result<QVariant> others = database.value(u"SELECT COUNT(*) FROM sqlite_master"_s);
        if (!others)
            return std::unexpected(others.error());
        if (others->toInt() > 0)
            return failure(ErrorCode::StoreFailure, u"the file is a database, but not one of Scepter"_s);
        return 0;
    }
    const Result<QVariant> version = database.value(u"SELECT version FROM schema_version"_s);
    if (!version)
        return std::unexpected(version.error());
    if (version->toInt() < 1)
        return failure(ErrorCode::StoreFailure, u"the database does not tell its version"_s);
    return version->toInt();
}

Result<void> backUp(SqlDatabase &database, const QString &file, int version)
{
    QString name = u"%1.v%2.backup"_s.arg(file, QString::number(version));
    for (int number = 2; QFile::exists(name); ++number)
        name = u"%1.v%2-%3.backup"_s.arg(file, QString::number(version), QString::number(number));
    // VACUUM INTO fills an empty file: so the mode is right from the beginning.
    QFile target(name);
    if (!target.open(QIODevice::WriteOnly | QIODevice::NewOnly) || !target.setPermissions(QFileDevice::ReadOwner | QFileDevice::WriteOwner))
        return failure(ErrorCode::FileNotWritable, u"%1: %2"_s.arg(name, target.errorString()));
    target.close();
    const Result<QSqlQuery> copied = database.run(u"VACUUM INTO ?"_s, {name});
    if (!copied) {
        target.remove();
        return std::unexpected(copied.error());
    }
    return {};
}

Result<void> apply(SqlDatabase &database, const Migration &step)
{
    SqlTransaction transaction(database);
    if (!transaction.begun())
        return std::unexpected(transaction.begun().error());
    QStringList statements = step.statements;
    if (step.to == 1)
        statements.prepend(u"CREATE TABLE schema_version (version INTEGER NOT NULL)"_s);
    for (const QString &statement : std::as_const(statements)) {
        if (const Result<QSqlQuery> done = database.run(statement); !done)
            return std::unexpected(done.error());
    }
    const QString sql = step.to == 1 ? u"INSERT INTO schema_version (version) VALUES (?)"_s : u"UPDATE schema_version SET version = ?"_s;
    if (const Result<QSqlQuery> done = database.run(sql, {step.to}); !done)
        return std::unexpected(done.error());
    return transaction.commit();
}

} // namespace

Result<void> bringUpToDate(SqlDatabase &database, const QString &file, const QList<Migration> &steps)
{
    const Result<int> version = versionOf(database);
    if (!version)
        return std::unexpected(version.error());
    const int newest = steps.isEmpty() ? 0 : steps.last().to;
    if (*version > newest)
        return failure(ErrorCode::StoreVersion,
                       u"%1 has version %2, this Scepter knows up to %3"_s.arg(file, QString::number(*version), QString::number(newest)));
    if (*version == newest)
        return {};
    if (*version > 0) {
        if (Result<void> saved = backUp(database, file, *version); !saved)
            return saved;
    }
    for (const Migration &step : steps) {
        if (step.to <= *version)
            continue;
        if (Result<void> applied = apply(database, step); !applied)
            return applied;
    }
    return {};
}

} // namespace Models
