// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/records/requestextras.h"
#include "ui/prompter.h"

#include <QWidget>

#include <optional>

class QCheckBox;
class QComboBox;
class QFormLayout;
class QGroupBox;
class QLineEdit;
class QPlainTextEdit;

namespace Gui {

class FieldNote;
class DurationEdit;
class KeptSecretEdit;
class SettingRows;

/// What happens with every new certificate of a request: files into a folder, then a program.
class DeliveryForm final : public QWidget
{
    Q_OBJECT

public:
    explicit DeliveryForm(Prompter &prompter, QWidget *parent = nullptr);
    /// `hasPassphrase`: one for the PKCS#12 file is kept in the vault.
    void setDelivery(const std::optional<Models::Delivery> &delivery, bool hasPassphrase);
    [[nodiscard]] std::optional<Models::Delivery> delivery() const; ///< nullopt: nothing is delivered
    [[nodiscard]] SharedSecret passphrase() const;                  ///< null: the one that is kept stays; empty: it goes
    /// Why it cannot be saved, in a sentence; empty: it can. What is stored and nobody touched is never a reason.
    [[nodiscard]] QString problem() const { return m_problem; }

signals:
    void changed();

private:
    void buildFiles(QFormLayout *form);
    void buildProgram(QFormLayout *form);
    void check();
    [[nodiscard]] Models::Delivery shown() const;

    Prompter &m_prompter;
    QGroupBox *m_box = nullptr;
    QLineEdit *m_folder = nullptr;
    QList<std::pair<Models::Delivery::File, QCheckBox *>> m_files;
    QComboBox *m_style = nullptr;
    KeptSecretEdit *m_passphrase = nullptr;
    QLineEdit *m_keyAlias = nullptr;
    QLineEdit *m_caAlias = nullptr;
    QLineEdit *m_program = nullptr;
    QPlainTextEdit *m_arguments = nullptr;
    DurationEdit *m_timeout = nullptr;
    FieldNote *m_note = nullptr;
    SettingRows *m_fileRows = nullptr;
    SettingRows *m_programRows = nullptr;
    std::optional<Models::Delivery> m_stored; ///< as setDelivery() got it
    std::optional<Models::Delivery> m_before; ///< what it looks like here
    QString m_problem;
};

} // namespace Gui
