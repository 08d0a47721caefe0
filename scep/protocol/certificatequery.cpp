// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/protocol/certificatequery.h"

#include "scep/protocol/catrust.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace Scep {

namespace {

/// A CA whose clock is a little ahead signs CRLs that begin in our future.
constexpr qint64 clockToleranceSeconds = 300;

bool isAbout(const Pki::Certificate &certificate, const Pki::IssuerAndSerialNumber &about)
{
    // Encoders differ in string types; the serial number has one encoding.
    return certificate.serialNumber() == about.serialNumber &&
           (certificate.issuer() == about.issuer || Pki::matches(certificate.issuer(), about.issuer));
}

} // namespace

QByteArray issuerAndSerialNumberDer(const Pki::DistinguishedName &issuer, const Pki::SerialNumber &serial)
{
    return Pki::IssuerAndSerialNumber{issuer, serial}.der();
}

Result<Pki::IssuerAndSerialNumber> issuerAndSerialNumberFromDer(const QByteArray &der)
{
    return Pki::IssuerAndSerialNumber::fromDer(der);
}

Result<CertificateAnswer> answeredCertificate(const IssuedReply &reply, const Pki::IssuerAndSerialNumber &about, const CaRoles &roles,
                                              const QDateTime &now)
{
    QList<Pki::Certificate> received = reply.extras;
    if (!reply.certificate.isNull())
        received.prepend(reply.certificate);
    if (received.isEmpty())
        return failure(ErrorCode::ReplyMalformed, u"no certificate in the reply"_s);
    const auto found = std::ranges::find_if(received, [&about](const Pki::Certificate &c) { return isAbout(c, about); });
    if (found == received.end())
        return failure(ErrorCode::TransactionMismatch,
                       u"asked for the certificate with serial number %1 of %2, got the one with %3 of %4"_s.arg(
                           about.serialNumber.toHex(), about.issuer.toText(), received.first().serialNumber().toHex(),
                           received.first().issuer().toText()));
    const QList<Pki::Certificate> authorities = roles.caCertificates();
    const bool isIssued =
        authorities.contains(*found) ||
        std::ranges::any_of(authorities + reply.chain.issuers(), [&](const auto &authority) { return found->isSignedBy(authority); });
    if (!isIssued)
        return failure(ErrorCode::ChainBroken, u"the certificate was not issued by %1"_s.arg(roles.issuing.subject().toText()));

    CertificateAnswer answer;
    answer.certificate = *found;
    answer.notes = reply.notes;
    answer.chain = *found == reply.certificate ? reply.chain : Pki::buildChain(*found, authorities, {roles.anchor}, now);
    if (!found->isValidAt(now))
        answer.notes.append(u"the certificate is valid from %1 to %2 only"_s.arg(found->notBefore().toString(Qt::ISODate),
                                                                                 found->notAfter().toString(Qt::ISODate)));
    for (const Pki::Certificate &certificate : std::as_const(received)) {
        if (certificate != *found && !authorities.contains(certificate))
            answer.notes.append(u"a certificate that was not asked for is ignored: %1"_s.arg(Detail::shortName(certificate)));
    }
    return answer;
}

Result<CrlAnswer> answeredCrl(const IssuedReply &reply, const Pki::IssuerAndSerialNumber &about, const QDateTime &now)
{
    if (reply.crls.isEmpty())
        return failure(ErrorCode::ReplyMalformed, u"no CRL in the reply"_s);
    CrlAnswer answer;
    answer.notes = reply.notes;
    for (const Pki::Crl &crl : reply.crls) {
        if (crl.issuer() != about.issuer && !Pki::matches(crl.issuer(), about.issuer))
            answer.notes.append(u"a CRL of another issuer is ignored: %1"_s.arg(crl.issuer().toText()));
        else if (answer.crl.isNull() || crl.thisUpdate() > answer.crl.thisUpdate())
            answer.crl = crl;
    }
    if (answer.crl.isNull())
        return failure(ErrorCode::TransactionMismatch,
                       u"asked for the CRL of %1, got one of %2"_s.arg(about.issuer.toText(), reply.crls.first().issuer().toText()));
    const QDateTime thisUpdate = answer.crl.thisUpdate();
    const QDateTime nextUpdate = answer.crl.nextUpdate();
    if (now.secsTo(thisUpdate) > clockToleranceSeconds)
        return failure(ErrorCode::SignerNotInForce, u"the CRL is from the future: %1"_s.arg(thisUpdate.toString(Qt::ISODate)));
    answer.isStale = nextUpdate.isValid() && nextUpdate < now;
    if (answer.isStale)
        answer.notes.append(u"the CRL is stale: a newer one should have followed at %1"_s.arg(nextUpdate.toString(Qt::ISODate)));
    else if (!nextUpdate.isValid())
        answer.notes.append(u"the CRL does not say when a newer one follows"_s);
    return answer;
}

} // namespace Scep
