// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/vault/vaultlockpolicy.h"

namespace Models {

VaultLockPolicy::VaultLockPolicy(const Settings &settings, const QDateTime &now)
    : m_settings(settings)
    , m_lastUse(now)
{}

bool VaultLockPolicy::isIdleTooLong(const QDateTime &now)
{
    // Whoever sets the clock back sits at the machine; but the wait must not grow by the jump.
    if (now < m_lastUse)
        m_lastUse = now;
    const QDateTime look = nextLook();
    return look.isValid() && now >= look;
}

QDateTime VaultLockPolicy::nextLook() const
{
    if (m_settings.idle.count() <= 0)
        return {};
    return m_lastUse.addSecs(std::chrono::seconds(m_settings.idle).count());
}

} // namespace Models
