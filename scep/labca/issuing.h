// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/labca/depot.h"

namespace LabCa {

/// A certificate for what was asked: subject and alternative names as requested; keyUsage and extendedKeyUsage as requested as far as a
/// device may have them, else both usual ones; never a CA; valid from five minutes ago and not beyond the issuing CA. Errors:
/// InvalidArgument (the issuing CA is not in force), what Pki::issueCertificate tells.
Result<Pki::Certificate> issueFor(const RequestedCertificate &requested, const Depot &depot, int validityDays, const QDateTime &now);

} // namespace LabCa
