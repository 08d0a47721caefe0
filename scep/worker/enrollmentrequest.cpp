// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/worker/enrollmentrequest.h"

#include <algorithm>

namespace Scep {

QDateTime RenewalRule::dueAt(const QDateTime &notBefore, const QDateTime &notAfter) const
{
    if (kind == Kind::Off || value <= 0 || !notBefore.isValid() || !notAfter.isValid() || notAfter <= notBefore)
        return {};
    if (kind == Kind::PercentOfValidity)
        return notBefore.addSecs(notBefore.secsTo(notAfter) * std::min(value, 99) / 100);
    // More hours than the certificate lives: it is due as soon as it is in force.
    return std::max(notBefore, notAfter.addSecs(-qint64(value) * 3600));
}

Result<Pki::CertificationRequest> createCertificationRequest(const EnrollmentRequest &request, const Pki::SecretBytes &challenge,
                                                             const Pki::PrivateKey &key, Pki::Digest digest)
{
    Pki::CertificationRequestTemplate description;
    description.subject = request.subject;
    description.subjectAlternativeNames = request.subjectAlternativeNames;
    description.keyUsage = request.keyUsage;
    description.extendedKeyUsage = request.extendedKeyUsage;
    description.templateName = request.profile;
    description.templateNameEncoding = request.profileEncoding;
    description.challengePassword = challenge.clone(); // the template owns its copy and wipes it at the end of this function
    return Pki::CertificationRequest::create(description, key, digest);
}

} // namespace Scep
