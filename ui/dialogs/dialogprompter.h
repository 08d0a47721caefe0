// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/prompter.h"

#include <QCoreApplication>

namespace Gui {

/// Asks with window-modal dialogs that are opened, never executed: no nested event loop.
class DialogPrompter final : public Prompter
{
    Q_DECLARE_TR_FUNCTIONS(Gui::DialogPrompter)

public:
    void confirm(QWidget *parent, const Question &question, std::function<void()> yes) override;
    void askSecret(QWidget *parent, const SecretQuestion &question, std::function<void(SharedSecret)> answer,
                   std::function<void()> cancelled) override;
    void askNewVaultPassphrase(QWidget *parent, const QString &workspace, std::function<void(SharedSecret)> answer,
                               std::function<void()> cancelled) override;
    void askText(QWidget *parent, const TextQuestion &question, std::function<void(QString)> answer) override;
    void askFileToOpen(QWidget *parent, const QString &title, const QString &filter, std::function<void(QString)> path) override;
    void askFileToSave(QWidget *parent, const QString &title, const QString &suggestion, const QString &filter,
                       std::function<void(QString)> path) override;
    void askFolder(QWidget *parent, const QString &title, const QString &start, std::function<void(QString)> path) override;
    void tell(QWidget *parent, const QString &title, const Models::Explanation &explanation) override;
};

} // namespace Gui
