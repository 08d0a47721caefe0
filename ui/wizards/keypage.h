// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/container.h"
#include "ui/wizards/newrequestwizard.h"

class QLabel;
class QPushButton;

namespace Gui {

class FieldNote;
class KeyForm;

/// The key and what the certificate shall be good for: a new key, one from a file, or a request that the device made with its own.
class KeyPage final : public WizardPage
{
    Q_OBJECT

public:
    KeyPage(RequestDraft &draft, Prompter &prompter);
    [[nodiscard]] bool isComplete() const override;
    bool validatePage() override;

private:
    void chooseFile();
    void take(const Pki::Container &file);
    void showSource();

    RequestDraft &m_draft;
    Prompter &m_prompter;
    KeyForm *m_form = nullptr;
    QLabel *m_source = nullptr;
    QPushButton *m_new = nullptr;
    FieldNote *m_note = nullptr;
};

} // namespace Gui
