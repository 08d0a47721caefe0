// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/presentation.h"

#include "scep/protocol/nextca.h"

namespace LabCa {

using namespace Qt::StringLiterals;

namespace {

HttpResponse oneCertificate(const Pki::Certificate &certificate)
{
    return {.status = 200, .contentType = "application/x-x509-ca-cert", .body = certificate.der()};
}

HttpResponse bundleOf(const QList<Pki::Certificate> &certificates, const QByteArray &type = "application/x-x509-ca-ra-cert")
{
    const auto bundle = Pki::degenerateCms(certificates);
    if (!bundle)
        return plainTextResponse(500, bundle.error().detail);
    return {.status = 200, .contentType = type, .body = *bundle};
}

HttpResponse indexed(const CaIdentity &ca, const QByteArray &index)
{
    bool isNumber = true;
    const int number = index.isEmpty() ? 0 : index.toInt(&isNumber);
    const QList<Pki::Certificate> chain{ca.issuing, ca.root};
    // Whatever does not name a place in the chain is taken for a name that means this CA.
    if (!isNumber)
        return oneCertificate(ca.issuing);
    if (number < 0 || number >= chain.size())
        return plainTextResponse(404, u"the chain has no such certificate"_s);
    return oneCertificate(chain.at(number));
}

HttpResponse asPolicySays(const CaIdentity &ca, bool sendsFullChain)
{
    const QList<Pki::Certificate> ra = ca.raCertificates();
    if (sendsFullChain)
        return bundleOf(ra + QList{ca.issuing, ca.root});
    return ra.isEmpty() ? oneCertificate(ca.issuing) : bundleOf(ra + QList{ca.issuing});
}

} // namespace

QByteArray capabilitiesText(const Personality &personality)
{
    QByteArray text = personality.capabilities.join(personality.lineBreak);
    if (personality.endsWithLineBreak)
        text += personality.lineBreak;
    return text;
}

HttpResponse caCertificatesAnswer(const CaIdentity &ca, const Personality &personality, bool sendsFullChain, const QByteArray &caIdent)
{
    HttpResponse response;
    switch (personality.bundle) {
    case CaBundle::AsPolicySays:
        response = asPolicySays(ca, sendsFullChain);
        break;
    case CaBundle::IssuingAlone:
        response = oneCertificate(ca.issuing);
        break;
    case CaBundle::Indexed:
        response = indexed(ca, caIdent);
        break;
    case CaBundle::RaFirst:
        response = bundleOf(ca.raCertificates() + QList{ca.issuing});
        break;
    case CaBundle::ChainFirst:
        response = bundleOf(QList{ca.issuing, ca.root} + ca.raCertificates());
        break;
    }
    if (response.status == 200 && !personality.bundleType.isEmpty())
        response.contentType = personality.bundleType;
    return response;
}

Pki::Certificate anchorFor(const CaIdentity &ca, const Policy &policy)
{
    switch (policy.personality.bundle) {
    case CaBundle::AsPolicySays:
        return policy.sendsFullChain ? ca.root : ca.issuing;
    case CaBundle::ChainFirst:
        return ca.root;
    case CaBundle::IssuingAlone:
    case CaBundle::Indexed: // the root only to whom asks for it by its index
    case CaBundle::RaFirst:
        break;
    }
    return ca.issuing;
}

HttpResponse caChainAnswer(const CaIdentity &ca)
{
    return bundleOf({ca.issuing, ca.root}, "application/x-x509-ca-ra-cert-chain");
}

HttpResponse nextCaAnswer(const CaMaterial &ca)
{
    if (!ca.next)
        return plainTextResponse(404, u"there is no next CA"_s);
    const auto message = Scep::buildNextCa(ca.next->raCertificates() + QList{ca.next->issuing, ca.next->root}, ca.current.replySigner(),
                                           ca.current.replySignerKey());
    if (!message)
        return plainTextResponse(500, message.error().detail);
    return {.status = 200, .contentType = "application/x-x509-next-ca-cert", .body = *message};
}

} // namespace LabCa
