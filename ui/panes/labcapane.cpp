// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/panes/labcapane.h"

#include "models/service/errortext.h"
#include "ui/delegates/severitydelegate.h"
#include "ui/widgets/detailsview.h"
#include "ui/widgets/emptystate.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/labcaheader.h"
#include "ui/widgets/texts.h"

#include <QAction>
#include <QFrame>
#include <QLabel>
#include <QMenu>
#include <QPlainTextEdit>
#include <QTreeView>
#include <QVBoxLayout>

#include <algorithm>

using namespace Qt::StringLiterals;
using Models::LabCaEnrollmentModel;

namespace Gui {
namespace {

constexpr int mostLogLines = 500;
constexpr int shownLogLines = 6;
constexpr int leastLogLines = 2;

QMenu *contextMenu(const Actions &actions)
{
    auto *menu = new QMenu;
    menu->addActions({actions.approveEnrollment, actions.rejectEnrollment});
    menu->addSeparator();
    menu->addActions({actions.inspect, actions.revokeEnrollment});
    return menu;
}

/// The log below a line and a heading.
QWidget *makeLog()
{
    auto *log = named(new QPlainTextEdit, u"labCaLog"_s, LabCaPane::tr("Requests that the Lab CA served"));
    log->setReadOnly(true);
    log->setMaximumBlockCount(mostLogLines);
    log->setLineWrapMode(QPlainTextEdit::NoWrap);
    log->setFrameShape(QFrame::NoFrame);
    log->setPlaceholderText(LabCaPane::tr("Requests to the Lab CA appear here as they are served."));
    setMonospace(log);
    // Gives room to the rest of the page where there is little.
    log->setMinimumHeight(log->fontMetrics().lineSpacing() * leastLogLines + 12);
    log->setMaximumHeight(log->fontMetrics().lineSpacing() * shownLogLines + 12);

    auto *holder = new QWidget;
    auto *line = new QFrame(holder);
    line->setFrameShape(QFrame::HLine);
    line->setForegroundRole(QPalette::Mid);
    auto *layout = new QVBoxLayout(holder);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(line);
    auto *heading = plainLabel(LabCaPane::tr("Served"), holder);
    heading->setForegroundRole(QPalette::PlaceholderText);
    heading->setContentsMargins(12, 4, 12, 4);
    layout->addWidget(heading);
    layout->addWidget(log);
    return holder;
}

} // namespace

LabCaPane::LabCaPane(Models::LabCaService &labCa, Actions &actions, QWidget *parent)
    : Pane(
          Description{
              .name = u"labCaPane"_s,
              .title = tr("Lab CA"),
              .filterHint = tr("Filter enrollments by subject, state or name"),
              .model = labCa.enrollments(),
              .sortRole = LabCaEnrollmentModel::SortRole,
              .sortColumn = LabCaEnrollmentModel::StateColumn,
              .widths = {28, 24, 16, 30, 24},
              .isTree = false,
              .emptyState = new EmptyState(u"lab-ca"_s, tr("Nothing was requested yet"),
                                           tr("Start the Lab CA, add it as a server, and request a certificate there: what waits for your "
                                              "approval and what was issued is listed here."),
                                           nullptr),
              .menu = contextMenu(actions),
              .header = new LabCaHeader(labCa, actions),
              .footer = makeLog(),
          },
          parent)
    , m_labCa(labCa)
    , m_actions(actions)
    , m_header(findChild<LabCaHeader *>(u"labCaHeader"_s))
    , m_log(findChild<QPlainTextEdit *>(u"labCaLog"_s))
{
    view()->setItemDelegateForColumn(LabCaEnrollmentModel::StateColumn, new SeverityDelegate(LabCaEnrollmentModel::SeverityRole, this));
    connect(this, &Pane::activated, actions.inspect, &QAction::trigger);
    connect(&m_labCa, &Models::LabCaService::requestServed, this, &LabCaPane::log);
    connect(&m_labCa, &Models::LabCaService::stateChanged, this, &Pane::selectionChanged);
    connect(&m_labCa, &Models::LabCaService::identityChanged, this, &Pane::selectionChanged);
    connect(&m_labCa, &Models::LabCaService::settingsChanged, this, &Pane::selectionChanged);
}

QList<Models::LabCaEnrollment> LabCaPane::selected() const
{
    QList<Models::LabCaEnrollment> found;
    for (const QModelIndex &row : selectedSourceRows()) {
        if (const Models::LabCaEnrollment *enrollment = m_labCa.enrollments()->record(row))
            found.append(*enrollment);
    }
    return found;
}

QStringList LabCaPane::selectedWaiting() const
{
    QStringList ids;
    const QList<Models::LabCaEnrollment> chosen = selected();
    for (const Models::LabCaEnrollment &enrollment : chosen) {
        if (enrollment.state != LabCa::Enrollment::State::Pending)
            return {};
        ids.append(enrollment.transactionId);
    }
    return ids;
}

QStringList LabCaPane::selectedRevocable() const
{
    QStringList ids;
    const QList<Models::LabCaEnrollment> chosen = selected();
    for (const Models::LabCaEnrollment &enrollment : chosen) {
        if (enrollment.certificate.isNull() || enrollment.revocation)
            return {};
        ids.append(enrollment.transactionId);
    }
    return ids;
}

Pki::Certificate LabCaPane::selectedCertificate() const
{
    const QList<Models::LabCaEnrollment> chosen = selected();
    return chosen.size() == 1 ? chosen.first().certificate : Pki::Certificate();
}

Actions::Context LabCaPane::context() const
{
    Actions::Context context;
    context.place = Actions::Place::LabCa;
    context.hasCertificate = !selectedCertificate().isNull();
    context.selectedWaiting = static_cast<int>(selectedWaiting().size());
    context.selectedRevocable = static_cast<int>(selectedRevocable().size());
    return context;
}

void LabCaPane::showDetails()
{
    DetailsView *out = details();
    const QList<Models::LabCaEnrollment> chosen = selected();
    if (chosen.size() != 1) {
        out->begin(QString());
        out->addText(chosen.isEmpty() ? tr("Select an enrollment to see what was asked for.")
                                      : tr("%n enrollments are selected.", nullptr, static_cast<int>(chosen.size())));
        if (!selectedWaiting().isEmpty())
            out->addWidget(u"buttons"_s, [this] {
                return actionButtonRow({m_actions.approveEnrollment, m_actions.rejectEnrollment}, u"labCaDetails"_s);
            });
        else if (!selectedRevocable().isEmpty())
            out->addWidget(u"revoke"_s, [this] { return actionButtonRow({m_actions.revokeEnrollment}, u"labCaDetails"_s); });
        out->end();
        return;
    }
    const Models::LabCaEnrollment &enrollment = chosen.first();
    out->begin(enrollment.transactionId);
    out->addTitle(Models::safeText(enrollment.subject), Models::safeText(enrollment.alternativeNames));
    out->addNote(Models::labCaSeverity(enrollment), Models::labCaStateText(enrollment));
    if (enrollment.state == LabCa::Enrollment::State::Pending)
        out->addWidget(u"buttons"_s,
                       [this] { return actionButtonRow({m_actions.approveEnrollment, m_actions.rejectEnrollment}, u"labCaDetails"_s); });
    out->addSection(tr("Request"));
    out->addRow(tr("Received"), timeText(enrollment.receivedAt));
    out->addRow(tr("Profile"), Models::safeText(enrollment.profile));
    out->addRow(tr("Transaction"), Models::safeText(enrollment.transactionId));
    if (!enrollment.issuingTrouble.isEmpty())
        out->addRow(tr("Not issued because"), Models::safeText(enrollment.issuingTrouble));
    if (enrollment.state == LabCa::Enrollment::State::Rejected)
        out->addRow(tr("Refused because"), Models::safeText(enrollment.rejectionReason));
    if (!enrollment.certificate.isNull()) {
        const Pki::Certificate &certificate = enrollment.certificate;
        out->addSection(tr("Certificate"));
        out->addRow(tr("Serial number"), certificate.serialNumber().toDisplay());
        out->addRow(tr("Valid"), validityText(certificate));
        out->addRow(tr("Key"), certificate.publicKey().displayName());
        if (enrollment.revocation) {
            out->addRow(tr("Revoked"), timeText(enrollment.revocation->at));
            out->addRow(tr("Reason"), enrollment.revocation->reason.isEmpty() ? tr("none given") : enrollment.revocation->reason);
        }
        QList<QAction *> offered{m_actions.inspect};
        if (!enrollment.revocation)
            offered.append(m_actions.revokeEnrollment);
        out->addWidget(u"certificate-%1"_s.arg(offered.size()), [offered] { return actionButtonRow(offered, u"labCaInspect"_s); });
    }
    out->end();
}

void LabCaPane::log(const LabCa::LogEntry &entry)
{
    const QString subject = entry.subject.isEmpty() ? QString() : u"  %1"_s.arg(entry.subject);
    m_log->appendPlainText(Models::safeText(u"%1  %2%3  %4"_s.arg(QLocale().toString(entry.at.toLocalTime().time(), QLocale::LongFormat),
                                                                  entry.operation, subject, entry.outcome)));
}

} // namespace Gui
