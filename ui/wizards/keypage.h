// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/wizards/newrequestwizard.h"

namespace Gui {

class KeyForm;
class KeySourceRow;

/// The key and what the certificate shall be good for: a new key, one from a file, or a request that the device made with its own.
class KeyPage final : public WizardPage
{
    Q_OBJECT

public:
    KeyPage(RequestDraft &draft, Prompter &prompter);
    [[nodiscard]] bool isComplete() const override;
    bool validatePage() override;

private:
    RequestDraft &m_draft;
    KeySourceRow *m_source = nullptr; // made first, as it stands first: the Tab key follows
    KeyForm *m_form = nullptr;
};

} // namespace Gui
