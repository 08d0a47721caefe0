// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/worker/transaction.h"

namespace Scep {

// How a certificate is renewed (RFC 8894 2.3, 3.3.1). Pure functions.

/// The rungs in the order in which they are tried, the one that worked here before first. The server's setting narrows them to one kind of
/// message; RenewalReq is tried only where GetCACaps announces it or the setting demands it; a fresh PKCSReq only with a challenge, because
/// a server that asks for none takes PKCSReq by the current certificate too.
QList<RenewalStep> renewalLadder(RenewalMethod setting, const Capabilities &capabilities, std::optional<RenewalStep> worked,
                                 bool hasChallenge);

/// How a rung failed, as far as the next step depends on it.
struct RenewalFailure {
    RenewalStep step = RenewalStep::RenewalReq;
    bool wasPending = false;                 ///< the server had taken the request and somebody looked at it
    bool workedBefore = false;               ///< this rung is what renewed here last
    std::optional<Rejection> rejection = {}; ///< CertRep with FAILURE
    std::optional<Error> error = {};         ///< anything else
    int httpStatus = 0;
};
/// True: this kind of message is not understood or not wanted, and the next rung may be. False: whatever it was, another message is no cure
/// (trust failures, an unreachable server, wrong algorithms or time, a decision about the request itself).
bool stepsDown(const RenewalFailure &failure);

/// What the technician should know of a certificate that took the place of another: it does not last longer, the subject is another one.
QStringList renewalNotes(const Pki::Certificate &former, const Pki::Certificate &renewed);

/// The reply is encrypted to the requester's key or, for a key that cannot decrypt, with the challenge (RFC 8894 3.1).
QString noReplyWithoutChallenge();
MessageType messageType(RenewalStep step);
QString displayName(RenewalStep step); ///< "PKCSReq signed by the current certificate"

/// The transaction of another rung of the same renewal: the same key pair, a new transactionID; a new CSR unless the device made it.
/// `challenge` goes into the CSR for FreshPkcsReq, and for the others if the server's setting says so.
/// Errors: what negotiate() and the CSR's making refuse.
Result<Transaction> nextRenewalTransaction(const Transaction &former, RenewalStep step, const Credential &current,
                                           const EnrollmentRequest &request, const EnrollmentServer &server,
                                           const Pki::SecretBytes &challenge, const QDateTime &now);

/// A renewal whose certificate expired before the new one came goes on as a new enrollment, since an expired certificate vouches for
/// nobody: PKCSReq with the same key pair, under a self-signed certificate (RFC 8894 2.3), with a new transactionID. The challenge goes
/// into the CSR if there is one and the CSR is ours. Errors: DeviceCsrNeeded (no key to sign with), UnsupportedAlgorithm (nobody could open
/// the reply), what the CSR's making refuses.
Result<Transaction> enrollmentInsteadOf(const Transaction &renewal, const Credential &current, const EnrollmentRequest &request,
                                        const Pki::SecretBytes &challenge, const QDateTime &now);

} // namespace Scep
