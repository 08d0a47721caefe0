// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizards/confirmcawizard.h"

#include "models/items/servermodel.h"
#include "models/service/errortext.h"
#include "ui/widgets/helpers.h"
#include "ui/wizards/probepage.h"
#include "ui/wizards/trusteffectspage.h"
#include "ui/wizards/trustpage.h"

using namespace Qt::StringLiterals;

namespace Gui {

ConfirmCaWizard::ConfirmCaWizard(Models::Service &service, Prompter &prompter, const Models::ServerRecord &record,
                                 const Scep::EnrollmentServer &edited, Mode mode, QWidget *parent)
    : WizardBase(u"confirmCaWizard"_s, tr("Confirm the CA of %1").arg(record.server.label), parent)
    , m_service(service)
    , m_draft(std::make_unique<ServerDraft>())
    , m_mode(mode)
{
    m_draft->server = edited;
    m_draft->former = record;
    m_effects = new TrustEffectsPage(service, *m_draft);
    setPage(ProbePageId, new ProbePage(service, *m_draft));
    setPage(TrustPageId, new TrustPage(*m_draft, prompter));
    setPage(EffectsPageId, m_effects);
    setButtonText(FinishButton, mode == Mode::StoresAnchor ? tr("&Confirm CA") : tr("&Use this CA"));
}

ConfirmCaWizard::~ConfirmCaWizard()
{
    // The pages refer to the draft: they must go first.
    for (const int id : pageIds()) {
        QWizardPage *gone = page(id);
        removePage(id);
        delete gone;
    }
}

void ConfirmCaWizard::accept()
{
    if (m_isStoring || !m_draft->server.anchor.isSet() || !m_draft->probe.roles)
        return;
    if (m_mode == Mode::StoresAnchor) {
        store();
        return;
    }
    emit confirmed(m_draft->server.anchor, m_draft->probe.roles->anchor);
    QDialog::accept();
}

void ConfirmCaWizard::store()
{
    const Scep::ServerId id = m_draft->server.id;
    const QString object = tr("server %1").arg(m_draft->server.label);
    // Somebody may have changed something else of it while this wizard was open.
    const Models::ServerRecord *record = m_service.servers()->record(id);
    if (record == nullptr) {
        m_effects->showError(Models::explain({Models::ErrorCode::InvalidArgument, tr("the server was removed meanwhile")}, object));
        return;
    }
    if (record->server.url != m_draft->server.url || record->server.caIdentifier != m_draft->server.caIdentifier) {
        m_effects->showError({tr("The address of %1 was changed meanwhile.").arg(m_draft->server.label),
                              tr("Close this window and confirm the CA of the new address.")});
        return;
    }
    Scep::EnrollmentServer server = record->server;
    server.anchor = m_draft->server.anchor;
    m_isStoring = true;
    setBusy(true);
    m_effects->showProgress();
    whenDone(m_service.updateServer(server, record->extras), this, [this, object](const Models::Result<void> &stored) {
        m_isStoring = false;
        if (!stored) {
            setBusy(false);
            m_effects->showError(Models::explain(stored.error(), object));
            return;
        }
        emit confirmed(m_draft->server.anchor, m_draft->probe.roles->anchor);
        QDialog::accept();
    });
}

} // namespace Gui
