// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/wizards/newrequestwizard.h"

class QCheckBox;
class QComboBox;
class QGroupBox;
class QLineEdit;

namespace Gui {

class FieldNote;

/// The key and what the certificate shall be good for.
class KeyPage final : public WizardPage
{
    Q_OBJECT

public:
    explicit KeyPage(RequestDraft &draft);
    [[nodiscard]] bool isComplete() const override;
    bool validatePage() override;

private:
    void check();
    [[nodiscard]] Pki::KeySpec keySpec() const;
    [[nodiscard]] Pki::Result<QList<Pki::Oid>> extendedUse() const;
    RequestDraft &m_draft;
    QComboBox *m_key = nullptr;
    FieldNote *m_keyNote = nullptr;
    QCheckBox *m_reuse = nullptr;
    QLineEdit *m_profile = nullptr;
    QGroupBox *m_usageBox = nullptr;
    QList<std::pair<Pki::KeyUsageBit, QCheckBox *>> m_usages;
    QList<std::pair<QString, QCheckBox *>> m_extendedUses;
    QLineEdit *m_otherUses = nullptr;
    FieldNote *m_otherNote = nullptr;
    bool m_isComplete = true;
};

} // namespace Gui
