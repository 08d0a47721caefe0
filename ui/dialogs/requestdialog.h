// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/service.h"

#include <QDialog>

class QLineEdit;
class QPushButton;
class QTabWidget;

namespace Gui {

class DeliveryForm;
class ExtrasForm;
class FieldNote;
class KeyForm;
class NameEditor;
class Prompter;
class RenewalRuleForm;
class SanEditor;

/// Changes an enrollment request. What it asks for counts from the next enrollment or renewal on; the dialog says so.
class RequestDialog final : public QDialog
{
    Q_OBJECT

public:
    RequestDialog(Models::Service &service, Prompter &prompter, const Models::RequestRecord &record, QWidget *parent = nullptr);
    void accept() override;

private:
    void update();
    [[nodiscard]] Scep::EnrollmentRequest edited() const;

    Models::Service &m_service;
    const Scep::EnrollmentRequest m_before;
    QTabWidget *m_tabs = nullptr;
    QLineEdit *m_label = nullptr;
    RenewalRuleForm *m_renewal = nullptr;
    NameEditor *m_name = nullptr;
    SanEditor *m_alternativeNames = nullptr;
    KeyForm *m_key = nullptr;
    ExtrasForm *m_extras = nullptr;
    DeliveryForm *m_delivery = nullptr;
    FieldNote *m_effects = nullptr;
    FieldNote *m_note = nullptr;
    QPushButton *m_save = nullptr;
    bool m_isBusy = true; ///< until the delivery is read
};

} // namespace Gui
