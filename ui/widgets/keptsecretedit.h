// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/prompter.h"

#include <QWidget>

class QPushButton;

namespace Gui {

class SecretEdit;

/// A secret that is kept in the vault: can be replaced and forgotten, is never shown. Says whether there is one.
class KeptSecretEdit final : public QWidget
{
    Q_OBJECT

public:
    /// `objectName` is the line's; the button's is the same with "Forget" behind it.
    KeptSecretEdit(const QString &objectName, const QString &name, QWidget *parent = nullptr);
    void setKept(bool isKept); ///< drops what was typed
    [[nodiscard]] bool isKept() const { return m_isKept && !m_forgets; }
    /// Null: what is kept stays. Empty: it goes. Else what was typed.
    [[nodiscard]] SharedSecret secret() const;
    [[nodiscard]] bool hasOne() const; ///< kept or typed
    [[nodiscard]] SecretEdit *line() const { return m_line; }

signals:
    void changed();

private:
    void showState();
    SecretEdit *m_line = nullptr;
    QPushButton *m_forget = nullptr;
    bool m_isKept = false;
    bool m_forgets = false;
};

} // namespace Gui
