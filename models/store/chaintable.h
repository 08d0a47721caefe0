// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/store/sqldatabase.h"

#include <QHash>

namespace Models {

/// Issuer chains, each stored once however many certificates hang on it. For use within one database transaction.
class ChainTable
{
    Q_DISABLE_COPY_MOVE(ChainTable)

public:
    explicit ChainTable(SqlDatabase &database)
        : m_database(database)
    {}
    /// The row of this chain, made if it is not there; NULL for no certificates.
    Result<QVariant> idOf(const QList<QByteArray> &ders);
    Result<QVariant> idOf(const QList<Pki::Certificate> &certificates);

private:
    QVariant remember(const QList<QByteArray> &ders, qint64 id);

    SqlDatabase &m_database;
    QList<QByteArray> m_lastDers;
    qint64 m_lastId = 0;
    QHash<QByteArray, qint64> m_known; ///< by digest
};

/// The columns subject, issuer, serial, not_before, not_after of a certificate's row.
QVariantList certificateColumns(const Pki::Certificate &certificate);

} // namespace Models
