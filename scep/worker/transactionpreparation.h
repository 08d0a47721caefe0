// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/worker/enginecontext.h"
#include "scep/worker/renewal.h"
#include "scep/worker/requestdraft.h"

namespace Scep {

/// What a new transaction needs from our side: challenge, key or CSR. Gathered while the server is still being asked for its
/// certificates; build() joins the two. Holds secrets: short-lived.
class TransactionPreparation final : public QObject
{
    Q_OBJECT

public:
    enum class Progress {
        GeneratingKey,
        Ready,
        Refused,        ///< error(): this request can never be sent as it is
        JournalTrouble, ///< error(): the storage failed; try again later
    };

    enum class Purpose {
        Enroll,
        Renew, ///< the current certificate, as long as it is in force; else as Enroll
    };

    TransactionPreparation(const EngineContext &context, const EnrollmentRequest &request, Purpose purpose, QObject *parent);
    /// Once. `expectedDigest`: what the CSR will most likely be signed with; the CSR is made at once, as it takes longest.
    void start(Pki::Digest expectedDigest);
    [[nodiscard]] Progress progress() const { return m_progress; }
    [[nodiscard]] Error error() const { return m_error; }

    /// Only when Ready: whether build() will find CSR and signer certificate made as the server wants them. If not, they are made (anew),
    /// and progressed() tells.
    [[nodiscard]] bool isDrafted(const EnrollmentServer &server, const ServerKnowledge &knowledge);
    /// The transaction as it goes into the journal. Only when drafted. Errors: what negotiate() and the CSR's making refuse.
    [[nodiscard]] Result<Transaction> build(const EnrollmentServer &server, const ServerKnowledge &knowledge, const QDateTime &now) const;

    /// The certificate that a renewal was to be signed with is over: what was gathered is of no use any more.
    [[nodiscard]] bool hasExpired(const QDateTime &now) const;

signals:
    void progressed(); ///< from the event loop, when a key or a draft came

private:
    void refuse(Error error);
    void refuse(ErrorCode code, const QString &detail) { refuse(Error{code, detail}); }
    void fail(const Error &error);
    void startRenewal();
    void makeKey(const Pki::KeySpec &spec);
    void becomeReady();
    [[nodiscard]] bool isRenewal() const { return !m_current.certificate.isNull(); }
    [[nodiscard]] RenewalStep firstStep(const EnrollmentServer &server, const ServerKnowledge &knowledge) const;
    void draft(Pki::Digest digest, bool withChallenge);

    const EngineContext &m_context;
    const EnrollmentRequest m_request;
    const Purpose m_purpose;
    Progress m_progress = Progress::GeneratingKey;
    Error m_error;
    Pki::Digest m_expectedDigest = Pki::Digest::Sha256;
    RequestDraft m_draft;
    bool m_draftHasChallenge = true;
    std::shared_ptr<const Pki::SecretBytes> m_challenge;
    Pki::CertificationRequest m_providedCsr;
    Credential m_current;        ///< what a renewal is signed with; null: a first enrollment
    Pki::Certificate m_former;   ///< of a request that enrols anew though it has one
    Pki::PrivateKey m_key;       ///< of the CSR; null when the device keeps it
    Pki::PrivateKey m_signerKey; ///< of the messages
    bool m_isDeviceKey = false;  ///< the CSR's key stays in the device; m_signerKey is a throw-away one
};

} // namespace Scep
