// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/wizards/newrequestwizard.h"

class QComboBox;
class QLineEdit;

namespace Gui {

class FieldNote;

/// Which server, and what the request is called here.
class RequestServerPage final : public WizardPage
{
    Q_OBJECT

public:
    RequestServerPage(Models::Service &service, RequestDraft &draft, Scep::ServerId preferred);
    [[nodiscard]] bool isComplete() const override;
    bool validatePage() override;

private:
    void check();
    [[nodiscard]] bool isLabelTaken(const QString &label) const;
    Models::Service &m_service;
    RequestDraft &m_draft;
    QComboBox *m_server = nullptr;
    QLineEdit *m_label = nullptr;
    FieldNote *m_serverNote = nullptr;
    FieldNote *m_labelNote = nullptr;
    bool m_isComplete = false;
};

} // namespace Gui
