// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/wizards/newrequestwizard.h"

namespace Gui {

class NameEditor;
class SanEditor;

/// Who the certificate is for: subject and alternative names.
class SubjectPage final : public WizardPage
{
    Q_OBJECT

public:
    explicit SubjectPage(RequestDraft &draft);
    void initializePage() override;
    [[nodiscard]] bool isComplete() const override;
    bool validatePage() override;

private:
    RequestDraft &m_draft;
    NameEditor *m_name = nullptr;
    SanEditor *m_alternativeNames = nullptr;
};

} // namespace Gui
