// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/worker/changeeffects.h"

#include <algorithm>

namespace Scep {

namespace {

bool names(const TrustAnchor &anchor, const Pki::Certificate &certificate)
{
    if (certificate.isNull())
        return false;
    return anchor.certificate.isNull() ? anchor.fingerprint.matchesCertificate(certificate.der()) : anchor.certificate == certificate;
}

/// Another way to name the same CA: a longer fingerprint, the certificate instead of it, or another certificate of the chain that was
/// authenticated here.
bool isSameCa(const TrustAnchor &before, const TrustAnchor &after, const ServerKnowledge &known)
{
    if (before == after)
        return true;
    if (!before.isSet() || !after.isSet())
        return false;
    if (names(before, after.certificate) || names(after, before.certificate))
        return true;
    if (known.trust != ServerKnowledge::Trust::Confirmed || !names(before, known.roles.anchor))
        return false;
    const QList<Pki::Certificate> authenticated = known.roles.caCertificates();
    return std::ranges::any_of(authenticated, [&](const Pki::Certificate &certificate) { return names(after, certificate); });
}

} // namespace

ChangeEffects changeEffects(const EnrollmentServer &before, const EnrollmentServer &after, const ServerKnowledge &known)
{
    ChangeEffects effects;
    if (before.isEnabled != after.isEnabled)
        effects |= after.isEnabled ? ChangeEffect::ResumesTraffic : ChangeEffect::StopsTraffic;
    const bool hasOtherCa = !isSameCa(before.anchor, after.anchor, known);
    const bool isElsewhere = before.url != after.url || before.caIdentifier != after.caIdentifier;
    if (isElsewhere || before.anchor != after.anchor)
        effects |= ChangeEffect::ForgetsServer | ChangeEffect::Bootstraps;
    if (hasOtherCa && !after.anchor.isSet())
        effects |= ChangeEffect::StopsTraffic;
    else if (hasOtherCa && !before.anchor.isSet() && after.isEnabled)
        effects |= ChangeEffect::ResumesTraffic;
    else if (hasOtherCa && before.anchor.isSet())
        effects |= ChangeEffect::ResendsRequests | ChangeEffect::NewEnrollment;
    if (before.roleOverride != after.roleOverride && !effects.testFlag(ChangeEffect::ForgetsServer))
        effects |= ChangeEffect::ChoosesRoles;
    if (before.algorithms != after.algorithms)
        effects |= ChangeEffect::ChangesMessages;
    return effects;
}

ChangeEffects changeEffects(const EnrollmentRequest &before, const EnrollmentRequest &after, const TransactionStatus &transaction)
{
    ChangeEffects effects;
    // A CA renews what it issued, and under the name under which it issued it.
    if (before.server != after.server || before.subject != after.subject)
        effects |= ChangeEffect::NewEnrollment;
    else if (before.subjectAlternativeNames != after.subjectAlternativeNames || before.profile != after.profile ||
             before.profileEncoding != after.profileEncoding || before.keyUsage != after.keyUsage ||
             before.extendedKeyUsage != after.extendedKeyUsage || before.transactionIdOverride != after.transactionIdOverride)
        effects |= ChangeEffect::ChangesNextRequest;
    if (after.reusesKeyOnRenewal && !before.reusesKeyOnRenewal)
        effects |= ChangeEffect::KeepsKeyAtRenewal;
    else if (!after.reusesKeyOnRenewal && (before.reusesKeyOnRenewal || before.keySpec != after.keySpec))
        effects |= ChangeEffect::NewKeyAtRenewal;
    // A transaction that has begun has sent its CSR; one that waits for its beginning is made anew.
    constexpr auto ofCertificate =
        ChangeEffect::NewEnrollment | ChangeEffect::ChangesNextRequest | ChangeEffect::NewKeyAtRenewal | ChangeEffect::KeepsKeyAtRenewal;
    if ((effects & ofCertificate) && transaction.isOpen() && !transaction.transactionId.isEmpty())
        effects |= ChangeEffect::AfterOpenTransaction;
    if (before.renewal != after.renewal)
        effects |= ChangeEffect::MovesRenewal;
    if (before.isEnabled != after.isEnabled)
        effects |= after.isEnabled ? ChangeEffect::BeginsByItself : ChangeEffect::WaitsForPerson;
    return effects;
}

QList<ChangeEffect> toList(ChangeEffects effects)
{
    QList<ChangeEffect> list;
    for (int bit = 1; bit <= static_cast<int>(ChangeEffect::AfterOpenTransaction); bit <<= 1) {
        if (const auto effect = static_cast<ChangeEffect>(bit); effects.testFlag(effect))
            list.append(effect);
    }
    return list;
}

EnrollmentServer withDefaults(const EnrollmentServer &server)
{
    EnrollmentServer reset;
    reset.id = server.id;
    reset.label = server.label;
    reset.description = server.description;
    reset.isEnabled = server.isEnabled;
    reset.url = server.url;
    reset.caIdentifier = server.caIdentifier;
    reset.anchor = server.anchor;
    return reset;
}

EnrollmentRequest withDefaults(const EnrollmentRequest &request)
{
    EnrollmentRequest reset;
    reset.id = request.id;
    reset.label = request.label;
    reset.server = request.server;
    reset.subject = request.subject;
    reset.subjectAlternativeNames = request.subjectAlternativeNames;
    reset.isEnabled = request.isEnabled;
    return reset;
}

} // namespace Scep
