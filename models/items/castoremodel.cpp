// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/items/castoremodel.h"

#include "models/items/recordcompare.h"
#include "models/service/errortext.h"
#include "models/service/requeststatus.h"

#include <vector>

using namespace Qt::StringLiterals;

namespace Models {

struct CaStoreModel::Node {
    Node *parent = nullptr;
    std::vector<std::unique_ptr<Node>> children;
    Scep::ServerId server;
    QString label;        ///< of a server's row
    CaStoreRecord record; ///< id 0: a server's row

    [[nodiscard]] bool isServer() const { return record.id == 0; }
    /// The order among siblings: what is of no use comes last, else first come first.
    [[nodiscard]] std::pair<bool, qint64> key() const
    {
        return isServer() ? std::pair(server.isNull(), server.value) : std::pair(record.role == CaStoreRecord::Role::Unused, record.id);
    }
    [[nodiscard]] int row() const
    {
        const auto found =
            std::find_if(parent->children.begin(), parent->children.end(), [this](const auto &child) { return child.get() == this; });
        return static_cast<int>(found - parent->children.begin());
    }
};

namespace {

using Role = CaStoreRecord::Role;

QString roleText(const CaStoreRecord &record)
{
    switch (record.role) {
    case Role::Root:
        return CaStoreModel::tr("root CA");
    case Role::Intermediate:
        return CaStoreModel::tr("intermediate CA");
    case Role::Issuing:
        return CaStoreModel::tr("issuing CA");
    case Role::RaSigning:
        return CaStoreModel::tr("RA, signs");
    case Role::RaEncryption:
        return CaStoreModel::tr("RA, decrypts");
    case Role::RaBoth:
        return CaStoreModel::tr("RA");
    case Role::Unused:
        return CaStoreModel::tr("not used");
    }
    return {};
}

QString fullRoleText(const CaStoreRecord &record)
{
    QStringList parts{roleText(record)};
    if (record.isAnchor)
        parts.append(record.isImported ? CaStoreModel::tr("trusted") : CaStoreModel::tr("confirmed"));
    if (record.isImported)
        parts.append(CaStoreModel::tr("imported"));
    if (record.stage == CaStoreRecord::Stage::Staged)
        parts.append(CaStoreModel::tr("staged"));
    if (record.stage == CaStoreRecord::Stage::Retired)
        parts.append(CaStoreModel::tr("retired"));
    return parts.join(", "_L1);
}

/// By names and key identifiers: enough for a place in a tree, and no RSA in the GUI thread.
bool looksIssuedBy(const Pki::Certificate &certificate, const Pki::Certificate &issuer)
{
    if (certificate.isSelfIssued() || certificate.issuer() != issuer.subject())
        return false;
    const QByteArray wanted = certificate.authorityKeyIdentifier();
    const QByteArray present = issuer.subjectKeyIdentifier();
    return wanted.isEmpty() || present.isEmpty() || wanted == present;
}

/// Record id -> id of the record it stands under; 0: directly under the server.
QHash<qint64, qint64> parentsOf(const QList<CaStoreRecord> &records)
{
    QHash<qint64, qint64> parents;
    const auto isAncestor = [&](qint64 ancestor, qint64 of) {
        for (qint64 id = of; id != 0; id = parents.value(id)) {
            if (id == ancestor)
                return true;
        }
        return false;
    };
    for (const CaStoreRecord &record : records) {
        parents[record.id] = 0;
        if (record.role == Role::Root || record.role == Role::Unused)
            continue;
        for (const CaStoreRecord &issuer : records) {
            const bool isCa = issuer.role == Role::Root || issuer.role == Role::Intermediate || issuer.role == Role::Issuing;
            if (isCa && looksIssuedBy(record.certificate, issuer.certificate) && !isAncestor(record.id, issuer.id)) {
                parents[record.id] = issuer.id;
                break;
            }
        }
    }
    return parents;
}

} // namespace

CaStoreModel::CaStoreModel(QObject *parent, std::function<QDateTime()> now)
    : QAbstractItemModel(parent)
    , m_root(std::make_unique<Node>())
    , m_now(now ? std::move(now) : [] { return QDateTime::currentDateTimeUtc(); })
{}

CaStoreModel::~CaStoreModel() = default;

CaStoreModel::Node *CaStoreModel::nodeOf(const QModelIndex &index) const
{
    return index.isValid() ? static_cast<Node *>(index.internalPointer()) : m_root.get();
}

QModelIndex CaStoreModel::indexOf(const Node &node, int column) const
{
    return &node == m_root.get() ? QModelIndex() : createIndex(node.row(), column, &node);
}

CaStoreModel::Node *CaStoreModel::serverNode(Scep::ServerId id) const
{
    for (const auto &node : m_root->children) {
        if (node->server == id)
            return node.get();
    }
    return nullptr;
}

CaStoreModel::Node &CaStoreModel::insert(Node &parent, std::unique_ptr<Node> node)
{
    const auto place = std::lower_bound(parent.children.begin(), parent.children.end(), node->key(),
                                        [](const auto &child, const auto &key) { return child->key() < key; });
    const int row = static_cast<int>(place - parent.children.begin());
    node->parent = &parent;
    beginInsertRows(indexOf(parent), row, row);
    Node &inserted = **parent.children.insert(place, std::move(node));
    endInsertRows();
    return inserted;
}

void CaStoreModel::remove(Node &node)
{
    Node &parent = *node.parent;
    const int row = node.row();
    beginRemoveRows(indexOf(parent), row, row);
    parent.children.erase(parent.children.begin() + row);
    endRemoveRows();
}

void CaStoreModel::setServerLabel(Scep::ServerId id, const QString &label)
{
    Node *found = serverNode(id);
    if (!found) {
        auto node = std::make_unique<Node>();
        node->server = id;
        node->label = label;
        insert(*m_root, std::move(node));
    } else if (found->label != label) {
        found->label = label;
        emit dataChanged(indexOf(*found), indexOf(*found, ColumnCount - 1));
    }
}

void CaStoreModel::removeServer(Scep::ServerId id)
{
    if (Node *found = serverNode(id))
        remove(*found);
}

void CaStoreModel::setRecords(Scep::ServerId id, const QList<CaStoreRecord> &records)
{
    // What belongs to no server stands under a row of its own, while there is something.
    if (id.isNull() && records.isEmpty())
        return removeServer(id);
    Node *top = serverNode(id);
    if (!top) {
        setServerLabel(id, {});
        top = serverNode(id);
    }
    const QHash<qint64, qint64> parents = parentsOf(records);
    QHash<qint64, CaStoreRecord> wanted;
    for (const CaStoreRecord &record : records)
        wanted.insert(record.id, record);

    // What vanished or moved goes, its children with it; they come back below.
    QHash<qint64, Node *> present;
    const std::function<void(Node &)> prune = [&](Node &node) {
        for (std::size_t row = node.children.size(); row-- > 0;) {
            Node &child = *node.children[row];
            const auto found = wanted.constFind(child.record.id);
            const bool stays = found != wanted.constEnd() && parents.value(child.record.id) == node.record.id &&
                               (found->role == CaStoreRecord::Role::Unused) == (child.record.role == CaStoreRecord::Role::Unused);
            if (!stays) {
                remove(child);
                continue;
            }
            if (!isSame(child.record, *found)) {
                child.record = *found;
                emit dataChanged(indexOf(child), indexOf(child, ColumnCount - 1));
            }
            present.insert(child.record.id, &child);
            prune(child);
        }
    };
    prune(*top);

    // Parents before children; parentsOf() made no circles, so every round places at least one.
    present.insert(0, top);
    QList<CaStoreRecord> missing;
    for (const CaStoreRecord &record : records) {
        if (!present.contains(record.id))
            missing.append(record);
    }
    while (!missing.isEmpty()) {
        QList<CaStoreRecord> later;
        for (const CaStoreRecord &record : std::as_const(missing)) {
            Node *parent = present.value(parents.value(record.id));
            if (!parent) {
                later.append(record);
                continue;
            }
            auto node = std::make_unique<Node>();
            node->server = id;
            node->record = record;
            present.insert(record.id, &insert(*parent, std::move(node)));
        }
        missing = later;
    }
}

const CaStoreRecord *CaStoreModel::record(const QModelIndex &index) const
{
    if (!index.isValid() || !checkIndex(index, CheckIndexOption::IndexIsValid))
        return nullptr;
    const Node *node = nodeOf(index);
    return node->isServer() ? nullptr : &node->record;
}

Scep::ServerId CaStoreModel::server(const QModelIndex &index) const
{
    return index.isValid() && checkIndex(index, CheckIndexOption::IndexIsValid) ? nodeOf(index)->server : Scep::ServerId();
}

QModelIndex CaStoreModel::index(int row, int column, const QModelIndex &parent) const
{
    if (!hasIndex(row, column, parent))
        return {};
    return createIndex(row, column, nodeOf(parent)->children.at(static_cast<std::size_t>(row)).get());
}

QModelIndex CaStoreModel::parent(const QModelIndex &index) const
{
    if (!index.isValid())
        return {};
    return indexOf(*nodeOf(index)->parent);
}

int CaStoreModel::rowCount(const QModelIndex &parent) const
{
    return parent.column() > 0 ? 0 : static_cast<int>(nodeOf(parent)->children.size());
}

int CaStoreModel::columnCount(const QModelIndex &parent) const
{
    return parent.column() > 0 ? 0 : ColumnCount;
}

QVariant CaStoreModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid() || !checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Node &node = *nodeOf(index);
    if (role != Qt::DisplayRole && role != SortRole && role != SeverityRole)
        return {};
    if (node.isServer()) {
        if (role == SeverityRole)
            return static_cast<int>(Severity::Neutral);
        if (index.column() != NameColumn)
            return {};
        return node.server.isNull() ? tr("Imported, of no server") : safeText(node.label);
    }
    const CaStoreRecord &record = node.record;
    if (role == SeverityRole) {
        Severity severity = Severity::Good;
        if (record.role == CaStoreRecord::Role::Unused || record.stage == CaStoreRecord::Stage::Retired)
            severity = Severity::Neutral;
        else if (!record.certificate.isValidAt(m_now()))
            severity = record.stage == CaStoreRecord::Stage::Staged ? Severity::Attention : Severity::Bad;
        return static_cast<int>(severity);
    }
    switch (index.column()) {
    case NameColumn:
        return safeText(record.name);
    case RoleColumn:
        return role == SortRole ? QVariant(static_cast<int>(record.role)) : QVariant(fullRoleText(record));
    case SubjectColumn:
        return safeText(record.certificate.subject().toText());
    case ExpiryColumn:
        return role == SortRole ? QVariant(record.certificate.notAfter()) : QVariant(localTime(record.certificate.notAfter()));
    case FingerprintColumn:
        return record.certificate.fingerprint().toDisplay();
    default:
        return {};
    }
}

QVariant CaStoreModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case NameColumn:
        return tr("Name");
    case RoleColumn:
        return tr("Role");
    case SubjectColumn:
        return tr("Subject");
    case ExpiryColumn:
        return tr("Expires");
    case FingerprintColumn:
        return tr("SHA-256 fingerprint");
    default:
        return {};
    }
}

} // namespace Models
