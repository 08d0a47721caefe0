// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/labcaservice.h"

#include <QDialog>

class QCheckBox;
class QComboBox;
class QFormLayout;
class QLineEdit;
class QPushButton;
class QSpinBox;

namespace Gui {

class FieldNote;
class NewPassphraseForm;

/// The Lab CA's first CA, or one more beside those that it serves.
class NewLabCaDialog final : public QDialog
{
    Q_OBJECT

public:
    /// The first one gets the settings that the service has, others the usual ones.
    explicit NewLabCaDialog(Models::LabCaService &labCa, QWidget *parent = nullptr);
    void accept() override;

private:
    void buildNames(QFormLayout *form);
    void buildKeys(QFormLayout *form);
    QWidget *buildProtection();
    void update();
    [[nodiscard]] Models::NewLabCa described() const;

    Models::LabCaService &m_labCa;
    const bool m_isFirst;
    QLineEdit *m_alias = nullptr;
    QLineEdit *m_name = nullptr;
    QLineEdit *m_rootSubject = nullptr;
    QLineEdit *m_issuingSubject = nullptr;
    QComboBox *m_key = nullptr;
    QComboBox *m_ra = nullptr;
    QSpinBox *m_rootYears = nullptr;
    QSpinBox *m_issuingYears = nullptr;
    QCheckBox *m_isProtected = nullptr;
    NewPassphraseForm *m_passphrase = nullptr;
    FieldNote *m_note = nullptr;
    QPushButton *m_ok = nullptr;
    bool m_isBusy = false;
};

} // namespace Gui
