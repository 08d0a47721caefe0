// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/store/sqldatabase.h"

#include <QFile>
#include <QFileInfo>
#include <QSqlError>
#include <QUuid>

using namespace Qt::StringLiterals;
using Pki::failure;

namespace Models {

namespace {

// Primary result codes of SQLite (https://www.sqlite.org/rescode.html); the extended ones carry more in the higher bits.
constexpr int sqliteBusy = 5;
constexpr int sqliteLocked = 6;
constexpr int sqliteReadOnly = 8;
constexpr int sqliteIoErrorWrite = 10 | (3 << 8);
constexpr int sqliteIoErrorSync = 10 | (4 << 8);
constexpr int sqliteCorrupt = 11;
constexpr int sqliteFull = 13;
constexpr int sqliteCannotOpen = 14;
constexpr int sqliteConstraint = 19;
constexpr int sqliteNotADatabase = 26;

} // namespace

Result<std::unique_ptr<SqlDatabase>> SqlDatabase::connect(const QString &file, const QString &options)
{
    std::unique_ptr<SqlDatabase> database(new SqlDatabase);
    database->m_file = file;
    database->m_connection = u"scepter-%1"_s.arg(QUuid::createUuid().toString(QUuid::WithoutBraces));
    QSqlDatabase connection = QSqlDatabase::addDatabase(u"QSQLITE"_s, database->m_connection);
    if (!connection.isValid())
        return failure(ErrorCode::StoreFailure, u"Qt's SQLite driver is not installed"_s);
    connection.setDatabaseName(file);
    connection.setConnectOptions(options);
    if (!connection.open())
        return database->failed(connection.lastError());
    return database;
}

Result<std::unique_ptr<SqlDatabase>> SqlDatabase::open(const QString &file)
{
    // Made before SQLite makes it: its journal files take over the mode.
    if (QFile created(file); !created.exists()) {
        if (!created.open(QIODevice::WriteOnly | QIODevice::NewOnly) ||
            !created.setPermissions(QFileDevice::ReadOwner | QFileDevice::WriteOwner))
            return failure(ErrorCode::FileNotWritable, u"%1: %2"_s.arg(file, created.errorString()));
    }
    auto database = connect(file, u"QSQLITE_BUSY_TIMEOUT=2000"_s);
    if (!database)
        return database;
    for (const QString &pragma :
         {u"PRAGMA journal_mode=WAL"_s, u"PRAGMA foreign_keys=ON"_s, u"PRAGMA synchronous=FULL"_s, u"PRAGMA secure_delete=ON"_s}) {
        const Result<QSqlQuery> set = (*database)->run(pragma);
        if (!set)
            return std::unexpected(set.error());
    }
    return database;
}

Result<std::unique_ptr<SqlDatabase>> SqlDatabase::openForReading(const QString &file)
{
    if (!QFile::exists(file))
        return failure(ErrorCode::FileNotFound, file);
    // Not opened read-only where that can be helped: a reader of a WAL has to write into the index that all its users share.
    const bool isWritable = QFileInfo(file).isWritable() && QFileInfo(QFileInfo(file).path()).isWritable();
    auto database = connect(file, u"QSQLITE_BUSY_TIMEOUT=2000"_s + (isWritable ? QString() : u";QSQLITE_OPEN_READONLY"_s));
    if (!database)
        return database;
    if (const Result<QSqlQuery> set = (*database)->run(u"PRAGMA query_only=ON"_s); !set)
        return std::unexpected(set.error());
    return database;
}

SqlDatabase::~SqlDatabase()
{
    if (m_connection.isEmpty())
        return;
    QSqlDatabase::database(m_connection, false).close();
    QSqlDatabase::removeDatabase(m_connection);
}

std::unexpected<Error> SqlDatabase::failed(const QSqlError &error)
{
    const int extendedCode = error.nativeErrorCode().toInt();
    const int code = extendedCode & 0xff;
    m_failedByConstraint = code == sqliteConstraint;
    QString detail = u"%1: %2"_s.arg(m_file, error.databaseText().isEmpty() ? error.driverText() : error.databaseText());
    switch (code) {
    case sqliteFull:
        return failure(ErrorCode::DiskFull, detail);
    case sqliteReadOnly:
    case sqliteCannotOpen:
        return failure(ErrorCode::FileNotWritable, detail);
    case sqliteBusy:
    case sqliteLocked:
        return failure(ErrorCode::WorkspaceInUse, detail);
    case sqliteCorrupt:
    case sqliteNotADatabase:
        detail += u"; the file is damaged or no database of Scepter"_s;
        break;
    default:
        break;
    }
    // What a quota or a size limit refuses comes without the word "full".
    if (extendedCode == sqliteIoErrorWrite || extendedCode == sqliteIoErrorSync)
        return failure(ErrorCode::DiskFull, detail);
    return failure(ErrorCode::StoreFailure, detail);
}

Result<void> SqlDatabase::mayRun(const QString &sql) const
{
    if (!m_refusal || sql.startsWith("SELECT"_L1) || sql.startsWith("PRAGMA"_L1) || sql.startsWith("WITH"_L1))
        return {};
    return std::unexpected(*m_refusal);
}

Result<QSqlQuery> SqlDatabase::run(const QString &sql, const QVariantList &values)
{
    m_failedByConstraint = false;
    if (Result<void> allowed = mayRun(sql); !allowed)
        return std::unexpected(allowed.error());
    QSqlQuery query(QSqlDatabase::database(m_connection, false));
    query.setForwardOnly(true);
    if (!query.prepare(sql))
        return failed(query.lastError());
    for (const QVariant &bound : values)
        query.addBindValue(bound);
    if (!query.exec())
        return failed(query.lastError());
    return query;
}

Result<void> SqlDatabase::execute(const QString &sql, const QVariantList &values)
{
    const Result<QSqlQuery> query = run(sql, values);
    if (!query)
        return std::unexpected(query.error());
    return {};
}

Result<qint64> SqlDatabase::insert(const QString &sql, const QVariantList &values)
{
    const Result<QSqlQuery> query = run(sql, values);
    if (!query)
        return std::unexpected(query.error());
    return query->lastInsertId().toLongLong();
}

Result<int> SqlDatabase::change(const QString &sql, const QVariantList &values)
{
    const Result<QSqlQuery> query = run(sql, values);
    if (!query)
        return std::unexpected(query.error());
    return query->numRowsAffected();
}

Result<QVariant> SqlDatabase::value(const QString &sql, const QVariantList &values)
{
    Result<QSqlQuery> query = run(sql, values);
    if (!query)
        return std::unexpected(query.error());
    if (!query->next())
        return QVariant();
    return query->value(0);
}

SqlStatement::SqlStatement(SqlDatabase &database, const QString &sql)
    : m_database(database)
    , m_query(QSqlDatabase::database(database.m_connection, false))
    , m_prepared(database.mayRun(sql))
{
    m_query.setForwardOnly(true);
    if (m_prepared && !m_query.prepare(sql))
        m_prepared = m_database.failed(m_query.lastError());
}

Result<void> SqlStatement::run(const QVariantList &values)
{
    if (!m_prepared)
        return m_prepared;
    m_database.m_failedByConstraint = false;
    for (int i = 0; i < values.size(); ++i)
        m_query.bindValue(i, values.at(i));
    if (!m_query.exec())
        return m_database.failed(m_query.lastError());
    return {};
}

} // namespace Models
