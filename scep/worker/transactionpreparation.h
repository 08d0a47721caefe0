// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/worker/enginecontext.h"

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

    TransactionPreparation(const EngineContext &context, const EnrollmentRequest &request, QObject *parent);
    void start(); ///< once
    [[nodiscard]] Progress progress() const { return m_progress; }
    [[nodiscard]] Error error() const { return m_error; }

    /// The transaction as it goes into the journal. Only when Ready. Errors: what negotiate() and the CSR's making refuse.
    [[nodiscard]] Result<Transaction> build(const EnrollmentServer &server, const ServerKnowledge &knowledge, const QDateTime &now) const;

signals:
    void progressed(); ///< from the event loop, when a key came

private:
    void refuse(Error error);
    void refuse(ErrorCode code, const QString &detail) { refuse(Error{code, detail}); }
    void fail(const Error &error);
    void makeKey(const Pki::KeySpec &spec);
    [[nodiscard]] Result<Pki::Certificate> makeSigner(const Pki::CertificationRequest &csr, Pki::Digest digest, const QDateTime &now) const;

    const EngineContext &m_context;
    const EnrollmentRequest m_request;
    Progress m_progress = Progress::GeneratingKey;
    Error m_error;
    Pki::SecretBytes m_challenge;
    Pki::CertificationRequest m_providedCsr;
    Pki::PrivateKey m_signerKey;
    bool m_isDeviceKey = false; ///< the CSR's key stays in the device; m_signerKey is a throw-away one
};

} // namespace Scep
