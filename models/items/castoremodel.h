// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/records/records.h"

#include <QAbstractItemModel>
#include <QHash>

#include <functional>
#include <memory>

namespace Models {

/// The CA store as a tree: server -> root -> intermediates and issuing CA -> RA certificates. GUI thread.
class CaStoreModel final : public QAbstractItemModel
{
    Q_OBJECT

public:
    enum Column { NameColumn, RoleColumn, SubjectColumn, ExpiryColumn, FingerprintColumn, ColumnCount };
    enum Role { SortRole = Qt::UserRole, SeverityRole };

    /// `now` tells what has expired; empty: the system's clock.
    explicit CaStoreModel(QObject *parent = nullptr, std::function<QDateTime()> now = {});
    ~CaStoreModel() override;
    void setServerLabel(Scep::ServerId id, const QString &label); ///< adds the server's row or renames it
    void removeServer(Scep::ServerId id);
    /// The difference is merged. `id` null: those of no server, below all others.
    void setRecords(Scep::ServerId id, const QList<CaStoreRecord> &records);
    [[nodiscard]] const CaStoreRecord *record(const QModelIndex &index) const; ///< null for a server's row
    [[nodiscard]] Scep::ServerId server(const QModelIndex &index) const;

    [[nodiscard]] QModelIndex index(int row, int column, const QModelIndex &parent = {}) const override;
    [[nodiscard]] QModelIndex parent(const QModelIndex &index) const override;
    [[nodiscard]] int rowCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex &index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    struct Node;
    [[nodiscard]] Node *nodeOf(const QModelIndex &index) const;
    [[nodiscard]] QModelIndex indexOf(const Node &node, int column = 0) const;
    [[nodiscard]] Node *serverNode(Scep::ServerId id) const;
    Node &insert(Node &parent, std::unique_ptr<Node> node);
    void remove(Node &node);

    std::unique_ptr<Node> m_root;
    std::function<QDateTime()> m_now;
};

} // namespace Models
