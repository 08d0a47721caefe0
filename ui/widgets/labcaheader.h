// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/labcaservice.h"
#include "ui/actions.h"

#include <QWidget>

class QComboBox;
class QLabel;

namespace Gui {

class CopyField;

/// The upper part of the Lab CA page: whether it serves, its address, its fingerprint, its challenge, and how it decides.
class LabCaHeader final : public QWidget
{
    Q_OBJECT

public:
    LabCaHeader(Models::LabCaService &labCa, Actions &actions, QWidget *parent = nullptr);

private:
    QWidget *buildIdentity();
    void showState();
    void showRollover(const Models::LabCaIdentity &identity);

    Models::LabCaService &m_labCa;
    Actions &m_actions;
    QLabel *m_icon = nullptr;
    QLabel *m_state = nullptr;
    QComboBox *m_which = nullptr; ///< of several CAs
    QWidget *m_identity = nullptr;
    CopyField *m_address = nullptr;
    CopyField *m_fingerprint = nullptr;
    QWidget *m_challenge = nullptr;
    QLabel *m_noChallenge = nullptr;
    QLabel *m_ca = nullptr; ///< which one issues, and which one will follow
};

} // namespace Gui
