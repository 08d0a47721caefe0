// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/records/requestextras.h"
#include "ui/prompter.h"

#include <QWidget>

#include <optional>

class QCheckBox;
class QComboBox;
class QGroupBox;
class QLineEdit;
class QPlainTextEdit;
class QSpinBox;

namespace Gui {

class FieldNote;
class SecretEdit;

/// What happens with every new certificate of a request: files into a folder, then a program.
class DeliveryForm final : public QWidget
{
    Q_OBJECT

public:
    explicit DeliveryForm(Prompter &prompter, QWidget *parent = nullptr);
    /// `hasPassphrase`: one for the PKCS#12 file is kept in the vault.
    void setDelivery(const std::optional<Models::Delivery> &delivery, bool hasPassphrase);
    [[nodiscard]] std::optional<Models::Delivery> delivery() const; ///< nullopt: nothing is delivered
    [[nodiscard]] SharedSecret passphrase() const;                  ///< null: the one that is kept stays
    [[nodiscard]] bool isValid() const { return m_isValid; }

signals:
    void changed();

private:
    QWidget *buildFiles();
    QWidget *buildProgram();
    void check();
    [[nodiscard]] Models::Delivery edited() const;

    Prompter &m_prompter;
    QGroupBox *m_box = nullptr;
    QLineEdit *m_folder = nullptr;
    QList<std::pair<Models::Delivery::File, QCheckBox *>> m_files;
    QComboBox *m_style = nullptr;
    SecretEdit *m_passphrase = nullptr;
    QLineEdit *m_keyAlias = nullptr;
    QLineEdit *m_caAlias = nullptr;
    QLineEdit *m_program = nullptr;
    QPlainTextEdit *m_arguments = nullptr;
    QSpinBox *m_timeout = nullptr;
    FieldNote *m_note = nullptr;
    bool m_hasPassphrase = false;
    bool m_isValid = true;
};

} // namespace Gui
