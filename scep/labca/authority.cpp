// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/authority.h"

#include "scep/labca/messagehandler.h"
#include "scep/labca/presentation.h"
#include "scep/labca/sceppath.h"

namespace LabCa {

using namespace Qt::StringLiterals;

namespace {

bool isOperation(const QString &operation, QLatin1StringView name)
{
    return operation.compare(name, Qt::CaseInsensitive) == 0;
}

HttpResponse unreadableFiles(const Error &error)
{
    return plainTextResponse(500, u"the Lab CA's files cannot be read: %1"_s.arg(error.detail));
}

} // namespace

Authority::Authority(Depot &depot, Policy policy, Now now)
    : m_depot(depot)
    , m_entities(depot.folder())
    , m_now(now ? std::move(now) : Now(&QDateTime::currentDateTimeUtc))
    , m_policy(std::make_shared<const Policy>(std::move(policy)))
{}

std::shared_ptr<const Policy> Authority::policy() const
{
    const std::lock_guard lock(m_mutex);
    return m_policy;
}

void Authority::setPolicy(Policy policy)
{
    auto next = std::make_shared<const Policy>(std::move(policy));
    const std::lock_guard lock(m_mutex);
    m_policy.swap(next);
}

Publication Authority::publication() const
{
    const std::lock_guard lock(m_mutex);
    return m_publication;
}

void Authority::publishAt(const Publication &publication)
{
    const std::lock_guard lock(m_mutex);
    m_publication = publication;
}

QByteArray Authority::capabilities() const
{
    return capabilitiesText(policy()->personality);
}

Result<Pki::Crl> Authority::currentCrl(QStringList *damaged) const
{
    return makeCrl(m_depot, m_depot.material()->current, m_now(), damaged);
}

Result<QList<Pki::Crl>> Authority::formerCrls(QStringList *damaged) const
{
    QList<Pki::Crl> crls;
    const auto ca = m_depot.material();
    for (const CaIdentity &identity : ca->retired) {
        auto crl = makeCrl(m_depot, identity, m_now(), damaged);
        if (!crl)
            return std::unexpected(crl.error());
        crls.append(std::move(*crl));
    }
    return crls;
}

std::optional<HttpResponse> Authority::publishedFile(bool isCrl, const QString &file, QStringList *damaged)
{
    if (const auto refreshed = m_depot.refresh(m_now()); !refreshed)
        return unreadableFiles(refreshed.error());
    const auto ca = m_depot.material();
    const CaIdentity *identity = publishedIdentity(*ca, publication().alias, file, isCrl);
    if (identity == nullptr)
        return std::nullopt;
    if (!isCrl)
        return HttpResponse{.status = 200, .contentType = "application/pkix-cert", .body = identity->issuing.der()};
    const auto crl = makeCrl(m_depot, *identity, m_now(), damaged);
    if (!crl)
        return unreadableFiles(crl.error());
    return HttpResponse{.status = 200, .contentType = "application/pkix-crl", .body = crl->der()};
}

HttpResponse Authority::handle(const HttpRequest &request, LogEntry *log)
{
    LogEntry entry;
    entry.at = m_now();
    entry.operation = request.operation;
    const auto policy = this->policy();
    HttpResponse response = answer(request, *policy, entry);
    response.delivery.isHttp10 = policy->personality.isHttp10;
    if (entry.outcome.isEmpty())
        entry.outcome = response.status == 200 ? u"%1 bytes"_s.arg(response.body.size())
                                               : u"HTTP %1 %2"_s.arg(response.status).arg(QString::fromUtf8(response.body).trimmed());
    if (log)
        *log = entry;
    return response;
}

HttpResponse Authority::answer(const HttpRequest &request, const Policy &policy, LogEntry &log)
{
    if (!readScepPath(request.path).isScep) {
        log.operation = request.path;
        return plainTextResponse(404, u"SCEP is served at /scep"_s);
    }
    if (const auto refreshed = m_depot.refresh(m_now()); !refreshed)
        return unreadableFiles(refreshed.error());
    if (auto refused = refusedByHttp(policy.personality, request))
        return *refused;
    if (request.operation.isEmpty())
        return plainTextResponse(400, u"This is a SCEP end point: operation= is missing"_s);
    const auto ca = m_depot.material();
    if (isOperation(request.operation, "PKIOperation"_L1)) {
        const auto message = pkiMessageOf(request);
        if (!message)
            return plainTextResponse(400, request.isPost ? u"the body is empty"_s : u"message= is missing or not base64"_s);
        const Publication published = publication();
        return MessageHandler({.depot = m_depot,
                               .entities = m_entities,
                               .ca = *ca,
                               .policy = policy,
                               .publication = published,
                               .now = m_now(),
                               .faults = request.faults},
                              log)
            .answer(*message);
    }
    if (request.isPost)
        return plainTextResponse(405, u"only PKIOperation is sent by POST"_s);
    if (isOperation(request.operation, "GetCACaps"_L1))
        return {.status = 200, .contentType = "text/plain", .body = capabilitiesText(policy.personality)};
    if (isOperation(request.operation, "GetCACert"_L1))
        return caCertificatesAnswer(ca->current, policy.personality, policy.sendsFullChain, request.message);
    if (isOperation(request.operation, "GetNextCACert"_L1))
        return nextCaAnswer(*ca);
    if (isOperation(request.operation, "GetCACertChain"_L1))
        return caChainAnswer(ca->current);
    return plainTextResponse(404, u"the operation is not known here"_s);
}

} // namespace LabCa
