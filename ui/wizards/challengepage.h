// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/wizards/newrequestwizard.h"

namespace Gui {

class FieldNote;
class RenewalRuleForm;
class SecretEdit;

/// The challenge, and when the certificate is renewed.
class ChallengePage final : public WizardPage
{
    Q_OBJECT

public:
    explicit ChallengePage(RequestDraft &draft);
    [[nodiscard]] bool isComplete() const override;
    bool validatePage() override;

private:
    void check();
    RequestDraft &m_draft;
    SecretEdit *m_challenge = nullptr;
    FieldNote *m_challengeNote = nullptr;
    RenewalRuleForm *m_renewal = nullptr;
};

} // namespace Gui
