// SPDX-License-Identifier: GPL-3.0-or-later
// What must always hold of a store, looked at.
#include "models/store/store_p.h"
#include "models/store/storereport.h"

#include <functional>

using namespace Qt::StringLiterals;

namespace Models {

QString StoreReport::toText() const
{
    QStringList lines;
    for (const Problem &problem : problems)
        lines.append(u"%1: %2"_s.arg(problem.object, problem.what));
    return lines.join(u'\n');
}

namespace {

/// More of one kind say nothing new.
constexpr int mostProblems = 100;

class Checker
{
public:
    Checker(SqlDatabase &database, StoreReport &report)
        : m_database(database)
        , m_report(report)
    {}

    void problem(const QString &object, const QString &what)
    {
        if (m_report.problems.size() < mostProblems)
            m_report.problems.append({object, what});
    }
    Result<void> count(const QString &sql, int &target)
    {
        const Result<QVariant> number = m_database.value(sql);
        if (!number)
            return std::unexpected(number.error());
        target = number->toInt();
        return {};
    }
    /// Each row of the answer is a problem of the object with that id.
    Result<void> none(const QString &noun, const QString &what, const QString &sql)
    {
        Result<QSqlQuery> rows = m_database.run(sql + u" LIMIT %1"_s.arg(mostProblems));
        if (!rows)
            return std::unexpected(rows.error());
        while (rows->next())
            problem(u"%1 %2"_s.arg(noun, rows->value(0).toString()), what);
        return {};
    }
    Result<void> file()
    {
        Result<QSqlQuery> damage = m_database.run(u"PRAGMA quick_check(%1)"_s.arg(mostProblems));
        if (!damage)
            return std::unexpected(damage.error());
        while (damage->next()) {
            if (damage->value(0).toString() != "ok"_L1)
                problem(u"the database file"_s, damage->value(0).toString());
        }
        Result<QSqlQuery> strays = m_database.run(u"PRAGMA foreign_key_check"_s);
        if (!strays)
            return std::unexpected(strays.error());
        while (strays->next())
            problem(u"%1 %2"_s.arg(strays->value(0).toString(), strays->value(1).toString()),
                    u"belongs to a row of %1 that is not there"_s.arg(strays->value(2).toString()));
        return {};
    }

private:
    SqlDatabase &m_database;
    StoreReport &m_report;
};

struct Invariant {
    QLatin1StringView noun;
    QLatin1StringView what;
    QLatin1StringView sql;
};
constexpr Invariant invariants[]{
    {"request"_L1, "has more than one current certificate"_L1,
     "SELECT request FROM certificate WHERE is_current = 1 GROUP BY request HAVING COUNT(*) > 1"_L1},
    {"request"_L1, "has more than one open transaction"_L1,
     "SELECT request FROM enrollment_transaction WHERE is_open = 1 GROUP BY request HAVING COUNT(*) > 1"_L1},
    {"request"_L1, "has certificates, but none of them is the current one"_L1,
     "SELECT request FROM certificate GROUP BY request HAVING SUM(is_current) = 0 AND SUM(deleted_at IS NOT NULL) = 0"_L1},
    {"request"_L1, "lies in the bin with an open transaction"_L1,
     "SELECT r.id FROM request r JOIN enrollment_transaction t ON t.request = r.id WHERE r.deleted_at IS NOT NULL AND t.is_open = 1"_L1},
    {"request"_L1, "uses a server that lies in the bin"_L1,
     "SELECT r.id FROM request r JOIN server s ON s.id = r.server WHERE r.deleted_at IS NULL AND s.deleted_at IS NOT NULL"_L1},
    {"transaction"_L1, "is open without its certification request"_L1,
     "SELECT id FROM enrollment_transaction WHERE is_open = 1 AND csr IS NULL"_L1},
    {"transaction"_L1, "has ended and still holds a certification request or a message key"_L1,
     "SELECT id FROM enrollment_transaction WHERE is_open = 0 AND (csr IS NOT NULL OR signer_key IS NOT NULL)"_L1},
    {"server"_L1, "has more than one confirmed CA certificate"_L1,
     "SELECT server FROM ca_certificate WHERE is_anchor = 1 AND is_imported = 0 AND server IS NOT NULL GROUP BY server HAVING COUNT(*) > 1"_L1},
};

/// A column of sealed bytes: which rows have them, what seals them, and what they are.
struct SealedColumn {
    enum class Content { Key, Csr, Bytes };
    QLatin1StringView noun;
    QLatin1StringView sql; ///< id and the sealed bytes; for keys of certificates also the certificate
    const char *identity;
    Content content;
};
constexpr SealedColumn sealedColumns[]{
    {"certificate"_L1, "SELECT id, private_key, der FROM certificate WHERE private_key IS NOT NULL"_L1, "certificate-key",
     SealedColumn::Content::Key},
    {"request"_L1, "SELECT id, provided_key FROM request WHERE provided_key IS NOT NULL"_L1, "request-key", SealedColumn::Content::Key},
    {"request"_L1, "SELECT id, provided_csr FROM request WHERE provided_csr IS NOT NULL"_L1, "request-csr", SealedColumn::Content::Csr},
    {"request"_L1, "SELECT id, challenge FROM request WHERE challenge IS NOT NULL"_L1, "request-challenge", SealedColumn::Content::Bytes},
    {"request"_L1, "SELECT id, delivery_passphrase FROM request WHERE delivery_passphrase IS NOT NULL"_L1, "request-delivery",
     SealedColumn::Content::Bytes},
    {"server"_L1, "SELECT id, client_key FROM server WHERE client_key IS NOT NULL"_L1, "server-client-key", SealedColumn::Content::Key},
    {"server"_L1, "SELECT id, proxy_password FROM server WHERE proxy_password IS NOT NULL"_L1, "server-proxy-password",
     SealedColumn::Content::Bytes},
    {"transaction"_L1, "SELECT id, private_key FROM enrollment_transaction WHERE private_key IS NOT NULL"_L1, "transaction-key",
     SealedColumn::Content::Key},
    {"transaction"_L1, "SELECT id, signer_key FROM enrollment_transaction WHERE signer_key IS NOT NULL"_L1, "transaction-signer-key",
     SealedColumn::Content::Key},
    {"transaction"_L1, "SELECT id, csr FROM enrollment_transaction WHERE csr IS NOT NULL"_L1, "transaction-csr",
     SealedColumn::Content::Csr},
};

} // namespace

Result<void> Store::Private::checkSealed(StoreReport &report)
{
    Checker checker(*database, report);
    for (const SealedColumn &column : sealedColumns) {
        Result<QSqlQuery> rows = database->run(column.sql);
        if (!rows)
            return std::unexpected(rows.error());
        while (rows->next()) {
            const qint64 id = rows->value(0).toLongLong();
            const QString object = u"%1 %2"_s.arg(column.noun, QString::number(id));
            const auto secret = unsealed(rows->value(1), column.identity, id);
            if (!secret) {
                checker.problem(object, u"what is sealed as %1 cannot be opened"_s.arg(QLatin1StringView(column.identity)));
                continue;
            }
            ++report.openedKeys;
            if (column.content == SealedColumn::Content::Csr && !Pki::CertificationRequest::fromDer(secret->view().toByteArray()))
                checker.problem(object, u"its certification request is damaged"_s);
            if (column.content != SealedColumn::Content::Key)
                continue;
            const auto key = Pki::PrivateKey::fromBytes(secret->view());
            if (!key) {
                checker.problem(object, u"its private key is damaged"_s);
                continue;
            }
            const auto certificate = Pki::Certificate::fromDer(rows->value(2).toByteArray());
            if (certificate && !Pki::belongTogether(*key, *certificate))
                checker.problem(object, u"its private key is another certificate's"_s);
        }
    }
    return {};
}

Result<void> Store::Private::checkRows(StoreReport &report)
{
    Checker checker(*database, report);
    struct Rows {
        QString noun;
        QString sql; ///< label, settings, status or state
        std::function<Result<void>(const QSqlQuery &)> read;
    };
    const auto readAs = [](const QVariant &text, auto convert) -> Result<void> {
        const auto object = Json::fromText(text.toString().toUtf8());
        if (!object)
            return std::unexpected(object.error());
        const auto value = convert(*object);
        return value ? Result<void>() : Result<void>(std::unexpected(value.error()));
    };
    const Rows all[]{
        {u"server “%1”"_s, u"SELECT label, settings, knowledge FROM server WHERE deleted_at IS NULL"_s,
         [&](const QSqlQuery &row) {
             const Result<void> settings = readAs(row.value(1), Json::toServer);
             return !settings || row.value(2).isNull() ? settings : readAs(row.value(2), Json::toKnowledge);
         }},
        {u"request “%1”"_s, u"SELECT label, settings, status FROM request WHERE deleted_at IS NULL"_s,
         [&](const QSqlQuery &row) {
             const Result<void> settings = readAs(row.value(1), Json::toRequest);
             if (!settings)
                 return settings;
             const auto status = statusFromText(row.value(2).toString());
             return status ? Result<void>() : Result<void>(std::unexpected(status.error()));
         }},
        {u"the open transaction of request “%1”"_s,
         u"SELECT r.label, t.state FROM enrollment_transaction t JOIN request r ON r.id = t.request WHERE t.is_open = 1"_s,
         [&](const QSqlQuery &row) { return readAs(row.value(1), Json::toTransaction); }},
    };
    for (const Rows &kind : all) {
        Result<QSqlQuery> rows = database->run(kind.sql);
        if (!rows)
            return std::unexpected(rows.error());
        while (rows->next()) {
            if (const Result<void> read = kind.read(*rows); !read)
                checker.problem(kind.noun.arg(rows->value(0).toString()), u"it cannot be read: %1"_s.arg(read.error().detail));
        }
    }
    return {};
}

Result<StoreReport> Store::check(bool opensKeys)
{
    if (!d->isReadOnly)
        d->writeExchanges();
    StoreReport report;
    Checker checker(*d->database, report);
    for (const auto &[sql, target] : std::initializer_list<std::pair<QString, int *>>{
             {u"SELECT COUNT(*) FROM server WHERE deleted_at IS NULL"_s, &report.servers},
             {u"SELECT COUNT(*) FROM request WHERE deleted_at IS NULL"_s, &report.requests},
             {u"SELECT COUNT(*) FROM certificate WHERE deleted_at IS NULL"_s, &report.certificates},
             {u"SELECT COUNT(*) FROM enrollment_transaction WHERE is_open = 1"_s, &report.openTransactions}}) {
        if (Result<void> counted = checker.count(sql, *target); !counted)
            return std::unexpected(counted.error());
    }
    if (Result<void> looked = checker.file(); !looked)
        return std::unexpected(looked.error());
    for (const Invariant &invariant : invariants) {
        if (Result<void> looked = checker.none(invariant.noun, invariant.what, invariant.sql); !looked)
            return std::unexpected(looked.error());
    }
    if (Result<void> looked = d->checkRows(report); !looked)
        return std::unexpected(looked.error());
    if (!opensKeys)
        return report;

    Result<QSqlQuery> rows = d->database->run(u"SELECT id, der FROM certificate UNION ALL SELECT -id, der FROM ca_certificate"_s);
    if (!rows)
        return std::unexpected(rows.error());
    while (rows->next()) {
        const qint64 id = rows->value(0).toLongLong();
        if (!Pki::Certificate::fromDer(rows->value(1).toByteArray()))
            checker.problem(id > 0 ? u"certificate %1"_s.arg(id) : u"CA certificate %1"_s.arg(-id), u"it cannot be read"_s);
    }
    if (d->vault.isLocked())
        return report;
    report.keysChecked = true;
    if (Result<void> looked = d->checkSealed(report); !looked)
        return std::unexpected(looked.error());
    return report;
}

} // namespace Models
