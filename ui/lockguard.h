// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/vault/vaultlockpolicy.h"

#include <QObject>
#include <QTimer>

#include <functional>

namespace Gui {

/// Wants the workspace locked when nobody is there any more: it watches keys and mouse of this program, and is told of the screen and of
/// sleep by whoever listens to the desktop. GUI thread.
class LockGuard final : public QObject
{
    Q_OBJECT

public:
    using Now = std::function<QDateTime()>;
    explicit LockGuard(Now now, QObject *parent = nullptr);
    ~LockGuard() override;

    [[nodiscard]] const Models::VaultLockPolicy::Settings &settings() const { return m_policy.settings(); }
    void setSettings(const Models::VaultLockPolicy::Settings &settings);
    void screenLocked();
    void goesToSleep();
    void used(); ///< somebody is there: a key, the mouse, or a pass phrase that fitted

signals:
    void lockWanted();

private:
    bool eventFilter(QObject *watched, QEvent *event) override;
    void look();
    void schedule();

    Now m_now;
    Models::VaultLockPolicy m_policy;
    QTimer m_timer;
};

} // namespace Gui
