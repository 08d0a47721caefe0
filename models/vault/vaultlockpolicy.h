// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDateTime>

#include <chrono>

namespace Models {

/// When an unlocked vault is to be locked. Pure: whoever hears of keys, screen and sleep tells it, with the time; it knows no clock.
class VaultLockPolicy
{
public:
    struct Settings {
        std::chrono::minutes idle{15}; ///< without anybody touching the window; 0: never for that
        bool onScreenLock = true;
        bool onSuspend = true;

        friend bool operator==(const Settings &, const Settings &) = default;
    };

    VaultLockPolicy(const Settings &settings, const QDateTime &now);
    void setSettings(const Settings &settings) { m_settings = settings; }
    [[nodiscard]] const Settings &settings() const { return m_settings; }

    /// Somebody uses the window, or has just unlocked it.
    void used(const QDateTime &now) { m_lastUse = now; }

    // Each: whether to lock now.
    [[nodiscard]] bool screenLocked() const { return m_settings.onScreenLock; }
    [[nodiscard]] bool goesToSleep() const { return m_settings.onSuspend; }
    [[nodiscard]] bool isIdleTooLong(const QDateTime &now);

    /// When to ask isIdleTooLong() next; invalid: not for idleness.
    [[nodiscard]] QDateTime nextLook() const;

private:
    Settings m_settings;
    QDateTime m_lastUse;
};

} // namespace Models
