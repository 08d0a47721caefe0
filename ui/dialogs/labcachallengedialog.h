// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/labcaservice.h"

#include <QDialog>

class QPushButton;
class QRadioButton;

namespace Gui {

class FieldNote;
class SecretEdit;

/// Another challenge for the shown Lab CA, or none.
class LabCaChallengeDialog final : public QDialog
{
    Q_OBJECT

public:
    explicit LabCaChallengeDialog(Models::LabCaService &labCa, QWidget *parent = nullptr);
    void accept() override;

private:
    void update();
    Models::LabCaService &m_labCa;
    QRadioButton *m_random = nullptr;
    QRadioButton *m_typed = nullptr;
    QRadioButton *m_none = nullptr;
    SecretEdit *m_edit = nullptr;
    FieldNote *m_note = nullptr;
    QPushButton *m_ok = nullptr;
    bool m_isBusy = false;
};

} // namespace Gui
