// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/worker/engine.h"
#include "scep/worker/servercheck.h"

namespace Scep {

/// The judgement on what a server answered. Pure functions: every (re)fetch goes through them.

/// What is known of `server` after `answers`. A failed exchange leaves trust and roles as they were; an anchor that does not fit
/// gives Trust::Refused with FingerprintMismatch, or CaChanged when another CA was authenticated here before.
ServerKnowledge judge(const EnrollmentServer &server, const ServerKnowledge &earlier, const ServerAnswers &answers, const QDateTime &now);

/// Chooses the roles anew from the certificates received before: for a changed manual override.
ServerKnowledge judgeAgain(const EnrollmentServer &server, const ServerKnowledge &earlier, const QDateTime &now);

/// One of the notes of judge(): the server announces less than it once did.
bool isShrinkageNote(const QString &note);

/// The note for a CRL that could not be had, and whether a note is one of these.
QString crlNote(const Error &error);
bool isCrlNote(const QString &note);

/// Stored knowledge counts only if its roles still hang on the anchor that is configured now.
bool isConfirmedBy(const TrustAnchor &anchor, const ServerKnowledge &knowledge);

ServerProbe probeResult(quint64 ticket, const ServerAnswers &answers, const QDateTime &now);

/// The server or the network failed in a way that may pass by itself: worth another try without a person.
bool mayPass(ErrorCode code);

} // namespace Scep
