// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/labcaservice.h"

#include <QDialog>

class QComboBox;
class QLineEdit;
class QPushButton;
class QSpinBox;

namespace Gui {

class FieldNote;

/// One more CA beside those that the Lab CA serves.
class NewLabCaDialog final : public QDialog
{
    Q_OBJECT

public:
    explicit NewLabCaDialog(Models::LabCaService &labCa, QWidget *parent = nullptr);
    void accept() override;

private:
    void update();
    Models::LabCaService &m_labCa;
    QLineEdit *m_alias = nullptr;
    QLineEdit *m_name = nullptr;
    QComboBox *m_key = nullptr;
    QComboBox *m_ra = nullptr;
    QSpinBox *m_rootYears = nullptr;
    QSpinBox *m_issuingYears = nullptr;
    FieldNote *m_note = nullptr;
    QPushButton *m_ok = nullptr;
    bool m_isBusy = false;
};

} // namespace Gui
