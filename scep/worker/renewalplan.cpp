// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/worker/renewalplan.h"

#include <QHash>

#include <algorithm>

namespace Scep {

using namespace Qt::StringLiterals;

namespace {

constexpr auto keyStart = "renewal:"_L1;

} // namespace

QDateTime spreadRenewal(RequestId id, const QDateTime &threshold, const QDateTime &notAfter)
{
    // Neighbouring numbers far apart: the finaliser of SplitMix64.
    auto hash = static_cast<quint64>(id.value) + 0x9e3779b97f4a7c15U;
    hash = (hash ^ (hash >> 30U)) * 0xbf58476d1ce4e5b9U;
    hash = (hash ^ (hash >> 27U)) * 0x94d049bb133111ebU;
    const double share = static_cast<double>((hash ^ (hash >> 31U)) >> 11U) / static_cast<double>(1ULL << 53U);
    const qint64 widest = std::min<qint64>(threshold.secsTo(notAfter) / 4, 24 * 3600);
    return widest > 0 ? threshold.addSecs(static_cast<qint64>(share * static_cast<double>(widest))) : threshold;
}

QString RenewalPlan::schedulerKey(RequestId id)
{
    return keyStart + QString::number(id.value);
}

std::optional<RequestId> RenewalPlan::fromSchedulerKey(const QString &key)
{
    if (!key.startsWith(keyStart))
        return std::nullopt;
    return RequestId{key.sliced(keyStart.size()).toLongLong()};
}

void RenewalPlan::setRequest(const EnrollmentRequest &request)
{
    Entry &entry = m_entries[request.id];
    entry.rule = request.isEnabled ? request.renewal : RenewalRule{RenewalRule::Kind::Off, 0};
    entry.hasRequest = true;
    plan(request.id, entry);
}

void RenewalPlan::setCurrent(const CurrentCertificate &current)
{
    Entry &entry = m_entries[current.request];
    entry.current = current;
    entry.issuer.clear();
    plan(current.request, entry);
}

void RenewalPlan::removeRequest(RequestId id)
{
    m_entries.erase(id);
    m_scheduler.cancel(schedulerKey(id));
}

void RenewalPlan::waitForPerson(RequestId id)
{
    if (const auto found = m_entries.find(id); found != m_entries.end()) {
        found->second.current.waitsForPerson = true;
        plan(id, found->second);
    }
}

void RenewalPlan::setRevocation(RequestId id, const std::optional<Revocation> &revocation)
{
    if (const auto found = m_entries.find(id); found != m_entries.end()) {
        found->second.current.revocation = revocation;
        plan(id, found->second);
    }
}

std::optional<Revocation> RenewalPlan::revocation(RequestId id) const
{
    const auto found = m_entries.find(id);
    return found == m_entries.end() ? std::nullopt : found->second.current.revocation;
}

QList<CurrentCertificate> RenewalPlan::issuedBy(const Pki::DistinguishedName &issuer, const QDateTime &now)
{
    QList<CurrentCertificate> found;
    QHash<QByteArray, bool> judged; // few CAs issue many certificates
    for (auto &[id, entry] : m_entries) {
        const Pki::Certificate &certificate = entry.current.certificate;
        if (certificate.isNull())
            continue;
        if (entry.issuer.isEmpty())
            entry.issuer = certificate.issuer().der();
        auto isMeant = judged.constFind(entry.issuer);
        if (isMeant == judged.cend())
            isMeant = judged.insert(entry.issuer, entry.issuer == issuer.der() || Pki::matches(certificate.issuer(), issuer));
        if (*isMeant && now <= certificate.notAfter())
            found.append(entry.current);
    }
    return found;
}

void RenewalPlan::plan(RequestId id, const Entry &entry)
{
    const bool isPlanned =
        entry.hasRequest && !entry.current.certificate.isNull() && !entry.current.waitsForPerson && !entry.current.revocation;
    const Pki::Certificate &current = entry.current.certificate;
    const QDateTime threshold =
        isPlanned ? entry.rule.dueAt(current.notBefore(), current.notAfter(), entry.current.receivedAt) : QDateTime();
    if (threshold.isValid())
        m_scheduler.schedule(schedulerKey(id), spreadRenewal(id, threshold, current.notAfter()));
    else
        m_scheduler.cancel(schedulerKey(id));
}

QDateTime RenewalPlan::dueAt(RequestId id) const
{
    return m_scheduler.dueAt(schedulerKey(id));
}

bool RenewalPlan::hasCertificate(RequestId id) const
{
    const auto found = m_entries.find(id);
    return found != m_entries.end() && !found->second.current.certificate.isNull();
}

} // namespace Scep
