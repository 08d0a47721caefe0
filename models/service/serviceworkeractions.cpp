// SPDX-License-Identifier: GPL-3.0-or-later
// What the window asks of the worker: servers, requests, certificates.
#include "models/service/serviceworker.h"

#include "models/service/devicecsr.h"
#include "scep/protocol/algorithms.h"

namespace Models {

// -- servers -------------------------------------------------------------------------------------------------------------------

Result<Scep::ServerId> ServiceWorker::addServer(const Scep::EnrollmentServer &server)
{
    const Result<Scep::ServerId> id = m_store->addServer(server);
    if (!id)
        return id;
    Scep::EnrollmentServer added = server;
    added.id = *id;
    m_engine->setServer(added);
    return id;
}

Result<void> ServiceWorker::updateServer(const Scep::EnrollmentServer &server, const Extras &extras)
{
    if (Result<void> updated = m_store->updateServer(server); !updated)
        return updated;
    if (Result<void> kept = m_store->setServerExtras(server.id, extras); !kept)
        return kept;
    m_engine->setServer(server);
    return {};
}

Result<void> ServiceWorker::removeServer(Scep::ServerId id)
{
    if (Result<void> removed = m_store->removeServer(id); !removed)
        return removed;
    m_engine->removeServer(id);
    return {};
}

void ServiceWorker::refreshServer(Scep::ServerId id)
{
    m_engine->refreshServer(id);
}

void ServiceWorker::acceptCapabilities(Scep::ServerId id)
{
    m_engine->acceptCapabilities(id);
}

void ServiceWorker::query(Scep::ServerQuery query, Scep::RequestId as, std::shared_ptr<QPromise<Scep::QueryResult>> promise)
{
    query.ticket = ++m_lastTicket;
    if (!as.isNull()) {
        const auto credential = m_store->currentCredential(as);
        if (!credential) {
            Scep::QueryResult result;
            result.server = query.server;
            result.kind = query.kind;
            result.error = credential.error();
            promise->addResult(result);
            promise->finish();
            return;
        }
        if (!credential->key.isNull())
            query.credential = *credential;
    }
    m_queries.insert(query.ticket, std::move(promise));
    m_engine->query(query);
}

void ServiceWorker::probe(Scep::ProbeRequest request, std::shared_ptr<QPromise<Scep::ServerProbe>> promise)
{
    request.ticket = ++m_lastTicket;
    m_probes.insert(request.ticket, std::move(promise));
    m_engine->probe(request);
}

// -- requests ------------------------------------------------------------------------------------------------------------------

void ServiceWorker::prepare(const Scep::EnrollmentRequest &request, std::shared_ptr<Pki::SecretBytes> challenge,
                            const Pki::PrivateKey &ready, std::shared_ptr<QPromise<Result<PreparedRequest>>> promise)
{
    // The CSR is signed with the digest that the messages will use: a server that reads SHA-1 only reads no other in the CSR.
    Pki::Digest digest = Pki::Digest::Sha256;
    if (const auto server = m_store->serverRecord(request.server)) {
        if (const auto algorithms = Scep::negotiate(server->server.algorithms, server->knowledge.capabilities))
            digest = algorithms->digest;
    }
    const auto answer = [request, digest, challenge = std::move(challenge),
                         promise = std::move(promise)](const Pki::Result<Pki::PrivateKey> &key) {
        const auto prepared = [&]() -> Result<PreparedRequest> {
            if (!key)
                return std::unexpected(key.error());
            const Pki::SecretBytes none;
            const auto csr = Scep::createCertificationRequest(request, challenge ? *challenge : none, *key, digest);
            if (!csr)
                return std::unexpected(csr.error());
            return PreparedRequest{request, *key, *csr};
        };
        promise->addResult(prepared());
        promise->finish();
    };
    if (ready.isNull())
        m_keyPool->take(request.keySpec, m_context.get(), answer);
    else
        answer(ready);
}

Result<Scep::RequestId> ServiceWorker::submit(const PreparedRequest &prepared, const Pki::SecretBytes &challenge)
{
    const auto id = m_store->addRequest(prepared.request, challenge, prepared.key, prepared.csr);
    if (!id)
        return id;
    Scep::EnrollmentRequest request = prepared.request;
    request.id = *id;
    // So that a process that ends before the transaction has begun leaves a trace to go on from.
    Scep::TransactionStatus queued;
    queued.request = *id;
    queued.state = Scep::TransactionStatus::State::Queued;
    if (Result<void> recorded = m_store->recordStatus(queued); !recorded)
        return std::unexpected(recorded.error());
    m_engine->setRequest(request);
    m_engine->enroll(*id);
    return id;
}

Result<void> ServiceWorker::enroll(Scep::RequestId id, const Pki::SecretBytes &challenge)
{
    if (!challenge.isEmpty()) {
        if (Result<void> set = m_store->setChallenge(id, challenge); !set)
            return set;
    }
    m_engine->enroll(id);
    return {};
}

Result<void> ServiceWorker::renew(Scep::RequestId id, const Pki::SecretBytes &challenge)
{
    if (!challenge.isEmpty()) {
        if (Result<void> set = m_store->setChallenge(id, challenge); !set)
            return set;
    }
    m_engine->renew(id);
    return {};
}

Result<void> ServiceWorker::useRequestCsr(Scep::RequestId id, const Pki::CertificationRequest &csr, const Pki::PrivateKey &key)
{
    const auto request = useCsr(*m_store, id, csr, key);
    if (!request)
        return std::unexpected(request.error());
    m_engine->setRequest(*request);
    // A renewal that was refused for want of it is planned again.
    const auto record = m_store->requestRecord(id);
    if (record && record->current && record->transaction.state == Scep::TransactionStatus::State::None)
        m_engine->setCurrent({id, record->current->certificate, false});
    return {};
}

void ServiceWorker::attemptNow(Scep::RequestId id)
{
    m_engine->attemptNow(id);
}

void ServiceWorker::cancel(Scep::RequestId id)
{
    m_engine->cancel(id);
}

Result<void> ServiceWorker::updateRequest(const RequestEdit &edit)
{
    if (Result<void> updated = m_store->updateRequest(edit.request); !updated)
        return updated;
    m_engine->setRequest(edit.request);
    if (Result<void> kept = m_store->setRequestExtras(edit.request.id, edit.extras); !kept)
        return kept;
    return m_store->setDeliveryRule(edit.request.id, edit.delivery, edit.deliveryPassphrase.get());
}

Result<DeliverySetup> ServiceWorker::deliverySetup(Scep::RequestId id)
{
    const auto rule = m_store->deliveryRule(id);
    if (!rule)
        return std::unexpected(rule.error());
    const auto passphrase = m_store->deliveryPassphrase(id);
    // A locked vault hides whether there is one: then a new one is asked for, and none is lost.
    return DeliverySetup{*rule, passphrase && !passphrase->isEmpty()};
}

Result<QString> ServiceWorker::restore(BinRecord::Kind kind, qint64 id)
{
    auto label = m_store->restore(kind, id);
    if (!label)
        return label;
    // The engine learns what came back; a request brings its server with it.
    const auto servers = m_store->servers();
    const auto requests = m_store->requests();
    if (!servers || !requests)
        return std::unexpected(!servers ? servers.error() : requests.error());
    for (const Scep::EnrollmentServer &server : *servers)
        m_engine->setServer(server);
    for (const Scep::EnrollmentRequest &request : *requests)
        m_engine->setRequest(request);
    const auto current = m_store->currentCertificates();
    if (!current)
        return std::unexpected(current.error());
    for (const Scep::CurrentCertificate &certificate : *current)
        m_engine->setCurrent(certificate);
    return label;
}

Result<void> ServiceWorker::removeRequest(Scep::RequestId id)
{
    if (Result<void> removed = m_store->removeRequest(id); !removed)
        return removed;
    m_engine->removeRequest(id);
    return {};
}

// -- certificates --------------------------------------------------------------------------------------------------------------

Result<QList<Scep::IssuedCertificate>> ServiceWorker::certificates(Scep::RequestId id)
{
    return m_store->certificates(id);
}

Result<CertificatePage> ServiceWorker::certificateRows(const CertificateQuery &query, int offset, int most)
{
    return m_store->certificateRows(query, offset, most, m_clock->now());
}

Result<void> ServiceWorker::removeCertificate(Scep::CertificateId id)
{
    Scep::RequestId owner;
    const auto remember = QObject::connect(m_store.get(), &Store::requestChanged, [&](Scep::RequestId request) { owner = request; });
    const Result<void> removed = m_store->removeCertificate(id);
    QObject::disconnect(remember);
    if (!removed)
        return removed;
    const auto record = m_store->requestRecord(owner);
    if (record && !record->current)
        m_engine->setCurrent({owner, {}, true}); // nothing to renew
    return {};
}

Result<std::pair<Scep::IssuedCertificate, QString>> ServiceWorker::certificateForExport(Scep::CertificateId id)
{
    auto issued = m_store->certificateWithKey(id);
    if (!issued)
        return std::unexpected(issued.error());
    const auto request = m_store->requestRecord(issued->request);
    if (!request)
        return std::unexpected(request.error());
    return std::pair(*issued, request->request.label);
}

} // namespace Models
