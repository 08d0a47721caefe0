// SPDX-License-Identifier: GPL-3.0-or-later
// What the CAs' revocation lists say of the certificates that are kept.
#include "models/store/store_p.h"

using namespace Qt::StringLiterals;
using Pki::failure;

namespace Models {

Result<void> Store::recordRevocations(const Scep::RevocationList &list)
{
    QHash<QString, Scep::Revocation> revoked;
    for (const Pki::RevokedCertificate &entry : list.revoked)
        revoked.insert(entry.serialNumber.toHex(), Scep::Revocation{entry.revocationDate, entry.reason});
    SqlTransaction sql(*d->database);
    if (!sql.begun())
        return std::unexpected(sql.begun().error());
    // Far fewer certificates are kept than a list may name.
    Result<QSqlQuery> rows = d->database->run(
        u"SELECT id, request, serial, revoked_at, revocation_reason FROM certificate WHERE issuer = ?"_s, {list.issuer.toText()});
    if (!rows)
        return std::unexpected(rows.error());
    struct Change {
        qint64 id;
        Scep::RequestId request;
        std::optional<Scep::Revocation> now;
    };
    QList<Change> changes;
    while (rows->next()) {
        const std::optional<Scep::Revocation> former = revocationFrom(rows->value(3), rows->value(4));
        const auto entry = revoked.constFind(rows->value(2).toString());
        std::optional<Scep::Revocation> now = former;
        if (entry != revoked.cend())
            now = *entry;
        else if (former && former->isHold())
            now = std::nullopt; // an expired one may leave the list and stays revoked (RFC 5280 3.3)
        const auto seconds = [](const std::optional<Scep::Revocation> &each) { return each ? each->date.toSecsSinceEpoch() : 0; };
        const bool isSame = former.has_value() == now.has_value() && seconds(former) == seconds(now) &&
                            (!former || notNull(former->reason) == notNull(now->reason));
        if (!isSame)
            changes.append({rows->value(0).toLongLong(), {rows->value(1).toLongLong()}, now});
    }
    QSet<Scep::RequestId> requests;
    for (const Change &change : std::as_const(changes)) {
        const QVariant at = change.now ? QVariant(change.now->date.toSecsSinceEpoch()) : QVariant();
        const QVariant reason = change.now ? QVariant(notNull(change.now->reason)) : QVariant();
        if (Result<void> stored =
                d->database->execute(u"UPDATE certificate SET revoked_at = ?, revocation_reason = ?, version = version + 1 WHERE id = ?"_s,
                                     {at, reason, change.id});
            !stored)
            return stored;
        if (Result<void> touched = d->database->execute(u"UPDATE request SET version = version + 1 WHERE id = ?"_s, {change.request.value});
            !touched)
            return touched;
        requests.insert(change.request);
    }
    if (Result<void> committed = sql.commit(); !committed)
        return committed;
    for (const Scep::RequestId request : std::as_const(requests))
        emit requestChanged(request);
    return {};
}

} // namespace Models
