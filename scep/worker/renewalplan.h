// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/worker/scheduler.h"
#include "scep/worker/transaction.h"

#include <map>

namespace Scep {

/// When within its window, from the threshold to the expiry, a certificate is renewed: a share of the window's first quarter, a day at
/// most, that depends on the request alone. So a thousand devices enrolled together are not renewed together, and each at the same place
/// every time.
QDateTime spreadRenewal(RequestId id, const QDateTime &threshold, const QDateTime &notAfter);

/// When each certificate is renewed by itself: current certificates and rules, joined in the scheduler.
class RenewalPlan
{
public:
    explicit RenewalPlan(Scheduler &scheduler)
        : m_scheduler(scheduler)
    {}

    void setRequest(const EnrollmentRequest &request);
    void setCurrent(const CurrentCertificate &current);
    void removeRequest(RequestId id);
    /// The transaction ended so that only a person may begin another one.
    void waitForPerson(RequestId id);

    void setRevocation(RequestId id, const std::optional<Revocation> &revocation);

    [[nodiscard]] std::optional<Revocation> revocation(RequestId id) const;
    /// The current certificates that this CA issued, by its name, and that have not expired.
    [[nodiscard]] QList<CurrentCertificate> issuedBy(const Pki::DistinguishedName &issuer, const QDateTime &now);
    [[nodiscard]] QDateTime dueAt(RequestId id) const; ///< invalid: not planned
    [[nodiscard]] bool hasCertificate(RequestId id) const;

    [[nodiscard]] static QString schedulerKey(RequestId id);
    /// The request of a key made by schedulerKey().
    [[nodiscard]] static std::optional<RequestId> fromSchedulerKey(const QString &key);

private:
    struct Entry {
        RenewalRule rule;
        bool hasRequest = false;
        CurrentCertificate current;
        QByteArray issuer; ///< DER, once it was asked for: taking it out of the certificate costs more than everything else here
    };
    void plan(RequestId id, const Entry &entry);

    Scheduler &m_scheduler;
    std::map<RequestId, Entry> m_entries;
};

} // namespace Scep
