// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/errortext.h"
#include "scep/worker/changeeffects.h"
#include "ui/wizards/addserverwizard.h"

namespace Gui {

class DetailsView;
class FieldNote;

/// What the confirmation of another CA does, before it is done: to the server, to open transactions, to certificates at hand.
class TrustEffectsPage final : public WizardPage
{
    Q_OBJECT

public:
    TrustEffectsPage(Models::Service &service, const ServerDraft &draft);
    void initializePage() override;
    void showProgress();
    void showError(const Models::Explanation &explanation);

private:
    void countRequests(Scep::ChangeEffects effects);
    Models::Service &m_service;
    const ServerDraft &m_draft;
    DetailsView *m_details = nullptr;
    FieldNote *m_note = nullptr;
};

} // namespace Gui
