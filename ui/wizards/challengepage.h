// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/wizards/newrequestwizard.h"

class QComboBox;
class QSpinBox;

namespace Gui {

class FieldNote;
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
    void kindChanged();
    [[nodiscard]] Scep::RenewalRule rule() const;
    RequestDraft &m_draft;
    SecretEdit *m_challenge = nullptr;
    FieldNote *m_challengeNote = nullptr;
    QComboBox *m_kind = nullptr;
    QSpinBox *m_value = nullptr;
    FieldNote *m_renewalNote = nullptr;
};

} // namespace Gui
