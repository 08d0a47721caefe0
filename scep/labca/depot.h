// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/certificate.h"
#include "scep/pki/certificationrequest.h"
#include "scep/protocol/identifiers.h"

#include <QDateTime>
#include <QString>

#include <functional>
#include <memory>
#include <optional>

namespace LabCa {

using Pki::Error;
using Pki::ErrorCode;
using Pki::failure;
using Pki::Result;

/// What a new Lab CA is made with.
struct CaDescription {
    QString name = QStringLiteral("Scepter Lab"); ///< certificates are named "NAME Root (lab only)" and "NAME Issuing (lab only)"
    Pki::KeySpec keySpec;                         ///< RSA only: SCEP encrypts to it
    int rootYears = 10;
    int issuingYears = 5;
};

/// What a CSR asked for. The CSR itself is not kept: its signature covers the challenge, which must not lie in a file.
struct RequestedCertificate {
    Pki::DistinguishedName subject;
    Pki::SubjectAlternativeNames subjectAlternativeNames;
    Pki::PublicKey publicKey;
    std::optional<Pki::KeyUsage> keyUsage;
    QList<Pki::Oid> extendedKeyUsage;
    QString profile;

    static RequestedCertificate fromRequest(const Pki::CertificationRequest &request);
    friend bool operator==(const RequestedCertificate &, const RequestedCertificate &) = default;
};

/// One enrollment that the Lab CA knows of, by transactionID.
struct Enrollment {
    enum class State { Pending, Approved, Rejected, Issued };
    Scep::TransactionId transactionId;
    State state = State::Pending;
    QDateTime receivedAt; ///< UTC
    RequestedCertificate requested;
    QByteArray requestDigest; ///< SHA-256 of the CSR as received: the same id with another CSR is refused
    Pki::Certificate signer;  ///< under which the request travelled: only the holder of its key, or of the CSR's, may poll
    QString rejectionReason;
    Pki::Certificate certificate; ///< when issued

    [[nodiscard]] Pki::DistinguishedName subject() const { return requested.subject; }
    [[nodiscard]] Pki::SubjectAlternativeNames subjectAlternativeNames() const { return requested.subjectAlternativeNames; }
};

QString displayName(Enrollment::State state); ///< "pending", "approved", "rejected", "issued"; also what stands in the file

/// The Lab CA's folder: keys (0600), certificates, one file an enrollment. Every write is atomic and durable, and safe beside another
/// process on the same folder (`scepctl lab-ca approve` while `serve` runs): a lock file guards read-modify-write.
/// Thread: any one. Losing power at any point loses at most the answer under way; serial numbers are random, so none is reused.
class Depot
{
public:
    ~Depot();
    Depot(Depot &&) noexcept;
    Depot &operator=(Depot &&) noexcept;

    /// Makes root and issuing CA on first start (takes as long as two RSA keys). A folder whose making was interrupted is completed.
    /// Errors: FileNotWritable, DiskFull, Malformed (a file of a finished Lab CA is damaged: nothing is overwritten), InvalidKeyType,
    /// InvalidArgument, WorkspaceInUse (another process makes it and does not end).
    static Result<Depot> openOrCreate(const QString &folder, const CaDescription &description = {});
    static Result<Depot> open(const QString &folder); ///< FileNotFound when there is no Lab CA in it

    [[nodiscard]] QString folder() const;
    [[nodiscard]] Pki::Certificate root() const;
    [[nodiscard]] Pki::Certificate issuing() const;
    [[nodiscard]] Pki::PrivateKey issuingKey() const;

    [[nodiscard]] Result<QList<Enrollment>> enrollments() const; ///< oldest first
    /// Reads one file, however many there are.
    [[nodiscard]] Result<std::optional<Enrollment>> find(const Scep::TransactionId &id) const;
    /// Adds or replaces.
    Result<void> store(const Enrollment &enrollment);
    /// Read-modify-write of one enrollment under the lock. `change` gets what is stored (nullopt: nothing) and returns what shall be, or
    /// the error to hand on; an unchanged enrollment is not written again. When this returns a value, it is on the disk.
    using Change = std::function<Result<Enrollment>(const std::optional<Enrollment> &)>;
    Result<Enrollment> update(const Scep::TransactionId &id, const Change &change);
    /// Pending -> Approved. Errors: InvalidArgument (no such request, or not pending: the detail says which).
    Result<Enrollment> approve(const Scep::TransactionId &id);
    Result<Enrollment> reject(const Scep::TransactionId &id, const QString &reason);
    /// By any unique beginning of the transactionID, as people type it.
    [[nodiscard]] Result<Scep::TransactionId> resolve(const QString &idPrefix) const;

private:
    class Private;
    explicit Depot(std::unique_ptr<Private> d);
    std::unique_ptr<Private> d;
};

} // namespace LabCa
