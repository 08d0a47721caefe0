// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStringList>

namespace Pki {

/// The names that RevokedCertificate::reason may have, "keyCompromise" and so on (RFC 5280 5.3.1).
QStringList crlReasons();

} // namespace Pki
