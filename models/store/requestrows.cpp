// SPDX-License-Identifier: GPL-3.0-or-later
// Requests, their status and the secrets they have before a transaction begins.
#include "models/store/parallel.h"
#include "models/store/store_p.h"

using namespace Qt::StringLiterals;
using Pki::failure;

namespace Models {

namespace {

using State = Scep::TransactionStatus::State;

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

Result<QList<RequestRecord>> Store::Private::requestRecords(const QString &condition, const QVariantList &values)
{
    Result<QSqlQuery> rows = database->run(
        u"SELECT r.id, r.server, r.settings, r.status, r.extras, r.delivery_state, "
        "(SELECT COUNT(*) FROM certificate h WHERE h.request = r.id AND h.deleted_at IS NULL), "
        "c.id, c.request, c.server, c.der, c.transaction_id, c.received_at, c.details, c.chain FROM request r LEFT JOIN certificate c "
        "ON c.request = r.id AND c.is_current = 1 AND c.deleted_at IS NULL WHERE r.deleted_at IS NULL%1"_s.arg(condition),
        values);
    if (!rows)
        return std::unexpected(rows.error());
    QList<RequestRecord> records;
    while (rows->next()) {
        const Scep::RequestId id{rows->value(0).toLongLong()};
        const auto damaged = [&](const Error &error) {
            return failure(ErrorCode::StoreFailure, u"request %1: %2"_s.arg(QString::number(id.value), error.detail));
        };
        const auto settings = Json::fromText(rows->value(2).toString().toUtf8());
        if (!settings)
            return damaged(settings.error());
        const auto request = Json::toRequest(*settings);
        if (!request)
            return damaged(request.error());
        RequestRecord record;
        record.request = *request;
        record.request.id = id;
        record.request.server = {rows->value(1).toLongLong()};
        const auto status = statusFromText(rows->value(3).toString());
        if (!status)
            return damaged(status.error());
        record.transaction = *status;
        record.transaction.request = id;
        record.extras = extrasFromText(rows->value(4).toString());
        record.delivery = Json::toDeliveryState(rows->value(5).toString());
        record.certificateCount = rows->value(6).toInt();
        if (!rows->value(7).isNull()) {
            const auto certificate = issuedCertificate(*rows, 7);
            if (!certificate)
                return std::unexpected(certificate.error());
            record.current = *certificate;
        }
        records.append(record);
    }
    return records;
}

Result<QList<RequestRecord>> Store::requestRecords()
{
    return d->requestRecords(u" ORDER BY r.id"_s, {});
}

Result<QList<RequestRecord>> Store::requestRecords(Scep::RequestId after, int most)
{
    return d->requestRecords(u" AND r.id > ? ORDER BY r.id LIMIT ?"_s, {after.value, most});
}

Result<RequestRecord> Store::requestRecord(Scep::RequestId id)
{
    const auto records = d->requestRecords(u" AND r.id = ?"_s, {id.value});
    if (!records)
        return std::unexpected(records.error());
    if (records->isEmpty())
        return failure(ErrorCode::InvalidArgument, u"the request does not exist"_s);
    return records->first();
}

Result<QList<Scep::EnrollmentRequest>> Store::requests()
{
    Result<QSqlQuery> rows = d->database->run(u"SELECT id, server, settings FROM request WHERE deleted_at IS NULL ORDER BY id"_s);
    if (!rows)
        return std::unexpected(rows.error());
    QList<Scep::EnrollmentRequest> requests;
    while (rows->next()) {
        const auto settings = Json::fromText(rows->value(2).toString().toUtf8());
        auto request = settings ? Json::toRequest(*settings) : Result<Scep::EnrollmentRequest>(std::unexpected(settings.error()));
        if (!request)
            return failure(ErrorCode::StoreFailure, u"request %1: %2"_s.arg(rows->value(0).toString(), request.error().detail));
        request->id = {rows->value(0).toLongLong()};
        request->server = {rows->value(1).toLongLong()};
        requests.append(*request);
    }
    return requests;
}

Result<QList<Scep::DueEnrollment>> Store::dueEnrollments()
{
    // What is done and has no certificate any more: a person removed it, and did not ask for another one. The engine asks often, so SQL
    // passes over what cannot be due by the word in the stored text; inside of a string a quote would have a backslash before it.
    Result<QSqlQuery> rows = d->database->run(
        u"SELECT id, status, EXISTS (SELECT 1 FROM certificate WHERE request = request.id) FROM request WHERE deleted_at IS NULL AND "
        "(status IS NULL OR NOT (status LIKE '%\"state\":\"rejected\"%' OR status LIKE '%\"state\":\"cancelled\"%' OR "
        "status LIKE '%\"state\":\"done\"%')) AND "
        "NOT EXISTS (SELECT 1 FROM enrollment_transaction WHERE request = request.id AND is_open = 1) ORDER BY id"_s);
    if (!rows)
        return std::unexpected(rows.error());
    QList<Scep::DueEnrollment> due;
    while (rows->next()) {
        const Scep::RequestId request{rows->value(0).toLongLong()};
        const auto status = statusFromText(rows->value(1).toString());
        if (!status)
            return failure(ErrorCode::StoreFailure, u"request %1: %2"_s.arg(QString::number(request.value), status.error().detail));
        const bool isEnded = status->state == State::Rejected || status->state == State::Cancelled || status->state == State::Done;
        if (status->isOpen())
            due.append({request, status->isRenewal});
        else if (!isEnded && !rows->value(2).toBool())
            due.append({request, false});
    }
    return due;
}

Result<QList<Scep::RequestId>> Store::Private::insertRequests(const NewRequest *requests, std::size_t count)
{
    const Result<qint64> first = nextId(u"request"_s);
    if (!first)
        return std::unexpected(first.error());
    SqlStatement hasServer(*database, u"SELECT 1 FROM server WHERE id = ? AND deleted_at IS NULL"_s);
    SqlStatement insert(*database, u"INSERT INTO request (id, label, server, settings, challenge, provided_key, provided_csr, extras) "
                                   "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"_s);
    std::vector<Result<QVariant>> keys(count);
    inParallel(static_cast<qsizetype>(count),
               [&](qsizetype i) { keys[static_cast<std::size_t>(i)] = sealedKey(requests[i].key, "request-key", *first + i); });
    QList<Scep::RequestId> ids;
    for (std::size_t i = 0; i < count; ++i) {
        const NewRequest &added = requests[i];
        const Scep::EnrollmentRequest &request = added.request;
        if (request.label.trimmed().isEmpty())
            return failure(ErrorCode::InvalidArgument, u"the request has no label"_s);
        if (Result<void> asked = hasServer.run({request.server.value}); !asked)
            return std::unexpected(asked.error());
        if (!hasServer.next())
            return failure(ErrorCode::InvalidArgument, u"the server of request %1 does not exist"_s.arg(request.label));
        const qint64 id = *first + static_cast<qint64>(i);
        const Result<QVariant> challenge = sealed(added.challenge.view(), "request-challenge", id);
        const Result<QVariant> &key = keys[i];
        const Result<QVariant> csr = sealed(added.csr.isNull() ? QByteArray() : added.csr.der(), "request-csr", id);
        for (const Result<QVariant> *column : {&challenge, &key, &csr}) {
            if (!*column)
                return std::unexpected(column->error());
        }
        const Result<void> stored = insert.run(
            {id, request.label, request.server.value, settingsOf(request), *challenge, *key, *csr, Json::fromExtras(added.extras)});
        if (!stored && database->failedByConstraint())
            return labelTaken(request.label);
        if (!stored)
            return std::unexpected(stored.error());
        ids.append(Scep::RequestId{id});
    }
    return ids;
}

Result<QList<Scep::RequestId>> Store::addRequests(const std::vector<NewRequest> &requests)
{
    SqlTransaction transaction(*d->database);
    if (!transaction.begun())
        return std::unexpected(transaction.begun().error());
    const auto ids = d->insertRequests(requests.data(), requests.size());
    if (!ids)
        return ids;
    if (Result<void> committed = transaction.commit(); !committed)
        return std::unexpected(committed.error());
    for (const Scep::RequestId id : *ids)
        emit requestChanged(id);
    return ids;
}

Result<Scep::RequestId> Store::addRequest(const Scep::EnrollmentRequest &request, const Pki::SecretBytes &challenge,
                                          const Pki::PrivateKey &key, const Pki::CertificationRequest &csr)
{
    std::vector<NewRequest> one(1);
    one[0].request = request;
    one[0].challenge = challenge.clone(); // a batch owns its secrets; this one goes with the call
    one[0].key = key;
    one[0].csr = csr;
    const auto ids = addRequests(one);
    if (!ids)
        return std::unexpected(ids.error());
    return ids->first();
}

Result<void> Store::updateRequest(const Scep::EnrollmentRequest &request)
{
    if (request.label.trimmed().isEmpty())
        return failure(ErrorCode::InvalidArgument, u"the request has no label"_s);
    const Result<void> changed =
        d->changeOne(u"request %1"_s.arg(request.label),
                     u"UPDATE request SET label = ?, server = ?, settings = ?, version = version + 1 WHERE id = ? AND deleted_at IS NULL"_s,
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
                        "version = version + 1 WHERE id = ? AND deleted_at IS NULL"_s,
                        {*sealed, id.value});
}

// -- secrets before a transaction ----------------------------------------------------------------------------------------------

Result<Pki::SecretBytes> Store::challenge(Scep::RequestId request)
{
    const Result<QVariant> column =
        d->database->value(u"SELECT challenge FROM request WHERE id = ? AND deleted_at IS NULL"_s, {request.value});
    if (!column)
        return std::unexpected(column.error());
    return d->unsealed(*column, "request-challenge", request.value);
}

Result<Pki::PrivateKey> Store::providedKey(Scep::RequestId request)
{
    const Result<QVariant> column =
        d->database->value(u"SELECT provided_key FROM request WHERE id = ? AND deleted_at IS NULL"_s, {request.value});
    if (!column)
        return std::unexpected(column.error());
    return d->unsealedKey(*column, "request-key", request.value);
}

Result<Pki::CertificationRequest> Store::providedCsr(Scep::RequestId request)
{
    const Result<QVariant> column =
        d->database->value(u"SELECT provided_csr FROM request WHERE id = ? AND deleted_at IS NULL"_s, {request.value});
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
    return changeOne(u"the request"_s, u"UPDATE request SET status = ?, version = version + 1 WHERE id = ? AND deleted_at IS NULL"_s,
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
