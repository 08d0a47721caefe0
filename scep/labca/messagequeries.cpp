// SPDX-License-Identifier: GPL-3.0-or-later
// The part of MessageHandler that changes nothing: certificates and CRLs (RFC 8894 3.3.4).
#include "scep/labca/messagehandler.h"
#include "scep/protocol/certificatequery.h"

#include <algorithm>

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

Result<Pki::Crl> makeCrl(const Depot &depot, const CaIdentity &identity, const QDateTime &now, QStringList *damaged)
{
    const auto revoked = depot.revoked(identity.issuing, damaged);
    if (!revoked)
        return std::unexpected(revoked.error());
    // Numbers must grow (RFC 5280 5.2.3): seconds do, without a counter that could be lost.
    return Pki::issueCrl(identity.issuing, identity.issuingKey, *revoked, now, now.addDays(crlDays),
                         static_cast<quint64>(now.toSecsSinceEpoch()));
}

Result<Decision> MessageHandler::getCertificate(const Scep::ReceivedRequest &received)
{
    const auto asked = Scep::issuerAndSerialNumberFromDer(received.payload);
    if (!asked)
        return Decision(refuse(FailInfo::BadRequest, u"GetCert holds no IssuerAndSerialNumber"_s));
    if (const auto weak = keyObjection(received.signer.publicKey(), {}, received.cipher, !m_context.policy.challenge.isEmpty()))
        return Decision(std::unexpected(*weak));
    const auto found = m_context.depot.findBySerialNumber(*asked);
    if (!found)
        return std::unexpected(found.error());
    if (!*found)
        return Decision(
            refuse(FailInfo::BadCertId, u"no certificate with serial number %1 was issued here"_s.arg(asked->serialNumber.toHex())));
    m_log.subject = (*found)->subject().toText();
    return Decision(Granted{.certificates = {(*found)->certificate}, .outcome = u"certificate %1"_s.arg(asked->serialNumber.toHex())});
}

Result<Decision> MessageHandler::getCrl(const Scep::ReceivedRequest &received)
{
    const auto asked = Scep::issuerAndSerialNumberFromDer(received.payload);
    if (!asked)
        return Decision(refuse(FailInfo::BadRequest, u"GetCRL holds no IssuerAndSerialNumber"_s));
    if (const auto weak = keyObjection(received.signer.publicKey(), {}, received.cipher, !m_context.policy.challenge.isEmpty()))
        return Decision(std::unexpected(*weak));
    const auto isNamed = [&](const CaIdentity &identity) { return Pki::matches(asked->issuer, identity.issuing.subject()); };
    const CaIdentity *issuer = isNamed(m_context.ca.current) ? &m_context.ca.current : nullptr;
    if (issuer == nullptr) {
        const auto former = std::ranges::find_if(m_context.ca.retired, isNamed);
        if (former == m_context.ca.retired.cend())
            return Decision(refuse(FailInfo::BadCertId, u"certificates of this issuer have no CRL here"_s));
        issuer = &*former;
    }
    m_log.subject = asked->issuer.toText();
    QStringList damaged;
    auto crl = makeCrl(m_context.depot, *issuer, m_context.now, &damaged);
    if (!crl)
        return std::unexpected(crl.error());
    for (const QString &file : std::as_const(damaged))
        m_notes.append(u"without what is damaged: %1"_s.arg(file));
    const qsizetype count = crl->revoked().size();
    return Decision(Granted{.crls = {std::move(*crl)}, .outcome = u"CRL with %1 entries"_s.arg(count)});
}

} // namespace LabCa
