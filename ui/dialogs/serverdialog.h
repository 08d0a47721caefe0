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

/// Changes the settings of a server. A changed URL or CA identifier means that its CA is checked again.
class ServerDialog final : public QDialog
{
    Q_OBJECT

public:
    ServerDialog(Models::Service &service, Prompter &prompter, const Models::ServerRecord &record, QWidget *parent = nullptr);
    void accept() override;

private:
    void update();
    [[nodiscard]] std::optional<Scep::EnrollmentServer> edited() const; ///< nullopt: something is wrong in the form
    Models::Service &m_service;
    const Models::ServerRecord m_before;
    QLineEdit *m_label = nullptr;
    QLineEdit *m_description = nullptr;
    QLineEdit *m_url = nullptr;
    QLineEdit *m_caIdentifier = nullptr;
    QCheckBox *m_enabled = nullptr;
    FieldNote *m_urlNote = nullptr;
    FieldNote *m_effects = nullptr;
    FieldNote *m_note = nullptr;
    ServerSettingsForm *m_settings = nullptr;
    RoleOverrideForm *m_roles = nullptr;
    ExtrasForm *m_extras = nullptr;
    QPushButton *m_save = nullptr;
    bool m_isBusy = false;
};

} // namespace Gui
