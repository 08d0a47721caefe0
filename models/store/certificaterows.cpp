// SPDX-License-Identifier: GPL-3.0-or-later
// Issued certificates: the history of a request.
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

constexpr auto certificateColumns = "SELECT id, request, server, der, transaction_id, received_at, details FROM certificate"_L1;

} // namespace

Result<Scep::IssuedCertificate> Store::Private::issuedCertificate(QSqlQuery &row)
{
    Scep::IssuedCertificate issued;
    issued.id = {row.value(0).toLongLong()};
    issued.request = {row.value(1).toLongLong()};
    issued.server = {row.value(2).toLongLong()};
    const auto damaged = [&](const Error &error) {
        return failure(ErrorCode::StoreFailure, u"certificate %1: %2"_s.arg(QString::number(issued.id.value), error.detail));
    };
    const auto certificate = Pki::Certificate::fromDer(row.value(3).toByteArray());
    if (!certificate)
        return damaged(certificate.error());
    issued.certificate = *certificate;
    issued.transactionId = row.value(4).toString();
    issued.receivedAt = QDateTime::fromString(row.value(5).toString(), Qt::ISODateWithMs).toUTC();
    const auto details = Json::fromText(row.value(6).toString().toUtf8());
    if (!details)
        return damaged(details.error());
    issued.differences = toStrings((*details)[u"differences"_s]);
    issued.notes = toStrings((*details)[u"notes"_s]);

    Result<QSqlQuery> issuers =
        database->run(u"SELECT der FROM certificate_issuer WHERE certificate = ? ORDER BY position"_s, {issued.id.value});
    if (!issuers)
        return std::unexpected(issuers.error());
    while (issuers->next()) {
        const auto issuer = Pki::Certificate::fromDer(issuers->value(0).toByteArray());
        if (!issuer)
            return damaged(issuer.error());
        issued.issuers.append(*issuer);
    }
    return issued;
}

Result<QList<Scep::IssuedCertificate>> Store::certificates(Scep::RequestId id)
{
    Result<QSqlQuery> rows = d->database->run(certificateColumns + u" WHERE request = ? ORDER BY id DESC"_s, {id.value});
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
    Result<QSqlQuery> row = d->database->run(certificateColumns + u" WHERE id = ?"_s, {id.value});
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
        d->database->run(u"SELECT certificate.request, certificate.der, request.status FROM certificate JOIN request "
                         "ON request.id = certificate.request WHERE certificate.is_current = 1 ORDER BY certificate.request"_s);
    if (!rows)
        return std::unexpected(rows.error());
    QList<Scep::CurrentCertificate> certificates;
    while (rows->next()) {
        const Scep::RequestId request{rows->value(0).toLongLong()};
        const auto certificate = Pki::Certificate::fromDer(rows->value(1).toByteArray());
        if (!certificate)
            return failure(ErrorCode::StoreFailure,
                           u"the certificate of request %1: %2"_s.arg(QString::number(request.value), certificate.error().detail));
        const auto status = statusFromText(rows->value(2).toString());
        if (!status)
            return failure(ErrorCode::StoreFailure, u"request %1: %2"_s.arg(QString::number(request.value), status.error().detail));
        const auto state = status->state;
        certificates.append({request, *certificate,
                             state == Scep::TransactionStatus::State::Rejected || state == Scep::TransactionStatus::State::Cancelled});
    }
    return certificates;
}

Result<Scep::Credential> Store::currentCredential(Scep::RequestId request)
{
    Result<QSqlQuery> row =
        d->database->run(u"SELECT id, der, private_key FROM certificate WHERE request = ? AND is_current = 1"_s, {request.value});
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

} // namespace Models
