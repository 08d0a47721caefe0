// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/store/storeschema.h"

#include "models/store/chaintable.h"

#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QUrl>

using namespace Qt::StringLiterals;
using Pki::failure;

namespace Models {

namespace {

/// What the list of all certificates shows, taken out of the certificates once; and each issuer chain once instead of once a certificate.
Result<void> fillThirdStep(SqlDatabase &database)
{
    Result<QSqlQuery> rows = database.run(u"SELECT id, der FROM certificate"_s);
    if (!rows)
        return std::unexpected(rows.error());
    SqlStatement set(database, u"UPDATE certificate SET subject = ?, issuer = ?, serial = ?, not_before = ?, not_after = ?, chain = ? "
                               "WHERE id = ?"_s);
    SqlStatement issuers(database, u"SELECT der FROM certificate_issuer WHERE certificate = ? ORDER BY position"_s);
    ChainTable chains(database);
    while (rows->next()) {
        const qint64 id = rows->value(0).toLongLong();
        if (Result<void> asked = issuers.run({id}); !asked)
            return asked;
        QList<QByteArray> ders;
        while (issuers.next())
            ders.append(issuers.value(0).toByteArray());
        const Result<QVariant> chain = chains.idOf(ders);
        if (!chain)
            return std::unexpected(chain.error());
        // One that cannot be read keeps empty columns: the store's check names it.
        const auto certificate = Pki::Certificate::fromDer(rows->value(1).toByteArray());
        QVariantList values = certificate ? certificateColumns(*certificate) : QVariantList{u""_s, u""_s, u""_s, 0, 0};
        values << *chain << id;
        if (Result<void> stored = set.run(values); !stored)
            return stored;
    }
    return {};
}

Migration thirdStep()
{
    return {
        3,
        {
            // A server's or request's name is free again while it lies in the bin: `label` then holds another text, the settings the name.
            uR"(ALTER TABLE server ADD COLUMN extras TEXT)"_s,
            uR"(ALTER TABLE server ADD COLUMN client_key BLOB)"_s,
            uR"(ALTER TABLE server ADD COLUMN deleted_at TEXT)"_s,
            uR"(ALTER TABLE request ADD COLUMN extras TEXT)"_s,
            uR"(ALTER TABLE request ADD COLUMN delivery TEXT)"_s,
            uR"(ALTER TABLE request ADD COLUMN delivery_passphrase BLOB)"_s,
            uR"(ALTER TABLE request ADD COLUMN delivery_state TEXT)"_s,
            uR"(ALTER TABLE request ADD COLUMN delivery_at INTEGER)"_s, // seconds since 1970 when it is to be tried; NULL: not by itself
            uR"(ALTER TABLE request ADD COLUMN deleted_at TEXT)"_s,
            uR"(CREATE INDEX request_delivery ON request(delivery_at) WHERE delivery_at IS NOT NULL)"_s,
            uR"(CREATE TABLE issuer_chain (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    version INTEGER NOT NULL DEFAULT 1,
                    digest BLOB NOT NULL UNIQUE))"_s,
            uR"(CREATE TABLE issuer_chain_member (
                    chain INTEGER NOT NULL REFERENCES issuer_chain(id) ON DELETE CASCADE,
                    position INTEGER NOT NULL,
                    version INTEGER NOT NULL DEFAULT 1,
                    der BLOB NOT NULL,
                    PRIMARY KEY (chain, position)))"_s,
            uR"(ALTER TABLE certificate ADD COLUMN deleted_at TEXT)"_s,
            uR"(ALTER TABLE certificate ADD COLUMN subject TEXT NOT NULL DEFAULT '')"_s,
            uR"(ALTER TABLE certificate ADD COLUMN issuer TEXT NOT NULL DEFAULT '')"_s,
            uR"(ALTER TABLE certificate ADD COLUMN serial TEXT NOT NULL DEFAULT '')"_s,
            uR"(ALTER TABLE certificate ADD COLUMN not_before INTEGER NOT NULL DEFAULT 0)"_s, // seconds since 1970
            uR"(ALTER TABLE certificate ADD COLUMN not_after INTEGER NOT NULL DEFAULT 0)"_s,
            uR"(ALTER TABLE certificate ADD COLUMN chain INTEGER REFERENCES issuer_chain(id))"_s,
            // Now without a server too: what a person imported.
            uR"(CREATE TABLE new_ca_certificate (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    version INTEGER NOT NULL DEFAULT 1,
                    server INTEGER REFERENCES server(id) ON DELETE CASCADE,
                    name TEXT NOT NULL UNIQUE,
                    role TEXT NOT NULL,
                    stage TEXT NOT NULL,
                    is_anchor INTEGER NOT NULL,
                    is_imported INTEGER NOT NULL DEFAULT 0,
                    der BLOB NOT NULL,
                    UNIQUE (server, der)))"_s,
            uR"(INSERT INTO new_ca_certificate (id, version, server, name, role, stage, is_anchor, der)
                    SELECT id, version, server, name, role, stage, is_anchor, der FROM ca_certificate)"_s,
            uR"(DROP TABLE ca_certificate)"_s,
            uR"(ALTER TABLE new_ca_certificate RENAME TO ca_certificate)"_s,
            uR"(CREATE UNIQUE INDEX ca_certificate_of_no_server ON ca_certificate(der) WHERE server IS NULL)"_s,
            uR"(CREATE TABLE setting (
                    name TEXT PRIMARY KEY,
                    version INTEGER NOT NULL DEFAULT 1,
                    value TEXT NOT NULL))"_s,
            uR"(CREATE INDEX exchange_at ON exchange(at))"_s,
        },
        fillThirdStep,
        {
            uR"(DROP TABLE certificate_issuer)"_s,
            uR"(CREATE INDEX certificate_chain ON certificate(chain))"_s,
            uR"(CREATE INDEX certificate_subject ON certificate(subject, id))"_s,
            uR"(CREATE INDEX certificate_expiry ON certificate(not_after, id))"_s,
        }};
}

/// A proxy's user and password stood in its address, in clear. The password is sealed as soon as the vault is open: a migration has none.
Result<void> fillFourthStep(SqlDatabase &database)
{
    Result<QSqlQuery> rows = database.run(u"SELECT id, settings FROM server"_s);
    if (!rows)
        return std::unexpected(rows.error());
    struct Change {
        qint64 id;
        QString settings;
        QString password;
    };
    QList<Change> changes;
    while (rows->next()) {
        const QJsonDocument document = QJsonDocument::fromJson(rows->value(1).toString().toUtf8());
        QJsonObject settings = document.object(); // one that cannot be read stays as it is
        QJsonObject transport = settings[u"transport"_s].toObject();
        QUrl proxy(transport[u"proxy"_s].toString(), QUrl::StrictMode);
        if (proxy.userInfo().isEmpty())
            continue;
        const QString password = proxy.password(QUrl::FullyDecoded);
        transport[u"proxyUser"_s] = proxy.userName(QUrl::FullyDecoded);
        proxy.setUserInfo({});
        transport[u"proxy"_s] = proxy.toString(QUrl::FullyEncoded);
        settings[u"transport"_s] = transport;
        changes.append({rows->value(0).toLongLong(), QString::fromUtf8(QJsonDocument(settings).toJson(QJsonDocument::Compact)), password});
    }
    for (const Change &change : std::as_const(changes)) {
        const QVariant password = change.password.isEmpty() ? QVariant() : QVariant(change.password);
        if (Result<void> done = database.execute(u"UPDATE server SET settings = ?, open_proxy_password = ? WHERE id = ?"_s,
                                                 {change.settings, password, change.id});
            !done)
            return done;
    }
    return {};
}

Migration fourthStep()
{
    return {4,
            {
                uR"(ALTER TABLE server ADD COLUMN proxy_password BLOB)"_s,
                uR"(ALTER TABLE server ADD COLUMN open_proxy_password TEXT)"_s, // not sealed yet
                uR"(ALTER TABLE certificate ADD COLUMN revoked_at INTEGER)"_s,  // seconds since 1970; NULL: not as far as is known
                uR"(ALTER TABLE certificate ADD COLUMN revocation_reason TEXT)"_s,
                // 1: imported by hand, 2: as trusted. Its anchor mark alone does not tell, once the server sends it too.
                uR"(UPDATE ca_certificate SET is_imported = 2 WHERE is_imported = 1 AND is_anchor = 1)"_s,
                uR"(CREATE INDEX certificate_issuer_serial ON certificate(issuer, serial))"_s,
                uR"(CREATE INDEX exchange_request ON exchange(request, id))"_s,
            },
            fillFourthStep};
}

} // namespace

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
            {2, {}},
            thirdStep(),
            fourthStep()};
}

Result<int> schemaVersion(SqlDatabase &database)
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

Result<void> copyDatabase(SqlDatabase &database, const QString &file)
{
    // VACUUM INTO fills an empty file: so the mode is right from the beginning.
    QFile target(file);
    if (!target.open(QIODevice::WriteOnly | QIODevice::NewOnly) || !target.setPermissions(QFileDevice::ReadOwner | QFileDevice::WriteOwner))
        return failure(ErrorCode::FileNotWritable, u"%1: %2"_s.arg(file, target.errorString()));
    target.close();
    const Result<QSqlQuery> copied = database.run(u"VACUUM INTO ?"_s, {file});
    if (!copied) {
        target.remove();
        return std::unexpected(copied.error());
    }
    return {};
}

namespace {

Result<void> backUp(SqlDatabase &database, const QString &file, int version)
{
    QString name = u"%1.v%2.backup"_s.arg(file, QString::number(version));
    for (int number = 2; QFile::exists(name); ++number)
        name = u"%1.v%2-%3.backup"_s.arg(file, QString::number(version), QString::number(number));
    return copyDatabase(database, name);
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
    if (step.convert) {
        if (Result<void> done = step.convert(database); !done)
            return done;
    }
    for (const QString &statement : step.lastStatements) {
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
    const Result<int> version = schemaVersion(database);
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
