// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Reading names as people type them; for distinguishedname.cpp only.

#include "scep/pki/error.h"
#include "scep/pki/oid.h"

#include <QByteArray>
#include <QString>

namespace Pki::Detail {

/// "CN" for 2.5.4.3; the dotted form when the type has no name here.
QString nameAttributeText(const Oid &type);

/// The DER of the Name that `text` means, see DistinguishedName::fromText(). Errors: InvalidDistinguishedName.
Result<QByteArray> parseNameText(const QString &text);

} // namespace Pki::Detail
