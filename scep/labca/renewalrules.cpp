// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/renewalrules.h"

namespace LabCa {

using namespace Qt::StringLiterals;

namespace {

RenewalObjection refuse(const QString &text, bool isTooEarly = false)
{
    return {.rejection = {.failInfoNumber = static_cast<int>(Scep::FailInfo::BadRequest), .failInfoText = text, .hresult = std::nullopt},
            .isTooEarly = isTooEarly};
}

} // namespace

QDateTime renewableFrom(const Pki::Certificate &certificate, const RenewalRules &rules)
{
    const qint64 seconds = certificate.notBefore().secsTo(certificate.notAfter());
    return certificate.notBefore().addSecs(seconds * rules.afterPercent / 100);
}

std::optional<RenewalObjection> renewalObjection(const Pki::Certificate &current, const std::optional<Enrollment> &known,
                                                 const Pki::CertificationRequest &request, const RenewalRules &rules, const QDateTime &now)
{
    if (!known)
        return refuse(u"the certificate that signs the renewal was not issued here"_s);
    if (known->revocation)
        return refuse(u"the certificate that signs the renewal is revoked"_s);
    if (now > current.notAfter())
        return refuse(u"the certificate that signs the renewal has expired: enroll anew with a challenge"_s);
    if (!rules.allowsSameKey && request.publicKey() == current.publicKey())
        return refuse(u"a renewal needs a new key here"_s);
    if (const QDateTime from = renewableFrom(current, rules); now < from)
        return refuse(u"the certificate can be renewed from %1 on"_s.arg(from.toString(Qt::ISODate)), true);
    // A CA that rewrites names must know the device by the name that it was told, too.
    if (!Pki::matches(request.subject(), current.subject()) && !Pki::matches(request.subject(), known->subject()))
        return refuse(u"the renewal names another subject than the certificate that signs it"_s);
    return std::nullopt;
}

} // namespace LabCa
