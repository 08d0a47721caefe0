// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// For scep/protocol/*.cpp only: what "is a CA" and "issued by" mean for a GetCACert reply.

#include "scep/pki/certificate.h"

namespace Scep::Detail {

/// basicConstraints cA=TRUE; a version 1 or bare self-signed certificate counts when it is the only one.
bool isCaAmong(const Pki::Certificate &certificate, const QList<Pki::Certificate> &all);
/// `child` was signed by `parent`, and is not a re-issue of the same CA with the same key.
bool issuedOther(const Pki::Certificate &parent, const Pki::Certificate &child);
/// A strict order that does not depend on the position in a list: newest notBefore first, then by SHA-256.
bool isNewer(const Pki::Certificate &a, const Pki::Certificate &b);
/// "CN=Lab Issuing" or, without a common name, the whole subject.
QString shortName(const Pki::Certificate &certificate);

} // namespace Scep::Detail
