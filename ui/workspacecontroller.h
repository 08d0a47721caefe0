// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/service.h"
#include "ui/prompter.h"

#include <QObject>

class QSettings;

namespace Gui {

class Actions;
class LockGuard;
class MessageBar;

/// What the actions on the workspace as a whole do: locking it and changing what protects it.
class WorkspaceController final : public QObject
{
    Q_OBJECT

public:
    struct Parts {
        Models::Service &service;
        Prompter &prompter;
        Actions &actions;
        MessageBar &messages;
    };
    WorkspaceController(const Parts &parts, QWidget *window);

    void restoreSettings(const QSettings &settings);
    void saveSettings(QSettings &settings) const;
    [[nodiscard]] LockGuard &lockGuard() { return *m_guard; }
    /// Asks for the pass phrase until it fits or the question is cancelled.
    void unlock(const QString &error = {});

private:
    void changeProtection();
    void showLockState(Models::LockState state);

    Parts m_parts;
    QWidget *m_window;
    LockGuard *m_guard;
};

} // namespace Gui
