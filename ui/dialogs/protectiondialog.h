// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/service.h"
#include "models/vault/vaultlockpolicy.h"

#include <QDialog>

class QCheckBox;
class QPushButton;
class QSpinBox;

namespace Gui {

class FieldNote;
class ProtectionForm;
class SecretEdit;

/// Another pass phrase for the workspace, or none. The present one is asked for, whoever sits at the unlocked window.
class ProtectionDialog final : public QDialog
{
    Q_OBJECT

public:
    ProtectionDialog(Models::Service &service, const Models::VaultLockPolicy::Settings &lock, QWidget *parent = nullptr);
    void accept() override;

signals:
    void lockSettingsChanged(const Models::VaultLockPolicy::Settings &settings); ///< at once, whatever becomes of the pass phrase

private:
    QWidget *buildLocking(const Models::VaultLockPolicy::Settings &lock);
    void update();

    Models::Service &m_service;
    SecretEdit *m_current = nullptr; ///< null: there is no pass phrase yet
    ProtectionForm *m_next = nullptr;
    QSpinBox *m_idle = nullptr;
    QCheckBox *m_onScreenLock = nullptr;
    QCheckBox *m_onSuspend = nullptr;
    FieldNote *m_note = nullptr;
    QPushButton *m_ok = nullptr;
    bool m_isBusy = false;
};

} // namespace Gui
