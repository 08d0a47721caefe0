// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/panes/requestspane.h"

#include "models/items/requestmodel.h"
#include "models/items/servermodel.h"
#include "models/service/briefstatus.h"
#include "models/service/chaintext.h"
#include "models/service/delivery.h"
#include "models/service/errortext.h"
#include "ui/delegates/severitydelegate.h"
#include "ui/delegates/validitydelegate.h"
#include "ui/widgets/copyfield.h"
#include "ui/widgets/detailsview.h"
#include "ui/widgets/emptystate.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/icons.h"
#include "ui/widgets/texts.h"

#include <QAction>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QMenu>
#include <QPushButton>
#include <QTreeView>

using namespace Qt::StringLiterals;
using Models::RequestModel;

namespace Gui {
namespace {

constexpr int mostNoteCharacters = 2000;

QMenu *contextMenu(const Actions &actions)
{
    auto *menu = new QMenu;
    menu->addActions({actions.inspect, actions.exportCertificate});
    menu->addSeparator();
    menu->addActions({actions.renew, actions.attemptNow, actions.continueRenewing, actions.enroll, actions.useCsr, actions.cancel});
    menu->addSeparator();
    menu->addActions({actions.editRequest, actions.deliver, actions.showExchanges, actions.removeRequest});
    return menu;
}

QString renewalText(const Scep::RenewalRule &rule)
{
    switch (rule.kind) {
    case Scep::RenewalRule::Kind::Off:
        return RequestsPane::tr("never by itself");
    case Scep::RenewalRule::Kind::PercentOfValidity:
        return RequestsPane::tr("after %1 % of the validity").arg(rule.value);
    case Scep::RenewalRule::Kind::HoursBeforeExpiry:
        return RequestsPane::tr("%n hour(s) before the end", nullptr, rule.value);
    }
    return {};
}

} // namespace

RequestsPane::RequestsPane(Models::Service &service, Actions &actions, QWidget *parent)
    : Pane(
          Description{
              .name = u"requestsPane"_s,
              .title = tr("Requests"),
              .filterHint = tr("Filter requests by name, subject, server or state"),
              .model = service.requests(),
              .sortRole = RequestModel::SortRole,
              .sortColumn = RequestModel::LabelColumn,
              .widths = {20, 22, 12, 26, 20, 10, 23},
              .isTree = false,
              .emptyState =
                  new EmptyState(u"request"_s, tr("No request yet"),
                                 tr("A request says what one device should have: its subject, names, key and renewal rule. Scepter "
                                    "gets the certificate and keeps it renewed. It needs a server first."),
                                 actions.newRequest),
              .menu = contextMenu(actions),
          },
          parent)
    , m_service(service)
    , m_actions(actions)
{
    view()->setItemDelegateForColumn(RequestModel::LabelColumn, new SeverityDelegate(RequestModel::SeverityRole, this));
    view()->setItemDelegateForColumn(RequestModel::ValidityColumn,
                                     new ValidityDelegate(RequestModel::ValidityShareRole, RequestModel::SeverityRole, this));
    // What changes stands in front; the subject is long and says little more than the label.
    QHeaderView *header = view()->header();
    int at = 0;
    for (const int column : {RequestModel::LabelColumn, RequestModel::CertificateColumn, RequestModel::ValidityColumn,
                             RequestModel::TransactionColumn, RequestModel::NextActionColumn, RequestModel::ServerColumn})
        header->moveSection(header->visualIndex(column), at++);
    connect(this, &Pane::activated, actions.inspect, &QAction::trigger);
}

Actions::Context RequestsPane::context() const
{
    Actions::Context context;
    context.place = Actions::Place::Requests;
    const QList<QModelIndex> rows = selectedSourceRows();
    context.selectedRequests = static_cast<int>(rows.size());
    for (qsizetype at = 0; at < rows.size(); ++at) {
        const Models::RequestActions allowed = m_service.requests()->status(rows.at(at)).actions;
        context.allowed = at == 0 ? allowed : context.allowed & allowed;
        const Models::RequestRecord *record = m_service.requests()->record(rows.at(at));
        const bool isDelivered = record->delivery.state != Models::DeliveryState::State::None;
        context.hasDelivery = isDelivered && (at == 0 || context.hasDelivery);
    }
    return context;
}

QList<Scep::RequestId> RequestsPane::selected() const
{
    QList<Scep::RequestId> ids;
    for (const QModelIndex &row : selectedSourceRows()) {
        if (const Models::RequestRecord *record = m_service.requests()->record(row))
            ids.append(record->request.id);
    }
    return ids;
}

const Models::RequestRecord *RequestsPane::selectedRecord() const
{
    const QList<Scep::RequestId> ids = selected();
    return ids.size() == 1 ? m_service.requests()->record(ids.first()) : nullptr;
}

void RequestsPane::select(Scep::RequestId id)
{
    selectSource(m_service.requests()->indexOf(id));
}

void RequestsPane::showDetails()
{
    const QList<QModelIndex> rows = selectedSourceRows();
    DetailsView *out = details();
    const Models::RequestRecord *record = rows.size() == 1 ? m_service.requests()->record(rows.first()) : nullptr;
    if (record == nullptr) {
        out->begin(QString());
        out->addText(rows.isEmpty() ? tr("Select a request to see its certificate and what happens next.")
                                    : tr("%n requests are selected.", nullptr, static_cast<int>(rows.size())));
        out->end();
        return;
    }
    out->begin(record->request.label);
    out->addTitle(record->request.label, nameText(record->request.subject));
    showFacts(*record, m_service.requests()->status(rows.first()));
    if (record->current)
        showCertificate(*record->current);
    showDelivery(*record);
    showRequest(*record);
    out->end();
}

void RequestsPane::showFacts(const Models::RequestRecord &record, const Models::RequestStatus &status)
{
    DetailsView *out = details();
    // The reason of a failure is said once, in full, with what to do about it.
    const Models::BriefStatus brief = Models::briefStatus(record, QDateTime::currentDateTimeUtc());
    out->addNote(status.severity, brief.headline);
    if (record.transaction.error || record.transaction.rejection) {
        const Models::Explanation explanation = Models::explain(record.transaction, tr("request %1").arg(record.request.label));
        out->addText(explanation.what);
        out->addText(explanation.nextStep);
    }

    if (!status.stillstand.isEmpty())
        out->addNote(Models::Severity::Attention, status.stillstand);
    if (record.needsDeviceCsr() && !record.transaction.isOpen())
        out->addNote(Models::Severity::Attention,
                     tr("Only the device has the key of this certificate: it must make each further request itself. Let it make a new "
                        "certificate request (PKCS#10), and give its file here."));
    else if (record.hasProvidedCsr && record.isKeyWithDevice)
        out->addNote(Models::Severity::Good, tr("A new request of the device is kept for the next certificate."));

    using Models::RequestAction;
    const std::pair<RequestAction, QAction *> offered[] = {
        {RequestAction::Inspect, m_actions.inspect},
        {RequestAction::Export, m_actions.exportCertificate},
        {RequestAction::Renew, m_actions.renew},
        {RequestAction::AttemptNow, m_actions.attemptNow},
        {RequestAction::Continue, m_actions.continueRenewing},
        {RequestAction::Enroll, m_actions.enroll},
        {RequestAction::Cancel, m_actions.cancel},
    };
    QList<QAction *> actions;
    for (const auto &[action, trigger] : offered) {
        if (status.actions.testFlag(action))
            actions.append(trigger);
    }
    // Possible for every request at rest, but the way on for one whose key is in the device only.
    if (record.isKeyWithDevice && status.actions.testFlag(RequestAction::UseCsr))
        actions.prepend(m_actions.useCsr);
    out->addWidget(u"actions-%1-%2"_s.arg(status.actions.toInt()).arg(record.isKeyWithDevice),
                   [actions] { return actionButtonRow(actions, u"details"_s); });

    out->addSection(tr("State"));
    out->addRow(tr("Certificate"), status.certificateText);
    out->addRow(tr("Transaction"), brief.transaction);
    out->addRow(tr("Next"), status.nextAction);
    if (!record.transaction.transactionId.isEmpty())
        out->addFixedPitchRow(tr("Transaction ID"), record.transaction.transactionId, record.transaction.transactionId, u"transactionId"_s);
}

void RequestsPane::showCertificate(const Scep::IssuedCertificate &issued)
{
    DetailsView *out = details();
    const Pki::Certificate &certificate = issued.certificate;
    if (!issued.differences.isEmpty()) {
        out->addSection(tr("Issued otherwise than asked"));
        for (const QString &difference : issued.differences)
            out->addNote(Models::Severity::Attention, Models::safeText(difference));
    }
    out->addSection(tr("Current certificate"));
    if (issued.revocation)
        out->addNote(Models::Severity::Bad,
                     issued.revocation->isHold()
                         ? tr("On hold since %1: the CA's revocation list says so. It may come back, or be revoked for good.")
                               .arg(timeText(issued.revocation->date))
                         : tr("Revoked on %1%2: the CA's revocation list says so. A new enrollment is needed.")
                               .arg(timeText(issued.revocation->date),
                                    issued.revocation->reason.isEmpty() ? QString()
                                                                        : u" (%1)"_s.arg(Models::safeText(issued.revocation->reason, 40))));
    out->addRow(tr("Subject"), nameText(certificate.subject()));
    out->addRow(tr("Names"), Models::safeText(Pki::toText(certificate.subjectAlternativeNames())));
    out->addRow(tr("Issuer"), nameText(certificate.issuer()));
    out->addRow(tr("Valid from"), timeText(certificate.notBefore()));
    out->addRow(tr("Valid until"), timeText(certificate.notAfter()));
    out->addRow(tr("Key"), certificate.publicKey().displayName());
    out->addFixedPitchRow(tr("Serial"), certificate.serialNumber().toDisplay(), certificate.serialNumber().toDisplay(), u"serialNumber"_s);

    out->addSection(tr("Chain"));
    // Verifying a handful of signatures takes well under a millisecond.
    const QList<Pki::Certificate> anchors = issued.issuers.isEmpty() ? QList<Pki::Certificate>() : QList{issued.issuers.last()};
    const Pki::CertificateChain chain = Pki::buildChain(certificate, issued.issuers, anchors, QDateTime::currentDateTimeUtc());
    const auto problem = chain.firstProblem();
    if (chain.isTrusted)
        out->addNote(Models::Severity::Good, tr("Complete, up to the confirmed CA."));
    else
        out->addNote(Models::Severity::Bad,
                     problem ? tr("%1: %2.").arg(shortNameText(problem->certificate.subject()), Models::verdictText(problem->verdict))
                             : tr("It does not reach a confirmed CA."));
    for (qsizetype at = 0; at < chain.links.size(); ++at) {
        const QString position = at == 0 ? tr("Device") : at + 1 == chain.links.size() && chain.isTrusted ? tr("Confirmed CA") : tr("CA");
        out->addRow(position, shortNameText(chain.links.at(at).certificate.subject()));
    }

    out->addSection(tr("Fingerprints"));
    out->addWidget(certificate.fingerprint().toHex(), [certificate] { return new FingerprintTable(certificate); });
    for (const QString &note : issued.notes)
        out->addNote(Models::Severity::Neutral, Models::safeText(note));
}

void RequestsPane::showRequest(const Models::RequestRecord &record)
{
    DetailsView *out = details();
    const Scep::EnrollmentRequest &request = record.request;
    out->addSection(tr("What was asked"));
    const Models::ServerRecord *server = m_service.servers()->record(request.server);
    out->addRow(tr("Server"), server != nullptr ? server->server.label : QString());
    out->addRow(tr("Subject"), nameText(request.subject));
    out->addRow(tr("Names"), Models::safeText(Pki::toText(request.subjectAlternativeNames)));
    out->addRow(tr("Key"), request.keySpec.displayName());
    out->addRow(tr("Profile"), request.profile);
    if (record.hasChallenge)
        out->addRow(tr("Challenge"), tr("one is kept for the next transaction"));
    if (!request.isEnabled)
        out->addRow(tr("Enabled"), tr("no: nothing begins by itself"));
    if (request.keyUsage)
        out->addRow(tr("Key usage"), Pki::toText(*request.keyUsage));
    out->addRow(tr("Extended use"), Pki::toText(request.extendedKeyUsage));
    out->addRow(tr("Renewal"), renewalText(request.renewal));
    if (record.certificateCount > 1)
        out->addRow(tr("History"), tr("%n certificates so far", nullptr, record.certificateCount));
    out->addRow(tr("Tags"), Models::safeText(record.extras.tags.join(u", "_s)));
    if (!record.extras.notes.isEmpty()) {
        out->addSection(tr("Notes"));
        out->addText(Models::safeText(record.extras.notes, mostNoteCharacters));
    }
}

void RequestsPane::showDelivery(const Models::RequestRecord &record)
{
    using State = Models::DeliveryState::State;
    const Models::DeliveryState &delivery = record.delivery;
    if (delivery.state == State::None)
        return;
    DetailsView *out = details();
    out->addSection(tr("Delivery"));
    switch (delivery.state) {
    case State::None:
        break;
    case State::Due:
        out->addNote(Models::Severity::Busy, tr("The newest certificate is about to be delivered."));
        break;
    case State::Delivered:
        out->addNote(Models::Severity::Good, tr("Delivered on %1.").arg(timeText(delivery.at)));
        break;
    case State::Failed:
        out->addNote(Models::Severity::Bad, Models::explainDelivery(delivery, record.request.label).oneLine());
        out->addRow(tr("Attempts"), QString::number(delivery.attempts));
        out->addRow(tr("Next attempt"), delivery.nextTryAt.isValid() ? timeText(delivery.nextTryAt) : tr("when you ask for it"));
        break;
    }
    out->addWidget(u"deliver"_s, [this] { return actionButtonRow({m_actions.deliver}, u"delivery"_s); });
}

} // namespace Gui
