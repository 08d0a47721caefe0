// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/store/store.h"

namespace Cli {

/// The workspace's store as an engine sees it that shall do one thing: one request with its server, or one server with or without its
/// requests. Everything else stays as it is and nothing of it begins.
class NarrowJournal final : public Scep::Journal
{
public:
    static NarrowJournal forRequest(Models::Store &store, Scep::RequestId request, Scep::ServerId server);
    static NarrowJournal forServer(Models::Store &store, Scep::ServerId server, bool withRequests);

    Scep::Result<QList<Scep::EnrollmentServer>> servers() override;
    Scep::Result<QList<Scep::ServerKnowledge>> serverKnowledge() override;
    Scep::Result<QList<Scep::EnrollmentRequest>> requests() override;
    Scep::Result<QList<Scep::Transaction>> openTransactions() override;
    Scep::Result<QList<Scep::CurrentCertificate>> currentCertificates() override;
    /// None: what begins here is asked for.
    Scep::Result<QList<Scep::DueEnrollment>> dueEnrollments() override;
    Scep::Result<Pki::PrivateKey> clientKey(Scep::ServerId server) override;
    Scep::Result<Pki::SecretBytes> proxyPassword(Scep::ServerId server) override;
    Scep::Result<Scep::Credential> currentCredential(Scep::RequestId request) override;
    Scep::Result<Pki::SecretBytes> challenge(Scep::RequestId request) override;
    Scep::Result<Pki::PrivateKey> providedKey(Scep::RequestId request) override;
    Scep::Result<Pki::CertificationRequest> providedCsr(Scep::RequestId request) override;
    Scep::Result<void> begin(const Scep::Transaction &transaction) override;
    Scep::Result<void> update(const Scep::Transaction &transaction) override;
    Scep::Result<void> replace(const Scep::Transaction &former, const Scep::Transaction &next) override;
    Scep::Result<void> complete(const Scep::Transaction &transaction, const Scep::IssuedCertificate &issued) override;
    Scep::Result<void> close(const Scep::Transaction &transaction, const Scep::TransactionStatus &status) override;
    Scep::Result<void> recordStatus(const Scep::TransactionStatus &status) override;
    Scep::Result<void> recordRevocations(const Scep::RevocationList &list) override;
    Scep::Result<void> storeKnowledge(const Scep::ServerKnowledge &knowledge) override;
    void logExchange(const Scep::Exchange &exchange) override;

private:
    enum class Scope { Request, Server, ServerWithRequests };
    NarrowJournal(Models::Store &store, Scope scope, Scep::RequestId request, Scep::ServerId server)
        : m_store(store)
        , m_scope(scope)
        , m_request(request)
        , m_server(server)
    {}
    [[nodiscard]] bool isMeant(Scep::RequestId request, Scep::ServerId server) const
    {
        return m_scope == Scope::Request ? request == m_request : m_scope == Scope::ServerWithRequests && server == m_server;
    }

    Models::Store &m_store;
    Scope m_scope;
    Scep::RequestId m_request;
    Scep::ServerId m_server;
};

} // namespace Cli
