// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/worker/transactionpreparation.h"

#include <QFutureWatcher>

namespace Scep {

using namespace Qt::StringLiterals;

namespace {

/// The reply is encrypted to the requester's key (RFC 8894 3.1); passwords instead of it are what no server we know of offers.
QString ecRefusal()
{
    return u"a SCEP reply is encrypted to the requester's key, and a key of this kind cannot decrypt: use RSA"_s;
}

} // namespace

TransactionPreparation::TransactionPreparation(const EngineContext &context, const EnrollmentRequest &request, QObject *parent)
    : QObject(parent)
    , m_context(context)
    , m_request(request)
{}

void TransactionPreparation::start(Pki::Digest expectedDigest)
{
    m_expectedDigest = expectedDigest;
    auto csr = m_context.journal.providedCsr(m_request.id);
    if (!csr)
        return fail(csr.error());
    auto key = m_context.journal.providedKey(m_request.id);
    if (!key)
        return fail(key.error());
    auto challenge = m_context.journal.challenge(m_request.id);
    if (!challenge)
        return fail(challenge.error());
    m_challenge = std::make_shared<const Pki::SecretBytes>(*std::move(challenge));
    m_providedCsr = *std::move(csr);
    m_signerKey = *std::move(key);

    if (!m_providedCsr.isNull()) {
        if (!m_providedCsr.publicKey().isRsa())
            return refuse(ErrorCode::UnsupportedAlgorithm, ecRefusal());
        if (!m_providedCsr.isSignatureValid())
            return refuse(ErrorCode::SignatureInvalid, u"the certification request is not signed by its own key"_s);
        if (!m_signerKey.isNull() && m_signerKey.publicKey() != m_providedCsr.publicKey())
            return refuse(ErrorCode::KeyMismatch, u"the private key does not belong to the certification request"_s);
        m_isDeviceKey = m_signerKey.isNull();
        if (m_isDeviceKey)
            return makeKey({Pki::KeySpec::Algorithm::Rsa, 2048});
    } else if (m_signerKey.isNull()) {
        if (m_request.keySpec.algorithm != Pki::KeySpec::Algorithm::Rsa)
            return refuse(ErrorCode::UnsupportedAlgorithm, ecRefusal());
        return makeKey(m_request.keySpec);
    } else if (!m_signerKey.canDecrypt()) {
        return refuse(ErrorCode::UnsupportedAlgorithm, ecRefusal());
    }
    becomeReady();
}

void TransactionPreparation::becomeReady()
{
    m_progress = Progress::Ready;
    draft(m_expectedDigest);
}

void TransactionPreparation::draft(Pki::Digest digest)
{
    m_draft = RequestDraft::begin({.request = m_request,
                                   .providedCsr = m_providedCsr,
                                   .challenge = m_challenge,
                                   .signerKey = m_signerKey,
                                   .digest = digest,
                                   .now = m_context.clock.now()});
    const auto watch = [this]<typename T>(const QFuture<T> &future) {
        auto *watcher = new QFutureWatcher<T>(this);
        connect(watcher, &QFutureWatcherBase::finished, this, [this, watcher] {
            watcher->deleteLater();
            if (m_draft.isFinished())
                emit progressed();
        });
        watcher->setFuture(future);
    };
    watch(m_draft.csrFuture());
    watch(m_draft.signerFuture());
}

bool TransactionPreparation::isDrafted(const EnrollmentServer &server, const ServerKnowledge &knowledge)
{
    const auto algorithms = negotiate(server.algorithms, knowledge.capabilities);
    if (algorithms && !m_draft.isFor(algorithms->digest))
        draft(algorithms->digest);
    return m_draft.isFinished();
}

void TransactionPreparation::makeKey(const Pki::KeySpec &spec)
{
    m_progress = Progress::GeneratingKey;
    m_context.keyPool.take(spec, this, [this](const Result<Pki::PrivateKey> &key) {
        if (key) {
            m_signerKey = *key;
            becomeReady();
        } else {
            refuse(key.error());
        }
        emit progressed();
    });
}

void TransactionPreparation::refuse(Error error)
{
    m_progress = Progress::Refused;
    m_error = std::move(error);
}

void TransactionPreparation::fail(const Error &error)
{
    m_progress = Progress::JournalTrouble;
    m_error = error;
}

Result<Transaction> TransactionPreparation::build(const EnrollmentServer &server, const ServerKnowledge &knowledge,
                                                  const QDateTime &now) const
{
    Transaction transaction;
    transaction.request = m_request.id;
    transaction.server = server.id;
    transaction.type = MessageType::PkcsReq;
    transaction.roles = knowledge.roles;
    transaction.startedAt = now;
    transaction.signerKey = m_signerKey;
    if (!m_isDeviceKey)
        transaction.key = m_signerKey;

    auto algorithms = negotiate(server.algorithms, knowledge.capabilities);
    if (!algorithms)
        return std::unexpected(algorithms.error());
    transaction.algorithms = *std::move(algorithms);

    auto csr = m_draft.csr();
    if (!csr)
        return std::unexpected(csr.error());
    transaction.csr = *std::move(csr);
    // For a device's CSR the signer has another key than the CSR: outside of RFC 8894 2.3, but what some clients always do.
    auto signer = m_draft.signer();
    if (!signer)
        return std::unexpected(signer.error());
    transaction.signer = *std::move(signer);

    if (m_request.transactionIdOverride.isEmpty()) {
        transaction.id = TransactionId::create(transaction.csr.publicKey());
    } else {
        auto id = TransactionId::fromText(m_request.transactionIdOverride);
        if (!id)
            return std::unexpected(id.error());
        transaction.id = *std::move(id);
    }
    return transaction;
}

} // namespace Scep
