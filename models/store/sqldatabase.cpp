// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/store/sqldatabase.h"

#include "models/store/writeobstacle.h"

#include <QFile>
#include <QFileInfo>
#include <QSqlError>
#include <QUrl>
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
constexpr int sqliteIoErrorShmOpen = 10 | (18 << 8);
constexpr int sqliteIoErrorShmSize = 10 | (19 << 8);
constexpr int sqliteIoErrorShmMap = 10 | (21 << 8);
constexpr int sqliteCorrupt = 11;
constexpr int sqliteFull = 13;
constexpr int sqliteCannotOpen = 14;
constexpr int sqliteConstraint = 19;
constexpr int sqliteNotADatabase = 26;

} // namespace

Result<std::unique_ptr<SqlDatabase>> SqlDatabase::connect(const QString &name, const QString &file, const QString &options)
{
    std::unique_ptr<SqlDatabase> database(new SqlDatabase);
    database->m_file = file;
    database->m_connection = u"scepter-%1"_s.arg(QUuid::createUuid().toString(QUuid::WithoutBraces));
    QSqlDatabase connection = QSqlDatabase::addDatabase(u"QSQLITE"_s, database->m_connection);
    if (!connection.isValid())
        return failure(ErrorCode::StoreFailure, u"Qt's SQLite driver is not installed"_s);
    connection.setDatabaseName(name);
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
            !created.setPermissions(QFileDevice::ReadOwner | QFileDevice::WriteOwner)) {
            const Error error = writeObstacle(file).value_or(Error{ErrorCode::FileNotWritable, created.errorString()});
            return failure(error.code, u"%1: %2"_s.arg(file, error.detail));
        }
    }
    auto database = connect(file, file, u"QSQLITE_BUSY_TIMEOUT=2000"_s);
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
    auto database = connect(file, file, u"QSQLITE_BUSY_TIMEOUT=2000"_s + (isWritable ? QString() : u";QSQLITE_OPEN_READONLY"_s));
    Result<QVariant> read = database ? (*database)->value(u"SELECT COUNT(*) FROM sqlite_master"_s) // the file is touched only now
                                     : Result<QVariant>(std::unexpected(database.error()));
    if (!read && (read.error().code == ErrorCode::FileNotWritable || read.error().code == ErrorCode::DiskFull)) {
        if (database)
            database->reset();
        database = openFrozen(file);
        if (database)
            read = (*database)->value(u"SELECT COUNT(*) FROM sqlite_master"_s);
    }
    if (!database)
        return database;
    if (!read)
        return std::unexpected(read.error());
    if (const Result<QSqlQuery> set = (*database)->run(u"PRAGMA query_only=ON"_s); !set)
        return std::unexpected(set.error());
    return database;
}

Result<std::unique_ptr<SqlDatabase>> SqlDatabase::openFrozen(const QString &file)
{
    const auto uri = [](const QString &path) {
        return QString::fromLatin1(QUrl::fromLocalFile(QFileInfo(path).absoluteFilePath()).toEncoded()) + u"?immutable=1"_s;
    };
    constexpr auto options = "QSQLITE_OPEN_URI;QSQLITE_OPEN_READONLY"_L1;
    // Nobody can be writing here, or would have left a log.
    const QString log = file + u"-wal"_s;
    if (QFileInfo(log).size() == 0)
        return connect(uri(file), file, options);
    // What was written last is in the log, which an immutable database does not look at: so both are read in another place.
    auto folder = std::make_unique<QTemporaryDir>();
    const QString copy = folder->filePath(u"store.sqlite"_s);
    for (const auto &[from, to] : {std::pair(file, copy), std::pair(log, copy + u"-wal"_s)}) {
        QFile source(from);
        if (!folder->isValid() || !source.copy(to) || !QFile::setPermissions(to, QFileDevice::ReadOwner | QFileDevice::WriteOwner))
            return failure(ErrorCode::FileNotWritable, u"%1 cannot be read where it is, nor copied: %2"_s.arg(
                                                           file, folder->isValid() ? source.errorString() : folder->errorString()));
    }
    auto database = connect(copy, file, {});
    if (database)
        (*database)->m_copy = std::move(folder);
    return database;
}

SqlDatabase::~SqlDatabase()
{
    if (m_connection.isEmpty())
        return;
    // Before the folder of a copy goes.
    QSqlDatabase::database(m_connection, false).close();
    QSqlDatabase::removeDatabase(m_connection);
}

std::unexpected<Error> SqlDatabase::failed(const QSqlError &error)
{
    const int extendedCode = error.nativeErrorCode().toInt();
    const int code = extendedCode & 0xff;
    m_failedByConstraint = code == sqliteConstraint;
    QString detail = u"%1: %2"_s.arg(m_file, error.databaseText().isEmpty() ? error.driverText() : error.databaseText());
    // SQLite tells that something cannot be written, or made, not why.
    const auto named = [&](ErrorCode usual) {
        const Error obstacle = writeObstacle(m_file).value_or(Error{usual, {}});
        return failure(obstacle.code, obstacle.detail.isEmpty() ? detail : u"%1: %2"_s.arg(m_file, obstacle.detail));
    };
    switch (code) {
    case sqliteFull:
        return failure(ErrorCode::DiskFull, u"%1: disk full"_s.arg(m_file));
    case sqliteReadOnly:
    case sqliteCannotOpen:
        return named(ErrorCode::FileNotWritable);
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
        return named(ErrorCode::DiskFull);
    // The index of the log, which a reader makes too.
    if (extendedCode == sqliteIoErrorShmOpen || extendedCode == sqliteIoErrorShmSize || extendedCode == sqliteIoErrorShmMap)
        return named(ErrorCode::FileNotWritable);
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
