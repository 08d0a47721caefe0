// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/wizards/newrequestwizard.h"

namespace Gui {

class KeyForm;

/// The key and what the certificate shall be good for.
class KeyPage final : public WizardPage
{
    Q_OBJECT

public:
    explicit KeyPage(RequestDraft &draft);
    [[nodiscard]] bool isComplete() const override;
    bool validatePage() override;

private:
    RequestDraft &m_draft;
    KeyForm *m_form = nullptr;
};

} // namespace Gui
