// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/labca/folderlock.h"
#include "scep/pki/secretbytes.h"
#include "scep/protocol/identifiers.h"

#include <QDateTime>
#include <QList>
#include <QString>

#include <optional>

namespace LabCa {

using Pki::ErrorCode;
using Pki::failure;
using Pki::Result;

/// A device that is expected: its common name and one challenge for one certificate.
struct Entity {
    QString commonName;
    QDateTime registeredAt; ///< UTC
    QDateTime usedAt = {};  ///< UTC, when the challenge was used; invalid: not yet
    QString usedBy = {};    ///< transactionID

    friend bool operator==(const Entity &, const Entity &) = default;
};

/// The entity list of registered mode, one file an entity in `entities/`. Challenges are kept as salted hashes only: what was handed out
/// cannot be read again. Every change is atomic and durable, also beside another process. Thread: any one.
class EntityRegister
{
public:
    /// `caFolder`: the depot's. Nothing is made before the first entity.
    explicit EntityRegister(const QString &caFolder);

    [[nodiscard]] Result<QList<Entity>> entities() const; ///< by name
    [[nodiscard]] Result<std::optional<Entity>> find(const QString &commonName) const;

    /// Expects `commonName` with `challenge`, or with a new one of 96 random bits when it is empty; returns the challenge, for this once.
    /// `again`: one that is known gets another challenge, whether its former one was used or not.
    /// Errors: InvalidArgument (no name, known already), file errors.
    Result<Pki::SecretBytes> add(const QString &commonName, const Pki::SecretBytes &challenge, bool again, const QDateTime &now);
    /// Errors: InvalidArgument (not known), file errors.
    Result<void> remove(const QString &commonName);

    /// For whom a request asks, and under which transaction.
    struct Claim {
        QString commonName;
        const Pki::SecretBytes *challenge = nullptr; ///< null: the request has none
        Scep::TransactionId transactionId;
        QByteArray requestDigest; ///< SHA-256 of the CSR
    };
    /// Why the claim is not granted; nullopt: it is, and the challenge is used up by this very request: the same again is granted again
    /// (its reply may have been lost, or the power before its certificate was stored), any other is not. When this returns nullopt, it is
    /// on the disk.
    Result<std::optional<Scep::Rejection>> take(const Claim &claim, const QDateTime &now);

private:
    struct Stored;
    [[nodiscard]] QString pathOf(const QString &commonName) const;
    [[nodiscard]] Result<std::optional<Stored>> read(const QString &path) const;
    [[nodiscard]] Result<void> write(const Stored &stored) const;
    Result<FolderLock::Guard> lockOf(const QString &commonName);

    QString m_folder;
    FolderLock m_lock;
};

} // namespace LabCa
