// SPDX-License-Identifier: GPL-3.0-or-later
// Notes and tags, and what becomes of new certificates: rule, pass phrase and state of their delivery.
#include "models/store/store_p.h"

using namespace Qt::StringLiterals;
using Pki::failure;

namespace Models {

namespace {

using State = DeliveryState::State;

/// When it is to be tried, as the column has it: NULL for never by itself.
QVariant dueAt(const DeliveryState &state)
{
    if (state.state == State::Due)
        return 0;
    if (state.state == State::Failed && state.nextTryAt.isValid())
        return state.nextTryAt.toSecsSinceEpoch();
    return {};
}

} // namespace

Extras tidied(const Extras &extras)
{
    Extras tidy{extras.notes, {}};
    for (const QString &tag : extras.tags) {
        const QString trimmed = tag.simplified();
        if (!trimmed.isEmpty() && !tidy.tags.contains(trimmed))
            tidy.tags.append(trimmed);
    }
    return tidy;
}

// -- notes and tags ------------------------------------------------------------------------------------------------------------

Result<Extras> Store::serverExtras(Scep::ServerId id)
{
    const Result<QVariant> text = d->database->value(u"SELECT extras FROM server WHERE id = ? AND deleted_at IS NULL"_s, {id.value});
    if (!text)
        return std::unexpected(text.error());
    return extrasFromText(text->toString());
}

Result<void> Store::Private::storeServerExtras(Scep::ServerId id, const Extras &extras)
{
    return changeOne(u"the server"_s, u"UPDATE server SET extras = ?, version = version + 1 WHERE id = ? AND deleted_at IS NULL"_s,
                     {Json::fromExtras(tidied(extras)), id.value});
}

Result<void> Store::setServerExtras(Scep::ServerId id, const Extras &extras)
{
    const Result<void> changed = d->storeServerExtras(id, extras);
    if (changed)
        emit serverChanged(id);
    return changed;
}

Result<Extras> Store::requestExtras(Scep::RequestId id)
{
    const Result<QVariant> text = d->database->value(u"SELECT extras FROM request WHERE id = ? AND deleted_at IS NULL"_s, {id.value});
    if (!text)
        return std::unexpected(text.error());
    return extrasFromText(text->toString());
}

Result<void> Store::Private::storeRequestExtras(Scep::RequestId id, const Extras &extras)
{
    return changeOne(u"the request"_s, u"UPDATE request SET extras = ?, version = version + 1 WHERE id = ? AND deleted_at IS NULL"_s,
                     {Json::fromExtras(tidied(extras)), id.value});
}

Result<void> Store::setRequestExtras(Scep::RequestId id, const Extras &extras)
{
    const Result<void> changed = d->storeRequestExtras(id, extras);
    if (changed)
        emit requestChanged(id);
    return changed;
}

// -- delivery ------------------------------------------------------------------------------------------------------------------

Result<std::optional<Delivery>> Store::deliveryRule(Scep::RequestId id)
{
    const Result<QVariant> text = d->database->value(u"SELECT delivery FROM request WHERE id = ? AND deleted_at IS NULL"_s, {id.value});
    if (!text)
        return std::unexpected(text.error());
    if (text->toString().isEmpty())
        return std::optional<Delivery>();
    return std::optional(Json::toDelivery(text->toString()));
}

Result<void> checkRule(const std::optional<Delivery> &rule)
{
    if (rule && rule->folder.trimmed().isEmpty() && rule->files)
        return failure(ErrorCode::InvalidArgument, u"files need a folder"_s);
    if (rule && !rule->files && rule->program.trimmed().isEmpty())
        return failure(ErrorCode::InvalidArgument, u"neither files nor a program is wanted"_s);
    if (rule && rule->timeout.count() <= 0)
        return failure(ErrorCode::InvalidArgument, u"the program gets no time"_s);
    return {};
}

Result<void> Store::Private::storeDelivery(Scep::RequestId id, const std::optional<Delivery> &rule, const Pki::SecretBytes *passphrase)
{
    if (Result<void> usable = checkRule(rule); !usable)
        return usable;
    const QString set = rule ? u"delivery = ?"_s : u"delivery = ?, delivery_passphrase = NULL, delivery_state = NULL, delivery_at = NULL"_s;
    if (Result<void> changed =
            changeOne(u"the request"_s, u"UPDATE request SET %1, version = version + 1 WHERE id = ? AND deleted_at IS NULL"_s.arg(set),
                      {rule ? QVariant(Json::fromDelivery(*rule)) : QVariant(), id.value});
        !changed)
        return changed;
    if (!rule || !passphrase)
        return {};
    const Result<QVariant> column = sealed(passphrase->view(), "request-delivery", id.value);
    if (!column)
        return std::unexpected(column.error());
    return database->execute(u"UPDATE request SET delivery_passphrase = ? WHERE id = ?"_s, {*column, id.value});
}

Result<void> Store::setDeliveryRule(Scep::RequestId id, const std::optional<Delivery> &rule, const Pki::SecretBytes *passphrase)
{
    SqlTransaction sql(*d->database);
    if (!sql.begun())
        return std::unexpected(sql.begun().error());
    if (Result<void> stored = d->storeDelivery(id, rule, passphrase); !stored)
        return stored;
    if (Result<void> committed = sql.commit(); !committed)
        return committed;
    emit requestChanged(id);
    return {};
}

Result<Pki::SecretBytes> Store::deliveryPassphrase(Scep::RequestId id)
{
    const Result<QVariant> column =
        d->database->value(u"SELECT delivery_passphrase FROM request WHERE id = ? AND deleted_at IS NULL"_s, {id.value});
    if (!column)
        return std::unexpected(column.error());
    return d->unsealed(*column, "request-delivery", id.value);
}

Result<DeliveryState> Store::deliveryState(Scep::RequestId id)
{
    const Result<QVariant> text =
        d->database->value(u"SELECT delivery_state FROM request WHERE id = ? AND deleted_at IS NULL"_s, {id.value});
    if (!text)
        return std::unexpected(text.error());
    return Json::toDeliveryState(text->toString());
}

Result<void> Store::Private::makeDeliveryDue(Scep::RequestId request, Scep::CertificateId certificate)
{
    DeliveryState state;
    state.state = State::Due;
    state.certificate = certificate;
    return database->execute(u"UPDATE request SET delivery_state = ?, delivery_at = ?, version = version + 1 WHERE id = ? AND delivery "
                             "IS NOT NULL"_s,
                             {Json::fromDeliveryState(state), dueAt(state), request.value});
}

Result<void> Store::requestDelivery(Scep::RequestId id)
{
    SqlTransaction sql(*d->database);
    if (!sql.begun())
        return std::unexpected(sql.begun().error());
    const Result<QVariant> certificate = d->database->value(
        u"SELECT c.id FROM certificate c JOIN request r ON r.id = c.request WHERE r.id = ? AND r.deleted_at IS NULL AND r.delivery IS NOT "
        "NULL AND c.is_current = 1 AND c.deleted_at IS NULL"_s,
        {id.value});
    if (!certificate)
        return std::unexpected(certificate.error());
    if (!certificate->isValid())
        return failure(ErrorCode::NotPossibleNow, u"the request has no current certificate, or no rule for its delivery"_s);
    if (Result<void> due = d->makeDeliveryDue(id, {certificate->toLongLong()}); !due)
        return due;
    if (Result<void> committed = sql.commit(); !committed)
        return committed;
    emit requestChanged(id);
    emit deliveryDue(id);
    return {};
}

Result<QList<DueDelivery>> Store::dueDeliveries(const QDateTime &now)
{
    Result<QSqlQuery> rows = d->database->run(
        u"SELECT r.id, r.label, s.label, r.delivery, r.delivery_state FROM request r JOIN server s ON s.id = r.server WHERE "
        "r.delivery_at <= ? AND r.deleted_at IS NULL ORDER BY r.delivery_at, r.id"_s,
        {now.toSecsSinceEpoch()});
    if (!rows)
        return std::unexpected(rows.error());
    QList<DueDelivery> due;
    while (rows->next()) {
        due.append({{rows->value(0).toLongLong()},
                    rows->value(1).toString(),
                    rows->value(2).toString(),
                    Json::toDelivery(rows->value(3).toString()),
                    Json::toDeliveryState(rows->value(4).toString())});
    }
    return due;
}

Result<QDateTime> Store::nextDeliveryAt()
{
    const Result<QVariant> seconds =
        d->database->value(u"SELECT MIN(delivery_at) FROM request WHERE delivery_at IS NOT NULL AND deleted_at IS NULL"_s);
    if (!seconds)
        return std::unexpected(seconds.error());
    return seconds->isNull() ? QDateTime() : QDateTime::fromSecsSinceEpoch(seconds->toLongLong(), Qt::UTC);
}

Result<void> Store::recordDelivery(Scep::RequestId id, const DeliveryState &state)
{
    // A newer certificate may have come while this one was delivered: its delivery stays due.
    SqlTransaction sql(*d->database);
    if (!sql.begun())
        return std::unexpected(sql.begun().error());
    const Result<QVariant> text = d->database->value(u"SELECT delivery_state FROM request WHERE id = ?"_s, {id.value});
    if (!text)
        return std::unexpected(text.error());
    const DeliveryState former = Json::toDeliveryState(text->toString());
    if (former.state == State::Due && former.certificate > state.certificate)
        return {};
    if (Result<void> changed = d->changeOne(u"the request"_s,
                                            u"UPDATE request SET delivery_state = ?, delivery_at = ?, version = version + 1 WHERE id = ? "
                                            "AND deleted_at IS NULL AND delivery IS NOT NULL"_s,
                                            {Json::fromDeliveryState(state), dueAt(state), id.value});
        !changed)
        return changed;
    if (Result<void> committed = sql.commit(); !committed)
        return committed;
    emit requestChanged(id);
    return {};
}

} // namespace Models
