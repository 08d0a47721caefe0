// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// For scep/pki/cms*.cpp only: what signedData and envelopedData share.

#include "scep/pki/asn1reader.h"
#include "scep/pki/cms.h"

namespace Pki::Detail {

struct ContentInfoParts {
    Oid type;
    Asn1Element content; ///< the [0] EXPLICIT content; identifier 0 when absent
};

/// Checks size, depth and trailing bytes, and opens the outermost SEQUENCE. Errors: NotRecognised, Malformed, TooLarge.
/// The views in the result point into `bytes`.
Result<ContentInfoParts> readContentInfo(const QByteArray &bytes, const CmsLimits &limits);
QByteArray contentInfo(const Oid &type, const QByteArray &content);
std::optional<IssuerAndSerialNumber> readIssuerAndSerialNumber(const Asn1Element &sequence);

} // namespace Pki::Detail
