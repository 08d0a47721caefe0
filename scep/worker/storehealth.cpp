// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/worker/storehealth.h"

namespace Scep {

void StoreHealth::failed(const Pki::Error &error)
{
    if (error.code != Pki::ErrorCode::VaultLocked)
        m_isGood = false;
}

void StoreHealth::worked()
{
    if (m_isGood)
        return;
    m_isGood = true;
    QMetaObject::invokeMethod(
        this,
        [this] {
            if (m_isGood)
                emit recovered();
        },
        Qt::QueuedConnection);
}

} // namespace Scep
