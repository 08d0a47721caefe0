// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace Pki {

/// About the OpenSSL in use: for About, the doctor and the bug report (interop 3.29).
struct CryptoLibrary {
    QString version;                ///< "OpenSSL 3.0.19 ..." as linked at run time
    bool isPatched = true;          ///< at or above the lowest patch level without a known flaw that matters here
    bool hasLegacyProvider = false; ///< loads it to find out
};
CryptoLibrary cryptoLibrary();

} // namespace Pki
