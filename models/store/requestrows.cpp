// SPDX-License-Identifier: GPL-3.0-or-later
// Requests, their status and the secrets they have before a transaction begins.
#include "models/store/store_p.h"

using namespace Qt::StringLiterals;
using Pki::failure;

namespace Models {

namespace {

using State = Scep::TransactionStatus::State;

constexpr auto requestColumns = "SELECT id, server, settings, status FROM request"_L1;

struct StateWord {
    State state;
    QLatin1StringView word;
};
constexpr StateWord stateWords[]{
    {State::None, "none"_L1},         {State::Queued, "queued"_L1},       {State::GeneratingKey, "generating-key"_L1},
    {State::Sending, "sending"_L1},   {State::Pending, "pending"_L1},     {State::Retrying, "retrying"_L1},
    {State::Rejected, "rejected"_L1}, {State::Cancelled, "cancelled"_L1}, {State::Done, "done"_L1},
};

QJsonObject fromStatus(const Scep::TransactionStatus &status)
{
    QJsonObject object{
        {u"transactionId"_s, status.transactionId}, {u"nextAttemptAt"_s, Json::fromTime(status.nextAttemptAt)}, {u"polls"_s, status.polls}};
    for (const StateWord &entry : stateWords) {
        if (entry.state == status.state)
            object[u"state"_s] = entry.word.toString();
    }
    if (status.isRenewal)
        object[u"renewal"_s] = true;
    if (status.error)
        object[u"error"_s] = Json::fromError(*status.error);
    if (status.rejection)
        object[u"rejection"_s] = Json::fromRejection(*status.rejection);
    return object;
}

Scep::TransactionStatus toStatus(const QJsonObject &object)
{
    Scep::TransactionStatus status;
    for (const StateWord &entry : stateWords) {
        if (entry.word == object[u"state"_s].toString())
            status.state = entry.state;
    }
    status.transactionId = object[u"transactionId"_s].toString();
    status.nextAttemptAt = Json::toTime(object[u"nextAttemptAt"_s]);
    status.polls = object[u"polls"_s].toInt();
    status.isRenewal = object[u"renewal"_s].toBool();
    if (object.contains(u"error"_s))
        status.error = Json::toError(object[u"error"_s].toObject());
    if (object.contains(u"rejection"_s))
        status.rejection = Json::toRejection(object[u"rejection"_s].toObject());
    return status;
}

std::unexpected<Error> labelTaken(const QString &label)
{
    return failure(ErrorCode::InvalidArgument, u"there is a request with the label %1 already"_s.arg(label));
}

QString settingsOf(const Scep::EnrollmentRequest &request)
{
    return QString::fromUtf8(Json::toText(Json::fromRequest(request)));
}

} // namespace

Result<Scep::TransactionStatus> statusFromText(const QString &text)
{
    if (text.isEmpty())
        return Scep::TransactionStatus();
    const auto object = Json::fromText(text.toUtf8());
    if (!object)
        return std::unexpected(object.error());
    return toStatus(*object);
}

Result<RequestRecord> Store::Private::requestRecord(QSqlQuery &row)
{
    const Scep::RequestId id{row.value(0).toLongLong()};
    const auto damaged = [&](const Error &error) {
        return failure(ErrorCode::StoreFailure, u"request %1: %2"_s.arg(QString::number(id.value), error.detail));
    };
    const auto settings = Json::fromText(row.value(2).toString().toUtf8());
    if (!settings)
        return damaged(settings.error());
    const auto request = Json::toRequest(*settings);
    if (!request)
        return damaged(request.error());
    RequestRecord record;
    record.request = *request;
    record.request.id = id;
    record.request.server = {row.value(1).toLongLong()};
    const auto status = statusFromText(row.value(3).toString());
    if (!status)
        return damaged(status.error());
    record.transaction = *status;
    record.transaction.request = id;

    const Result<QVariant> count = database->value(u"SELECT COUNT(*) FROM certificate WHERE request = ?"_s, {id.value});
    if (!count)
        return std::unexpected(count.error());
    record.certificateCount = count->toInt();
    Result<QSqlQuery> current =
        database->run(u"SELECT id, request, server, der, transaction_id, received_at, details FROM certificate WHERE request = ? AND "
                      "is_current = 1"_s,
                      {id.value});
    if (!current)
        return std::unexpected(current.error());
    if (current->next()) {
        const auto certificate = issuedCertificate(*current);
        if (!certificate)
            return std::unexpected(certificate.error());
        record.current = *certificate;
    }
    return record;
}

Result<QList<RequestRecord>> Store::requestRecords()
{
    Result<QSqlQuery> rows = d->database->run(requestColumns + u" ORDER BY id"_s);
    if (!rows)
        return std::unexpected(rows.error());
    QList<RequestRecord> records;
    while (rows->next()) {
        const Result<RequestRecord> record = d->requestRecord(*rows);
        if (!record)
            return std::unexpected(record.error());
        records.append(*record);
    }
    return records;
}

Result<RequestRecord> Store::requestRecord(Scep::RequestId id)
{
    Result<QSqlQuery> row = d->database->run(requestColumns + u" WHERE id = ?"_s, {id.value});
    if (!row)
        return std::unexpected(row.error());
    if (!row->next())
        return failure(ErrorCode::InvalidArgument, u"the request does not exist"_s);
    return d->requestRecord(*row);
}

Result<QList<Scep::EnrollmentRequest>> Store::requests()
{
    const Result<QList<RequestRecord>> records = requestRecords();
    if (!records)
        return std::unexpected(records.error());
    QList<Scep::EnrollmentRequest> requests;
    for (const RequestRecord &record : *records)
        requests.append(record.request);
    return requests;
}

Result<Scep::RequestId> Store::addRequest(const Scep::EnrollmentRequest &request, const Pki::SecretBytes &challenge,
                                          const Pki::PrivateKey &key, const Pki::CertificationRequest &csr)
{
    if (request.label.trimmed().isEmpty())
        return failure(ErrorCode::InvalidArgument, u"the request has no label"_s);
    SqlTransaction transaction(*d->database);
    if (!transaction.begun())
        return std::unexpected(transaction.begun().error());
    const Result<QVariant> server = d->database->value(u"SELECT COUNT(*) FROM server WHERE id = ?"_s, {request.server.value});
    if (!server)
        return std::unexpected(server.error());
    if (server->toInt() == 0)
        return failure(ErrorCode::InvalidArgument, u"the server of request %1 does not exist"_s.arg(request.label));
    const Result<qint64> id = d->database->insert(u"INSERT INTO request (label, server, settings) VALUES (?, ?, ?)"_s,
                                                  {request.label, request.server.value, settingsOf(request)});
    if (!id && d->database->failedByConstraint())
        return labelTaken(request.label);
    if (!id)
        return std::unexpected(id.error());
    // The secrets are sealed to the row, so the row comes first.
    const Result<QVariant> sealedChallenge = d->sealed(challenge.view(), "request-challenge", *id);
    const Result<QVariant> sealedKey = d->sealedKey(key, "request-key", *id);
    const Result<QVariant> sealedCsr = d->sealed(csr.isNull() ? QByteArray() : csr.der(), "request-csr", *id);
    for (const Result<QVariant> *sealed : {&sealedChallenge, &sealedKey, &sealedCsr}) {
        if (!*sealed)
            return std::unexpected(sealed->error());
    }
    if (Result<void> stored = d->database->execute(u"UPDATE request SET challenge = ?, provided_key = ?, provided_csr = ? WHERE id = ?"_s,
                                                   {*sealedChallenge, *sealedKey, *sealedCsr, *id});
        !stored)
        return std::unexpected(stored.error());
    if (Result<void> committed = transaction.commit(); !committed)
        return std::unexpected(committed.error());
    emit requestChanged({*id});
    return Scep::RequestId{*id};
}

Result<void> Store::updateRequest(const Scep::EnrollmentRequest &request)
{
    if (request.label.trimmed().isEmpty())
        return failure(ErrorCode::InvalidArgument, u"the request has no label"_s);
    const Result<void> changed = d->changeOne(
        u"request %1"_s.arg(request.label), u"UPDATE request SET label = ?, server = ?, settings = ?, version = version + 1 WHERE id = ?"_s,
        {request.label, request.server.value, settingsOf(request), request.id.value});
    if (!changed && d->database->failedByConstraint())
        return labelTaken(request.label);
    if (!changed)
        return changed;
    emit requestChanged(request.id);
    return {};
}

Result<void> Store::setChallenge(Scep::RequestId id, const Pki::SecretBytes &challenge)
{
    const Result<QVariant> sealed = d->sealed(challenge.view(), "request-challenge", id.value);
    if (!sealed)
        return std::unexpected(sealed.error());
    // A CSR made here holds the former challenge: it is made anew with the key. One that a device made cannot be.
    return d->changeOne(u"the request"_s,
                        u"UPDATE request SET challenge = ?, provided_csr = CASE WHEN provided_key IS NULL THEN provided_csr ELSE NULL END, "
                        "version = version + 1 WHERE id = ?"_s,
                        {*sealed, id.value});
}

Result<void> Store::removeRequest(Scep::RequestId id)
{
    if (Result<void> removed = d->changeOne(u"the request"_s, u"DELETE FROM request WHERE id = ?"_s, {id.value}); !removed)
        return removed;
    emit requestRemoved(id);
    return {};
}

// -- secrets before a transaction ----------------------------------------------------------------------------------------------

Result<Pki::SecretBytes> Store::challenge(Scep::RequestId request)
{
    const Result<QVariant> column = d->database->value(u"SELECT challenge FROM request WHERE id = ?"_s, {request.value});
    if (!column)
        return std::unexpected(column.error());
    return d->unsealed(*column, "request-challenge", request.value);
}

Result<Pki::PrivateKey> Store::providedKey(Scep::RequestId request)
{
    const Result<QVariant> column = d->database->value(u"SELECT provided_key FROM request WHERE id = ?"_s, {request.value});
    if (!column)
        return std::unexpected(column.error());
    return d->unsealedKey(*column, "request-key", request.value);
}

Result<Pki::CertificationRequest> Store::providedCsr(Scep::RequestId request)
{
    const Result<QVariant> column = d->database->value(u"SELECT provided_csr FROM request WHERE id = ?"_s, {request.value});
    if (!column)
        return std::unexpected(column.error());
    const Result<Pki::SecretBytes> der = d->unsealed(*column, "request-csr", request.value);
    if (!der)
        return std::unexpected(der.error());
    if (der->isEmpty())
        return Pki::CertificationRequest();
    return Pki::CertificationRequest::fromDer(der->view().toByteArray());
}

// -- status --------------------------------------------------------------------------------------------------------------------

Result<void> Store::Private::setStatus(const Scep::TransactionStatus &status)
{
    return changeOne(u"the request"_s, u"UPDATE request SET status = ?, version = version + 1 WHERE id = ?"_s,
                     {QString::fromUtf8(Json::toText(fromStatus(status))), status.request.value});
}

Result<void> Store::recordStatus(const Scep::TransactionStatus &status)
{
    if (Result<void> stored = d->setStatus(status); !stored)
        return stored;
    emit requestChanged(status.request);
    return {};
}

} // namespace Models
