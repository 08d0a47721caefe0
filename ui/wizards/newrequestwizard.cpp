// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizards/newrequestwizard.h"

#include "models/service/errortext.h"
#include "ui/widgets/helpers.h"
#include "ui/wizards/challengepage.h"
#include "ui/wizards/deliverypage.h"
#include "ui/wizards/keypage.h"
#include "ui/wizards/requestserverpage.h"
#include "ui/wizards/reviewpage.h"
#include "ui/wizards/subjectpage.h"

using namespace Qt::StringLiterals;

namespace Gui {

NewRequestWizard::NewRequestWizard(Models::Service &service, Prompter &prompter, Scep::ServerId preferred, QWidget *parent)
    : WizardBase(u"newRequestWizard"_s, tr("New enrollment request"), parent)
    , m_service(service)
    , m_draft(std::make_unique<RequestDraft>())
    , m_review(new ReviewPage(service, *m_draft))
{
    setPage(ServerPageId, new RequestServerPage(service, *m_draft, preferred));
    setPage(SubjectPageId, new SubjectPage(*m_draft));
    setPage(KeyPageId, new KeyPage(*m_draft, prompter));
    setPage(ChallengePageId, new ChallengePage(*m_draft));
    setPage(DeliveryPageId, new DeliveryPage(*m_draft, prompter));
    setPage(ReviewPageId, m_review);
    setButtonText(FinishButton, tr("&Send request"));
    askBeforeLeaving(prompter,
                     tr("Nothing is stored or sent: subject, names, key and challenge of this request would have to be given again."));
}

NewRequestWizard::~NewRequestWizard()
{
    // The pages refer to the draft: they must go first.
    for (const int id : pageIds()) {
        QWizardPage *gone = page(id);
        removePage(id);
        delete gone;
    }
}

void NewRequestWizard::accept()
{
    if (m_isSubmitting || !m_draft->prepared)
        return;
    m_isSubmitting = true;
    setBusy(true);
    m_review->showProgress(tr("Storing the request …"));
    whenDone(m_service.submit(*m_draft->prepared, m_draft->challenge, m_draft->companions), this,
             [this](const Models::Result<Scep::RequestId> &id) {
                 m_isSubmitting = false;
                 m_review->hideProgress();
                 if (!id) {
                     setBusy(false);
                     m_review->showError(Models::explain(id.error(), tr("request %1").arg(m_draft->request.label)));
                     return;
                 }
                 emit requestSubmitted(*id);
                 QDialog::accept();
             });
}

} // namespace Gui
