// SPDX-License-Identifier: GPL-3.0-or-later
// Issued certificates: the history of a request.
#include "models/store/chaintable.h"
#include "models/store/parallel.h"
#include "models/store/store_p.h"

using namespace Qt::StringLiterals;
using Pki::failure;

namespace Models {

namespace {

QStringList toStrings(const QJsonValue &value)
{
    QStringList strings;
    for (const QJsonValue &item : value.toArray())
        strings.append(item.toString());
    return strings;
}

QString detailsOf(const Scep::IssuedCertificate &issued)
{
    if (issued.differences.isEmpty() && issued.notes.isEmpty())
        return u"{}"_s;
    return QString::fromUtf8(Json::toText(
        {{u"differences"_s, QJsonArray::fromStringList(issued.differences)}, {u"notes"_s, QJsonArray::fromStringList(issued.notes)}}));
}

constexpr auto certificateSelect = "SELECT id, request, server, der, transaction_id, received_at, details, chain, revoked_at, "
                                   "revocation_reason FROM certificate"_L1;

} // namespace

std::optional<Scep::Revocation> revocationFrom(const QVariant &at, const QVariant &reason)
{
    if (at.isNull())
        return std::nullopt;
    return Scep::Revocation{QDateTime::fromSecsSinceEpoch(at.toLongLong(), Qt::UTC), reason.toString()};
}

Result<QList<Pki::Certificate>> Store::Private::chain(const QVariant &id)
{
    if (id.isNull())
        return QList<Pki::Certificate>();
    if (const auto known = chains.constFind(id.toLongLong()); known != chains.constEnd())
        return *known;
    Result<QSqlQuery> rows = database->run(u"SELECT der FROM issuer_chain_member WHERE chain = ? ORDER BY position"_s, {id});
    if (!rows)
        return std::unexpected(rows.error());
    QList<Pki::Certificate> issuers;
    while (rows->next()) {
        const auto issuer = Pki::Certificate::fromDer(rows->value(0).toByteArray());
        if (!issuer)
            return std::unexpected(issuer.error());
        issuers.append(*issuer);
    }
    if (chains.size() >= 256) // as many as a workspace has in a lifetime; more are read again
        chains.clear();
    chains.insert(id.toLongLong(), issuers);
    return issuers;
}

Result<Scep::IssuedCertificate> Store::Private::issuedCertificate(QSqlQuery &row, int first)
{
    Scep::IssuedCertificate issued;
    issued.id = {row.value(first).toLongLong()};
    issued.request = {row.value(first + 1).toLongLong()};
    issued.server = {row.value(first + 2).toLongLong()};
    const auto damaged = [&](const Error &error) {
        return failure(ErrorCode::StoreFailure, u"certificate %1: %2"_s.arg(QString::number(issued.id.value), error.detail));
    };
    const auto certificate = Pki::Certificate::fromDer(row.value(first + 3).toByteArray());
    if (!certificate)
        return damaged(certificate.error());
    issued.certificate = *certificate;
    issued.transactionId = row.value(first + 4).toString();
    issued.receivedAt = QDateTime::fromString(row.value(first + 5).toString(), Qt::ISODateWithMs).toUTC();
    const auto details = Json::fromText(row.value(first + 6).toString().toUtf8());
    if (!details)
        return damaged(details.error());
    issued.differences = toStrings((*details)[u"differences"_s]);
    issued.notes = toStrings((*details)[u"notes"_s]);
    const auto issuers = chain(row.value(first + 7));
    if (!issuers)
        return damaged(issuers.error());
    issued.issuers = *issuers;
    issued.revocation = revocationFrom(row.value(first + 8), row.value(first + 9));
    return issued;
}

Result<QList<Scep::IssuedCertificate>> Store::certificates(Scep::RequestId id)
{
    Result<QSqlQuery> rows =
        d->database->run(certificateSelect + u" WHERE request = ? AND deleted_at IS NULL ORDER BY id DESC"_s, {id.value});
    if (!rows)
        return std::unexpected(rows.error());
    QList<Scep::IssuedCertificate> certificates;
    while (rows->next()) {
        const auto certificate = d->issuedCertificate(*rows);
        if (!certificate)
            return std::unexpected(certificate.error());
        certificates.append(*certificate);
    }
    return certificates;
}

Result<Scep::IssuedCertificate> Store::certificateWithKey(Scep::CertificateId id)
{
    Result<QSqlQuery> row =
        d->database->run(certificateSelect + u" WHERE id = ? AND deleted_at IS NULL AND "
                                             "EXISTS (SELECT 1 FROM request WHERE id = request AND deleted_at IS NULL)"_s,
                         {id.value});
    if (!row)
        return std::unexpected(row.error());
    if (!row->next())
        return failure(ErrorCode::InvalidArgument, u"the certificate does not exist"_s);
    auto issued = d->issuedCertificate(*row);
    if (!issued)
        return issued;
    const Result<QVariant> column = d->database->value(u"SELECT private_key FROM certificate WHERE id = ?"_s, {id.value});
    if (!column)
        return std::unexpected(column.error());
    const auto key = d->unsealedKey(*column, "certificate-key", id.value);
    if (!key)
        return std::unexpected(key.error());
    issued->key = *key;
    return issued;
}

Result<QList<Scep::CurrentCertificate>> Store::currentCertificates()
{
    Result<QSqlQuery> rows =
        d->database->run(u"SELECT certificate.request, certificate.der, request.status, certificate.received_at, certificate.revoked_at, "
                         "certificate.revocation_reason, request.label FROM certificate JOIN request "
                         "ON request.id = certificate.request WHERE certificate.is_current = 1 AND certificate.deleted_at IS NULL AND "
                         "request.deleted_at IS NULL ORDER BY certificate.request"_s);
    if (!rows)
        return std::unexpected(rows.error());
    struct Row {
        Scep::RequestId request;
        QByteArray der;
        QString status;
        QDateTime receivedAt;
        std::optional<Scep::Revocation> revocation;
        QString label;
        Result<Scep::CurrentCertificate> read = {};
    };
    std::vector<Row> all;
    while (rows->next())
        all.push_back({{rows->value(0).toLongLong()},
                       rows->value(1).toByteArray(),
                       rows->value(2).toString(),
                       timeFromText(rows->value(3).toString()),
                       revocationFrom(rows->value(4), rows->value(5)),
                       rows->value(6).toString()});
    // Reading a certificate costs far more than fetching it, and an engine waits for all of them at its start.
    inParallel(static_cast<qsizetype>(all.size()), [&](qsizetype i) {
        Row &row = all[static_cast<std::size_t>(i)];
        const auto certificate = Pki::Certificate::fromDer(row.der);
        const auto status = statusFromText(row.status);
        if (!certificate)
            row.read = failure(certificate.error().code, u"its certificate: %1"_s.arg(certificate.error().detail));
        else if (!status)
            row.read = std::unexpected(status.error());
        else
            row.read = Scep::CurrentCertificate{row.request, *certificate,
                                                status->state == Scep::TransactionStatus::State::Rejected ||
                                                    status->state == Scep::TransactionStatus::State::Cancelled,
                                                row.receivedAt, row.revocation};
    });
    QList<Scep::CurrentCertificate> certificates;
    for (const Row &row : all) {
        if (row.read)
            certificates.append(*row.read);
        else
            d->noteDamage(u"request “%1”"_s.arg(row.label), u"it cannot be read from the store: %1"_s.arg(row.read.error().detail));
    }
    return certificates;
}

Result<Scep::Credential> Store::currentCredential(Scep::RequestId request)
{
    Result<QSqlQuery> row = d->database->run(
        u"SELECT id, der, private_key FROM certificate WHERE request = ? AND is_current = 1 AND deleted_at IS NULL"_s, {request.value});
    if (!row)
        return std::unexpected(row.error());
    if (!row->next())
        return Scep::Credential();
    const qint64 id = row->value(0).toLongLong();
    const auto certificate = Pki::Certificate::fromDer(row->value(1).toByteArray());
    if (!certificate)
        return failure(ErrorCode::StoreFailure, u"certificate %1: %2"_s.arg(QString::number(id), certificate.error().detail));
    const auto key = d->unsealedKey(row->value(2), "certificate-key", id);
    if (!key)
        return std::unexpected(key.error());
    return Scep::Credential{*certificate, *key};
}

// -- new ones ------------------------------------------------------------------------------------------------------------------

Result<qint64> Store::Private::nextId(const QString &table)
{
    // Known before the row is there, since the row's secrets are sealed to it. AUTOINCREMENT goes on behind it.
    const Result<QVariant> last = database->value(u"SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = ?"_s, {table});
    if (!last)
        return std::unexpected(last.error());
    return last->toLongLong() + 1;
}

Result<QList<Scep::CertificateId>> Store::Private::insertCertificates(const QList<Scep::IssuedCertificate> &certificates,
                                                                      const QList<bool> &areCurrent)
{
    ChainTable chainTable(*database);
    const Result<qint64> first = nextId(u"certificate"_s);
    if (!first)
        return std::unexpected(first.error());
    SqlStatement insert(
        *database, u"INSERT INTO certificate (id, request, server, is_current, der, private_key, transaction_id, received_at, details, "
                   "subject, issuer, serial, not_before, not_after, chain) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"_s);
    // What costs most needs no database: encoding and sealing the keys, and the texts for the lists.
    struct Prepared {
        Result<QVariant> key;
        QVariantList columns;
    };
    std::vector<Prepared> prepared(static_cast<std::size_t>(certificates.size()));
    inParallel(certificates.size(), [&](qsizetype i) {
        Prepared &part = prepared[static_cast<std::size_t>(i)];
        part.key = sealedKey(certificates[i].key, "certificate-key", *first + i);
        part.columns = certificateColumns(certificates[i].certificate);
    });
    QList<Scep::CertificateId> ids;
    for (qsizetype i = 0; i < certificates.size(); ++i) {
        const Scep::IssuedCertificate &issued = certificates[i];
        const qint64 id = *first + i;
        const Prepared &part = prepared[static_cast<std::size_t>(i)];
        if (!part.key)
            return std::unexpected(part.key.error());
        const Result<QVariant> chainId = chainTable.idOf(issued.issuers);
        if (!chainId)
            return std::unexpected(chainId.error());
        const QDateTime received = issued.receivedAt.isValid() ? issued.receivedAt.toUTC() : QDateTime::currentDateTimeUtc();
        QVariantList values{id,
                            issued.request.value,
                            issued.server.value,
                            areCurrent[i] ? 1 : 0,
                            issued.certificate.der(),
                            *part.key,
                            notNull(issued.transactionId),
                            received.toString(Qt::ISODateWithMs),
                            detailsOf(issued)};
        values << part.columns << *chainId;
        if (Result<void> stored = insert.run(values); !stored)
            return std::unexpected(stored.error());
        ids.append(Scep::CertificateId{id});
    }
    return ids;
}

Result<QList<Scep::CertificateId>> Store::addCertificates(const QList<Scep::IssuedCertificate> &certificates)
{
    SqlTransaction transaction(*d->database);
    if (!transaction.begun())
        return std::unexpected(transaction.begun().error());
    SqlStatement ask(*d->database, u"SELECT (SELECT COUNT(*) FROM certificate WHERE request = request.id AND is_current = 1) FROM request "
                                   "WHERE id = ? AND deleted_at IS NULL"_s);
    QHash<Scep::RequestId, qsizetype> currentAt; ///< -1: it has one already
    for (qsizetype i = 0; i < certificates.size(); ++i) {
        const Scep::RequestId request = certificates[i].request;
        if (certificates[i].certificate.isNull())
            return failure(ErrorCode::InvalidArgument, u"one of the certificates is missing"_s);
        const auto known = currentAt.find(request);
        if (known != currentAt.end()) {
            if (*known >= 0)
                *known = i;
            continue;
        }
        if (Result<void> asked = ask.run({request.value}); !asked)
            return std::unexpected(asked.error());
        if (!ask.next())
            return failure(ErrorCode::InvalidArgument, u"request %1 does not exist"_s.arg(request.value));
        currentAt.insert(request, ask.value(0).toInt() > 0 ? -1 : i);
    }
    QList<bool> areCurrent(certificates.size(), false);
    SqlStatement touch(*d->database, u"UPDATE request SET version = version + 1 WHERE id = ?"_s);
    for (auto it = currentAt.cbegin(); it != currentAt.cend(); ++it) {
        if (*it >= 0)
            areCurrent[*it] = true;
        if (Result<void> touched = touch.run({it.key().value}); !touched)
            return std::unexpected(touched.error());
    }
    auto ids = d->insertCertificates(certificates, areCurrent);
    if (!ids)
        return ids;
    if (Result<void> committed = transaction.commit(); !committed)
        return std::unexpected(committed.error());
    for (auto it = currentAt.cbegin(); it != currentAt.cend(); ++it)
        emit requestChanged(it.key());
    return ids;
}

} // namespace Models
