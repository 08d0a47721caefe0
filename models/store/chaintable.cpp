// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/store/chaintable.h"

#include <QCryptographicHash>

using namespace Qt::StringLiterals;

namespace Models {

Result<QVariant> ChainTable::idOf(const QList<QByteArray> &ders)
{
    if (ders.isEmpty())
        return QVariant();
    // Of a batch nearly all have the same chain.
    if (ders == m_lastDers)
        return QVariant(m_lastId);
    QCryptographicHash hash(QCryptographicHash::Sha256);
    for (const QByteArray &der : ders)
        hash.addData(QCryptographicHash::hash(der, QCryptographicHash::Sha256));
    const QByteArray digest = hash.result();
    m_lastDers.clear();
    if (const auto known = m_known.constFind(digest); known != m_known.constEnd())
        return remember(ders, *known);
    const Result<QVariant> present = m_database.value(u"SELECT id FROM issuer_chain WHERE digest = ?"_s, {digest});
    if (!present)
        return present;
    if (present->isValid()) {
        m_known.insert(digest, present->toLongLong());
        return remember(ders, present->toLongLong());
    }
    const Result<qint64> id = m_database.insert(u"INSERT INTO issuer_chain (digest) VALUES (?)"_s, {digest});
    if (!id)
        return std::unexpected(id.error());
    for (qsizetype i = 0; i < ders.size(); ++i) {
        if (Result<void> stored = m_database.execute(u"INSERT INTO issuer_chain_member (chain, position, der) VALUES (?, ?, ?)"_s,
                                                     {*id, static_cast<int>(i), ders[i]});
            !stored)
            return std::unexpected(stored.error());
    }
    m_known.insert(digest, *id);
    return remember(ders, *id);
}

QVariant ChainTable::remember(const QList<QByteArray> &ders, qint64 id)
{
    m_lastDers = ders;
    m_lastId = id;
    return id;
}

Result<QVariant> ChainTable::idOf(const QList<Pki::Certificate> &certificates)
{
    QList<QByteArray> ders;
    for (const Pki::Certificate &certificate : certificates)
        ders.append(certificate.der());
    return idOf(ders);
}

QVariantList certificateColumns(const Pki::Certificate &certificate)
{
    // Thousands in a row have one issuer.
    thread_local std::pair<Pki::DistinguishedName, QString> lastIssuer;
    const Pki::DistinguishedName issuer = certificate.issuer();
    if (lastIssuer.first != issuer || lastIssuer.second.isEmpty())
        lastIssuer = {issuer, issuer.toText()};
    return {certificate.subject().toText(), lastIssuer.second, certificate.serialNumber().toHex(),
            certificate.notBefore().toSecsSinceEpoch(), certificate.notAfter().toSecsSinceEpoch()};
}

} // namespace Models
