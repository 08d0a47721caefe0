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

Result<Scep::Transaction> Store::Private::openTransaction(QSqlQuery &row) const
{
    const qint64 id = row.value(0).toLongLong();
    const auto object = Json::fromText(row.value(3).toString().toUtf8());
    if (!object)
        return std::unexpected(object.error());
    auto transaction = Json::toTransaction(*object);
    if (!transaction)
        return transaction;
    const auto csrDer = unsealed(row.value(4), "transaction-csr", id);
    const auto key = unsealedKey(row.value(5), "transaction-key", id);
    const auto signerKey = unsealedKey(row.value(6), "transaction-signer-key", id);
    if (!csrDer)
        return std::unexpected(csrDer.error());
    if (!key)
        return std::unexpected(key.error());
    if (!signerKey)
        return std::unexpected(signerKey.error());
    const auto csr = Pki::CertificationRequest::fromDer(csrDer->view().toByteArray());
    if (!csr)
        return std::unexpected(csr.error());
    transaction->request = {row.value(1).toLongLong()};
    transaction->server = {row.value(2).toLongLong()};
    transaction->csr = *csr;
    transaction->key = *key;
    transaction->signerKey = signerKey->isNull() ? *key : *signerKey;
    return transaction;
}

Result<QList<Scep::Transaction>> Store::Private::openTransactions(const QString &condition, const QVariantList &values)
{
    Result<QSqlQuery> rows =
        database->run(u"SELECT t.id, t.request, t.server, t.state, t.csr, t.private_key, t.signer_key, r.label, t.transaction_id FROM "
                      "enrollment_transaction t JOIN request r ON r.id = t.request WHERE t.is_open = 1%1 ORDER BY t.id"_s.arg(condition),
                      values);
    if (!rows)
        return std::unexpected(rows.error());
    QList<Scep::Transaction> transactions;
    struct Unreadable {
        Scep::RequestId request;
        QString label;
        QString transactionId;
        Error error;
    };
    QList<Unreadable> damaged;
    while (rows->next()) {
        const Result<Scep::Transaction> transaction = openTransaction(*rows);
        if (transaction)
            transactions.append(*transaction);
        else if (transaction.error().code == ErrorCode::VaultLocked)
            return std::unexpected(transaction.error());
        else
            damaged.append({{rows->value(1).toLongLong()}, rows->value(7).toString(), rows->value(8).toString(), transaction.error()});
    }
    for (const Unreadable &each : std::as_const(damaged))
        noteUnreadable(each.request, each.label, each.transactionId, each.error);
    return transactions;
}

Result<QList<Scep::Transaction>> Store::openTransactions()
{
    return d->openTransactions({}, {});
}

Result<QList<Scep::Transaction>> Store::openTransactions(Scep::RequestId request)
{
    return d->openTransactions(u" AND t.request = ?"_s, {request.value});
}

Result<QList<Scep::Transaction>> Store::openTransactions(Scep::ServerId server)
{
    return d->openTransactions(u" AND t.server = ?"_s, {server.value});
}

// -- what cannot be read -------------------------------------------------------------------------------------------------------

void Store::Private::noteUnreadable(Scep::RequestId request, const QString &label, const QString &transactionId, const Error &error)
{
    const QString reason = error.code == ErrorCode::DecryptionFailed ? u"what is sealed in it cannot be opened"_s
                           : error.detail.isEmpty()                  ? u"it is damaged"_s
                                                                     : error.detail;
    const QString what = u"it cannot be read (%1); cancel it, then enroll again"_s.arg(reason);
    noteDamage(u"the open transaction of request “%1”"_s.arg(label), what);
    if (unreadable.contains(request))
        return;
    unreadable.insert(request);
    if (isReadOnly)
        return;
    // Shown with its reason, and open: so that it can be cancelled. Nothing hangs on whether this is kept.
    Scep::TransactionStatus status;
    status.request = request;
    status.state = Scep::TransactionStatus::State::Queued;
    status.transactionId = transactionId;
    status.error = Error{ErrorCode::StoreFailure, u"its open transaction: %1"_s.arg(what)};
    if (setStatus(status))
        emit q->requestChanged(request);
}

bool Store::isUnreadable(Scep::RequestId id) const
{
    return d->unreadable.contains(id);
}

Result<std::optional<QString>> Store::Private::closeUnread(Scep::RequestId id)
{
    const Result<QVariant> transactionId =
        database->value(u"SELECT transaction_id FROM enrollment_transaction WHERE request = ? AND is_open = 1"_s, {id.value});
    if (!transactionId)
        return std::unexpected(transactionId.error());
    if (!transactionId->isValid())
        return std::optional<QString>();
    // As close() does for a cancelled one: its key stays, in case the CA issued something for it all the same.
    if (Result<void> ended = database->execute(u"UPDATE enrollment_transaction SET is_open = 0, csr = NULL, signer_key = NULL, "
                                               "ended_at = ?, version = version + 1 WHERE request = ? AND is_open = 1"_s,
                                               {nowText(), id.value});
        !ended)
        return std::unexpected(ended.error());
    if (Result<void> wiped = database->execute(u"UPDATE request SET challenge = NULL, provided_csr = CASE WHEN provided_key IS NULL "
                                               "THEN provided_csr ELSE NULL END WHERE id = ?"_s,
                                               {id.value});
        !wiped)
        return std::unexpected(wiped.error());
    Scep::TransactionStatus cancelled;
    cancelled.request = id;
    cancelled.state = Scep::TransactionStatus::State::Cancelled;
    cancelled.transactionId = transactionId->toString();
    if (Result<void> recorded = setStatus(cancelled); !recorded)
        return std::unexpected(recorded.error());
    return std::optional(cancelled.transactionId);
}

Result<bool> Store::closeUnread(Scep::RequestId id)
{
    SqlTransaction sql(*d->database);
    if (!sql.begun())
        return std::unexpected(sql.begun().error());
    const Result<std::optional<QString>> closed = d->closeUnread(id);
    if (!closed)
        return std::unexpected(closed.error());
    if (!*closed)
        return false;
    if (Result<void> committed = sql.commit(); !committed)
        return std::unexpected(committed.error());
    d->unreadable.remove(id);
    emit requestChanged(id);
    return true;
}

// -- from begin to end ---------------------------------------------------------------------------------------------------------

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
