// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/wizards/addserverwizard.h"

class QLineEdit;

namespace Gui {

class FieldNote;
class TlsForm;

/// Where the server is and what it is called here.
class ServerUrlPage final : public WizardPage
{
    Q_OBJECT

public:
    ServerUrlPage(Models::Service &service, Prompter &prompter, ServerDraft &draft);
    [[nodiscard]] bool isComplete() const override;
    bool validatePage() override;

private:
    void check();
    [[nodiscard]] bool isLabelTaken(const QString &label) const;
    [[nodiscard]] QString suggestedLabel(const QUrl &url) const;
    Models::Service &m_service;
    ServerDraft &m_draft;
    QLineEdit *m_url = nullptr;
    QLineEdit *m_caIdentifier = nullptr;
    QLineEdit *m_label = nullptr;
    QLineEdit *m_description = nullptr;
    FieldNote *m_urlNote = nullptr;
    FieldNote *m_labelNote = nullptr;
    TlsForm *m_tls = nullptr; ///< shown for https
    bool m_isLabelTyped = false;
    bool m_isComplete = false;
};

} // namespace Gui
