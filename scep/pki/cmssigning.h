// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/cms.h"

namespace Pki {

/// As signCms(), but an RSA signature's algorithm is named with its digest (sha256WithRSAEncryption), as several servers write it. Both say
/// the same (RFC 3370 3.2); some clients read only rsaEncryption.
Result<QByteArray> signCmsNamingDigest(const QByteArray &content, const Certificate &signer, const PrivateKey &key,
                                       const SignOptions &options);

} // namespace Pki
