// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/cryptolibrary.h"

#include "scep/pki/opensslhandles.h"

#include <array>

namespace Pki {

namespace {

struct PatchLevel {
    unsigned int major;
    unsigned int minor;
    unsigned int patch; ///< the lowest without a known flaw in what we feed with strangers' bytes
};

/// Where CMS, PKCS#12 and X.509 parsing was last repaired: CVE-2023-0286 (X.400 type confusion in GeneralName, 3.0.8),
/// CVE-2024-0727 (PKCS#12 null pointers, 3.0.13 and 3.1.5), CVE-2025-9230 (CMS password recipients, out-of-bounds, 3.0.18, 3.2.6,
/// 3.3.5, 3.4.3 and 3.5.4) and CVE-2025-15467 (stack overflow in CMS AuthEnvelopedData, 3.0.19, 3.3.6, 3.4.4, 3.5.5 and 3.6.1).
/// A distribution that repairs without raising the number is judged too hard here: the doctor says what the number means.
constexpr std::array patchLevels{
    PatchLevel{3, 0, 19}, PatchLevel{3, 3, 6}, PatchLevel{3, 4, 4}, PatchLevel{3, 5, 5}, PatchLevel{3, 6, 1},
};

bool isPatchedVersion(unsigned int major, unsigned int minor, unsigned int patch)
{
    for (const PatchLevel &level : patchLevels) {
        if (major == level.major && minor == level.minor)
            return patch >= level.patch;
    }
    // Branches without a row: 3.1 and 3.2 get no more repairs; newer ones than we know start out repaired.
    return major > 3 || (major == 3 && minor > patchLevels.back().minor);
}

} // namespace

CryptoLibrary cryptoLibrary()
{
    CryptoLibrary library;
    library.version = QString::fromLatin1(OpenSSL_version(OPENSSL_VERSION));
    library.isPatched = isPatchedVersion(OPENSSL_version_major(), OPENSSL_version_minor(), OPENSSL_version_patch());
    library.hasLegacyProvider = Detail::legacyLibraryContext() != nullptr;
    return library;
}

void releaseThreadResources()
{
    OPENSSL_thread_stop(); // of every library context, and the error queue
}

} // namespace Pki
