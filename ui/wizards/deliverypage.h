// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/wizards/newrequestwizard.h"

namespace Gui {

class DeliveryForm;
class ExtrasForm;

/// Where the certificates go, and what people write beside the request. Everything here may be left as it is: Next skips it.
class DeliveryPage final : public WizardPage
{
    Q_OBJECT

public:
    DeliveryPage(RequestDraft &draft, Prompter &prompter);
    [[nodiscard]] bool isComplete() const override;
    bool validatePage() override;

private:
    RequestDraft &m_draft;
    DeliveryForm *m_delivery = nullptr;
    ExtrasForm *m_extras = nullptr;
};

} // namespace Gui
