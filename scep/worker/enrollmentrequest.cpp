// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/worker/enrollmentrequest.h"

#include <algorithm>

namespace Scep {

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 leastPauseSeconds = 60;

} // namespace

bool RenewalRule::exceeds(const QDateTime &notBefore, const QDateTime &notAfter) const
{
    return kind == Kind::HoursBeforeExpiry && notBefore.secsTo(notAfter) <= qint64(value) * 3600;
}

QDateTime RenewalRule::dueAt(const QDateTime &notBefore, const QDateTime &notAfter, const QDateTime &receivedAt) const
{
    if (kind == Kind::Off || value <= 0 || !notBefore.isValid() || !notAfter.isValid() || notAfter <= notBefore)
        return {};
    const qint64 life = notBefore.secsTo(notAfter);
    QDateTime threshold = notAfter.addSecs(-qint64(value) * 3600);
    if (kind == Kind::PercentOfValidity)
        threshold = notBefore.addSecs(life * std::min(value, 99) / 100);
    else if (exceeds(notBefore, notAfter))
        threshold = notBefore.addSecs(life / 2);
    // Servers date their certificates back: the threshold may have passed when the certificate comes.
    const QDateTime start = receivedAt.isValid() ? std::max(receivedAt, notBefore) : notBefore;
    const qint64 left = start.secsTo(notAfter);
    if (left <= 0)
        return threshold;
    return std::max(threshold, start.addSecs(std::min(std::max(left / 10, leastPauseSeconds), left / 2)));
}

bool Revocation::isHold() const
{
    return reason == "certificateHold"_L1;
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
