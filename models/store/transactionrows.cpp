// SPDX-License-Identifier: GPL-3.0-or-later
// Transactions from the journal's begin() to their end. Secrets of closed ones are NULL, and secure_delete overwrites what was there.
#include "models/store/store_p.h"

using namespace Qt::StringLiterals;
using Pki::failure;

namespace Models {

namespace {

QString stateOf(const Scep::Transaction &transaction)
{
    return QString::fromUtf8(Json::toText(Json::fromTransaction(transaction)));
}

QString nowText()
{
    return QDateTime::currentDateTimeUtc().toString(Qt::ISODateWithMs);
}

Scep::TransactionStatus statusOf(const Scep::Transaction &transaction, Scep::TransactionStatus::State state)
{
    Scep::TransactionStatus status;
    status.request = transaction.request;
    status.state = state;
    status.transactionId = transaction.id.toText();
    status.nextAttemptAt = transaction.nextAttemptAt;
    status.polls = transaction.polls;
    status.isRenewal = transaction.isRenewal();
    return status;
}

} // namespace

Result<QList<Scep::Transaction>> Store::openTransactions()
{
    Result<QSqlQuery> rows = d->database->run(
        u"SELECT id, request, server, state, csr, private_key, signer_key FROM enrollment_transaction WHERE is_open = 1 ORDER BY id"_s);
    if (!rows)
        return std::unexpected(rows.error());
    QList<Scep::Transaction> transactions;
    while (rows->next()) {
        const qint64 id = rows->value(0).toLongLong();
        const auto object = Json::fromText(rows->value(3).toString().toUtf8());
        auto transaction = object ? Json::toTransaction(*object) : Result<Scep::Transaction>(std::unexpected(object.error()));
        if (!transaction)
            return failure(ErrorCode::StoreFailure, u"transaction %1: %2"_s.arg(QString::number(id), transaction.error().detail));
        const auto csrDer = d->unsealed(rows->value(4), "transaction-csr", id);
        const auto key = d->unsealedKey(rows->value(5), "transaction-key", id);
        const auto signerKey = d->unsealedKey(rows->value(6), "transaction-signer-key", id);
        if (!csrDer)
            return std::unexpected(csrDer.error());
        if (!key)
            return std::unexpected(key.error());
        if (!signerKey)
            return std::unexpected(signerKey.error());
        const auto csr = Pki::CertificationRequest::fromDer(csrDer->view().toByteArray());
        if (!csr)
            return failure(ErrorCode::StoreFailure, u"transaction %1: %2"_s.arg(QString::number(id), csr.error().detail));
        transaction->request = {rows->value(1).toLongLong()};
        transaction->server = {rows->value(2).toLongLong()};
        transaction->csr = *csr;
        transaction->key = *key;
        transaction->signerKey = signerKey->isNull() ? *key : *signerKey;
        transactions.append(*transaction);
    }
    return transactions;
}

Result<void> Store::Private::insertTransaction(const Scep::Transaction &transaction)
{
    const Result<qint64> id =
        database->insert(u"INSERT INTO enrollment_transaction (request, server, transaction_id, is_open, state) VALUES (?, ?, ?, 1, ?)"_s,
                         {transaction.request.value, transaction.server.value, transaction.id.toText(), stateOf(transaction)});
    if (!id && database->failedByConstraint()) {
        const Result<QVariant> known =
            database->value(u"SELECT COUNT(*) FROM request WHERE id = ? AND deleted_at IS NULL"_s, {transaction.request.value});
        return known && known->toInt() == 0 ? failure(ErrorCode::InvalidArgument, u"the request does not exist"_s)
                                            : failure(ErrorCode::WorkspaceInUse, u"the request has an open transaction"_s);
    }
    if (!id)
        return std::unexpected(id.error());
    const bool sharesKey =
        !transaction.signerKey.isNull() && !transaction.key.isNull() && transaction.signerKey.publicKey() == transaction.key.publicKey();
    const Result<QVariant> csr = sealed(transaction.csr.der(), "transaction-csr", *id);
    const Result<QVariant> key = sealedKey(transaction.key, "transaction-key", *id);
    const Result<QVariant> signerKey = sealedKey(sharesKey ? Pki::PrivateKey() : transaction.signerKey, "transaction-signer-key", *id);
    for (const Result<QVariant> *column : {&csr, &key, &signerKey}) {
        if (!*column)
            return std::unexpected(column->error());
    }
    if (Result<void> stored = database->execute(
            u"UPDATE enrollment_transaction SET csr = ?, private_key = ?, signer_key = ? WHERE id = ?"_s, {*csr, *key, *signerKey, *id});
        !stored)
        return stored;
    return setStatus(statusOf(transaction, Scep::TransactionStatus::State::Sending));
}

Result<void> Store::begin(const Scep::Transaction &transaction)
{
    SqlTransaction sql(*d->database);
    if (!sql.begun())
        return std::unexpected(sql.begun().error());
    if (Result<void> inserted = d->insertTransaction(transaction); !inserted)
        return inserted;
    if (Result<void> committed = sql.commit(); !committed)
        return committed;
    emit requestChanged(transaction.request);
    return {};
}

Result<void> Store::replace(const Scep::Transaction &former, const Scep::Transaction &next)
{
    SqlTransaction sql(*d->database);
    if (!sql.begun())
        return std::unexpected(sql.begun().error());
    // The key goes on with the next transaction; the request keeps its challenge for it.
    if (Result<void> ended = d->changeOne(
            u"the open transaction %1"_s.arg(former.id.toText()),
            u"UPDATE enrollment_transaction SET is_open = 0, state = ?, csr = NULL, signer_key = NULL, private_key = NULL, ended_at = ?, "
            "version = version + 1 WHERE request = ? AND transaction_id = ? AND is_open = 1"_s,
            {stateOf(former), nowText(), next.request.value, former.id.toText()});
        !ended)
        return ended;
    if (Result<void> inserted = d->insertTransaction(next); !inserted)
        return inserted;
    if (Result<void> committed = sql.commit(); !committed)
        return committed;
    emit requestChanged(next.request);
    return {};
}

Result<void> Store::update(const Scep::Transaction &transaction)
{
    using State = Scep::TransactionStatus::State;
    SqlTransaction sql(*d->database);
    if (!sql.begun())
        return std::unexpected(sql.begun().error());
    if (Result<void> changed = d->changeOne(
            u"the open transaction %1"_s.arg(transaction.id.toText()),
            u"UPDATE enrollment_transaction SET state = ?, version = version + 1 WHERE request = ? AND transaction_id = ? AND is_open = 1"_s,
            {stateOf(transaction), transaction.request.value, transaction.id.toText()});
        !changed)
        return changed;
    const State state = transaction.transportFailures > 0                        ? State::Retrying
                        : transaction.phase == Scep::Transaction::Phase::Pending ? State::Pending
                                                                                 : State::Sending;
    if (Result<void> stored = d->setStatus(statusOf(transaction, state)); !stored)
        return stored;
    if (Result<void> committed = sql.commit(); !committed)
        return committed;
    emit requestChanged(transaction.request);
    return {};
}

Result<void> Store::Private::endTransaction(const Scep::Transaction &transaction, bool keepsKey)
{
    // A refused request keeps its key: whether the CA issued something for it all the same, nobody knows.
    const QString keys = keepsKey ? u""_s : u", private_key = NULL"_s;
    if (Result<void> changed =
            changeOne(u"the open transaction %1"_s.arg(transaction.id.toText()),
                      u"UPDATE enrollment_transaction SET is_open = 0, state = ?, csr = NULL, signer_key = NULL%1, ended_at = ?, "
                      "version = version + 1 WHERE request = ? AND transaction_id = ? AND is_open = 1"_s.arg(keys),
                      {stateOf(transaction), nowText(), transaction.request.value, transaction.id.toText()});
        !changed)
        return changed;
    // The challenge has done its work. A CSR made here holds it too; one that a device made cannot be made again and stays.
    const QString sql = keepsKey ? u"UPDATE request SET challenge = NULL, provided_csr = CASE WHEN provided_key IS NULL THEN provided_csr "
                                   "ELSE NULL END WHERE id = ?"_s
                                 : u"UPDATE request SET challenge = NULL, provided_key = NULL, provided_csr = NULL WHERE id = ?"_s;
    return database->execute(sql, {transaction.request.value});
}

Result<void> Store::close(const Scep::Transaction &transaction, const Scep::TransactionStatus &status)
{
    SqlTransaction sql(*d->database);
    if (!sql.begun())
        return std::unexpected(sql.begun().error());
    if (Result<void> ended = d->endTransaction(transaction, true); !ended)
        return ended;
    Scep::TransactionStatus recorded = status;
    recorded.request = transaction.request;
    recorded.transactionId = transaction.id.toText();
    if (Result<void> stored = d->setStatus(recorded); !stored)
        return stored;
    if (Result<void> committed = sql.commit(); !committed)
        return committed;
    emit requestChanged(transaction.request);
    return {};
}

Result<void> Store::complete(const Scep::Transaction &transaction, const Scep::IssuedCertificate &issued)
{
    SqlTransaction sql(*d->database);
    if (!sql.begun())
        return std::unexpected(sql.begun().error());
    if (Result<void> ended = d->endTransaction(transaction, false); !ended)
        return ended;
    if (Result<void> retired =
            d->database->execute(u"UPDATE certificate SET is_current = 0, version = version + 1 WHERE request = ? AND is_current = 1"_s,
                                 {transaction.request.value});
        !retired)
        return retired;
    Scep::IssuedCertificate stored = issued;
    stored.request = transaction.request;
    stored.server = transaction.server;
    stored.transactionId = transaction.id.toText();
    if (stored.key.isNull())
        stored.key = transaction.key;
    const auto ids = d->insertCertificates({stored}, {true});
    if (!ids)
        return std::unexpected(ids.error());
    if (Result<void> due = d->makeDeliveryDue(transaction.request, ids->first()); !due)
        return due;
    Scep::TransactionStatus status = statusOf(transaction, Scep::TransactionStatus::State::Done);
    status.nextAttemptAt = {};
    if (Result<void> recorded = d->setStatus(status); !recorded)
        return recorded;
    if (Result<void> committed = sql.commit(); !committed)
        return committed;
    emit requestChanged(transaction.request);
    const Result<DeliveryState> delivery = deliveryState(transaction.request);
    if (delivery && delivery->state == DeliveryState::State::Due)
        emit deliveryDue(transaction.request);
    return {};
}

} // namespace Models
