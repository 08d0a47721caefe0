// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/errortext.h"
#include "ui/wizards/addserverwizard.h"

namespace Gui {

class DetailsView;
class FieldNote;

/// What will be stored.
class ServerSummaryPage final : public WizardPage
{
    Q_OBJECT

public:
    explicit ServerSummaryPage(const ServerDraft &draft);
    void initializePage() override;
    void showProgress();
    void showError(const Models::Explanation &explanation);

private:
    const ServerDraft &m_draft;
    DetailsView *m_details = nullptr;
    FieldNote *m_note = nullptr;
};

} // namespace Gui
