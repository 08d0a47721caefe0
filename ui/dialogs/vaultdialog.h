// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/prompter.h"

#include <QDialog>

class QPushButton;

namespace Gui {

class ProtectionForm;

/// First start: how the private keys of the workspace are protected. Going without a pass phrase takes a tick of its own.
class VaultDialog final : public QDialog
{
    Q_OBJECT

public:
    explicit VaultDialog(const QString &workspace, QWidget *parent = nullptr);
    /// Null: no protection.
    [[nodiscard]] SharedSecret passphrase() const;

private:
    void update();
    ProtectionForm *m_form = nullptr;
    QPushButton *m_ok = nullptr;
};

} // namespace Gui
