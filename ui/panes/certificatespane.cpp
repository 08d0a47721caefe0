// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/panes/certificatespane.h"

#include "models/items/certificatemodel.h"
#include "models/items/servermodel.h"
#include "models/service/errortext.h"
#include "ui/delegates/severitydelegate.h"
#include "ui/widgets/detailsview.h"
#include "ui/widgets/emptystate.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/texts.h"

#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QHBoxLayout>
#include <QMenu>
#include <QSignalBlocker>
#include <QTreeView>

using namespace Qt::StringLiterals;
using Models::CertificateModel;
using Models::CertificateQuery;

namespace Gui {
namespace {

QMenu *contextMenu(const Actions &actions)
{
    auto *menu = new QMenu;
    menu->addActions({actions.inspect, actions.exportCertificate, actions.showRequestOfCertificate});
    menu->addSeparator();
    menu->addAction(actions.removeCertificate);
    return menu;
}

/// Above the list. No member: it is made before the pane is.
QWidget *makeFilters()
{
    auto *page = new QWidget;
    auto *layout = new QHBoxLayout(page);
    layout->setContentsMargins(8, 8, 8, 0);
    layout->setSpacing(8);
    const auto add = [&](const QString &objectName, const QString &name, const QString &label) {
        auto *combo = named(new QComboBox(page), objectName, name);
        combo->setToolTip(name);
        layout->addWidget(rowLabel(label, combo));
        layout->addWidget(combo);
        return combo;
    };
    add(u"certificateServer"_s, CertificatesPane::tr("Only certificates of this server"), CertificatesPane::tr("Ser&ver:"));
    QComboBox *state = add(u"certificateState"_s, CertificatesPane::tr("Only certificates in this state"), CertificatesPane::tr("St&ate:"));
    state->addItem(CertificatesPane::tr("any"), int(CertificateQuery::Validity::Any));
    state->addItem(CertificatesPane::tr("valid"), int(CertificateQuery::Validity::Valid));
    state->addItem(CertificatesPane::tr("not yet valid"), int(CertificateQuery::Validity::NotYetValid));
    state->addItem(CertificatesPane::tr("expired"), int(CertificateQuery::Validity::Expired));
    state->addItem(CertificatesPane::tr("revoked"), int(CertificateQuery::Validity::Revoked));
    QComboBox *expiry =
        add(u"certificateExpiry"_s, CertificatesPane::tr("Only certificates that end soon"), CertificatesPane::tr("E&nds:"));
    expiry->addItem(CertificatesPane::tr("at any time"), 0);
    for (const int days : {7, 30, 90, 365})
        expiry->addItem(CertificatesPane::tr("within %n day(s)", nullptr, days), days);
    auto *current = named(new QCheckBox(CertificatesPane::tr("c&urrent ones only"), page), u"certificateCurrent"_s,
                          CertificatesPane::tr("Current certificates only"));
    current->setToolTip(CertificatesPane::tr("Leave out what was replaced by a renewal"));
    layout->addWidget(current);
    layout->addStretch(1);
    return page;
}

} // namespace

CertificatesPane::CertificatesPane(Models::Service &service, Actions &actions, QWidget *parent)
    : Pane(
          Description{
              .name = u"certificatesPane"_s,
              .title = tr("Certificates"),
              .filterHint = tr("Filter certificates by subject, request or serial number"),
              .model = service.certificateList(),
              .sortRole = CertificateModel::SortRole,
              .sortColumn = CertificateModel::RequestColumn,
              .widths = {34, 18, 14, 14, 20, 30, 30},
              .isTree = false,
              .filterModel =
                  [this](const QString &text) {
                      m_text = text;
                      applyFilters();
                  },
              .emptyState =
                  new EmptyState(u"request"_s, tr("No certificate yet"),
                                 tr("Every certificate that a server issues is kept here, the replaced ones, too."), actions.newRequest),
              .menu = contextMenu(actions),
              .header = makeFilters(),
          },
          parent)
    , m_service(service)
    , m_actions(actions)
    , m_server(findChild<QComboBox *>(u"certificateServer"_s))
    , m_state(findChild<QComboBox *>(u"certificateState"_s))
    , m_expiry(findChild<QComboBox *>(u"certificateExpiry"_s))
    , m_current(findChild<QCheckBox *>(u"certificateCurrent"_s))
{
    view()->setItemDelegateForColumn(CertificateModel::SubjectColumn, new SeverityDelegate(CertificateModel::SeverityRole, this));
    connect(this, &Pane::activated, actions.inspect, &QAction::trigger);
    for (QComboBox *combo : {m_server, m_state, m_expiry})
        connect(combo, &QComboBox::currentIndexChanged, this, &CertificatesPane::applyFilters);
    connect(m_current, &QCheckBox::toggled, this, &CertificatesPane::applyFilters);
    const QAbstractItemModel *servers = m_service.servers();
    for (const auto signal : {&QAbstractItemModel::rowsInserted, &QAbstractItemModel::rowsRemoved})
        connect(servers, signal, this, &CertificatesPane::listServers, Qt::QueuedConnection);
    connect(servers, &QAbstractItemModel::dataChanged, this, &CertificatesPane::listServers, Qt::QueuedConnection);
    connect(m_service.certificateList(), &CertificateModel::filled, this, &Pane::selectionChanged);
    listServers();
}

void CertificatesPane::listServers()
{
    const QSignalBlocker quiet(m_server);
    const qint64 chosen = m_server->currentData().toLongLong();
    m_server->clear();
    m_server->addItem(tr("all"), 0);
    const Models::ServerModel *servers = m_service.servers();
    for (int row = 0; row < servers->rowCount(); ++row) {
        if (const Models::ServerRecord *record = servers->record(servers->index(row, 0)))
            m_server->addItem(record->server.label, record->server.id.value);
    }
    m_server->setCurrentIndex(std::max(0, m_server->findData(chosen)));
}

void CertificatesPane::applyFilters()
{
    CertificateModel *model = m_service.certificateList();
    CertificateQuery query = model->query();
    query.text = m_text;
    query.server = Scep::ServerId{m_server->currentData().toLongLong()};
    query.validity = static_cast<CertificateQuery::Validity>(m_state->currentData().toInt());
    query.onlyCurrent = m_current->isChecked();
    const int days = m_expiry->currentData().toInt();
    query.expiresBefore = days > 0 ? QDateTime::currentDateTimeUtc().addDays(days) : QDateTime();
    if (query != model->query())
        model->setQuery(query);
}

bool CertificatesPane::isFiltered() const
{
    const CertificateQuery &query = m_service.certificateList()->query();
    return !m_text.isEmpty() || query.server != Scep::ServerId() || query.validity != CertificateQuery::Validity::Any ||
           query.onlyCurrent || query.expiresBefore.isValid();
}

QList<Models::CertificateRow> CertificatesPane::selected() const
{
    QList<Models::CertificateRow> rows;
    for (const QModelIndex &index : selectedSourceRows()) {
        if (const Models::CertificateRow *row = m_service.certificateList()->row(index))
            rows.append(*row);
    }
    return rows;
}

Actions::Context CertificatesPane::context() const
{
    Actions::Context context;
    context.place = Actions::Place::Certificates;
    const QList<Models::CertificateRow> rows = selected();
    context.selectedCertificates = static_cast<int>(rows.size());
    context.hasCertificate = rows.size() == 1;
    return context;
}

void CertificatesPane::showDetails()
{
    DetailsView *out = details();
    const QList<Models::CertificateRow> rows = selected();
    if (rows.size() != 1) {
        out->begin(QString());
        out->addText(rows.isEmpty() ? tr("Select a certificate to see whose it is.")
                                    : tr("%n certificates are selected.", nullptr, static_cast<int>(rows.size())));
        out->end();
        return;
    }
    const Models::CertificateRow &row = rows.first();
    out->begin(QString::number(row.id.value));
    out->addTitle(Models::safeText(row.subject), Models::safeText(row.requestLabel));
    const QModelIndex index = selectedSourceRows().first();
    const auto cell = [&](CertificateModel::Column column) { return index.siblingAtColumn(column).data().toString(); };
    out->addNote(static_cast<Models::Severity>(index.data(CertificateModel::SeverityRole).toInt()), cell(CertificateModel::StateColumn));
    out->addWidget(u"buttons"_s, [this] {
        return actionButtonRow(
            {m_actions.inspect, m_actions.exportCertificate, m_actions.showRequestOfCertificate, m_actions.removeCertificate},
            u"certificateDetails"_s);
    });
    if (row.revocation)
        out->addText(row.revocation->reason.isEmpty()
                         ? tr("The CA's revocation list names it since %1.").arg(timeText(row.revocation->date))
                         : tr("The CA's revocation list names it since %1: %2.")
                               .arg(timeText(row.revocation->date), Models::safeText(row.revocation->reason)));
    out->addSection(tr("Certificate"));
    out->addRow(tr("Request"), Models::safeText(row.requestLabel));
    out->addRow(tr("Server"), cell(CertificateModel::ServerColumn));
    out->addRow(tr("Issuer"), Models::safeText(row.issuer));
    out->addRow(tr("Valid from"), timeText(row.notBefore));
    out->addRow(tr("Valid until"), timeText(row.notAfter));
    out->addFixedPitchRow(tr("Serial"), row.serialNumber, row.serialNumber, u"rowSerialNumber"_s);
    out->addRow(tr("Private key"), row.hasKey ? tr("in the workspace") : tr("only the device has it"));
    out->end();
}

} // namespace Gui
