// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/certificate.h"
#include "scep/worker/enrollmentrequest.h"

#include <QFuture>

#include <memory>

namespace Scep {

/// Everything that a CSR and the certificate it travels under are made from. Values only: it crosses to pool threads.
struct RequestDraftInput {
    EnrollmentRequest request;
    Pki::CertificationRequest providedCsr;             ///< made by the device; null: make one
    std::shared_ptr<const Pki::SecretBytes> challenge; ///< shared, so that there is one copy to wipe
    Pki::PrivateKey csrKey;                            ///< signs the CSR; not needed with a provided one
    Pki::PrivateKey signerKey;                         ///< with a CSR of a device, a throw-away one
    Pki::Certificate signer;                           ///< of a renewal: the current certificate; null: make one
    Pki::Digest digest = Pki::Digest::Sha256;
    QDateTime now;
};

/// A CSR and its self-signed signer certificate (RFC 8894 2.3). Both are private-key operations, the slowest part of a new transaction,
/// and need nothing of the server but the digest: so they are made side by side on pool threads while the server is still being asked.
class RequestDraft
{
public:
    RequestDraft() = default;
    /// Begins at once, on the global thread pool.
    static RequestDraft begin(const RequestDraftInput &input);

    /// False also for a draft that has not begun.
    [[nodiscard]] bool isFor(Pki::Digest digest) const { return m_hasBegun && m_digest == digest; }
    [[nodiscard]] bool isFinished() const { return m_csr.isFinished() && m_signer.isFinished(); }
    // Wait if they must; see isFinished().
    [[nodiscard]] Result<Pki::CertificationRequest> csr() const { return m_csr.result(); }
    [[nodiscard]] Result<Pki::Certificate> signer() const { return m_signer.result(); }

    [[nodiscard]] const QFuture<Result<Pki::CertificationRequest>> &csrFuture() const { return m_csr; }
    [[nodiscard]] const QFuture<Result<Pki::Certificate>> &signerFuture() const { return m_signer; }

private:
    bool m_hasBegun = false;
    Pki::Digest m_digest = Pki::Digest::Sha256;
    QFuture<Result<Pki::CertificationRequest>> m_csr;
    QFuture<Result<Pki::Certificate>> m_signer;
};

} // namespace Scep
