// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/issuing.h"

namespace LabCa {

using namespace Qt::StringLiterals;

namespace {

/// A device whose clock is a little behind must be able to use its certificate at once. Of a short life a share only, or it would begin
/// past the time of its renewal.
qint64 backdatedSeconds(std::chrono::minutes validity)
{
    constexpr qint64 most = 300;
    constexpr qint64 share = 10;
    return qMin(most, std::chrono::seconds(validity).count() / share);
}

Pki::KeyUsage grantedUsage(const RequestedCertificate &requested, const Profile &profile)
{
    // keyEncipherment says nothing for keys that only sign (RFC 5480 3, RFC 8410 5), keyAgreement nothing for RSA.
    Pki::KeyUsage possible = profile.keyUsage;
    possible &= requested.publicKey.isRsa() ? ~Pki::KeyUsage(Pki::KeyUsageBit::KeyAgreement)
                                            : ~(Pki::KeyUsageBit::KeyEncipherment | Pki::KeyUsageBit::DataEncipherment);
    const Pki::KeyUsage wanted = requested.keyUsage.value_or(possible) & possible;
    return wanted && !profile.grantsAll ? wanted : possible;
}

QList<Pki::Oid> grantedExtendedUsage(const RequestedCertificate &requested, const Profile &profile)
{
    QList<Pki::Oid> granted;
    for (const Pki::Oid &oid : profile.extendedKeyUsage) {
        if (requested.extendedKeyUsage.contains(oid))
            granted.append(oid);
    }
    return granted.isEmpty() || profile.grantsAll ? profile.extendedKeyUsage : granted;
}

} // namespace

Result<Issued> issueFor(const RequestedCertificate &requested, const IssuingTerms &terms)
{
    const Pki::Certificate &issuer = terms.ca.issuing;
    if (!issuer.isValidAt(terms.now))
        return failure(ErrorCode::InvalidArgument,
                       u"the issuing CA's certificate is not in force (it ends %1)"_s.arg(issuer.notAfter().toString(Qt::ISODate)));
    auto rewritten = rewrite(requested, terms.profile);
    if (!rewritten)
        return std::unexpected(rewritten.error());
    const std::chrono::minutes validity = terms.profile.validity.value_or(terms.validity);
    Pki::CertificateTemplate form;
    form.subject = rewritten->requested.subject;
    form.subjectAlternativeNames = rewritten->requested.subjectAlternativeNames;
    form.publicKey = requested.publicKey;
    form.templateName = requested.profile;
    form.keyUsage = grantedUsage(requested, terms.profile);
    form.extendedKeyUsage = grantedExtendedUsage(requested, terms.profile);
    form.isCa = false;
    form.crlDistributionPoints = crlUrls(terms.publication, issuer);
    form.caIssuerUrls = caIssuerUrls(terms.publication, issuer);
    form.notBefore = qMax(terms.now.addSecs(-backdatedSeconds(validity)), issuer.notBefore());
    form.notAfter = qMin(terms.now.addSecs(std::chrono::seconds(validity).count()), issuer.notAfter());
    auto certificate = Pki::issueCertificate(form, terms.ca.issuingKey, issuer);
    if (!certificate)
        return std::unexpected(certificate.error());
    return Issued{std::move(*certificate), std::move(rewritten->changes)};
}

} // namespace LabCa
