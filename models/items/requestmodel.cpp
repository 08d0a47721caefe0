// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/items/requestmodel.h"

#include "models/service/errortext.h"

using namespace Qt::StringLiterals;

namespace Models {

RequestModel::RequestModel(std::function<QDateTime()> now, QObject *parent)
    : RecordTableModel(parent)
    , m_now(std::move(now))
{}

void RequestModel::setServerLabel(Scep::ServerId id, const QString &label)
{
    QString &stored = m_serverLabels[id];
    if (stored == label)
        return;
    stored = label;
    for (int row = 0; row < records().size(); ++row) {
        if (records().at(row).request.server == id)
            emit dataChanged(index(row, ServerColumn), index(row, ServerColumn));
    }
}

void RequestModel::refreshTimes()
{
    if (!records().isEmpty())
        emit dataChanged(index(0, CertificateColumn), index(static_cast<int>(records().size()) - 1, NextActionColumn));
}

RequestStatus RequestModel::status(const QModelIndex &index) const
{
    const RequestRecord *found = record(index);
    return found ? requestStatus(*found, m_now()) : RequestStatus{};
}

int RequestModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant RequestModel::data(const QModelIndex &index, int role) const
{
    const RequestRecord *found = record(index);
    if (!found)
        return {};
    switch (role) {
    case IdRole:
        return QVariant::fromValue<qint64>(found->request.id.value);
    case SeverityRole:
        return static_cast<int>(status(index).severity);
    case ValidityShareRole:
        return status(index).validityShare;
    case ActionsRole:
        return status(index).actions.toInt();
    case SortRole:
        switch (index.column()) {
        case CertificateColumn:
            return found->current ? found->current->certificate.notAfter() : QDateTime();
        case TransactionColumn:
            return static_cast<int>(found->transaction.state);
        case ValidityColumn:
            return status(index).validityShare;
        case NextActionColumn:
            return found->transaction.nextAttemptAt;
        default:
            break;
        }
        break;
    case Qt::DisplayRole:
        break;
    default:
        return {};
    }
    switch (index.column()) {
    case LabelColumn:
        return safeText(found->request.label);
    case SubjectColumn:
        return safeText(found->request.subject.toText());
    case ServerColumn:
        return safeText(m_serverLabels.value(found->request.server));
    case CertificateColumn:
        return status(index).certificateText;
    case TransactionColumn:
        return status(index).transactionText;
    case ValidityColumn:
        return found->current ? tr("%1 %").arg(qRound(status(index).validityShare * 100)) : QString();
    case NextActionColumn:
        return status(index).nextAction;
    default:
        return {};
    }
}

QVariant RequestModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case LabelColumn:
        return tr("Request");
    case SubjectColumn:
        return tr("Subject");
    case ServerColumn:
        return tr("Server");
    case CertificateColumn:
        return tr("Certificate");
    case TransactionColumn:
        return tr("Transaction");
    case ValidityColumn:
        return tr("Validity");
    case NextActionColumn:
        return tr("Next");
    default:
        return {};
    }
}

} // namespace Models
