// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/records/records.h"
#include "scep/pki/secretbytes.h"
#include "scep/pki/symmetric.h"

#include <QDateTime>

#include <chrono>
#include <optional>

namespace Models {

/// Seals keys and challenges at rest: AES-256-GCM under a random data key; the data key is wrapped by a pass phrase (scrypt),
/// or left open by explicit choice. One file, vault.json, in the workspace; beside it vault.json.attempts while wrong pass phrases count.
/// Lives in the worker thread.
class Vault
{
public:
    enum class Protection { Passphrase, Open };

    /// Creates the file; one that exists is never replaced (FileNotWritable): its key would be lost. `passphrase` empty means
    /// Protection::Open: the caller must have asked.
    static Result<Vault> create(const QString &file, const Pki::SecretBytes &passphrase);
    /// Reads the file; an open vault is unlocked at once. Errors: FileNotFound, FileNotReadable, Malformed.
    static Result<Vault> load(const QString &file);

    [[nodiscard]] Protection protection() const { return m_protection; }
    [[nodiscard]] bool isLocked() const { return m_dataKey.isEmpty(); }
    /// WrongPassphrase; takes ~0.2 s. After several wrong ones in a row the next is looked at only after a while (WaitRequired, the detail
    /// tells how long): 0, 1, 2, 4 ... 60 s. The count outlives the process.
    Result<void> unlock(const Pki::SecretBytes &passphrase, const QDateTime &now = QDateTime::currentDateTimeUtc());
    /// How long until unlock() looks at a pass phrase again; 0: at once.
    [[nodiscard]] std::chrono::seconds unlockDelay(const QDateTime &now = QDateTime::currentDateTimeUtc()) const;
    void lock(); ///< an open vault stays open
    /// Wraps the same data key anew and writes the file. Empty: leaves the vault open from now on. VaultLocked, FileNotWritable, DiskFull.
    Result<void> changePassphrase(const Pki::SecretBytes &passphrase);

    /// `identity` ties the sealed bytes to their row, e.g. "certificate-key/17". Errors: VaultLocked, DecryptionFailed.
    Result<QByteArray> seal(QByteArrayView plain, const QByteArray &identity) const;
    Result<Pki::SecretBytes> unseal(const QByteArray &sealed, const QByteArray &identity) const;

private:
    Vault() = default;
    Result<void> protect(const Pki::SecretBytes &passphrase, bool isNew);
    void readAttempts();
    void writeAttempts() const;

    QString m_file;
    Protection m_protection = Protection::Open;
    QByteArray m_salt;
    Pki::ScryptParameters m_scrypt;
    QByteArray m_wrappedKey;
    Pki::SecretBytes m_dataKey;
    int m_wrongAttempts = 0; ///< in a row
    QDateTime m_lastAttempt;
};

} // namespace Models
