// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/store/sqldatabase.h"

#include <QFile>
#include <QSqlError>
#include <QUuid>

using namespace Qt::StringLiterals;
using Pki::failure;

namespace Models {

namespace {

// Primary result codes of SQLite (https://www.sqlite.org/rescode.html); the extended ones carry more in the higher bits.
constexpr int sqliteBusy = 5;
constexpr int sqliteLocked = 6;
constexpr int sqliteCorrupt = 11;
constexpr int sqliteFull = 13;
constexpr int sqliteConstraint = 19;
constexpr int sqliteNotADatabase = 26;

} // namespace

Result<std::unique_ptr<SqlDatabase>> SqlDatabase::open(const QString &file)
{
    // Made before SQLite makes it: its journal files take over the mode.
    if (QFile created(file); !created.exists()) {
        if (!created.open(QIODevice::WriteOnly | QIODevice::NewOnly) ||
            !created.setPermissions(QFileDevice::ReadOwner | QFileDevice::WriteOwner))
            return failure(ErrorCode::FileNotWritable, u"%1: %2"_s.arg(file, created.errorString()));
    }

    std::unique_ptr<SqlDatabase> database(new SqlDatabase);
    database->m_file = file;
    database->m_connection = u"scepter-%1"_s.arg(QUuid::createUuid().toString(QUuid::WithoutBraces));
    QSqlDatabase connection = QSqlDatabase::addDatabase(u"QSQLITE"_s, database->m_connection);
    if (!connection.isValid())
        return failure(ErrorCode::StoreFailure, u"Qt's SQLite driver is not installed"_s);
    connection.setDatabaseName(file);
    connection.setConnectOptions(u"QSQLITE_BUSY_TIMEOUT=2000"_s);
    if (!connection.open())
        return database->failed(connection.lastError());
    for (const QString &pragma :
         {u"PRAGMA journal_mode=WAL"_s, u"PRAGMA foreign_keys=ON"_s, u"PRAGMA synchronous=FULL"_s, u"PRAGMA secure_delete=ON"_s}) {
        const Result<QSqlQuery> set = database->run(pragma);
        if (!set)
            return std::unexpected(set.error());
    }
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
    const int code = error.nativeErrorCode().toInt() & 0xff;
    m_failedByConstraint = code == sqliteConstraint;
    QString detail = u"%1: %2"_s.arg(m_file, error.databaseText().isEmpty() ? error.driverText() : error.databaseText());
    switch (code) {
    case sqliteFull:
        return failure(ErrorCode::DiskFull, detail);
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
    return failure(ErrorCode::StoreFailure, detail);
}

Result<QSqlQuery> SqlDatabase::run(const QString &sql, const QVariantList &values)
{
    m_failedByConstraint = false;
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

} // namespace Models
