// SPDX-License-Identifier: GPL-3.0-or-later
// What a person does with the CA store, what chains are built from, and what nobody needs any more.
#include "models/store/store_p.h"

using namespace Qt::StringLiterals;
using Pki::failure;

namespace Models {

Result<qint64> Store::importCaCertificate(const Pki::Certificate &certificate, Scep::ServerId server, bool isTrusted, const QString &name)
{
    if (certificate.isNull())
        return failure(ErrorCode::InvalidArgument, u"there is no certificate"_s);
    // Version 1 knows no basicConstraints: such roots are still about.
    if (!certificate.isCa() && !(certificate.version() == 1 && certificate.isSelfSigned()))
        return failure(ErrorCode::InvalidArgument, u"%1 is no CA certificate"_s.arg(certificate.subject().toText()));
    SqlTransaction sql(*d->database);
    if (!sql.begun())
        return std::unexpected(sql.begun().error());
    QString wanted = name.trimmed();
    if (!server.isNull()) {
        const Result<QVariant> label =
            d->database->value(u"SELECT label FROM server WHERE id = ? AND deleted_at IS NULL"_s, {server.value});
        if (!label)
            return std::unexpected(label.error());
        if (!label->isValid())
            return failure(ErrorCode::InvalidArgument, u"the server does not exist"_s);
        if (wanted.isEmpty())
            wanted = label->toString() + u"-imported"_s;
    }
    if (wanted.isEmpty())
        wanted = u"imported"_s;
    const QVariant owner = server.isNull() ? QVariant() : QVariant(server.value);
    const Result<QVariant> present =
        d->database->value(u"SELECT name FROM ca_certificate WHERE der = ? AND server IS ?"_s, {certificate.der(), owner});
    if (!present)
        return std::unexpected(present.error());
    if (present->isValid())
        return failure(ErrorCode::NotPossibleNow, u"the certificate is in the CA store already, as %1"_s.arg(present->toString()));
    const Result<QString> free = d->freeCaName(wanted);
    if (!free)
        return std::unexpected(free.error());
    const Result<qint64> id = d->database->insert(
        u"INSERT INTO ca_certificate (server, name, role, stage, is_anchor, is_imported, der) VALUES (?, ?, ?, 'active', ?, ?, ?)"_s,
        {owner, *free, certificate.isSelfIssued() ? u"root"_s : u"intermediate"_s, isTrusted ? 1 : 0, isTrusted ? 2 : 1,
         certificate.der()});
    if (!id)
        return id;
    if (Result<void> committed = sql.commit(); !committed)
        return std::unexpected(committed.error());
    emit caStoreChanged(server);
    return id;
}

Result<void> Store::renameCaCertificate(qint64 id, const QString &name)
{
    const QString wanted = name.trimmed();
    if (wanted.isEmpty())
        return failure(ErrorCode::InvalidArgument, u"a name has at least one character"_s);
    const Result<QVariant> server = d->database->value(u"SELECT COALESCE(server, 0) FROM ca_certificate WHERE id = ?"_s, {id});
    if (!server)
        return std::unexpected(server.error());
    if (!server->isValid())
        return failure(ErrorCode::InvalidArgument, u"the CA certificate does not exist"_s);
    const Result<void> renamed =
        d->changeOne(u"the CA certificate"_s, u"UPDATE ca_certificate SET name = ?, version = version + 1 WHERE id = ?"_s, {wanted, id});
    if (!renamed && d->database->failedByConstraint())
        return failure(ErrorCode::InvalidArgument, u"there is one of the name %1 already"_s.arg(wanted));
    if (!renamed)
        return renamed;
    emit caStoreChanged({server->toLongLong()});
    return {};
}

Result<void> Store::removeCaCertificate(qint64 id)
{
    SqlTransaction sql(*d->database);
    if (!sql.begun())
        return std::unexpected(sql.begun().error());
    Result<QSqlQuery> row = d->database->run(u"SELECT server, name, stage, is_imported FROM ca_certificate WHERE id = ?"_s, {id});
    if (!row)
        return std::unexpected(row.error());
    if (!row->next())
        return failure(ErrorCode::InvalidArgument, u"the CA certificate does not exist"_s);
    const Scep::ServerId server{row->value(0).toLongLong()};
    const Result<QString> kept = d->whyKept(id);
    if (!kept)
        return std::unexpected(kept.error());
    if (!kept->isEmpty())
        return failure(ErrorCode::NotPossibleNow, *kept);
    if (!row->value(3).toBool() && row->value(2).toString() != "retired"_L1)
        return failure(ErrorCode::NotPossibleNow, u"%1 is what the server sends"_s.arg(row->value(1).toString()));
    if (Result<void> gone = d->changeOne(u"the CA certificate"_s, u"DELETE FROM ca_certificate WHERE id = ?"_s, {id}); !gone)
        return gone;
    if (Result<void> committed = sql.commit(); !committed)
        return committed;
    emit caStoreChanged(server);
    return {};
}

Result<Pki::CertificateChain> Store::chainFor(const Pki::Certificate &certificate, const QDateTime &time)
{
    if (certificate.isNull())
        return failure(ErrorCode::InvalidArgument, u"there is no certificate"_s);
    const auto records = caStoreRecords();
    if (!records)
        return std::unexpected(records.error());
    QList<Pki::Certificate> pool;
    QList<Pki::Certificate> anchors;
    for (const CaStoreRecord &record : *records) {
        // What the server only announced, and what was never tied to its CA, carries no chain.
        if (record.stage == CaStoreRecord::Stage::Staged || record.role == CaStoreRecord::Role::Unused)
            continue;
        pool.append(record.certificate);
        if (record.isAnchor)
            anchors.append(record.certificate);
    }
    // The issuers that came with it, in case they have left the CA store.
    Result<QSqlQuery> rows = d->database->run(
        u"SELECT DISTINCT m.der FROM certificate c JOIN issuer_chain_member m ON m.chain = c.chain WHERE c.serial = ? AND c.der = ?"_s,
        {certificate.serialNumber().toHex(), certificate.der()});
    if (!rows)
        return std::unexpected(rows.error());
    while (rows->next()) {
        if (const auto issuer = Pki::Certificate::fromDer(rows->value(0).toByteArray()))
            pool.append(*issuer);
    }
    return Pki::buildChain(certificate, pool, anchors, time);
}

Result<int> Store::Private::pruneCaStore(QSet<Scep::ServerId> &changed)
{
    // A retired one is needed while a certificate that is kept (the bin's too) has it among its issuers, or a transaction that began
    // under it is open.
    Result<QSqlQuery> rows = database->run(
        u"SELECT id, server FROM ca_certificate WHERE stage = 'retired' AND is_imported = 0 AND "
        "NOT EXISTS (SELECT 1 FROM issuer_chain_member m WHERE m.der = ca_certificate.der AND EXISTS (SELECT 1 FROM certificate c WHERE "
        "c.chain = m.chain)) AND "
        "NOT EXISTS (SELECT 1 FROM enrollment_transaction t WHERE t.server = ca_certificate.server AND t.is_open = 1)"_s);
    if (!rows)
        return std::unexpected(rows.error());
    QList<qint64> unneeded;
    while (rows->next()) {
        unneeded.append(rows->value(0).toLongLong());
        changed.insert({rows->value(1).toLongLong()});
    }
    for (const qint64 id : std::as_const(unneeded)) {
        if (Result<void> gone = database->execute(u"DELETE FROM ca_certificate WHERE id = ?"_s, {id}); !gone)
            return std::unexpected(gone.error());
    }
    return static_cast<int>(unneeded.size());
}

} // namespace Models
