// SPDX-License-Identifier: GPL-3.0-or-later
// The part of Authority that changes nothing: certificates, CRLs and the CA's own chain.
#include "scep/labca/authority.h"

#include "scep/protocol/certificatequery.h"

namespace LabCa {

using namespace Qt::StringLiterals;
using Scep::FailInfo;

namespace {

constexpr int crlDays = 7;

std::unexpected<Scep::Rejection> refuse(FailInfo info, const QString &text)
{
    return std::unexpected(Scep::Rejection{.failInfoNumber = static_cast<int>(info), .failInfoText = text, .hresult = std::nullopt});
}

} // namespace

Result<Decision> Authority::getCertificate(const Scep::ReceivedRequest &request, LogEntry &log) const
{
    const auto asked = Scep::issuerAndSerialNumberFromDer(request.payload);
    if (!asked)
        return Decision(refuse(FailInfo::BadRequest, u"GetCert holds no IssuerAndSerialNumber"_s));
    if (const auto weak = keyObjection(request.signer.publicKey(), {}))
        return Decision(std::unexpected(*weak));
    const auto found = m_depot.findBySerialNumber(*asked);
    if (!found)
        return std::unexpected(found.error());
    if (!*found)
        return Decision(
            refuse(FailInfo::BadCertId, u"no certificate with serial number %1 was issued here"_s.arg(asked->serialNumber.toHex())));
    log.subject = (*found)->subject().toText();
    return Decision(Granted{.certificates = {(*found)->certificate}, .outcome = u"certificate %1"_s.arg(asked->serialNumber.toHex())});
}

Result<Decision> Authority::getCrl(const Scep::ReceivedRequest &request, LogEntry &log) const
{
    const auto asked = Scep::issuerAndSerialNumberFromDer(request.payload);
    if (!asked)
        return Decision(refuse(FailInfo::BadRequest, u"GetCRL holds no IssuerAndSerialNumber"_s));
    if (const auto weak = keyObjection(request.signer.publicKey(), {}))
        return Decision(std::unexpected(*weak));
    if (!Pki::matches(asked->issuer, m_depot.issuing().subject()))
        return Decision(refuse(FailInfo::BadCertId, u"certificates of this issuer have no CRL here"_s));
    log.subject = asked->issuer.toText();
    auto crl = currentCrl();
    if (!crl)
        return std::unexpected(crl.error());
    const qsizetype count = crl->revoked().size();
    return Decision(Granted{.crls = {std::move(*crl)}, .outcome = u"CRL with %1 entries"_s.arg(count)});
}

Result<Pki::Crl> Authority::currentCrl() const
{
    const auto revoked = m_depot.revoked(m_depot.issuing());
    if (!revoked)
        return std::unexpected(revoked.error());
    const QDateTime now = m_now();
    // Numbers must grow (RFC 5280 5.2.3): seconds do, without a counter that could be lost.
    return Pki::issueCrl(m_depot.issuing(), m_depot.issuingKey(), *revoked, now, now.addDays(crlDays),
                         static_cast<quint64>(now.toSecsSinceEpoch()));
}

} // namespace LabCa
