// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/records/certificaterow.h"

#include <QAbstractTableModel>
#include <QHash>

#include <functional>

namespace Models {

/// All issued certificates, as many of them as somebody has scrolled to: rows come page by page, filtered and sorted by the store, and
/// nothing is decoded for them. GUI thread. Changes are merged row by row, never by reset.
class CertificateModel final : public QAbstractTableModel
{
    Q_OBJECT

public:
    enum Column { SubjectColumn, RequestColumn, ServerColumn, StateColumn, ExpiryColumn, SerialNumberColumn, IssuerColumn, ColumnCount };
    enum Role { SortRole = Qt::UserRole, IdRole, RequestRole, SeverityRole };

    /// What the model wants to be told by setPage() with the same ticket; never from within the call.
    struct PageRequest {
        quint64 ticket = 0;
        CertificateQuery query;
        int offset = 0;
        int most = 0;
    };
    using Fetch = std::function<void(const PageRequest &)>;
    static constexpr int pageSize = 200;

    CertificateModel(Fetch fetch, std::function<QDateTime()> now, QObject *parent = nullptr);

    [[nodiscard]] const CertificateQuery &query() const { return m_query; }
    /// Asks anew; what is there is shown until the answer comes.
    void setQuery(const CertificateQuery &query);
    /// The store has changed: what is shown is read again.
    void refresh();
    /// Answers that nobody waits for any more are ignored.
    void setPage(quint64 ticket, const CertificatePage &page);
    void setServerLabel(Scep::ServerId id, const QString &label);
    void refreshTimes(); ///< time went on: what is expired may have changed

    [[nodiscard]] const CertificateRow *row(const QModelIndex &index) const;
    [[nodiscard]] QModelIndex indexOf(Scep::CertificateId id) const;
    [[nodiscard]] bool isWaiting() const { return m_ticket != 0; } ///< for an answer

    [[nodiscard]] int rowCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex &index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    [[nodiscard]] bool canFetchMore(const QModelIndex &parent) const override;
    void fetchMore(const QModelIndex &parent) override;
    /// By subject or by expiry; other columns: newest first. Only in the store's order: ascending.
    void sort(int column, Qt::SortOrder order) override;

signals:
    void filled(); ///< an answer has been merged

private:
    void ask(int offset, int most);
    void merge(const QList<CertificateRow> &wanted);
    void insertRows(int at, const QList<CertificateRow> &rows);
    void removeWhere(const std::function<bool(const CertificateRow &)> &isUnwanted);

    Fetch m_fetch;
    std::function<QDateTime()> m_now;
    CertificateQuery m_query;
    QList<CertificateRow> m_rows;
    QHash<Scep::ServerId, QString> m_serverLabels;
    quint64 m_lastTicket = 0;
    quint64 m_ticket = 0; ///< of the answer that is waited for; 0: none
    int m_askedOffset = 0;
    bool m_isComplete = false;
    bool m_mustRefresh = false; ///< changed while an answer was on its way
};

} // namespace Models
