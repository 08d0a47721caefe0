// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/labca/policy.h"
#include "scep/labca/publication.h"

namespace LabCa {

/// Who issues, and on what terms.
struct IssuingTerms {
    const CaIdentity &ca;
    const Profile &profile;
    std::chrono::minutes validity; ///< where the profile names none
    const Publication &publication;
    QDateTime now;
};

struct Issued {
    Pki::Certificate certificate;
    QStringList changes; ///< what the profile changed of what was asked, for the log
};

/// A certificate for what was asked as the profile rewrites it; keyUsage and extendedKeyUsage as requested as far as the profile has them,
/// else all of the profile's; never a CA; valid from a little ago (five minutes, or a tenth of a short life) and not beyond the issuing
/// CA; naming where CRL and issuer are to be had. Errors: InvalidArgument (the issuing CA is not in force), InvalidDistinguishedName (the
/// profile leaves no name), what Pki::issueCertificate tells.
Result<Issued> issueFor(const RequestedCertificate &requested, const IssuingTerms &terms);

} // namespace LabCa
