// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/labca/depot.h"
#include "scep/labca/entityregister.h"
#include "scep/labca/http.h"
#include "scep/labca/policy.h"
#include "scep/labca/publication.h"

#include <functional>
#include <memory>
#include <mutex>

namespace LabCa {

/// The CA and RA of one depot: values in, values out, no network.
/// Thread: any one, also several at once. Each request works on one snapshot of CA and policy; only what must be one after another (the
/// same transaction, the same registered device) waits for each other, and no RSA operation keeps others waiting.
class Authority
{
public:
    /// Called in any thread.
    using Now = std::function<QDateTime()>;
    /// `now` empty: the system's clock. The depot must outlive the authority.
    Authority(Depot &depot, Policy policy, Now now = {});

    /// Answers one request; never throws, always answers.
    HttpResponse handle(const HttpRequest &request, LogEntry *log = nullptr);
    [[nodiscard]] QByteArray capabilities() const;
    /// Of the issuing CA, made now, good for a week. `damaged`: enrollments that could not be looked at, and why.
    [[nodiscard]] Result<Pki::Crl> currentCrl(QStringList *damaged = nullptr) const;
    /// Of each former issuing CA, oldest first.
    [[nodiscard]] Result<QList<Pki::Crl>> formerCrls(QStringList *damaged = nullptr) const;
    /// The CRL or the CA certificate that certificates name: `file` is the last part of the path. nullopt: none of this CA's. `damaged`:
    /// enrollments that the CRL could not be made of, and why.
    [[nodiscard]] std::optional<HttpResponse> publishedFile(bool isCrl, const QString &file, QStringList *damaged = nullptr);

    [[nodiscard]] std::shared_ptr<const Policy> policy() const;
    /// For requests from now on.
    void setPolicy(Policy policy);
    /// Likewise; certificates name their CRL and issuer there. Without it they name none.
    void publishAt(const Publication &publication);
    [[nodiscard]] QDateTime now() const { return m_now(); }

private:
    HttpResponse answer(const HttpRequest &request, const Policy &policy, LogEntry &log);
    [[nodiscard]] Publication publication() const;

    Depot &m_depot;
    EntityRegister m_entities;
    Now m_now;
    mutable std::mutex m_mutex; ///< of what follows
    std::shared_ptr<const Policy> m_policy;
    Publication m_publication;
};

} // namespace LabCa
