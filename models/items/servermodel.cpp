// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/items/servermodel.h"

#include "models/service/errortext.h"
#include "models/service/requeststatus.h"

using namespace Qt::StringLiterals;

namespace Models {

namespace {

QString trustText(Scep::ServerKnowledge::Trust trust)
{
    switch (trust) {
    case Scep::ServerKnowledge::Trust::NotAsked:
        return ServerModel::tr("unknown");
    case Scep::ServerKnowledge::Trust::NotConfirmed:
        return ServerModel::tr("not confirmed");
    case Scep::ServerKnowledge::Trust::Confirmed:
        return ServerModel::tr("confirmed");
    case Scep::ServerKnowledge::Trust::Refused:
        return ServerModel::tr("refused");
    }
    return {};
}

} // namespace

int ServerModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant ServerModel::data(const QModelIndex &index, int role) const
{
    const ServerRecord *found = record(index);
    if (!found)
        return {};
    switch (role) {
    case IdRole:
        return QVariant::fromValue<qint64>(found->server.id.value);
    case SeverityRole:
        return static_cast<int>(serverStatus(*found).severity);
    case SortRole:
        if (index.column() == LastContactColumn)
            return found->knowledge.lastContact;
        if (index.column() == StateColumn)
            return static_cast<int>(serverStatus(*found).severity);
        [[fallthrough]];
    case Qt::DisplayRole:
        break;
    default:
        return {};
    }
    switch (index.column()) {
    case LabelColumn:
        return safeText(found->server.label);
    case StateColumn:
        return serverStatus(*found).text;
    case UrlColumn:
        return safeText(found->server.url.toDisplayString());
    case TrustColumn:
        return trustText(found->knowledge.trust);
    case CapabilitiesColumn:
        return safeText(found->knowledge.capabilities.lines().join(", "_L1));
    case LastContactColumn:
        return found->knowledge.lastContact.isValid() ? localTime(found->knowledge.lastContact) : tr("never");
    default:
        return {};
    }
}

QVariant ServerModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case LabelColumn:
        return tr("Server");
    case StateColumn:
        return tr("State");
    case UrlColumn:
        return tr("URL");
    case TrustColumn:
        return tr("CA");
    case CapabilitiesColumn:
        return tr("Capabilities");
    case LastContactColumn:
        return tr("Last contact");
    default:
        return {};
    }
}

} // namespace Models
