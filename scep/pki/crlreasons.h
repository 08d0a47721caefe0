// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStringList>

namespace Pki {

/// Why a certificate is revoked: "keyCompromise" and so on (RFC 5280 5.3.1). Without removeFromCRL, which only a delta CRL may say.
QStringList crlReasons();

} // namespace Pki
