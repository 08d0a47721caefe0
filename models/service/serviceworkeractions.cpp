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
    if (Result<void> updated = m_store->updateServer(server, &extras); !updated)
        return updated;
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

void ServiceWorker::probe(Scep::ProbeRequest request, Scep::ServerId secretsOf, std::shared_ptr<QPromise<Scep::ServerProbe>> promise)
{
    if (!secretsOf.isNull()) {
        // Without them the server is asked all the same: its answer says better than we what is missing.
        Scep::TransportSettings &transport = request.transport;
        if (!transport.clientCertificates.isEmpty() && transport.clientKey.isNull())
            transport.clientKey = m_store->clientKey(secretsOf).value_or(Pki::PrivateKey());
        if (!transport.proxyUser.isEmpty() && !transport.proxyPassword) {
            if (auto password = m_store->proxyPassword(secretsOf))
                transport.proxyPassword = std::make_shared<const Pki::SecretBytes>(std::move(*password));
        }
    }
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

Result<Scep::RequestId> ServiceWorker::submit(const PreparedRequest &prepared, const Pki::SecretBytes &challenge,
                                              const RequestCompanions &companions)
{
    NewRequest added;
    added.request = prepared.request;
    added.challenge = challenge.clone();
    added.key = prepared.key;
    added.csr = prepared.csr;
    added.extras = companions.extras;
    added.delivery = companions.delivery;
    if (companions.deliveryPassphrase)
        added.deliveryPassphrase = companions.deliveryPassphrase->clone();
    const auto id = m_store->addRequest(added);
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

namespace {

Result<void> checkNothingUnread(const Store &store, Scep::RequestId id)
{
    if (store.isUnreadable(id))
        return Pki::failure(ErrorCode::NotPossibleNow, QStringLiteral("its open transaction cannot be read: cancel it first"));
    return {};
}

} // namespace

Result<void> ServiceWorker::enroll(Scep::RequestId id, const Pki::SecretBytes &challenge)
{
    if (Result<void> usable = checkNothingUnread(*m_store, id); !usable)
        return usable;
    if (!challenge.isEmpty()) {
        if (Result<void> set = m_store->setChallenge(id, challenge); !set)
            return set;
    }
    m_engine->enroll(id);
    return {};
}

Result<void> ServiceWorker::renew(Scep::RequestId id, const Pki::SecretBytes &challenge)
{
    if (Result<void> usable = checkNothingUnread(*m_store, id); !usable)
        return usable;
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
    const auto record = m_store->requestRecord(id);
    return record ? wakeRenewal(*record) : Result<void>(std::unexpected(record.error()));
}

Result<void> ServiceWorker::wakeRenewal(const RequestRecord &record)
{
    if (Result<void> forgotten = forgetRefusal(*m_store, record); !forgotten)
        return forgotten;
    const auto now = m_store->requestRecord(record.request.id);
    if (now && now->current && now->transaction.state == Scep::TransactionStatus::State::None)
        planRenewal(*now);
    return {};
}

Result<void> ServiceWorker::continueRenewing(Scep::RequestId id)
{
    using State = Scep::TransactionStatus::State;
    const auto record = m_store->requestRecord(id);
    if (!record)
        return std::unexpected(record.error());
    const State state = record->transaction.state;
    if (!record->current || (state != State::Rejected && state != State::Cancelled))
        return Pki::failure(ErrorCode::NotPossibleNow, QStringLiteral("no renewal of it stands still"));
    Scep::TransactionStatus none;
    none.request = id;
    if (Result<void> recorded = m_store->recordStatus(none); !recorded)
        return recorded;
    planRenewal(*record);
    m_changedRequests.insert(id);
    return {};
}

void ServiceWorker::planRenewal(const RequestRecord &record)
{
    m_engine->setCurrent({.request = record.request.id,
                          .certificate = record.current->certificate,
                          .waitsForPerson = false,
                          .receivedAt = record.current->receivedAt,
                          .revocation = record.current->revocation});
}

void ServiceWorker::attemptNow(Scep::RequestId id)
{
    if (Result<void> usable = checkNothingUnread(*m_store, id); !usable)
        return m_sink.failed(usable.error(), m_configuration.workspace);
    m_engine->attemptNow(id);
}

void ServiceWorker::cancel(Scep::RequestId id)
{
    // The engine knows nothing of a transaction that the store could not read.
    if (!m_store->isUnreadable(id))
        return m_engine->cancel(id);
    if (const Result<bool> closed = m_store->closeUnread(id); !closed)
        m_sink.failed(closed.error(), m_configuration.workspace);
}

Result<void> ServiceWorker::updateRequest(const RequestEdit &edit)
{
    RequestChange change;
    change.request = edit.request;
    change.extras = edit.extras;
    if (edit.challenge)
        change.challenge = edit.challenge->clone();
    change.delivery.emplace();
    change.delivery->rule = edit.delivery;
    if (edit.deliveryPassphrase)
        change.delivery->passphrase = edit.deliveryPassphrase->clone();
    std::optional<RequestRecord> before; // of a request that gets a CSR or a key
    if (!edit.csr.isNull() || !edit.key.isNull()) {
        auto record = m_store->requestRecord(edit.request.id);
        if (!record)
            return std::unexpected(record.error());
        before = std::move(*record);
        if (Result<void> added = addCsr(change, *before, edit.csr, edit.key); !added)
            return added;
    }
    if (Result<void> changed = m_store->changeRequest(change); !changed)
        return changed;
    m_engine->setRequest(change.request);
    return before ? wakeRenewal(*before) : Result<void>();
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

Result<ExchangeLogPage> ServiceWorker::exchanges(const ExchangeLogQuery &query)
{
    if (!m_log)
        m_log = std::make_unique<ExchangeLogReader>(*m_store);
    return m_log->read(query);
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
