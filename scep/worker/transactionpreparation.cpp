// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/worker/transactionpreparation.h"

#include <QFutureWatcher>

namespace Scep {

using namespace Qt::StringLiterals;

TransactionPreparation::TransactionPreparation(const EngineContext &context, const EnrollmentRequest &request, Purpose purpose,
                                               QObject *parent)
    : QObject(parent)
    , m_context(context)
    , m_request(request)
    , m_purpose(purpose)
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
    m_key = *std::move(key);
    auto current = m_context.journal.currentCredential(m_request.id);
    if (!current)
        return fail(current.error());
    m_former = current->certificate;
    // The key of the device's certificate that a person gave for this transaction: from now on it signs here.
    if (!m_former.isNull() && current->key.isNull() && !m_key.isNull() && Pki::belongTogether(m_key, m_former))
        current->key = m_key;

    if (!m_providedCsr.isNull()) {
        if (!m_providedCsr.isSignatureValid())
            return refuse(ErrorCode::SignatureInvalid, u"the certification request is not signed by its own key"_s);
        if (!m_key.isNull() && m_key.publicKey() != m_providedCsr.publicKey())
            return refuse(ErrorCode::KeyMismatch, u"the private key does not belong to the certification request"_s);
    }
    if (m_purpose == Purpose::Renew) {
        if (m_former.isNull())
            return refuse(ErrorCode::NotPossibleNow, u"there is no certificate to renew"_s);
        // An expired certificate cannot vouch for anybody: that takes a new enrollment.
        // Neither can one whose key is with the device: what the device made goes out as a new enrollment, which takes its place.
        const bool canSign = !current->key.isNull() || (m_providedCsr.isNull() && m_key.isNull());
        if (canSign && m_context.clock.now() <= m_former.notAfter()) {
            m_current = *std::move(current);
            return startRenewal();
        }
    }
    if (!m_former.isNull() && current->key.isNull() && m_providedCsr.isNull() && m_key.isNull())
        return refuse(ErrorCode::DeviceCsrNeeded, {});
    if (m_purpose == Purpose::Renew && m_key.isNull() && m_providedCsr.isNull() && m_request.reusesKeyOnRenewal)
        m_key = current->key; // too late to renew, but the key is to stay

    m_isDeviceKey = !m_providedCsr.isNull() && m_key.isNull();
    if (m_isDeviceKey)
        return makeKey({Pki::KeySpec::Algorithm::Rsa, 2048});
    const bool canDecrypt = m_key.isNull() ? m_request.keySpec.algorithm == Pki::KeySpec::Algorithm::Rsa : m_key.canDecrypt();
    if (!canDecrypt && m_challenge->isEmpty())
        return refuse(ErrorCode::UnsupportedAlgorithm, noReplyWithoutChallenge());
    if (m_key.isNull())
        return makeKey(m_request.keySpec);
    becomeReady();
}

void TransactionPreparation::startRenewal()
{
    if (m_current.key.isNull())
        return refuse(ErrorCode::DeviceCsrNeeded, {});
    if (!Pki::belongTogether(m_current.key, m_current.certificate))
        return refuse(ErrorCode::KeyMismatch, u"the key at hand is not that of the current certificate"_s);
    m_isDeviceKey = !m_providedCsr.isNull() && m_key.isNull();
    if (m_providedCsr.isNull()) {
        if (m_request.reusesKeyOnRenewal)
            m_key = m_current.key;
        else if (m_key.isNull() || m_key.publicKey() == m_current.certificate.publicKey())
            return makeKey(m_request.keySpec);
    }
    becomeReady();
}

void TransactionPreparation::becomeReady()
{
    m_progress = Progress::Ready;
    m_signerKey = isRenewal() ? m_current.key : m_isDeviceKey ? m_signerKey : m_key;
    // Whether a renewal carries the challenge depends on what the server announces.
    if (!isRenewal())
        draft(m_expectedDigest, true);
}

bool TransactionPreparation::hasExpired(const QDateTime &now) const
{
    return isRenewal() && now > m_current.certificate.notAfter();
}

RenewalStep TransactionPreparation::firstStep(const EnrollmentServer &server, const ServerKnowledge &knowledge) const
{
    return renewalLadder(server.renewalMethod, knowledge.capabilities, knowledge.renewalStep, !m_challenge->isEmpty()).first();
}

void TransactionPreparation::draft(Pki::Digest digest, bool withChallenge)
{
    m_draftHasChallenge = withChallenge;
    m_draft = RequestDraft::begin({.request = m_request,
                                   .providedCsr = m_providedCsr,
                                   .challenge = withChallenge ? m_challenge : std::make_shared<const Pki::SecretBytes>(),
                                   .csrKey = m_key,
                                   .signerKey = m_signerKey,
                                   .signer = m_current.certificate,
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
    const bool withChallenge = !isRenewal() || server.sendsChallengeOnRenewal;
    if (algorithms && (!m_draft.isFor(algorithms->digest) || m_draftHasChallenge != withChallenge))
        draft(algorithms->digest, withChallenge);
    return m_draft.isFinished();
}

void TransactionPreparation::makeKey(const Pki::KeySpec &spec)
{
    m_progress = Progress::GeneratingKey;
    m_context.keyPool.take(spec, this, [this](const Result<Pki::PrivateKey> &key) {
        if (key) {
            (m_isDeviceKey ? m_signerKey : m_key) = *key;
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
    transaction.key = m_key;
    transaction.renews = m_former;
    if (isRenewal()) {
        const RenewalStep step = firstStep(server, knowledge);
        transaction.type = messageType(step);
        transaction.renewalSteps = {step};
    }

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
