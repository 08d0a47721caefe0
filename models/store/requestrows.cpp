// SPDX-License-Identifier: GPL-3.0-or-later
// Requests, their status and the secrets they have before a transaction begins.
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

} // namespace

QString settingsText(const Scep::EnrollmentRequest &request)
{
    return QString::fromUtf8(Json::toText(Json::fromRequest(request)));
}

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
    const auto settings = Json::fromText(row.value(2).toString().toUtf8());
    if (!settings)
        return std::unexpected(settings.error());
    const auto request = Json::toRequest(*settings);
    if (!request)
        return std::unexpected(request.error());
    RequestRecord record;
    record.request = *request;
    record.request.id = {row.value(0).toLongLong()};
    record.request.server = {row.value(1).toLongLong()};
    const auto status = statusFromText(row.value(3).toString());
    if (!status)
        return std::unexpected(status.error());
    record.transaction = *status;
    record.transaction.request = record.request.id;
    record.extras = extrasFromText(row.value(4).toString());
    record.delivery = Json::toDeliveryState(row.value(5).toString());
    record.certificateCount = row.value(6).toInt();
    if (!row.value(8).isNull()) {
        const auto certificate = issuedCertificate(row, 8);
        if (!certificate)
            return std::unexpected(certificate.error());
        record.current = *certificate;
        record.isKeyWithDevice = !row.value(18).toBool();
    }
    record.hasChallenge = row.value(19).toBool();
    record.hasProvidedCsr = row.value(20).toBool();
    record.hasProvidedKey = row.value(21).toBool();
    return record;
}

Result<QList<RequestRecord>> Store::Private::requestRecords(const QString &condition, const QVariantList &values)
{
    Result<QSqlQuery> rows = database->run(
        u"SELECT r.id, r.server, r.settings, r.status, r.extras, r.delivery_state, "
        "(SELECT COUNT(*) FROM certificate h WHERE h.request = r.id AND h.deleted_at IS NULL), r.label, "
        "c.id, c.request, c.server, c.der, c.transaction_id, c.received_at, c.details, c.chain, c.revoked_at, c.revocation_reason, "
        "c.private_key IS NOT NULL, r.challenge IS NOT NULL, r.provided_csr IS NOT NULL, r.provided_key IS NOT NULL "
        "FROM request r LEFT JOIN certificate c "
        "ON c.request = r.id AND c.is_current = 1 AND c.deleted_at IS NULL WHERE r.deleted_at IS NULL%1"_s.arg(condition),
        values);
    if (!rows)
        return std::unexpected(rows.error());
    QList<RequestRecord> records;
    while (rows->next()) {
        Result<RequestRecord> record = requestRecord(*rows);
        if (!record) {
            // The others go on; this one can be seen and removed.
            const QString label = rows->value(7).toString();
            const QString what = u"it cannot be read from the store: %1"_s.arg(record.error().detail);
            noteDamage(u"request “%1”"_s.arg(label), what);
            record = RequestRecord();
            record->request.id = {rows->value(0).toLongLong()};
            record->request.server = {rows->value(1).toLongLong()};
            record->request.label = label;
            record->transaction.request = record->request.id;
            record->transaction.state = State::Rejected;
            record->transaction.error = Error{ErrorCode::StoreFailure, what};
            record->damage = what;
        }
        records.append(*record);
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
    Result<QSqlQuery> rows = d->database->run(u"SELECT id, server, settings, label FROM request WHERE deleted_at IS NULL ORDER BY id"_s);
    if (!rows)
        return std::unexpected(rows.error());
    QList<Scep::EnrollmentRequest> requests;
    while (rows->next()) {
        const auto settings = Json::fromText(rows->value(2).toString().toUtf8());
        auto request = settings ? Json::toRequest(*settings) : Result<Scep::EnrollmentRequest>(std::unexpected(settings.error()));
        if (!request) {
            d->noteDamage(u"request “%1”"_s.arg(rows->value(3).toString()),
                          u"it cannot be read from the store: %1"_s.arg(request.error().detail));
            continue;
        }
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
    Result<QSqlQuery> rows =
        d->database->run(u"SELECT id, status, EXISTS (SELECT 1 FROM certificate WHERE request = request.id), label FROM request WHERE "
                         u"deleted_at IS NULL AND "
                         "(status IS NULL OR NOT (status LIKE '%\"state\":\"rejected\"%' OR status LIKE '%\"state\":\"cancelled\"%' OR "
                         "status LIKE '%\"state\":\"done\"%')) AND "
                         "NOT EXISTS (SELECT 1 FROM enrollment_transaction WHERE request = request.id AND is_open = 1) ORDER BY id"_s);
    if (!rows)
        return std::unexpected(rows.error());
    QList<Scep::DueEnrollment> due;
    while (rows->next()) {
        const Scep::RequestId request{rows->value(0).toLongLong()};
        const auto status = statusFromText(rows->value(1).toString());
        if (!status) {
            d->noteDamage(u"request “%1”"_s.arg(rows->value(3).toString()),
                          u"it cannot be read from the store: %1"_s.arg(status.error().detail));
            continue;
        }
        const bool isEnded = status->state == State::Rejected || status->state == State::Cancelled || status->state == State::Done;
        if (status->isOpen())
            due.append({request, status->isRenewal});
        else if (!isEnded && !rows->value(2).toBool())
            due.append({request, false});
    }
    return due;
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
