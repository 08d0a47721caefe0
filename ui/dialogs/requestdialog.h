// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/service.h"

#include <QDialog>

class QCheckBox;
class QComboBox;
class QLineEdit;
class QPushButton;
class QTabWidget;

namespace Gui {

class DeliveryForm;
class ExtrasForm;
class FieldNote;
class KeptSecretEdit;
class KeyForm;
class KeySourceRow;
class NameEditor;
class Prompter;
class RenewalRuleForm;
class SanEditor;
class SettingRows;

/// Changes an enrollment request. What it asks for counts from the next enrollment or renewal on; the dialog says so. Only what was touched
/// is written.
class RequestDialog final : public QDialog
{
    Q_OBJECT

public:
    RequestDialog(Models::Service &service, Prompter &prompter, const Models::RequestRecord &record, QWidget *parent = nullptr);
    void accept() override;

private:
    QWidget *buildGeneral();
    QWidget *buildSubject();
    QWidget *buildKey();
    void listServers();
    void fill();
    void restoreDefaults();
    void keySourceChanged();
    void update();
    /// Why it cannot be saved, in a sentence that names the place; empty: it can.
    [[nodiscard]] QString problem() const;
    [[nodiscard]] Scep::EnrollmentRequest edited() const;

    Models::Service &m_service;
    const Models::RequestRecord m_record;
    const Scep::EnrollmentRequest m_before;
    QTabWidget *m_tabs = nullptr;
    SettingRows *m_rows = nullptr;
    QLineEdit *m_label = nullptr;
    QComboBox *m_server = nullptr;
    QCheckBox *m_enabled = nullptr;
    RenewalRuleForm *m_renewal = nullptr;
    KeptSecretEdit *m_challenge = nullptr;
    QLineEdit *m_transactionId = nullptr;
    FieldNote *m_transactionIdNote = nullptr;
    NameEditor *m_name = nullptr;
    SanEditor *m_alternativeNames = nullptr;
    KeySourceRow *m_keySource = nullptr;
    KeyForm *m_key = nullptr;
    ExtrasForm *m_extras = nullptr;
    DeliveryForm *m_delivery = nullptr;
    FieldNote *m_effects = nullptr;
    FieldNote *m_reason = nullptr; ///< why Save is off
    FieldNote *m_note = nullptr;
    QPushButton *m_save = nullptr;
    Pki::DistinguishedName m_shownName; ///< what the stored one looks like
    Pki::SubjectAlternativeNames m_shownNames;
    bool m_isBusy = true; ///< until the delivery is read
};

} // namespace Gui
