// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/protocol/issuedcertificate.h"

#include "scep/protocol/catrust.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace Scep::Detail {

namespace {

/// A CA whose clock is a little ahead issues certificates that begin in our future. Refusing them would lose a good certificate.
constexpr qint64 clockToleranceSeconds = 300;

QDateTime judgementTime(const Pki::Certificate &certificate, const QDateTime &now)
{
    const bool isNearFuture = certificate.notBefore() > now && now.secsTo(certificate.notBefore()) <= clockToleranceSeconds;
    return isNearFuture ? certificate.notBefore() : now;
}

bool contains(const Pki::CertificateChain &chain, const Pki::Certificate &certificate)
{
    return std::ranges::any_of(chain.links, [&certificate](const Pki::ChainLink &link) { return link.certificate == certificate; });
}

/// Every link up to the authenticated issuing CA holds by signature. Checked here and not read from the verdicts: a certificate that is
/// both forged and expired has only one verdict.
bool isLinked(const Pki::CertificateChain &chain, const Pki::Certificate &issuing)
{
    for (qsizetype i = 0; i + 1 < chain.links.size(); ++i) {
        const Pki::Certificate &parent = chain.links.at(i + 1).certificate;
        if (!chain.links.at(i).certificate.isSignedBy(parent))
            return false;
        if (parent == issuing)
            return true;
    }
    return false;
}

/// The path to the anchor through the authenticated issuing CA: with our own certificates, else with CA certificates of the reply between
/// the issued one and the issuing CA. Certificates of the reply never become anchors.
Pki::CertificateChain chainOf(const Pki::Certificate &certificate, const QList<Pki::Certificate> &others, const CertRepContext &context,
                              const QDateTime &time)
{
    const CaRoles &roles = context.roles;
    const Pki::Certificate &anchor = roles.anchor.isNull() ? roles.issuing : roles.anchor;
    const Pki::CertificateChain own = Pki::buildChain(certificate, roles.caCertificates(), {anchor}, time);
    if (contains(own, roles.issuing))
        return own;
    const Pki::CertificateChain withOthers = Pki::buildChain(certificate, roles.caCertificates() + others, {anchor}, time);
    return contains(withOthers, roles.issuing) ? withOthers : own;
}

std::unexpected<Error> notLinked(const Pki::Certificate &certificate, const CaRoles &roles)
{
    return failure(ErrorCode::ChainBroken, u"the certificate says it was issued by %1, which is not proved by %2"_s.arg(
                                               certificate.issuer().toText(), roles.issuing.subject().toText()));
}

Result<Pki::Certificate> findOwn(const QList<Pki::Certificate> &certificates, const Pki::PublicKey &key)
{
    QList<Pki::Certificate> matching;
    for (const Pki::Certificate &certificate : certificates) {
        if (certificate.publicKey() == key && !matching.contains(certificate))
            matching.append(certificate);
    }
    if (matching.isEmpty())
        return failure(ErrorCode::ForeignPublicKey,
                       u"none of the %1 certificates in the reply has the public key that was sent"_s.arg(certificates.size()));
    if (matching.size() > 1)
        return failure(ErrorCode::ReplyMalformed, u"%1 certificates in the reply have the public key that was sent"_s.arg(matching.size()));
    return matching.first();
}

QStringList differences(const Pki::Certificate &certificate, const CertRepContext &context)
{
    QStringList result;
    // Another string type is no other name; only what a person would see counts.
    if (certificate.subject() != context.subject && !Pki::matches(certificate.subject(), context.subject))
        result.append(u"subject: asked %1, got %2"_s.arg(context.subject.toText(), certificate.subject().toText()));
    const Pki::SubjectAlternativeNames got = certificate.subjectAlternativeNames();
    for (const Pki::SubjectAlternativeName &name : context.subjectAlternativeNames) {
        if (!got.contains(name))
            result.append(u"subjectAltName: asked %1, not in the certificate"_s.arg(name.toText()));
    }
    for (const Pki::SubjectAlternativeName &name : got) {
        if (!context.subjectAlternativeNames.contains(name))
            result.append(u"subjectAltName: %1 was not asked for"_s.arg(name.toText()));
    }
    return result;
}

/// Signature links first, then validity, then cA, then the rest of the path.
Result<void> judge(IssuedReply &reply, const QList<Pki::Certificate> &others, const CertRepContext &context)
{
    const Pki::Certificate &certificate = reply.certificate;
    const QDateTime time = judgementTime(certificate, context.now);
    reply.chain = chainOf(certificate, others, context, time);
    if (!isLinked(reply.chain, context.roles.issuing))
        return notLinked(certificate, context.roles);
    if (!certificate.isValidAt(time))
        return failure(ErrorCode::IssuedCertificateNotInForce,
                       u"it is valid from %1 to %2"_s.arg(certificate.notBefore().toString(Qt::ISODate),
                                                          certificate.notAfter().toString(Qt::ISODate)));
    if (certificate.isCa())
        return failure(ErrorCode::IssuedCertificateIsCa, certificate.subject().toText());
    const std::optional<Pki::Digest> digest = certificate.signatureDigest();
    if (digest == Pki::Digest::Md5)
        return failure(ErrorCode::AlgorithmBelowFloor, u"the issued certificate is signed with MD5"_s);
    if (!reply.chain.isTrusted) {
        const auto problem = reply.chain.firstProblem();
        return failure(ErrorCode::ChainBroken,
                       u"the chain does not hold%1"_s.arg(problem ? u" at %1"_s.arg(problem->certificate.subject().toText()) : QString()));
    }
    if (time != context.now)
        reply.notes.append(u"the certificate becomes valid in %1 s: compare the clocks"_s.arg(context.now.secsTo(time)));
    if (digest == Pki::Digest::Sha1)
        reply.notes.append(u"the issued certificate is signed with SHA-1"_s);
    if (certificate == context.signer)
        reply.notes.append(u"the server returned the certificate that is already there"_s);
    reply.differences = differences(certificate, context);
    return {};
}

void collectExtras(IssuedReply &reply, const QList<Pki::Certificate> &others, const CertRepContext &context)
{
    const QList<Pki::Certificate> own = context.roles.caCertificates();
    for (const Pki::Certificate &certificate : others) {
        if (reply.extras.contains(certificate))
            continue;
        if (Pki::buildChain(certificate, own + others, {own.isEmpty() ? certificate : context.roles.anchor}, context.now).isTrusted)
            reply.extras.append(certificate);
        else
            reply.notes.append(u"a certificate in the reply does not link up and is ignored: %1"_s.arg(shortName(certificate)));
    }
}

/// GetCert and GetCRL: what was asked for is somebody else's, so there is no key to compare with.
Result<IssuedReply> readFetched(const Pki::SignedData &bundle, const CertRepContext &context, IssuedReply reply)
{
    for (const Pki::Crl &crl : bundle.crls()) {
        if (crl.isSignedBy(context.roles.issuing))
            reply.crls.append(crl);
        else
            reply.notes.append(u"a CRL of %1 is ignored: it is not signed by the issuing CA"_s.arg(crl.issuer().toText()));
    }
    // Expired or revoked ones may be asked for, too: only the signatures up to the issuing CA count here.
    const QList<Pki::Certificate> certificates = bundle.certificates();
    const QList<Pki::Certificate> own = context.roles.caCertificates();
    Pki::Certificate unlinked;
    for (const Pki::Certificate &certificate : certificates) {
        const Pki::CertificateChain chain = chainOf(certificate, certificates, context, context.now);
        const bool isLinkedUp = own.contains(certificate) || isLinked(chain, context.roles.issuing);
        if (!isLinkedUp) {
            reply.notes.append(u"a certificate in the reply does not link up and is ignored: %1"_s.arg(shortName(certificate)));
            unlinked = unlinked.isNull() ? certificate : unlinked;
        } else if (!certificate.isCa() && reply.certificate.isNull()) {
            reply.certificate = certificate;
            reply.chain = chain;
        } else if (certificate != reply.certificate && !reply.extras.contains(certificate)) {
            reply.extras.append(certificate);
        }
    }
    if (reply.certificate.isNull() && reply.extras.isEmpty() && !unlinked.isNull())
        return notLinked(unlinked, context.roles);
    if (reply.certificate.isNull() && reply.extras.isEmpty() && reply.crls.isEmpty()) {
        if (!bundle.crls().isEmpty())
            return failure(ErrorCode::ChainBroken, u"the CRL is not signed by the issuing CA"_s);
        return failure(ErrorCode::ReplyMalformed, u"neither a certificate nor a CRL in the reply"_s);
    }
    return reply;
}

} // namespace

Result<IssuedReply> readIssued(const Pki::SignedData &bundle, const CertRepContext &context, IssuedReply reply)
{
    if (!bundle.signers().isEmpty())
        reply.notes.append(u"the certificate bundle inside the reply is signed; that signature is ignored"_s);
    if (context.publicKey.isNull())
        return readFetched(bundle, context, std::move(reply));
    QList<Pki::Certificate> certificates = bundle.certificates();
    if (certificates.isEmpty())
        return failure(ErrorCode::ReplyMalformed, u"no certificate in the reply"_s);
    // Some servers hand out what they have instead of renewing it.
    const bool holdsFormer = !context.former.isNull() && certificates.removeAll(context.former) > 0;
    const auto own = findOwn(certificates, context.publicKey);
    if (!own && own.error().code == ErrorCode::ForeignPublicKey && holdsFormer)
        return failure(ErrorCode::OldCertificateReturned, u"serial number %1"_s.arg(context.former.serialNumber().toHex()));
    if (!own)
        return std::unexpected(own.error());
    reply.certificate = *own;
    QList<Pki::Certificate> others = certificates;
    others.removeAll(*own);
    if (const auto judged = judge(reply, others, context); !judged)
        return std::unexpected(judged.error());
    collectExtras(reply, others, context);
    return reply;
}

} // namespace Scep::Detail
