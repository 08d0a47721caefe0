// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/store/recordjson.h"
#include "models/store/sqldatabase.h"
#include "models/store/store.h"
#include "models/vault/vault.h"

#include <QHash>
#include <QLockFile>
#include <QSet>
#include <QTimer>

namespace Models {

/// What the store's files share: the connection, the vault and the small steps that several of them take.
class Store::Private
{
public:
    Private(const QString &storeFile, Vault &openVault)
        : file(storeFile)
        , vault(openVault)
        , lock(storeFile + QStringLiteral(".lock"))
    {}

    Store *q = nullptr;
    QString file;
    bool isReadOnly = false;

    // What cannot be read is left out, and told once.
    QList<StoreReport::Problem> damages;
    QSet<Scep::RequestId> unreadable; ///< with such an open transaction
    void noteDamage(const QString &object, const QString &what);
    void noteUnreadable(Scep::RequestId request, const QString &label, const QString &transactionId, const Error &error);

    Vault &vault;
    QLockFile lock; ///< goes last: nobody else opens the file before it is closed
    std::unique_ptr<SqlDatabase> database;
    StoreSettings limits;

    // The exchange log's entries that wait to be written together.
    qint64 exchangeBytes = 0;
    QList<Scep::Exchange> waitingExchanges;
    std::unique_ptr<QTimer> exchangeTimer;
    void writeExchanges();

    // What another process changes while this one reads.
    struct Versions {
        QHash<qint64, qint64> servers, requests;
        QHash<qint64, std::pair<qint64, qint64>> caCertificates; ///< id -> (version, server)
    };
    qint64 dataVersion = 0;
    Versions versions;
    std::unique_ptr<QTimer> watchTimer;
    Result<Versions> readVersions();

    QHash<qint64, QList<Pki::Certificate>> chains; ///< decoded, by the id of their row
    Result<QList<Pki::Certificate>> chain(const QVariant &id);

    /// The statement changes exactly one row, or InvalidArgument: `what` is not there (any more).
    Result<void> changeOne(const QString &what, const QString &sql, const QVariantList &values);
    /// NULL for no bytes.
    Result<QVariant> sealed(QByteArrayView plain, const char *table, qint64 id) const;
    /// Empty for NULL.
    Result<Pki::SecretBytes> unsealed(const QVariant &column, const char *table, qint64 id) const;
    Result<QVariant> sealedKey(const Pki::PrivateKey &key, const char *table, qint64 id) const;
    Result<Pki::PrivateKey> unsealedKey(const QVariant &column, const char *table, qint64 id) const;

    Result<ServerRecord> serverRecord(QSqlQuery &row) const; ///< id, settings, knowledge, extras
    Result<QList<ServerRecord>> serverRecords(const QString &condition, const QVariantList &values);
    Result<QList<CaStoreRecord>> caStoreRecords(const QString &condition, const QVariantList &values);
    Result<QList<RequestRecord>> requestRecords(const QString &condition, const QVariantList &values);
    /// id, request, server, der, transaction_id, received_at, details, chain from column `first` on.
    Result<Scep::IssuedCertificate> issuedCertificate(QSqlQuery &row, int first = 0);
    Result<qint64> nextId(const QString &table);
    Result<QList<Scep::CertificateId>> insertCertificates(const QList<Scep::IssuedCertificate> &certificates,
                                                          const QList<bool> &areCurrent);
    Result<QList<Scep::RequestId>> insertRequests(const NewRequest *requests, std::size_t count);
    Result<void> makeDeliveryDue(Scep::RequestId request, Scep::CertificateId certificate); ///< if the request has a rule
    Result<void> purge(BinRecord::Kind kind, qint64 id);
    Result<void> dropUnusedChains();
    Result<QString> freeLabel(const QString &table, const QString &wanted);
    Result<QString> restoreLabelled(BinRecord::Kind kind, qint64 id);
    Result<void> checkSealed(StoreReport &report);
    Result<int> pruneCaStore(QSet<Scep::ServerId> &changed);
    Result<void> storeTransportSecrets(const Scep::EnrollmentServer &server, Scep::ServerId id, const QString &formerProxyUser);
    Result<void> sealOpenProxyPasswords();
    Result<void> storeServerExtras(Scep::ServerId id, const Extras &extras);
    Result<void> storeRequestExtras(Scep::RequestId id, const Extras &extras);
    Result<void> storeDelivery(Scep::RequestId id, const std::optional<Delivery> &rule, const Pki::SecretBytes *passphrase);
    Result<void> storeChallenge(Scep::RequestId id, const Pki::SecretBytes &challenge);
    Result<QList<Scep::Transaction>> openTransactions(const QString &condition, const QVariantList &values);
    Result<Scep::Transaction> openTransaction(QSqlQuery &row) const;
    /// The open transaction ends without being read; its id, or nothing if none is open.
    Result<std::optional<QString>> closeUnread(Scep::RequestId id);
    Result<RequestRecord> requestRecord(QSqlQuery &row);
    Result<void> checkRows(StoreReport &report);
    Result<void> setStatus(const Scep::TransactionStatus &status);
    Result<void> insertTransaction(const Scep::Transaction &transaction);
    Result<void> endTransaction(const Scep::Transaction &transaction, bool keepsKey);
    Result<void> renameCaCertificates(Scep::ServerId id, const QString &from, const QString &to);
    Result<void> storeCaCertificates(const Scep::ServerKnowledge &knowledge, const QString &label);
    Result<QString> freeCaName(const QString &wanted);
    /// What was imported and then sent by the server is only imported again.
    Result<void> giveBack(qint64 id, const QString &name, int imported, const QString &label);
    /// Why a CA certificate cannot be removed; empty: it can.
    Result<QString> whyKept(qint64 id);
};

/// What Private::setStatus() stored. An empty text is a request that never began.
Result<Scep::TransactionStatus> statusFromText(const QString &text);

Extras extrasFromText(const QString &text);
Extras tidied(const Extras &extras); ///< tags without blanks around them, each once
/// InvalidArgument: nothing is wanted, or something that is needed for it is missing.
Result<void> checkRule(const std::optional<Delivery> &rule);
QString settingsText(const Scep::EnrollmentRequest &request);
/// The columns revoked_at and revocation_reason.
std::optional<Scep::Revocation> revocationFrom(const QVariant &at, const QVariant &reason);

/// As time stands in the store's text columns: ISO 8601, UTC, milliseconds.
inline QString timeText(const QDateTime &time)
{
    return time.toUTC().toString(Qt::ISODateWithMs);
}
inline QDateTime timeFromText(const QString &text)
{
    return QDateTime::fromString(text, Qt::ISODateWithMs).toUTC();
}

/// An empty text is not NULL.
inline QString notNull(const QString &text)
{
    return text.isNull() ? QStringLiteral("") : text;
}

} // namespace Models
