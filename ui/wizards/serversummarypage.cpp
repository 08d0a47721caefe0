// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizards/serversummarypage.h"

#include "ui/widgets/copyfield.h"
#include "ui/widgets/detailsview.h"
#include "ui/widgets/fieldnote.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/negotiationrows.h"
#include "ui/widgets/texts.h"

#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace Gui {

ServerSummaryPage::ServerSummaryPage(const ServerDraft &draft)
    : WizardPage(u"serverSummaryPage"_s, tr("Ready to add"), tr("The server is stored with its confirmed CA. Requests can use it at once."))
    , m_draft(draft)
    , m_details(named(new DetailsView(this), u"serverSummary"_s, tr("Summary")))
    , m_note(named(new FieldNote(this), u"serverSummaryNote"_s, QString()))
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_details, 1);
    layout->addWidget(m_note);
}

void ServerSummaryPage::initializePage()
{
    m_note->clear();
    const Scep::EnrollmentServer &server = m_draft.server;
    m_details->begin(server.label);
    m_details->addTitle(server.label, server.description);
    m_details->addRow(tr("URL"), server.url.toDisplayString());
    m_details->addRow(tr("CA identifier"), server.caIdentifier);
    if (m_draft.probe.roles) {
        const Pki::Certificate anchor = m_draft.probe.roles->anchor;
        m_details->addSection(tr("Confirmed CA"));
        m_details->addRow(tr("Subject"), nameText(anchor.subject()));
        m_details->addRow(tr("Confirmed"), m_draft.confirmedHow);
        m_details->addFixedPitchRow(tr("SHA-256"), fingerprintLines(anchor.fingerprint()), anchor.fingerprint().toDisplay(),
                                    u"summaryFingerprint"_s);
    }
    if (m_draft.probe.roles) {
        addNegotiation(*m_details,
                       {.policy = server.algorithms,
                        .capabilities = m_draft.probe.capabilities,
                        .roles = *m_draft.probe.roles,
                        .roleOverride = server.roleOverride},
                       server.label);
    }
    m_details->end();
}

void ServerSummaryPage::showProgress()
{
    m_note->say(Models::Severity::Busy, tr("Storing the server …"));
}

void ServerSummaryPage::showError(const Models::Explanation &explanation)
{
    m_note->say(explanation);
}

} // namespace Gui
