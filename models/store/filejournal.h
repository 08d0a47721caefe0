// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/records/records.h"
#include "scep/worker/journal.h"

#include <QString>

#include <functional>
#include <vector>

namespace Models {

/// The Journal of `scepctl enroll`, `renew` and `poll`, which need no workspace: one server, one request, one transaction file
/// LABEL.transaction.json (0600) in the output folder. It holds the key, so that nothing is lost by kill -9, and disappears when the
/// transaction has ended and the files are written. No database is loaded.
/// After a rejection or a cancel the key that was made for the request stays as LABEL.key.pem (or LABEL.key-2.pem, ... if there is
/// another key under that name); a key that the caller brought is his and is not written again.
/// With a pass phrase the file holds keys in encrypted form only.
class FileJournal final : public Scep::Journal
{
public:
    struct Enrollment {
        Scep::EnrollmentServer server;
        Scep::EnrollmentRequest request;
        Pki::SecretBytes challenge;
        Pki::PrivateKey key;                 ///< null: generate
        Pki::CertificationRequest csr;       ///< null: make one
        Scep::Credential current = {};       ///< for a renewal: the certificate at hand and its key
        Pki::SecretBytes keyPassphrase = {}; ///< keys are kept under it; empty: in the clear
    };
    /// Writes certificate, chain and key where they belong; called by complete() before the transaction file goes.
    using Writer = std::function<Result<void>(const Scep::IssuedCertificate &)>;

    /// For a new enrollment.
    FileJournal(QString file, Enrollment enrollment, Writer writer);
    /// For one that a former process left. What that one learned of the CA is to be confirmed again before anything is sent: another CA
    /// may answer there by now. Errors: FileNotFound, FileNotReadable, Malformed; PassphraseRequired and WrongPassphrase if the keys in it
    /// are encrypted.
    static Result<std::unique_ptr<FileJournal>> resume(const QString &file, Writer writer, const Pki::SecretBytes &keyPassphrase = {});
    static QString fileName(const QString &label); ///< "plc-7.transaction.json"

    [[nodiscard]] const Scep::EnrollmentServer &server() const;
    [[nodiscard]] const Scep::EnrollmentRequest &request() const;
    /// Under which keys are kept; empty: they are kept in the clear.
    [[nodiscard]] const Pki::SecretBytes &keyPassphrase() const { return m_enrollment.keyPassphrase; }
    /// Called with every exchange, for `--verbose` and for tests.
    void setExchangeListener(std::function<void(const Scep::Exchange &)> listener);

    Result<QList<Scep::EnrollmentServer>> servers() override;
    Result<QList<Scep::ServerKnowledge>> serverKnowledge() override;
    Result<QList<Scep::EnrollmentRequest>> requests() override;
    Result<QList<Scep::Transaction>> openTransactions() override;
    /// None: nothing begins by itself here.
    Result<QList<Scep::CurrentCertificate>> currentCertificates() override;
    Result<Scep::Credential> currentCredential(Scep::RequestId request) override;
    Result<Pki::SecretBytes> challenge(Scep::RequestId request) override;
    Result<Pki::PrivateKey> providedKey(Scep::RequestId request) override;
    Result<Pki::CertificationRequest> providedCsr(Scep::RequestId request) override;
    Result<void> begin(const Scep::Transaction &transaction) override;
    Result<void> update(const Scep::Transaction &transaction) override;
    Result<void> replace(const Scep::Transaction &former, const Scep::Transaction &next) override;
    Result<void> complete(const Scep::Transaction &transaction, const Scep::IssuedCertificate &issued) override;
    Result<void> close(const Scep::Transaction &transaction, const Scep::TransactionStatus &status) override;
    Result<void> recordStatus(const Scep::TransactionStatus &status) override;
    Result<void> storeKnowledge(const Scep::ServerKnowledge &knowledge) override;
    void logExchange(const Scep::Exchange &exchange) override;

private:
    Result<void> write(const Scep::Transaction &transaction);
    Result<Pki::SecretBytes> keyText(const Pki::PrivateKey &key);
    Result<void> keepKey(const Pki::PrivateKey &key) const;

    QString m_file;
    Enrollment m_enrollment;
    bool m_ownsKey = true; ///< made by us, not brought by the caller
    Writer m_writer;
    QList<Scep::Transaction> m_open;
    QList<Scep::ServerKnowledge> m_knowledge;
    std::function<void(const Scep::Exchange &)> m_listener;
    /// Encrypting takes a third of a second on purpose, and the file is written at every poll.
    std::vector<std::pair<Pki::PublicKey, Pki::SecretBytes>> m_sealedKeys;
};

} // namespace Models
