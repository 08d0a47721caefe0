// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/wizards/addserverwizard.h"

namespace Gui {

class FieldNote;
class ServerSettingsForm;

/// How to talk to the server. The defaults suit most servers.
class ServerSettingsPage final : public WizardPage
{
    Q_OBJECT

public:
    ServerSettingsPage(ServerDraft &draft, Prompter &prompter);
    void initializePage() override;
    [[nodiscard]] bool isComplete() const override;
    bool validatePage() override;

private:
    ServerDraft &m_draft;
    Scep::EnrollmentServer m_base; ///< before this page
    ServerSettingsForm *m_form = nullptr;
    FieldNote *m_reason = nullptr; ///< why Next is off
};

} // namespace Gui
