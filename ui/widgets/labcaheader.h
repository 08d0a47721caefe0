// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/labcaservice.h"
#include "ui/actions.h"

#include <QWidget>

class QComboBox;
class QLabel;
class QSpinBox;

namespace Gui {

class CopyField;

/// The upper part of the Lab CA page: whether it serves, its address, its fingerprint, its challenge, and how it decides.
class LabCaHeader final : public QWidget
{
    Q_OBJECT

public:
    LabCaHeader(Models::LabCaService &labCa, Actions &actions, QWidget *parent = nullptr);

private:
    QWidget *buildSettings();
    QWidget *buildIdentity();
    void showState();
    void applySettings();

    Models::LabCaService &m_labCa;
    Actions &m_actions;
    QLabel *m_icon = nullptr;
    QLabel *m_state = nullptr;
    QWidget *m_settings = nullptr;
    QComboBox *m_mode = nullptr;
    QSpinBox *m_days = nullptr;
    QSpinBox *m_renewAfter = nullptr;
    QSpinBox *m_port = nullptr;
    QWidget *m_identity = nullptr;
    CopyField *m_address = nullptr;
    CopyField *m_fingerprint = nullptr;
    QLabel *m_decides = nullptr;
    QLabel *m_ca = nullptr; ///< which one issues, and which one will follow
};

} // namespace Gui
