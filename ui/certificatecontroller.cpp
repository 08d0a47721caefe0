// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/certificatecontroller.h"

#include "models/service/errortext.h"
#include "ui/actions.h"
#include "ui/dialogs/exportdialog.h"
#include "ui/panes/certificatespane.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/messagebar.h"

#include <QAction>
#include <QPointer>

#include <algorithm>

namespace Gui {

CertificateController::CertificateController(const Parts &parts, QWidget *window)
    : QObject(window)
    , m_parts(parts)
    , m_window(window)
{
    connect(m_parts.actions.removeCertificate, &QAction::triggered, this, [this] { remove(); });
    connect(m_parts.actions.showRequestOfCertificate, &QAction::triggered, this, [this] {
        const QList<Models::CertificateRow> rows = m_parts.pane.selected();
        if (rows.size() == 1)
            emit requestWanted(rows.first().request);
    });
}

void CertificateController::withSelected(std::function<void(const Scep::IssuedCertificate &, const QString &label)> work)
{
    const QList<Models::CertificateRow> rows = m_parts.pane.selected();
    if (rows.size() != 1)
        return;
    whenDone(m_parts.service.certificates(rows.first().request), this,
             [this, row = rows.first(), work = std::move(work)](const Models::Result<QList<Scep::IssuedCertificate>> &certificates) {
                 if (!certificates) {
                     m_parts.messages.say(Models::explain(certificates.error(), Models::safeText(row.subject)));
                     return;
                 }
                 const auto found = std::ranges::find(*certificates, row.id, &Scep::IssuedCertificate::id);
                 if (found != certificates->end())
                     work(*found, row.requestLabel);
             });
}

void CertificateController::inspect()
{
    withSelected(
        [this](const Scep::IssuedCertificate &issued, const QString &) { emit inspectRequested(issued.certificate, issued.issuers); });
}

void CertificateController::exportSelected()
{
    withSelected([this](const Scep::IssuedCertificate &issued, const QString &label) {
        ExportDialog::openFor(m_parts.service, m_parts.prompter, m_parts.messages, issued, label, m_window);
    });
}

void CertificateController::remove()
{
    const QList<Models::CertificateRow> rows = m_parts.pane.selected();
    for (const Models::CertificateRow &row : rows) {
        whenDone(m_parts.service.removeCertificate(row.id), this, [this, row](const Models::Result<void> &removed) {
            if (!removed) {
                m_parts.messages.say(Models::explain(removed.error(), Models::safeText(row.subject)));
                return;
            }
            m_parts.messages.offer(Models::Severity::Neutral, tr("The certificate of %1 is in the bin.").arg(Models::safeText(row.subject)),
                                   tr("Undo"), [controller = QPointer<CertificateController>(this), row] {
                                       if (!controller)
                                           return;
                                       whenDone(controller->m_parts.service.restore(Models::BinRecord::Kind::Certificate, row.id.value),
                                                controller.data(), [controller, row](const Models::Result<QString> &restored) {
                                                    if (!restored)
                                                        controller->m_parts.messages.say(
                                                            Models::explain(restored.error(), Models::safeText(row.subject)));
                                                });
                                   });
        });
    }
}

} // namespace Gui
