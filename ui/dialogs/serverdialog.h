// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/service.h"

#include <QDialog>

class QCheckBox;
class QLineEdit;
class QPushButton;

namespace Gui {

class ExtrasForm;
class FieldNote;
class Prompter;
class RoleOverrideForm;
class ServerSettingsForm;
class TrustForm;

/// Changes the settings of a server, its confirmed CA among them. Says before it saves what a change does. Only what was touched is
/// written.
class ServerDialog final : public QDialog
{
    Q_OBJECT

public:
    ServerDialog(Models::Service &service, Prompter &prompter, const Models::ServerRecord &record, QWidget *parent = nullptr);
    void accept() override;

private:
    void update();
    /// Why it cannot be saved, in a sentence that names the place; empty: it can.
    [[nodiscard]] QString problem() const;
    [[nodiscard]] Scep::EnrollmentServer edited() const; ///< when there is no problem
    void restoreDefaults();
    Models::Service &m_service;
    const Models::ServerRecord m_before;
    QLineEdit *m_label = nullptr;
    QLineEdit *m_description = nullptr;
    QLineEdit *m_url = nullptr;
    QLineEdit *m_caIdentifier = nullptr;
    QCheckBox *m_enabled = nullptr;
    FieldNote *m_urlNote = nullptr;
    FieldNote *m_effects = nullptr;
    FieldNote *m_reason = nullptr; ///< why Save is off
    FieldNote *m_note = nullptr;
    ServerSettingsForm *m_settings = nullptr;
    TrustForm *m_trust = nullptr;
    RoleOverrideForm *m_roles = nullptr;
    ExtrasForm *m_extras = nullptr;
    QPushButton *m_save = nullptr;
    bool m_isBusy = false;
};

} // namespace Gui
