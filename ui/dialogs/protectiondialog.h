// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/service.h"

#include <QDialog>

class QPushButton;

namespace Gui {

class FieldNote;
class ProtectionForm;
class SecretEdit;

/// Another pass phrase for the workspace, or none. The present one is asked for, whoever sits at the unlocked window.
class ProtectionDialog final : public QDialog
{
    Q_OBJECT

public:
    explicit ProtectionDialog(Models::Service &service, QWidget *parent = nullptr);
    void accept() override;

private:
    void update();

    Models::Service &m_service;
    SecretEdit *m_current = nullptr; ///< null: there is no pass phrase yet
    ProtectionForm *m_next = nullptr;
    FieldNote *m_note = nullptr;
    QPushButton *m_ok = nullptr;
    bool m_isBusy = false;
};

} // namespace Gui
