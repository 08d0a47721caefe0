// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/panes/castorepane.h"

#include "models/items/castoremodel.h"
#include "models/items/servermodel.h"
#include "models/service/errortext.h"
#include "ui/delegates/severitydelegate.h"
#include "ui/widgets/copyfield.h"
#include "ui/widgets/detailsview.h"
#include "ui/widgets/emptystate.h"
#include "ui/widgets/texts.h"

#include <QAction>
#include <QHBoxLayout>
#include <QMenu>
#include <QPushButton>
#include <QTreeView>

using namespace Qt::StringLiterals;
using Models::CaStoreModel;

namespace Gui {
namespace {

QMenu *contextMenu(const Actions &actions)
{
    auto *menu = new QMenu;
    menu->addAction(actions.inspect);
    menu->addSeparator();
    menu->addActions({actions.importCa, actions.removeCa});
    return menu;
}

QString roleText(Models::CaStoreRecord::Role role)
{
    using Role = Models::CaStoreRecord::Role;
    switch (role) {
    case Role::Root:
        return CaStorePane::tr("Root CA");
    case Role::Intermediate:
        return CaStorePane::tr("Intermediate CA");
    case Role::Issuing:
        return CaStorePane::tr("Issuing CA: signs the devices' certificates");
    case Role::RaSigning:
        return CaStorePane::tr("Registration authority: signs the replies");
    case Role::RaEncryption:
        return CaStorePane::tr("Registration authority: requests are encrypted to it");
    case Role::RaBoth:
        return CaStorePane::tr("Registration authority: signs the replies, requests are encrypted to it");
    case Role::Unused:
        break;
    }
    return CaStorePane::tr("Not tied to the confirmed CA: shown, never used");
}

} // namespace

CaStorePane::CaStorePane(Models::Service &service, Actions &actions, QWidget *parent)
    : Pane(
          Description{
              .name = u"caStorePane"_s,
              .title = tr("CA store"),
              .filterHint = tr("Filter certificates by name, role, subject or fingerprint"),
              .model = service.caStore(),
              .sortRole = CaStoreModel::SortRole,
              .sortColumn = CaStoreModel::NameColumn,
              .widths = {34, 24, 36, 16, 20},
              .isTree = true,
              .emptyState =
                  new EmptyState(u"ca-store"_s, tr("No CA certificate yet"),
                                 tr("As soon as a server is added and its CA confirmed, its root, intermediate and RA certificates "
                                    "are kept here."),
                                 actions.addServer),
              .menu = contextMenu(actions),
          },
          parent)
    , m_service(service)
    , m_actions(actions)
{
    view()->setItemDelegateForColumn(CaStoreModel::NameColumn, new SeverityDelegate(CaStoreModel::SeverityRole, this));
    connect(this, &Pane::activated, actions.inspect, &QAction::trigger);
}

Actions::Context CaStorePane::context() const
{
    Actions::Context context;
    context.place = Actions::Place::CaStore;
    const Models::CaStoreRecord *record = selectedRecord();
    context.hasCertificate = record != nullptr;
    context.isImportedCa = record != nullptr && record->isImported;
    return context;
}

const Models::CaStoreRecord *CaStorePane::selectedRecord() const
{
    const QList<QModelIndex> rows = selectedSourceRows();
    return rows.size() == 1 ? m_service.caStore()->record(rows.first()) : nullptr;
}

void CaStorePane::showDetails()
{
    DetailsView *out = details();
    const Models::CaStoreRecord *record = selectedRecord();
    if (record == nullptr) {
        out->begin(QString());
        out->addText(tr("Select a certificate to see what it is for."));
        out->end();
        return;
    }
    const Pki::Certificate &certificate = record->certificate;
    out->begin(record->name);
    out->addTitle(record->name, roleText(record->role));
    if (record->isAnchor)
        out->addNote(Models::Severity::Good, record->isImported
                                                 ? tr("Imported by you as trusted: a chain may end at it.")
                                                 : tr("Confirmed by you: every certificate of this server must chain to it."));
    else if (record->isImported)
        out->addNote(Models::Severity::Neutral, tr("Imported by you: used to build chains, not trusted by itself."));
    const QDateTime now = QDateTime::currentDateTimeUtc();
    if (record->stage == Models::CaStoreRecord::Stage::Staged)
        out->addNote(Models::Severity::Busy, tr("Staged: announced by the server for later, not in use yet."));
    if (record->stage == Models::CaStoreRecord::Stage::Retired)
        out->addNote(Models::Severity::Neutral, tr("Retired: the server no longer sends it; certificates issued under it stay good."));
    if (certificate.notAfter() < now)
        out->addNote(Models::Severity::Bad, tr("Expired on %1.").arg(timeText(certificate.notAfter())));
    out->addWidget(u"buttons"_s,
                   [this] { return actionButtonRow({m_actions.inspect, m_actions.importCa, m_actions.removeCa}, u"caDetails"_s); });

    out->addSection(tr("Certificate"));
    if (const Models::ServerRecord *server = m_service.servers()->record(record->server))
        out->addRow(tr("Server"), server->server.label);
    out->addRow(tr("Subject"), nameText(certificate.subject()));
    out->addRow(tr("Issuer"), nameText(certificate.issuer()));
    out->addRow(tr("Valid from"), timeText(certificate.notBefore()));
    out->addRow(tr("Valid until"), timeText(certificate.notAfter()));
    out->addRow(tr("Key"), certificate.publicKey().displayName());
    out->addRow(tr("Signature"), certificate.signatureAlgorithm());
    if (certificate.keyUsage())
        out->addRow(tr("Key usage"), Pki::toText(*certificate.keyUsage()));
    out->addSection(tr("Fingerprints"));
    out->addWidget(certificate.fingerprint().toHex(), [certificate] { return new FingerprintTable(certificate); });
    out->end();
}

} // namespace Gui
