// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/narrowjournal.h"

#include <QSet>

using Scep::Result;

namespace Cli {

namespace {

template <typename T, typename Predicate>
Result<QList<T>> only(Result<QList<T>> all, Predicate isMeant)
{
    if (all)
        all->removeIf([&](const T &each) { return !isMeant(each); });
    return all;
}

} // namespace

NarrowJournal NarrowJournal::forRequest(Models::Store &store, Scep::RequestId request, Scep::ServerId server)
{
    return {store, Scope::Request, request, server};
}

NarrowJournal NarrowJournal::forServer(Models::Store &store, Scep::ServerId server, bool withRequests)
{
    return {store, withRequests ? Scope::ServerWithRequests : Scope::Server, {}, server};
}

Result<QList<Scep::EnrollmentServer>> NarrowJournal::servers()
{
    return only(m_store.servers(), [this](const Scep::EnrollmentServer &server) { return server.id == m_server; });
}

Result<QList<Scep::ServerKnowledge>> NarrowJournal::serverKnowledge()
{
    return only(m_store.serverKnowledge(), [this](const Scep::ServerKnowledge &knowledge) { return knowledge.id == m_server; });
}

Result<QList<Scep::EnrollmentRequest>> NarrowJournal::requests()
{
    return only(m_store.requests(), [this](const Scep::EnrollmentRequest &request) { return isMeant(request.id, request.server); });
}

Result<QList<Scep::Transaction>> NarrowJournal::openTransactions()
{
    // Those of others stay sealed: they need no open vault here.
    switch (m_scope) {
    case Scope::Request:
        return m_store.openTransactions(m_request);
    case Scope::ServerWithRequests:
        return m_store.openTransactions(m_server);
    case Scope::Server:
        break;
    }
    return QList<Scep::Transaction>();
}

Result<QList<Scep::CurrentCertificate>> NarrowJournal::currentCertificates()
{
    // A renewal of one request that is due is not begun by itself: it is asked for, or it is the agent's.
    if (m_scope == Scope::Request)
        return QList<Scep::CurrentCertificate>();
    // Without their requests none of them is renewed; but the server's CRL may tell of them.
    if (m_scope == Scope::Server)
        return m_store.currentCertificates();
    const auto meant = requests();
    if (!meant)
        return std::unexpected(meant.error());
    QSet<Scep::RequestId> ids;
    for (const Scep::EnrollmentRequest &request : *meant)
        ids.insert(request.id);
    return only(m_store.currentCertificates(), [&ids](const Scep::CurrentCertificate &current) { return ids.contains(current.request); });
}

Result<QList<Scep::DueEnrollment>> NarrowJournal::dueEnrollments()
{
    return QList<Scep::DueEnrollment>();
}

Result<Pki::PrivateKey> NarrowJournal::clientKey(Scep::ServerId server)
{
    return m_store.clientKey(server);
}

Result<Pki::SecretBytes> NarrowJournal::proxyPassword(Scep::ServerId server)
{
    return m_store.proxyPassword(server);
}

Result<Scep::Credential> NarrowJournal::currentCredential(Scep::RequestId request)
{
    return m_store.currentCredential(request);
}

Result<Pki::SecretBytes> NarrowJournal::challenge(Scep::RequestId request)
{
    return m_store.challenge(request);
}

Result<Pki::PrivateKey> NarrowJournal::providedKey(Scep::RequestId request)
{
    return m_store.providedKey(request);
}

Result<Pki::CertificationRequest> NarrowJournal::providedCsr(Scep::RequestId request)
{
    return m_store.providedCsr(request);
}

Result<void> NarrowJournal::begin(const Scep::Transaction &transaction)
{
    return m_store.begin(transaction);
}

Result<void> NarrowJournal::update(const Scep::Transaction &transaction)
{
    return m_store.update(transaction);
}

Result<void> NarrowJournal::replace(const Scep::Transaction &former, const Scep::Transaction &next)
{
    return m_store.replace(former, next);
}

Result<void> NarrowJournal::complete(const Scep::Transaction &transaction, const Scep::IssuedCertificate &issued)
{
    return m_store.complete(transaction, issued);
}

Result<void> NarrowJournal::close(const Scep::Transaction &transaction, const Scep::TransactionStatus &status)
{
    return m_store.close(transaction, status);
}

Result<void> NarrowJournal::recordStatus(const Scep::TransactionStatus &status)
{
    return m_store.recordStatus(status);
}

Result<void> NarrowJournal::recordRevocations(const Scep::RevocationList &list)
{
    return m_store.recordRevocations(list);
}

Result<void> NarrowJournal::storeKnowledge(const Scep::ServerKnowledge &knowledge)
{
    return m_store.storeKnowledge(knowledge);
}

void NarrowJournal::logExchange(const Scep::Exchange &exchange)
{
    m_store.logExchange(exchange);
}

} // namespace Cli
