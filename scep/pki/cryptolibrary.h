// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace Pki {

/// About the OpenSSL in use: for About, the doctor and the bug report.
struct CryptoLibrary {
    QString version;                ///< "OpenSSL 3.0.19 ..." as linked at run time
    bool isPatched = true;          ///< at or above the lowest patch level without a known flaw that matters here
    bool hasLegacyProvider = false; ///< loads it to find out
};
CryptoLibrary cryptoLibrary();

/// At the end of each piece of work on a pool thread: gives back what OpenSSL keeps for the thread, its random generators above all.
/// Nobody waits for the last breath of a pool's threads, so that they could not be relied on to do it when the program ends.
void releaseThreadResources();

} // namespace Pki
