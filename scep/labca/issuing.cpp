// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/issuing.h"

namespace LabCa {

using namespace Qt::StringLiterals;

namespace {

/// A device whose clock is a little behind must be able to use its certificate at once.
constexpr qint64 backdatedSeconds = 300;

Pki::KeyUsage grantedUsage(const RequestedCertificate &requested)
{
    // keyEncipherment says nothing for keys that only sign (RFC 5480 3, RFC 8410 5).
    Pki::KeyUsage possible = Pki::KeyUsageBit::DigitalSignature;
    if (requested.publicKey.isRsa())
        possible |= Pki::KeyUsageBit::KeyEncipherment;
    const Pki::KeyUsage wanted = requested.keyUsage.value_or(possible) & possible;
    return wanted ? wanted : possible;
}

QList<Pki::Oid> grantedExtendedUsage(const RequestedCertificate &requested)
{
    const QList<Pki::Oid> possible{Pki::Oid::literal("1.3.6.1.5.5.7.3.2"), Pki::Oid::literal("1.3.6.1.5.5.7.3.1")};
    QList<Pki::Oid> granted;
    for (const Pki::Oid &oid : possible) {
        if (requested.extendedKeyUsage.contains(oid))
            granted.append(oid);
    }
    return granted.isEmpty() ? possible : granted;
}

} // namespace

Result<Pki::Certificate> issueFor(const RequestedCertificate &requested, const Depot &depot, int validityDays, const QDateTime &now)
{
    const Pki::Certificate issuer = depot.issuing();
    if (!issuer.isValidAt(now))
        return failure(ErrorCode::InvalidArgument,
                       u"the issuing CA's certificate is not in force (it ends %1)"_s.arg(issuer.notAfter().toString(Qt::ISODate)));
    Pki::CertificateTemplate form;
    form.subject = requested.subject;
    form.subjectAlternativeNames = requested.subjectAlternativeNames;
    form.publicKey = requested.publicKey;
    form.templateName = requested.profile;
    form.keyUsage = grantedUsage(requested);
    form.extendedKeyUsage = grantedExtendedUsage(requested);
    form.isCa = false;
    form.notBefore = qMax(now.addSecs(-backdatedSeconds), issuer.notBefore());
    form.notAfter = qMin(now.addDays(validityDays), issuer.notAfter());
    return Pki::issueCertificate(form, depot.issuingKey(), issuer);
}

} // namespace LabCa
