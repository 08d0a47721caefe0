// SPDX-License-Identifier: GPL-3.0-or-later
// What a technician adds and changes of requests, each in one step.
#include "models/records/label.h"
#include "models/store/parallel.h"
#include "models/store/store_p.h"

using namespace Qt::StringLiterals;
using Pki::failure;

namespace Models {

namespace {

std::unexpected<Error> labelTaken(const QString &label)
{
    return failure(ErrorCode::InvalidArgument, u"there is a request with the label %1 already"_s.arg(label));
}

} // namespace

// -- new ones ------------------------------------------------------------------------------------------------------------------

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
        if (Result<void> usable = checkLabel(request.label); !usable)
            return std::unexpected(usable.error());
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
        const Result<void> stored = insert.run({id, request.label, request.server.value, settingsText(request), *challenge, *key, *csr,
                                                Json::fromExtras(tidied(added.extras))});
        if (!stored && database->failedByConstraint())
            return labelTaken(request.label);
        if (!stored)
            return std::unexpected(stored.error());
        if (added.delivery) {
            if (Result<void> kept = storeDelivery({id}, added.delivery, &added.deliveryPassphrase); !kept)
                return std::unexpected(kept.error());
        }
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

Result<Scep::RequestId> Store::addRequest(const NewRequest &request)
{
    SqlTransaction transaction(*d->database);
    if (!transaction.begun())
        return std::unexpected(transaction.begun().error());
    const auto ids = d->insertRequests(&request, 1);
    if (!ids)
        return std::unexpected(ids.error());
    if (Result<void> committed = transaction.commit(); !committed)
        return std::unexpected(committed.error());
    emit requestChanged(ids->first());
    return ids->first();
}

Result<Scep::RequestId> Store::addRequest(const Scep::EnrollmentRequest &request, const Pki::SecretBytes &challenge,
                                          const Pki::PrivateKey &key, const Pki::CertificationRequest &csr)
{
    NewRequest one;
    one.request = request;
    one.challenge = challenge.clone(); // a NewRequest owns its secrets; this one goes with the call
    one.key = key;
    one.csr = csr;
    return addRequest(one);
}

// -- changes -------------------------------------------------------------------------------------------------------------------

Result<void> Store::Private::storeChallenge(Scep::RequestId id, const Pki::SecretBytes &challenge)
{
    const Result<QVariant> column = sealed(challenge.view(), "request-challenge", id.value);
    if (!column)
        return std::unexpected(column.error());
    // A CSR made here holds the former challenge: it is made anew with the key. One that a device made cannot be.
    return changeOne(u"the request"_s,
                     u"UPDATE request SET challenge = ?, provided_csr = CASE WHEN provided_key IS NULL THEN provided_csr ELSE NULL END, "
                     "version = version + 1 WHERE id = ? AND deleted_at IS NULL"_s,
                     {*column, id.value});
}

Result<void> Store::setChallenge(Scep::RequestId id, const Pki::SecretBytes &challenge)
{
    return d->storeChallenge(id, challenge);
}

Result<void> Store::updateRequest(const Scep::EnrollmentRequest &request)
{
    RequestChange change;
    change.request = request;
    return changeRequest(change);
}

Result<void> Store::changeRequest(const RequestChange &change)
{
    const Scep::EnrollmentRequest &request = change.request;
    const Scep::RequestId id = request.id;
    SqlTransaction sql(*d->database);
    if (!sql.begun())
        return std::unexpected(sql.begun().error());
    const Result<QVariant> formerLabel = d->database->value(u"SELECT label FROM request WHERE id = ?"_s, {id.value});
    if (!formerLabel)
        return std::unexpected(formerLabel.error());
    if (formerLabel->toString() != request.label) { // else one that an older Scepter took
        if (Result<void> usable = checkLabel(request.label); !usable)
            return usable;
    }
    const Result<void> changed =
        d->changeOne(u"request %1"_s.arg(request.label),
                     u"UPDATE request SET label = ?, server = ?, settings = ?, version = version + 1 WHERE id = ? AND deleted_at IS NULL"_s,
                     {request.label, request.server.value, settingsText(request), id.value});
    if (!changed && d->database->failedByConstraint())
        return labelTaken(request.label);
    if (!changed)
        return changed;
    if (Result<void> stored = change.challenge ? d->storeChallenge(id, *change.challenge) : Result<void>(); !stored)
        return stored;
    if (change.csr || change.key) {
        const Pki::CertificationRequest csr = change.csr.value_or(Pki::CertificationRequest());
        const Result<QVariant> csrColumn = d->sealed(csr.isNull() ? QByteArray() : csr.der(), "request-csr", id.value);
        if (!csrColumn)
            return std::unexpected(csrColumn.error());
        const Result<QVariant> keyColumn = d->sealedKey(change.key.value_or(Pki::PrivateKey()), "request-key", id.value);
        if (!keyColumn)
            return std::unexpected(keyColumn.error());
        if (Result<void> stored = d->database->execute(u"UPDATE request SET provided_csr = ?, provided_key = ? WHERE id = ?"_s,
                                                       {*csrColumn, *keyColumn, id.value});
            !stored)
            return stored;
    }
    if (Result<void> stored = change.extras ? d->storeRequestExtras(id, *change.extras) : Result<void>(); !stored)
        return stored;
    if (change.delivery) {
        const Pki::SecretBytes *passphrase = change.delivery->passphrase ? &*change.delivery->passphrase : nullptr;
        if (Result<void> stored = d->storeDelivery(id, change.delivery->rule, passphrase); !stored)
            return stored;
    }
    if (change.beginsAnew) {
        Scep::TransactionStatus queued;
        queued.request = id;
        queued.state = Scep::TransactionStatus::State::Queued;
        if (Result<void> recorded = d->setStatus(queued); !recorded)
            return recorded;
    }
    if (Result<void> committed = sql.commit(); !committed)
        return committed;
    emit requestChanged(id);
    return {};
}

} // namespace Models
