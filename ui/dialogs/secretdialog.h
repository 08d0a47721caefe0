// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/prompter.h"

#include <QDialog>

namespace Gui {

class SecretEdit;

/// Asks for one secret: the vault's pass phrase, a file's, a challenge.
class SecretDialog final : public QDialog
{
    Q_OBJECT

public:
    explicit SecretDialog(const Prompter::SecretQuestion &question, QWidget *parent = nullptr);
    [[nodiscard]] SharedSecret secret() const;

private:
    SecretEdit *m_edit = nullptr;
};

} // namespace Gui
