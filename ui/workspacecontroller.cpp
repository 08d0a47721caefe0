// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/workspacecontroller.h"

#include "models/service/errortext.h"
#include "ui/actions.h"
#include "ui/dialogs/bindialog.h"
#include "ui/dialogs/keepingdialog.h"
#include "ui/dialogs/protectiondialog.h"
#include "ui/lockguard.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/messagebar.h"

#include <QAction>
#include <QPointer>
#include <QSettings>

using namespace Qt::StringLiterals;

namespace Gui {

WorkspaceController::WorkspaceController(const Parts &parts, QWidget *window)
    : QObject(window)
    , m_parts(parts)
    , m_window(window)
    , m_guard(new LockGuard([] { return QDateTime::currentDateTimeUtc(); }, this))
{
    const Actions &actions = m_parts.actions;
    connect(actions.lockWorkspace, &QAction::triggered, this, [this] { m_parts.service.lock(); });
    connect(actions.unlockWorkspace, &QAction::triggered, this, [this] { unlock(); });
    connect(actions.protectWorkspace, &QAction::triggered, this, [this] { changeProtection(); });
    connect(actions.openBin, &QAction::triggered, this, [this] {
        auto *dialog = new BinDialog(m_parts.service, m_parts.prompter, m_window);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->open();
    });
    connect(actions.keeping, &QAction::triggered, this, [this] {
        auto *dialog = new KeepingDialog(m_parts.service, m_window);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->open();
    });
    connect(m_guard, &LockGuard::lockWanted, &m_parts.service, &Models::Service::lock);
    connect(&m_parts.service, &Models::Service::lockStateChanged, this, &WorkspaceController::showLockState);
}

void WorkspaceController::showLockState(Models::LockState state)
{
    m_guard->used(); // unlocked a moment ago, it is not locked for what was before
    if (state == Models::LockState::Locked) {
        m_parts.messages.offer(Models::Severity::Attention,
                               tr("The workspace is locked: what needs a private key or a challenge waits until you unlock it."),
                               tr("Unlock…"), [controller = QPointer<WorkspaceController>(this)] {
                                   if (controller)
                                       controller->unlock();
                               });
    } else {
        m_parts.messages.dismiss();
    }
}

void WorkspaceController::restoreSettings(const QSettings &settings)
{
    Models::VaultLockPolicy::Settings restored;
    restored.idle = std::chrono::minutes(qBound(0, settings.value(u"lock/idleMinutes"_s, int(restored.idle.count())).toInt(), 24 * 60));
    restored.onScreenLock = settings.value(u"lock/withScreen"_s, restored.onScreenLock).toBool();
    restored.onSuspend = settings.value(u"lock/beforeSleep"_s, restored.onSuspend).toBool();
    m_guard->setSettings(restored);
}

void WorkspaceController::saveSettings(QSettings &settings) const
{
    const Models::VaultLockPolicy::Settings &current = m_guard->settings();
    settings.setValue(u"lock/idleMinutes"_s, int(current.idle.count()));
    settings.setValue(u"lock/withScreen"_s, current.onScreenLock);
    settings.setValue(u"lock/beforeSleep"_s, current.onSuspend);
}

void WorkspaceController::unlock(const QString &error)
{
    m_parts.prompter.askSecret(
        m_window,
        {.title = tr("Unlock the workspace"),
         .text = tr("What waits for a private key goes on afterwards."),
         .field = tr("Pass phrase"),
         .error = error,
         .isOptional = false},
        [controller = QPointer<WorkspaceController>(this)](const SharedSecret &passphrase) {
            if (!controller)
                return;
            whenDone(controller->m_parts.service.unlock(passphrase), controller.data(), [controller](const Models::Result<void> &result) {
                if (!result)
                    controller->unlock(Models::explain(result.error(), tr("the workspace")).oneLine());
            });
        },
        [controller = QPointer<WorkspaceController>(this)] {
            if (controller)
                controller->showLockState(controller->m_parts.service.lockState());
        });
}

void WorkspaceController::changeProtection()
{
    auto *dialog = new ProtectionDialog(m_parts.service, m_guard->settings(), m_window);
    connect(dialog, &ProtectionDialog::lockSettingsChanged, m_guard, &LockGuard::setSettings);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [this] {
        m_parts.messages.say(Models::Severity::Good,
                             m_parts.service.lockState() == Models::LockState::Unprotected
                                 ? tr("The workspace is not protected any more.")
                                 : tr("The new pass phrase counts from now on. Older backups keep the former one."));
    });
    dialog->open();
}

} // namespace Gui
