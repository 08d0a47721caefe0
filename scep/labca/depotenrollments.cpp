// SPDX-License-Identifier: GPL-3.0-or-later
// The part of Depot that is about enrollments.
#include "scep/labca/depotprivate.h"
#include "scep/pki/crlreasons.h"

namespace LabCa {

using namespace Qt::StringLiterals;

namespace {

/// What may change in a stored enrollment.
bool isSame(const Enrollment &a, const Enrollment &b)
{
    return a.state == b.state && a.receivedAt == b.receivedAt && a.requested == b.requested && a.requestDigest == b.requestDigest &&
           a.signer == b.signer && a.rejectionReason == b.rejectionReason && a.certificate == b.certificate &&
           a.revocation == b.revocation && a.issuingTrouble == b.issuingTrouble;
}

Result<void> checkPending(const Scep::TransactionId &id, const std::optional<Enrollment> &stored)
{
    if (!stored)
        return failure(ErrorCode::InvalidArgument, u"there is no request with transactionID %1"_s.arg(id.toText()));
    if (stored->state != Enrollment::State::Pending)
        return failure(ErrorCode::InvalidArgument, u"the request %1 is not pending but %2"_s.arg(id.toText(), displayName(stored->state)));
    return {};
}

} // namespace

Result<QList<Enrollment>> Depot::enrollments(QStringList *damaged) const
{
    return d->index.all(damaged);
}

Result<std::optional<Enrollment>> Depot::find(const Scep::TransactionId &id) const
{
    return d->index.find(id);
}

Result<void> Depot::store(const Enrollment &enrollment)
{
    const auto stored =
        update(enrollment.transactionId, [&](const std::optional<Enrollment> &) -> Result<Enrollment> { return enrollment; });
    if (!stored)
        return std::unexpected(stored.error());
    return {};
}

Result<Enrollment> Depot::update(const Scep::TransactionId &id, const Change &change)
{
    const auto guard = d->lock.slot(id.toText().toUtf8());
    if (!guard)
        return std::unexpected(guard.error());
    const auto before = find(id);
    if (!before)
        return std::unexpected(before.error());
    auto after = change(*before);
    if (!after)
        return after;
    if (!before->has_value() || !isSame(**before, *after)) {
        if (const auto written = d->index.write(*after); !written)
            return std::unexpected(written.error());
    }
    return after;
}

Result<Enrollment> Depot::approve(const Scep::TransactionId &id)
{
    return update(id, [&](const std::optional<Enrollment> &stored) -> Result<Enrollment> {
        if (const auto pending = checkPending(id, stored); !pending)
            return std::unexpected(pending.error());
        Enrollment approved = *stored;
        approved.state = Enrollment::State::Approved;
        return approved;
    });
}

Result<Enrollment> Depot::reject(const Scep::TransactionId &id, const QString &reason)
{
    return update(id, [&](const std::optional<Enrollment> &stored) -> Result<Enrollment> {
        if (const auto pending = checkPending(id, stored); !pending)
            return std::unexpected(pending.error());
        Enrollment rejected = *stored;
        rejected.state = Enrollment::State::Rejected;
        rejected.rejectionReason = reason;
        return rejected;
    });
}

Result<std::optional<Enrollment>> Depot::findByCertificate(const Pki::Certificate &certificate) const
{
    // A stranger's certificate must not make us look through the folder.
    const auto ca = material();
    const auto isOurs = [&certificate](const CaIdentity &identity) { return certificate.isSignedBy(identity.issuing); };
    if (!isOurs(ca->current) && std::ranges::none_of(ca->retired, isOurs))
        return std::optional<Enrollment>();
    auto found = findBySerialNumber(certificate.issuerAndSerialNumber());
    if (found && *found && (*found)->certificate != certificate)
        return std::optional<Enrollment>();
    return found;
}

Result<std::optional<Enrollment>> Depot::findBySerialNumber(const Pki::IssuerAndSerialNumber &about) const
{
    return d->index.findBySerialNumber(about);
}

Result<std::optional<Enrollment>> Depot::findTroubled(const RequestedCertificate &requested) const
{
    return d->index.findTroubled(requested);
}

Result<Enrollment> Depot::revoke(const Scep::TransactionId &id, const QString &reason, const QDateTime &at)
{
    if (!reason.isEmpty() && !Pki::crlReasons().contains(reason)) {
        return failure(ErrorCode::InvalidArgument, u"\"%1\" is no reason: take one of %2"_s.arg(reason, Pki::crlReasons().join(", "_L1)));
    }
    return update(id, [&](const std::optional<Enrollment> &stored) -> Result<Enrollment> {
        if (!stored || stored->state != Enrollment::State::Issued)
            return failure(ErrorCode::InvalidArgument, u"no certificate was issued for %1"_s.arg(id.toText()));
        if (stored->revocation)
            return failure(ErrorCode::InvalidArgument, u"the certificate of %1 is revoked already"_s.arg(id.toText()));
        Enrollment revoked = *stored;
        revoked.revocation = Revocation{.at = at, .reason = reason};
        return revoked;
    });
}

Result<QList<Pki::RevokedCertificate>> Depot::revoked(const Pki::Certificate &issuing, QStringList *damaged) const
{
    const auto known = enrollments(damaged);
    if (!known)
        return std::unexpected(known.error());
    QList<Pki::RevokedCertificate> list;
    for (const Enrollment &enrollment : *known) {
        if (enrollment.revocation && enrollment.certificate.issuer() == issuing.subject())
            list.append({enrollment.certificate.serialNumber(), enrollment.revocation->at, enrollment.revocation->reason});
    }
    return list;
}

Result<Scep::TransactionId> Depot::resolve(const QString &idPrefix) const
{
    if (idPrefix.isEmpty())
        return failure(ErrorCode::InvalidArgument, u"no transactionID given"_s);
    // Also where other files are damaged; and so is told what is wrong with its own.
    if (const auto id = Scep::TransactionId::fromText(idPrefix)) {
        const auto exact = find(*id);
        if (!exact || exact->has_value())
            return exact ? Result<Scep::TransactionId>(*id) : std::unexpected(exact.error());
    }
    const auto known = enrollments();
    if (!known)
        return std::unexpected(known.error());
    QString serialPrefix = idPrefix;
    serialPrefix.remove(u':');
    QList<Scep::TransactionId> matching;
    for (const Enrollment &enrollment : *known) {
        const QString serial = enrollment.certificate.isNull() ? QString() : enrollment.certificate.serialNumber().toHex();
        if (!serial.isEmpty() && serial.compare(serialPrefix, Qt::CaseInsensitive) == 0)
            return enrollment.transactionId;
        const bool hasSerial = !serialPrefix.isEmpty() && serial.startsWith(serialPrefix, Qt::CaseInsensitive);
        if (hasSerial || enrollment.transactionId.toText().startsWith(idPrefix, Qt::CaseInsensitive))
            matching.append(enrollment.transactionId);
    }
    if (matching.isEmpty())
        return failure(ErrorCode::InvalidArgument,
                       u"no request has a transactionID or serial number that begins with \"%1\""_s.arg(idPrefix));
    if (matching.size() > 1)
        return failure(ErrorCode::InvalidArgument,
                       u"%1 requests have a transactionID or serial number that begins with \"%2\": type more of it"_s.arg(matching.size())
                           .arg(idPrefix));
    return matching.first();
}

} // namespace LabCa
