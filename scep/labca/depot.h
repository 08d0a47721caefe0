// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/labca/caidentity.h"
#include "scep/pki/certificate.h"
#include "scep/pki/certificationrequest.h"
#include "scep/pki/crl.h"
#include "scep/pki/secretbytes.h"
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

/// Why and since when a certificate is not to be trusted any more (RFC 5280 5.3.1).
struct Revocation {
    QDateTime at;   ///< UTC
    QString reason; ///< "keyCompromise"; empty: unspecified

    friend bool operator==(const Revocation &, const Revocation &) = default;
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
    std::optional<Revocation> revocation;
    QString issuingTrouble = {}; ///< approved, but the certificate could not be issued: why

    [[nodiscard]] Pki::DistinguishedName subject() const { return requested.subject; }
    [[nodiscard]] Pki::SubjectAlternativeNames subjectAlternativeNames() const { return requested.subjectAlternativeNames; }
};

QString displayName(Enrollment::State state); ///< "pending", "approved", "rejected", "issued"; also what stands in the file

/// The Lab CA's folder: encrypted keys (KeyProtection), certificates, one file an enrollment. Every write is atomic and durable, and safe
/// beside another process on the same folder (`scepctl lab-ca approve` while `serve` runs).
/// Thread: any one, also several at once. What is handed out is a copy or a snapshot; a change of one enrollment keeps nobody waiting but
/// those who change the same one. Losing power at any point loses at most the answer under way; serial numbers are random, so none is
/// reused.
class Depot
{
public:
    ~Depot();
    Depot(Depot &&) noexcept;
    Depot &operator=(Depot &&) noexcept;

    /// Makes root, issuing CA and RA on first start (takes as long as their keys). A folder whose making was interrupted is completed.
    /// `passphrase` guards the keys; empty: a random secret in the folder does.
    /// Errors: FileNotWritable, DiskFull, Malformed (a file of a finished Lab CA is damaged: nothing is overwritten), InvalidKeyType,
    /// InvalidArgument, InvalidDistinguishedName, WorkspaceInUse (another process makes it and does not end), PassphraseRequired,
    /// WrongPassphrase.
    static Result<Depot> openOrCreate(const QString &folder, const CaDescription &description = {},
                                      const Pki::SecretBytes &passphrase = {});
    /// Finishes what was interrupted, and encrypts the keys of a folder that an earlier version made. FileNotFound when there is no Lab CA
    /// in it.
    static Result<Depot> open(const QString &folder, const Pki::SecretBytes &passphrase = {});

    [[nodiscard]] QString folder() const;
    /// All of the CA as it stands now; a switch makes a new one and leaves this one as it is.
    [[nodiscard]] std::shared_ptr<const CaMaterial> material() const;
    [[nodiscard]] Pki::Certificate root() const;
    [[nodiscard]] Pki::Certificate issuing() const;
    [[nodiscard]] Pki::PrivateKey issuingKey() const;
    /// Issuing CAs before a rollover, oldest first: what they issued is still theirs.
    [[nodiscard]] QList<Pki::Certificate> retiredIssuing() const;
    /// The issuing CA that will follow; null: none was made.
    [[nodiscard]] Pki::Certificate nextIssuing() const;
    /// How it was made, for its successors. Errors: file errors, Malformed.
    [[nodiscard]] Result<CaDescription> description() const;
    /// Makes it, with an RA if there is one now, under the same root; nullopt: described as its predecessor. Nobody is kept waiting while
    /// its keys are made. Errors: InvalidArgument (there is one already), those of openOrCreate().
    Result<void> makeNextIssuing(const std::optional<CaDescription> &description = std::nullopt);
    /// Likewise under a new root, which follows with it.
    Result<void> makeNextRoot(const std::optional<CaDescription> &description = std::nullopt);
    /// The next issuing CA, and its root if it has one, will not follow. Errors: InvalidArgument (none was made), file errors.
    Result<void> discardNext();
    /// Gives a CA that has none an RA, for messages from now on. Clients that know the CA alone must fetch its certificates again. Errors:
    /// InvalidArgument (there is one, or RaKind::None), file errors.
    Result<void> makeRa(RaKind kind);
    /// From now on it issues; the former one is kept among the retired. Errors: InvalidArgument (none was made), file errors.
    Result<void> switchToNextIssuing();
    /// Whoever refresh()es first from `at` on does the switch; invalid: nobody. Errors: as switchToNextIssuing().
    Result<void> scheduleSwitch(const QDateTime &at);
    /// Reads the CA again if another process changed it, and switches when it is time. Cheap when nothing changed.
    Result<void> refresh(const QDateTime &now = QDateTime::currentDateTimeUtc());

    /// Oldest first. A file that is damaged hides only its own: `damaged` tells which, and why.
    [[nodiscard]] Result<QList<Enrollment>> enrollments(QStringList *damaged = nullptr) const;
    /// Reads one file, however many there are.
    [[nodiscard]] Result<std::optional<Enrollment>> find(const Scep::TransactionId &id) const;
    /// Adds or replaces.
    Result<void> store(const Enrollment &enrollment);
    /// Read-modify-write of one enrollment. `change` gets what is stored (nullopt: nothing) and returns what shall be, or the error to hand
    /// on; an unchanged enrollment is not written again. When this returns a value, it is on the disk. Only this enrollment is locked, so
    /// `change` may take its time; it must not touch others.
    using Change = std::function<Result<Enrollment>(const std::optional<Enrollment> &)>;
    Result<Enrollment> update(const Scep::TransactionId &id, const Change &change);
    /// Pending -> Approved. Errors: InvalidArgument (no such request, or not pending: the detail says which).
    Result<Enrollment> approve(const Scep::TransactionId &id);
    Result<Enrollment> reject(const Scep::TransactionId &id, const QString &reason);
    /// The one whose certificate this is, byte for byte.
    [[nodiscard]] Result<std::optional<Enrollment>> findByCertificate(const Pki::Certificate &certificate) const;
    [[nodiscard]] Result<std::optional<Enrollment>> findBySerialNumber(const Pki::IssuerAndSerialNumber &about) const;
    /// Issued -> issued and revoked. `reason`: one of Pki::crlReasons(), or empty. Errors: InvalidArgument (not issued, revoked already,
    /// unknown reason).
    Result<Enrollment> revoke(const Scep::TransactionId &id, const QString &reason, const QDateTime &at);
    /// Of an issuing CA of this folder, current or retired. `damaged` as of enrollments(): what those revoked is not known.
    [[nodiscard]] Result<QList<Pki::RevokedCertificate>> revoked(const Pki::Certificate &issuing, QStringList *damaged = nullptr) const;
    /// An approved request of this key and subject whose certificate could not be issued.
    [[nodiscard]] Result<std::optional<Enrollment>> findTroubled(const RequestedCertificate &requested) const;
    /// By the transactionID or the certificate's serial number, or any unique beginning of one, as people type it.
    [[nodiscard]] Result<Scep::TransactionId> resolve(const QString &idPrefix) const;

private:
    class Private;
    explicit Depot(std::unique_ptr<Private> d);
    std::unique_ptr<Private> d;
};

} // namespace LabCa
