// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/panes/serverspane.h"

#include "models/items/servermodel.h"
#include "models/service/errortext.h"
#include "models/service/serverfindings.h"
#include "ui/delegates/severitydelegate.h"
#include "ui/widgets/copyfield.h"
#include "ui/widgets/detailsview.h"
#include "ui/widgets/emptystate.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/icons.h"
#include "ui/widgets/negotiationrows.h"
#include "ui/widgets/texts.h"

#include <QAction>
#include <QHBoxLayout>
#include <QMenu>
#include <QPushButton>
#include <QTreeView>

using namespace Qt::StringLiterals;
using Models::ServerModel;

namespace Gui {
namespace {

QMenu *contextMenu(const Actions &actions)
{
    auto *menu = new QMenu;
    menu->addActions({actions.refreshServer, actions.confirmCa, actions.editServer, actions.newRequest, actions.showExchanges});
    menu->addSeparator();
    menu->addAction(actions.removeServer);
    return menu;
}

/// What the server once announced and does not any more.
QStringList lacking(const Scep::ServerKnowledge &knowledge)
{
    return knowledge.capabilities.missingSince(knowledge.seenCapabilities);
}

QString renewalStepText(Scep::RenewalStep step)
{
    switch (step) {
    case Scep::RenewalStep::RenewalReq:
        return ServersPane::tr("RenewalReq, signed by the current certificate");
    case Scep::RenewalStep::PkcsReqByCertificate:
        return ServersPane::tr("PKCSReq, signed by the current certificate");
    case Scep::RenewalStep::FreshPkcsReq:
        return ServersPane::tr("a new enrollment");
    }
    return {};
}

} // namespace

ServersPane::ServersPane(Models::Service &service, Actions &actions, QWidget *parent)
    : Pane(
          Description{
              .name = u"serversPane"_s,
              .title = tr("Servers"),
              .filterHint = tr("Filter servers by name, URL or state"),
              .model = service.servers(),
              .sortRole = ServerModel::SortRole,
              .sortColumn = ServerModel::LabelColumn,
              .widths = {16, 16, 30, 14, 20, 25},
              .isTree = false,
              .emptyState = new EmptyState(u"server"_s, tr("No enrollment server yet"),
                                           tr("Scepter needs the URL of a SCEP server, such as http://ca.example/scep, and the fingerprint "
                                              "of its CA certificate, which the CA's administrator tells you."),
                                           actions.addServer),
              .menu = contextMenu(actions),
          },
          parent)
    , m_service(service)
    , m_actions(actions)
{
    view()->setItemDelegateForColumn(ServerModel::StateColumn, new SeverityDelegate(ServerModel::SeverityRole, this));
    connect(this, &Pane::activated, actions.editServer, &QAction::trigger);
}

Actions::Context ServersPane::context() const
{
    Actions::Context context;
    context.place = Actions::Place::Servers;
    const QList<QModelIndex> rows = selectedSourceRows();
    context.selectedServers = static_cast<int>(rows.size());
    const Models::ServerRecord *record = rows.size() == 1 ? m_service.servers()->record(rows.first()) : nullptr;
    context.lacksCapabilities = record != nullptr && !lacking(record->knowledge).isEmpty();
    return context;
}

QList<Scep::ServerId> ServersPane::selected() const
{
    QList<Scep::ServerId> ids;
    for (const QModelIndex &row : selectedSourceRows()) {
        if (const Models::ServerRecord *record = m_service.servers()->record(row))
            ids.append(record->server.id);
    }
    return ids;
}

void ServersPane::select(Scep::ServerId id)
{
    selectSource(m_service.servers()->indexOf(id));
}

void ServersPane::showDetails()
{
    const QList<QModelIndex> rows = selectedSourceRows();
    DetailsView *out = details();
    if (rows.size() != 1) {
        out->begin(QString());
        out->addText(rows.isEmpty() ? tr("Select a server to see its certificates and what it can do.")
                                    : tr("%n servers are selected.", nullptr, static_cast<int>(rows.size())));
        out->end();
        return;
    }
    const Models::ServerRecord *record = m_service.servers()->record(rows.first());
    if (record == nullptr)
        return;
    const Scep::EnrollmentServer &server = record->server;
    const Scep::ServerKnowledge &knowledge = record->knowledge;
    const Models::ServerStatus status = Models::serverStatus(*record);

    out->begin(server.label);
    out->addTitle(server.label, server.description);
    out->addNote(status.severity, status.text);
    if (knowledge.lastError) {
        const Models::Explanation explanation = Models::explain(*knowledge.lastError, tr("server %1").arg(server.label));
        // Why it is not trusted stands in the line above already.
        const bool isTold =
            knowledge.trust == Scep::ServerKnowledge::Trust::Refused && knowledge.lastError->code != Models::ErrorCode::CaChanged;
        out->addText(isTold ? explanation.nextStep : explanation.what + u' ' + explanation.nextStep);
    }
    showTrust(*record);
    out->addWidget(u"buttons"_s, [this] {
        return actionButtonRow({m_actions.newRequest, m_actions.refreshServer, m_actions.editServer, m_actions.showExchanges},
                               u"details"_s);
    });

    out->addSection(tr("Server"));
    out->addRow(tr("URL"), server.url.toDisplayString());
    out->addRow(tr("CA identifier"), server.caIdentifier);
    out->addRow(tr("Last contact"), knowledge.lastContact.isValid()
                                        ? tr("%1 (%2)").arg(timeText(knowledge.lastContact),
                                                            Models::relativeTime(knowledge.lastContact, QDateTime::currentDateTimeUtc()))
                                        : tr("never"));
    if (knowledge.clockSkew && std::chrono::abs(*knowledge.clockSkew) > std::chrono::seconds(120)) {
        out->addNote(Models::Severity::Attention,
                     tr("The server's clock differs from this computer's by %n s. Some servers refuse requests then.", nullptr,
                        static_cast<int>(knowledge.clockSkew->count())));
    }
    showCertificates(knowledge);
    showNextCa(knowledge);
    showAlgorithms(*record);
    showFindings(*record);
    if (!knowledge.notes.isEmpty()) {
        out->addSection(tr("Notes"));
        for (const QString &note : knowledge.notes)
            out->addText(Models::safeText(note));
    }
    out->end();
}

void ServersPane::showTrust(const Models::ServerRecord &record)
{
    using Trust = Scep::ServerKnowledge::Trust;
    const Trust trust = record.knowledge.trust;
    const bool isUnconfirmed = trust == Trust::NotConfirmed || !record.server.anchor.isSet();
    if (!isUnconfirmed && trust != Trust::Refused && !Models::announcesNewRoot(record))
        return;
    if (isUnconfirmed)
        details()->addText(tr("Until its CA is confirmed, nothing is sent to this server but the question for its certificates. Press "
                              "“Confirm CA…” to see their fingerprints and to compare."));
    else if (trust == Trust::Refused)
        details()->addText(tr("Nothing is sent until the CA is right again. If the CA's administrator says that the change is meant, press "
                              "“Confirm CA…”: it shows the old and the new fingerprints, and what the change does."));
    else
        details()->addText(tr("When the announced root takes over, this server stops with “CA changed”, and “Confirm CA…” lets it go on."));
    details()->addWidget(u"confirmCa"_s, [this] { return actionButtonRow({m_actions.confirmCa}, u"trust"_s); });
}

void ServersPane::showCertificates(const Scep::ServerKnowledge &knowledge)
{
    const Pki::Certificate anchor = knowledge.roles.anchor;
    if (anchor.isNull())
        return;
    DetailsView *out = details();
    out->addSection(tr("Confirmed CA certificate"));
    out->addRow(tr("Subject"), nameText(anchor.subject()));
    out->addRow(tr("Valid"), validityText(anchor));
    out->addFixedPitchRow(tr("SHA-256"), fingerprintLines(anchor.fingerprint()), anchor.fingerprint().toDisplay(), u"serverFingerprint"_s);
    out->addWidget(anchor.fingerprint().toHex(), [this, anchor] {
        auto *holder = new QWidget;
        auto *inspect = named(new QPushButton(icon(u"inspect"_s), tr("Inspect CA certificate"), holder), u"inspectAnchorButton"_s,
                              tr("Inspect the confirmed CA certificate"));
        inspect->setToolTip(tr("Show everything in the certificate"));
        connect(inspect, &QPushButton::clicked, this, [this, anchor] { emit inspectRequested(anchor); });
        auto *layout = new QHBoxLayout(holder);
        layout->setContentsMargins(0, 0, 0, 0);
        layout->addWidget(inspect);
        layout->addStretch();
        return holder;
    });

    out->addSection(tr("Who does what"));
    for (const RoleLine &line : roleLines(knowledge.roles))
        out->addRow(line.role, nameText(line.certificate.subject()));
    for (const QString &reason : knowledge.roles.reasons)
        out->addText(Models::safeText(reason));
}

void ServersPane::showFindings(const Models::ServerRecord &record)
{
    using Severity = Models::Finding::Severity;
    if (record.knowledge.trust == Scep::ServerKnowledge::Trust::NotAsked)
        return;
    DetailsView *out = details();
    out->addSection(tr("Findings"));
    bool hasAny = false;
    const auto findings = Models::judge(Models::factsOf(record.server, record.knowledge, QDateTime::currentDateTimeUtc()));
    for (const Models::Finding &finding : findings) {
        if (finding.severity == Severity::Ok)
            continue;
        hasAny = true;
        out->addNote(finding.severity == Severity::Problem   ? Models::Severity::Bad
                     : finding.severity == Severity::Warning ? Models::Severity::Attention
                                                             : Models::Severity::Neutral,
                     finding.what);
        out->addText(finding.action.isEmpty() ? finding.why : finding.why + u' ' + finding.action);
    }
    if (!hasAny)
        out->addNote(Models::Severity::Good, tr("Nothing about this server needs a remark."));
}

void ServersPane::showNextCa(const Scep::ServerKnowledge &knowledge)
{
    const Scep::NextCa &next = knowledge.nextCa;
    if (next.isNull())
        return;
    DetailsView *out = details();
    out->addSection(tr("Next CA"));
    if (next.isUnderAnchor)
        out->addNote(Models::Severity::Good, tr("Announced and signed by the current CA. It takes over when its time has come."));
    else
        out->addNote(Models::Severity::Attention,
                     tr("Announced and signed by the current CA, with a new root: when it takes over, nothing more is sent until you "
                        "press “Confirm CA…”."));
    out->addRow(tr("Subject"), nameText(next.roles.issuing.subject()));
    out->addRow(tr("Valid"), validityText(next.roles.issuing));
    const Pki::Fingerprint fingerprint = next.roles.issuing.fingerprint();
    out->addFixedPitchRow(tr("SHA-256"), fingerprintLines(fingerprint), fingerprint.toDisplay(), u"nextCaFingerprint"_s);
    out->addRow(tr("Announced"), timeText(next.seenAt));
}

void ServersPane::showAlgorithms(const Models::ServerRecord &record)
{
    if (record.knowledge.trust == Scep::ServerKnowledge::Trust::NotAsked)
        return;
    DetailsView *out = details();
    if (!record.knowledge.roles.recipient.isNull()) {
        addNegotiation(*out,
                       {.policy = record.server.algorithms,
                        .capabilities = record.knowledge.capabilities,
                        .roles = record.knowledge.roles,
                        .roleOverride = record.server.roleOverride},
                       record.server.label);
    }
    out->addSection(tr("What the server can do"));
    if (record.knowledge.renewalStep)
        out->addRow(tr("Renewed by"), renewalStepText(*record.knowledge.renewalStep));
    if (const QStringList missing = lacking(record.knowledge); !missing.isEmpty()) {
        out->addNote(Models::Severity::Attention,
                     tr("No longer announced: %1. The list is not signed: somebody on the way may have shortened it.")
                         .arg(Models::safeText(missing.join(u", "_s))));
        out->addWidget(u"acceptCapabilities"_s, [this] { return actionButtonRow({m_actions.acceptCapabilities}, u"capabilities"_s); });
    }
    out->addRow(tr("Announced"), record.knowledge.capabilities.isEmpty()
                                     ? tr("nothing")
                                     : Models::safeText(record.knowledge.capabilities.lines().join(u", "_s)));
}

} // namespace Gui
