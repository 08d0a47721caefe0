// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/worker/servertrust.h"

#include "scep/worker/nextcacheck.h"

namespace Scep {

using namespace Qt::StringLiterals;

namespace {

constexpr auto shrinkageStart = "The server announces less than before"_L1;
constexpr auto crlNoteStart = "Revocations could not be looked up"_L1;

Capabilities joined(const Capabilities &earlier, const Capabilities &now)
{
    QStringList lines = earlier.lines();
    for (const QString &line : now.lines()) {
        if (!lines.contains(line, Qt::CaseInsensitive))
            lines.append(line);
    }
    return Capabilities::fromLines(lines);
}

void judgeCertificates(const EnrollmentServer &server, ServerKnowledge &knowledge, const QDateTime &now)
{
    const CaRoles earlier = knowledge.roles;
    const auto authenticated = authenticate(server.anchor, knowledge.offered, now);
    if (!authenticated) {
        Error error = authenticated.error();
        if (error.code == ErrorCode::CaNotConfirmed) {
            knowledge.trust = ServerKnowledge::Trust::NotConfirmed;
            knowledge.lastError.reset(); // waiting for a person is no failure
            return;
        }
        if (error.code == ErrorCode::FingerprintMismatch && !earlier.anchor.isNull())
            error.code = ErrorCode::CaChanged;
        knowledge.trust = ServerKnowledge::Trust::Refused;
        knowledge.lastError = error;
        return;
    }
    auto roles = chooseRoles(knowledge.offered, *authenticated, now, server.roleOverride);
    if (!roles) {
        knowledge.trust = ServerKnowledge::Trust::Refused;
        knowledge.lastError = roles.error();
        return;
    }
    if (!earlier.issuing.isNull() && earlier.issuing != roles->issuing) {
        knowledge.notes.append(
            u"The issuing CA changed from %1 to %2"_s.arg(earlier.issuing.subject().toText(), roles->issuing.subject().toText()));
        knowledge.crl = {}; // that was the other one's
    }
    knowledge.trust = ServerKnowledge::Trust::Confirmed;
    knowledge.roles = *std::move(roles);
    knowledge.lastError.reset();
}

} // namespace

ServerKnowledge judge(const EnrollmentServer &server, const ServerKnowledge &earlier, const ServerAnswers &answers, const QDateTime &now)
{
    ServerKnowledge knowledge = earlier;
    knowledge.id = server.id;
    if (answers.clockSkew)
        knowledge.clockSkew = answers.clockSkew;
    if (answers.error) {
        knowledge.lastError = answers.error;
        return withNextCaInForce(server, knowledge, now);
    }
    knowledge.notes = answers.notes;
    if (earlier.crl.lastError)
        knowledge.notes.append(crlNote(*earlier.crl.lastError));
    // GetCACaps is not authenticated: whoever can make it fail must not thereby choose weaker algorithms.
    // All that was ever seen is remembered: a warning that is gone at the next check would be none.
    const bool isSilenced = answers.capabilities.isEmpty() && !earlier.capabilities.isEmpty();
    const QStringList missing = answers.capabilities.missingSince(earlier.seenCapabilities);
    if (isSilenced)
        knowledge.notes.append(u"GetCACaps gave nothing this time: the capabilities seen before are used on"_s);
    else if (!missing.isEmpty())
        knowledge.notes.append(shrinkageStart +
                               u" (missing: %1): somebody may be removing capabilities on the way"_s.arg(missing.join(u", "_s)));
    if (!isSilenced)
        knowledge.capabilities = answers.capabilities;
    knowledge.seenCapabilities = joined(earlier.seenCapabilities, answers.capabilities);
    knowledge.offered = answers.offered;
    knowledge.lastContact = now;
    judgeCertificates(server, knowledge, now);
    if (knowledge.trust == ServerKnowledge::Trust::Confirmed && knowledge.nextCa.roles.issuing == knowledge.roles.issuing)
        knowledge.nextCa = {}; // it has come
    return knowledge;
}

ServerKnowledge judgeAgain(const EnrollmentServer &server, const ServerKnowledge &earlier, const QDateTime &now)
{
    ServerKnowledge knowledge = earlier;
    if (!knowledge.offered.certificates.isEmpty())
        judgeCertificates(server, knowledge, now);
    return knowledge;
}

bool isShrinkageNote(const QString &note)
{
    return note.startsWith(shrinkageStart);
}

QString crlNote(const Error &error)
{
    return crlNoteStart + u": %1"_s.arg(error.detail);
}

bool isCrlNote(const QString &note)
{
    return note.startsWith(crlNoteStart);
}

bool isConfirmedBy(const TrustAnchor &anchor, const ServerKnowledge &knowledge)
{
    if (knowledge.trust != ServerKnowledge::Trust::Confirmed || !anchor.isSet() || knowledge.roles.anchor.isNull() ||
        knowledge.roles.recipient.isNull())
        return false;
    return anchor.certificate.isNull() ? anchor.fingerprint.matchesCertificate(knowledge.roles.anchor.der())
                                       : anchor.certificate == knowledge.roles.anchor;
}

ServerProbe probeResult(quint64 ticket, const ServerAnswers &answers, const QDateTime &now)
{
    ServerProbe probe;
    probe.ticket = ticket;
    probe.error = answers.error;
    probe.capabilities = answers.capabilities;
    probe.offered = answers.offered;
    probe.clockSkew = answers.clockSkew;
    probe.notes = answers.notes;
    if (answers.offered.certificates.isEmpty())
        return probe;
    // A failing GetCACaps is only a note while somebody is looking.
    if (probe.error) {
        probe.notes.append(u"GetCACaps failed (%1)"_s.arg(capabilitiesFailure(*probe.error)));
        probe.error.reset();
    }
    const auto toConfirm = certificateToConfirm(answers.offered);
    if (!toConfirm) {
        probe.rolesError = toConfirm.error();
        return probe;
    }
    probe.toConfirm = *toConfirm;
    if (auto roles = chooseRoles(answers.offered, *toConfirm, now))
        probe.roles = *std::move(roles);
    else
        probe.rolesError = roles.error();
    return probe;
}

bool mayPass(ErrorCode code)
{
    switch (code) {
    case ErrorCode::FingerprintMismatch:
    case ErrorCode::CaNotConfirmed:
    case ErrorCode::CaChanged:
    case ErrorCode::NoUsableCaCertificate:
    case ErrorCode::ChainBroken:
    case ErrorCode::InvalidUrl:
        return false;
    default:
        return true;
    }
}

} // namespace Scep
