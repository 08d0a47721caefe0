// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/protocol/catrust.h"

#include "scep/pki/certificatechain.h"
#include "scep/protocol/cacertificates.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace Scep {

namespace Detail {

bool isCaAmong(const Pki::Certificate &certificate, const QList<Pki::Certificate> &all)
{
    if (certificate.isCa())
        return true;
    const bool saysNothing = std::ranges::none_of(
        certificate.extensions(), [](const Pki::Extension &extension) { return extension.oid == Pki::Oid::literal("2.5.29.19"); });
    return saysNothing && all.size() == 1 && certificate.isSelfSigned();
}

bool issuedOther(const Pki::Certificate &parent, const Pki::Certificate &child)
{
    return parent != child && parent.publicKey() != child.publicKey() && child.isSignedBy(parent);
}

bool isNewer(const Pki::Certificate &a, const Pki::Certificate &b)
{
    if (a.notBefore() != b.notBefore())
        return a.notBefore() > b.notBefore();
    return a.fingerprint().bytes() < b.fingerprint().bytes();
}

QString shortName(const Pki::Certificate &certificate)
{
    const QString commonName = certificate.subject().commonName();
    return commonName.isEmpty() ? certificate.subject().toText() : u"CN=%1"_s.arg(commonName);
}

} // namespace Detail

namespace {

QString describe(const Pki::Certificate &certificate, Pki::Digest digest)
{
    return u"%1 has %2 %3"_s.arg(Detail::shortName(certificate), displayName(digest), certificate.fingerprint(digest).toDisplay());
}

QString describeOffered(const CaCertificates &offered, Pki::Digest digest)
{
    QStringList parts;
    for (const Pki::Certificate &certificate : offered.certificates) {
        if (Detail::isCaAmong(certificate, offered.certificates))
            parts.append(describe(certificate, digest));
    }
    std::ranges::sort(parts);
    return parts.isEmpty() ? u"the server offers no CA certificate"_s : u"the server offers: %1"_s.arg(parts.join("; "_L1));
}

Result<Pki::Certificate> byFingerprint(const Pki::Fingerprint &fingerprint, const CaCertificates &offered)
{
    for (const Pki::Certificate &certificate : offered.certificates) {
        if (!fingerprint.matchesCertificate(certificate.der()))
            continue;
        // An RA certificate is authenticated by the CA, never the other way round.
        if (!Detail::isCaAmong(certificate, offered.certificates))
            return failure(ErrorCode::FingerprintMismatch,
                           u"the fingerprint is that of %1, which is no CA certificate; %2"_s.arg(
                               Detail::shortName(certificate), describeOffered(offered, fingerprint.digest())));
        return certificate;
    }
    return failure(ErrorCode::FingerprintMismatch, describeOffered(offered, fingerprint.digest()));
}

Result<Pki::Certificate> byCertificate(const Pki::Certificate &anchor, const CaCertificates &offered, const QDateTime &now)
{
    if (offered.certificates.contains(anchor))
        return anchor;
    const bool isLinked = std::ranges::any_of(offered.certificates, [&](const Pki::Certificate &certificate) {
        return Detail::isCaAmong(certificate, offered.certificates) &&
               Pki::buildChain(certificate, offered.certificates, {anchor}, now).isTrusted;
    });
    if (isLinked)
        return anchor;
    return failure(ErrorCode::FingerprintMismatch, u"no CA certificate of the server chains to %1; %2"_s.arg(
                                                       Detail::shortName(anchor), describeOffered(offered, Pki::Digest::Sha256)));
}

} // namespace

Result<Pki::Certificate> authenticate(const TrustAnchor &anchor, const CaCertificates &offered, const QDateTime &now)
{
    if (!anchor.isSet())
        return failure(ErrorCode::CaNotConfirmed, describeOffered(offered, Pki::Digest::Sha256));
    if (!anchor.fingerprint.isEmpty()) {
        const auto found = byFingerprint(anchor.fingerprint, offered);
        // Should both be set, both must hold.
        if (!found || anchor.certificate.isNull() || *found == anchor.certificate)
            return found;
        return failure(ErrorCode::FingerprintMismatch, describeOffered(offered, anchor.fingerprint.digest()));
    }
    return byCertificate(anchor.certificate, offered, now);
}

Result<Pki::Certificate> certificateToConfirm(const CaCertificates &offered)
{
    QList<Pki::Certificate> authorities;
    std::ranges::copy_if(offered.certificates, std::back_inserter(authorities),
                         [&offered](const Pki::Certificate &certificate) { return Detail::isCaAmong(certificate, offered.certificates); });
    if (authorities.isEmpty())
        return failure(ErrorCode::NoUsableCaCertificate, u"none of the %1 certificates is that of a CA"_s.arg(offered.certificates.size()));

    const auto issuedCount = [&offered](const Pki::Certificate &authority, bool authoritiesToo) {
        return std::ranges::count_if(offered.certificates, [&](const Pki::Certificate &certificate) {
            return (authoritiesToo || !Detail::isCaAmong(certificate, offered.certificates)) && Detail::issuedOther(authority, certificate);
        });
    };
    // A self-signed certificate that has signed nothing here says nothing about the server: prefer one that has.
    QList<Pki::Certificate> roots;
    std::ranges::copy_if(authorities, std::back_inserter(roots), &Pki::Certificate::isSelfSigned);
    if (!roots.isEmpty()) {
        return *std::ranges::min_element(roots, [&](const Pki::Certificate &a, const Pki::Certificate &b) {
            const auto countA = issuedCount(a, true);
            const auto countB = issuedCount(b, true);
            return countA != countB ? countA > countB : Detail::isNewer(a, b);
        });
    }
    // No root: the CA that issued the RA certificates, else the lowest CA.
    return *std::ranges::min_element(authorities, [&](const Pki::Certificate &a, const Pki::Certificate &b) {
        const auto leavesA = issuedCount(a, false);
        const auto leavesB = issuedCount(b, false);
        if (leavesA != leavesB)
            return leavesA > leavesB;
        const auto allA = issuedCount(a, true);
        const auto allB = issuedCount(b, true);
        return allA != allB ? allA < allB : Detail::isNewer(a, b);
    });
}

} // namespace Scep
