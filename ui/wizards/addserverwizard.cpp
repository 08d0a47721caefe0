// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizards/addserverwizard.h"

#include "models/service/errortext.h"
#include "ui/widgets/helpers.h"
#include "ui/wizards/probepage.h"
#include "ui/wizards/serversettingspage.h"
#include "ui/wizards/serversummarypage.h"
#include "ui/wizards/serverurlpage.h"
#include "ui/wizards/trustpage.h"

using namespace Qt::StringLiterals;

namespace Gui {

AddServerWizard::AddServerWizard(Models::Service &service, Prompter &prompter, QWidget *parent)
    : WizardBase(u"addServerWizard"_s, tr("Add enrollment server"), parent)
    , m_service(service)
    , m_draft(std::make_unique<ServerDraft>())
    , m_summary(new ServerSummaryPage(*m_draft))
{
    setPage(UrlPageId, new ServerUrlPage(service, prompter, *m_draft));
    setPage(ProbePageId, new ProbePage(service, *m_draft));
    setPage(TrustPageId, new TrustPage(*m_draft, prompter));
    setPage(SettingsPageId, new ServerSettingsPage(*m_draft, prompter));
    setPage(SummaryPageId, m_summary);
    setButtonText(FinishButton, tr("&Add server"));
    askBeforeLeaving(prompter, tr("The server is not stored, and its CA would have to be confirmed again."));
}

AddServerWizard::~AddServerWizard()
{
    // The pages refer to the draft: they must go first.
    for (const int id : pageIds()) {
        QWizardPage *gone = page(id);
        removePage(id);
        delete gone;
    }
}

void AddServerWizard::accept()
{
    if (m_isStoring)
        return;
    m_isStoring = true;
    setBusy(true);
    m_summary->showProgress();
    whenDone(m_service.addServer(m_draft->server), this, [this](const Models::Result<Scep::ServerId> &id) {
        m_isStoring = false;
        if (!id) {
            setBusy(false);
            m_summary->showError(Models::explain(id.error(), tr("server %1").arg(m_draft->server.label)));
            return;
        }
        emit serverAdded(*id);
        QDialog::accept();
    });
}

} // namespace Gui
