// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/worker/storehealth.h"

namespace Scep {

void StoreHealth::failed(const Pki::Error &error)
{
    using enum Pki::ErrorCode;
    switch (error.code) {
    case VaultLocked:
    case DecryptionFailed: // one row's secret
    case Malformed:
    case NotRecognised:
        break;
    default:
        m_isGood = false;
        break;
    }
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
