// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/distinguishedname.h"

namespace LabCa {

using RelativeNames = QList<QList<Pki::NameAttribute>>;

/// `text` so that DistinguishedName::fromText() takes it for one value.
QString escapedNameValue(QStringView text);
/// The name of these parts, in the order of the encoding. Errors: InvalidDistinguishedName.
Pki::Result<Pki::DistinguishedName> nameOf(const RelativeNames &parts);
/// `name` with `suffix` behind its last common name, or with `suffix` as common name where there is none.
Pki::Result<Pki::DistinguishedName> withCommonNameSuffix(const Pki::DistinguishedName &name, const QString &suffix);
/// "O", "organizationName"-like short names and dotted OIDs, as DistinguishedName::fromText() takes them. Errors: InvalidDistinguishedName.
Pki::Result<Pki::Oid> attributeTypeFromText(const QString &type);

} // namespace LabCa
