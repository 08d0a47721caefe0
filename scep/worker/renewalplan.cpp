// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/worker/renewalplan.h"

namespace Scep {

using namespace Qt::StringLiterals;

namespace {

constexpr auto keyStart = "renewal:"_L1;

} // namespace

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
    entry.rule = request.renewal;
    entry.hasRequest = true;
    plan(request.id, entry);
}

void RenewalPlan::setCurrent(const CurrentCertificate &current)
{
    Entry &entry = m_entries[current.request];
    entry.current = current;
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

void RenewalPlan::plan(RequestId id, const Entry &entry)
{
    const bool isPlanned = entry.hasRequest && !entry.current.certificate.isNull() && !entry.current.waitsForPerson;
    const QDateTime due =
        isPlanned ? entry.rule.dueAt(entry.current.certificate.notBefore(), entry.current.certificate.notAfter()) : QDateTime();
    if (due.isValid())
        m_scheduler.schedule(schedulerKey(id), due);
    else
        m_scheduler.cancel(schedulerKey(id));
}

QDateTime RenewalPlan::dueAt(RequestId id) const
{
    return m_scheduler.dueAt(schedulerKey(id));
}

bool RenewalPlan::isExpired(RequestId id, const QDateTime &now) const
{
    const auto found = m_entries.find(id);
    return found != m_entries.end() && !found->second.current.certificate.isNull() && now > found->second.current.certificate.notAfter();
}

} // namespace Scep
