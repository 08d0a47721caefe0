// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/store/recordjson.h"
#include "models/store/sqldatabase.h"
#include "models/store/store.h"
#include "models/vault/vault.h"

#include <QLockFile>

namespace Models {

/// What the store's files share: the connection, the vault and the small steps that several of them take.
class Store::Private
{
public:
    Private(const QString &file, Vault &openVault)
        : vault(openVault)
        , lock(file + QStringLiteral(".lock"))
    {}

    Vault &vault;
    QLockFile lock; ///< goes last: nobody else opens the file before it is closed
    std::unique_ptr<SqlDatabase> database;
    qint64 exchangeBytes = 0;

    /// The statement changes exactly one row, or InvalidArgument: `what` is not there (any more).
    Result<void> changeOne(const QString &what, const QString &sql, const QVariantList &values);
    /// NULL for no bytes.
    Result<QVariant> sealed(QByteArrayView plain, const char *table, qint64 id) const;
    /// Empty for NULL.
    Result<Pki::SecretBytes> unsealed(const QVariant &column, const char *table, qint64 id) const;
    Result<QVariant> sealedKey(const Pki::PrivateKey &key, const char *table, qint64 id) const;
    Result<Pki::PrivateKey> unsealedKey(const QVariant &column, const char *table, qint64 id) const;

    Result<ServerRecord> serverRecord(QSqlQuery &row) const; ///< id, settings, knowledge
    Result<QList<CaStoreRecord>> caStoreRecords(const QString &condition, const QVariantList &values);
    Result<RequestRecord> requestRecord(QSqlQuery &row); ///< id, server, settings, status
    Result<Scep::IssuedCertificate> issuedCertificate(QSqlQuery &row);
    Result<void> setStatus(const Scep::TransactionStatus &status);
    Result<void> insertTransaction(const Scep::Transaction &transaction);
    Result<void> endTransaction(const Scep::Transaction &transaction, bool keepsKey);
    Result<void> renameCaCertificates(Scep::ServerId id, const QString &from, const QString &to);
    Result<void> storeCaCertificates(const Scep::ServerKnowledge &knowledge, const QString &label);
    Result<QString> freeCaName(const QString &wanted);
};

/// What Private::setStatus() stored. An empty text is a request that never began.
Result<Scep::TransactionStatus> statusFromText(const QString &text);

/// An empty text is not NULL.
inline QString notNull(const QString &text)
{
    return text.isNull() ? QStringLiteral("") : text;
}

} // namespace Models
