// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/records/records.h"

#include <QSqlDatabase>
#include <QSqlError>
#include <QSqlQuery>
#include <QString>
#include <QTemporaryDir>
#include <QVariant>

#include <memory>
#include <optional>

namespace Models {

/// One SQLite connection under a name of its own, used in the thread that opened it. Every failure comes back as an Error: DiskFull,
/// WorkspaceInUse (locked by somebody else), FileNotWritable (a read-only file or medium), StoreFailure with SQLite's words.
class SqlDatabase
{
    Q_DISABLE_COPY_MOVE(SqlDatabase)

public:
    /// Opens or creates; a new file is readable by its owner only.
    static Result<std::unique_ptr<SqlDatabase>> open(const QString &file);
    /// For reading what is there; the file is never made, nor changed. Also where nothing can be written, on a read-only medium or a full
    /// disk: what is there then is read as it stands. FileNotFound.
    static Result<std::unique_ptr<SqlDatabase>> openForReading(const QString &file);
    ~SqlDatabase();

    /// From now on every statement that would change something fails with this.
    void refuseChanges(const Error &error) { m_refusal = error; }

    /// Prepares, binds the values in order and executes.
    Result<QSqlQuery> run(const QString &sql, const QVariantList &values = {});
    Result<void> execute(const QString &sql, const QVariantList &values = {}); ///< the same when there is nothing to read
    Result<qint64> insert(const QString &sql, const QVariantList &values);     ///< the new row's id
    Result<int> change(const QString &sql, const QVariantList &values = {});   ///< number of rows
    /// The first column of the first row; invalid when there is none.
    Result<QVariant> value(const QString &sql, const QVariantList &values = {});

    /// True when the last failure of run() was a violated constraint: a label that is taken.
    [[nodiscard]] bool failedByConstraint() const { return m_failedByConstraint; }

private:
    friend class SqlStatement;
    SqlDatabase() = default;
    static Result<std::unique_ptr<SqlDatabase>> openFrozen(const QString &file);
    static Result<std::unique_ptr<SqlDatabase>> connect(const QString &name, const QString &file, const QString &options);
    std::unexpected<Error> failed(const QSqlError &error);
    [[nodiscard]] Result<void> mayRun(const QString &sql) const;

    std::unique_ptr<QTemporaryDir> m_copy; ///< holds what is read, where it cannot be read in its place
    QString m_connection;
    QString m_file;
    bool m_failedByConstraint = false;
    std::optional<Error> m_refusal;
};

/// A statement that runs many times: read by SQLite only once. It must go before its database.
class SqlStatement
{
    Q_DISABLE_COPY_MOVE(SqlStatement)

public:
    SqlStatement(SqlDatabase &database, const QString &sql);
    Result<void> run(const QVariantList &values);
    bool next() { return m_query.next(); }
    [[nodiscard]] QVariant value(int column) const { return m_query.value(column); }
    [[nodiscard]] qint64 insertedId() const { return m_query.lastInsertId().toLongLong(); }

private:
    SqlDatabase &m_database;
    QSqlQuery m_query;
    Result<void> m_prepared;
};

/// A transaction of the database (not of SCEP): rolled back unless committed.
class SqlTransaction
{
    Q_DISABLE_COPY_MOVE(SqlTransaction)

public:
    explicit SqlTransaction(SqlDatabase &database)
        : m_database(database)
        , m_begun(database.run(QStringLiteral("BEGIN IMMEDIATE")))
    {}
    ~SqlTransaction()
    {
        if (m_begun && !m_isCommitted)
            (void)m_database.run(QStringLiteral("ROLLBACK"));
    }
    /// Every statement of the block has to be asked for its result; this one tells whether all of it is on the disk.
    Result<void> commit()
    {
        if (!m_begun)
            return std::unexpected(m_begun.error());
        const Result<QSqlQuery> committed = m_database.run(QStringLiteral("COMMIT"));
        if (!committed)
            return std::unexpected(committed.error());
        m_isCommitted = true;
        return {};
    }
    [[nodiscard]] const Result<QSqlQuery> &begun() const { return m_begun; }

private:
    SqlDatabase &m_database;
    Result<QSqlQuery> m_begun;
    bool m_isCommitted = false;
};

} // namespace Models
