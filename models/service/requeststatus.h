// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/records/records.h"
#include "scep/worker/activity.h"

#include <QFlags>

namespace Models {

enum class CertificateState { None, NotYetValid, Valid, RenewalDue, Expired, Revoked };

enum class RequestAction {
    Enroll = 0x01,
    AttemptNow = 0x02, ///< poll or retry now
    Cancel = 0x04,
    Export = 0x08,
    Inspect = 0x10,
    Remove = 0x20,
    Renew = 0x40,     ///< the current certificate, now
    UseCsr = 0x80,    ///< give the next enrollment or renewal a CSR of the device, or a key
    Continue = 0x100, ///< put a refused or stopped renewal aside: the certificate is renewed by itself again
};
Q_DECLARE_FLAGS(RequestActions, RequestAction)
Q_DECLARE_OPERATORS_FOR_FLAGS(RequestActions)

/// Never by colour alone: each has an icon with its own shape and a word.
enum class Severity { Neutral, Good, Busy, Attention, Bad };

/// The two facts of a request made into what is shown and what is allowed. Drives table, menus, toolbar and scepctl alike.
struct RequestStatus {
    CertificateState certificateState = CertificateState::None;
    QString certificateText; ///< "valid until 21 Nov 2027"
    QString transactionText; ///< "pending, next poll in 4 min"
    QString headline;        ///< the one that matters most, for narrow places
    QString nextAction;      ///< "renews 8 Sep 2027", "polls in 4 min", "needs you", empty
    Severity severity = Severity::Neutral;
    RequestActions actions;
    double validityShare = 0; ///< 0..1 of the validity passed; 0 without certificate
    /// Not empty: the rule would renew by itself, but does not, because the last transaction was refused or stopped. A sentence for
    /// details.
    QString stillstand;
};
RequestStatus requestStatus(const RequestRecord &record, const QDateTime &now);

/// The same for a server.
struct ServerStatus {
    QString text; ///< "ready", "not confirmed", "CA changed", "not reached: ..."
    Severity severity = Severity::Neutral;
};
ServerStatus serverStatus(const ServerRecord &record);
/// The server announces less than it once did, and nobody has accepted that yet (Service::acceptCapabilities()).
bool hasLostCapabilities(const ServerRecord &record);
/// The next CA will have another root than the confirmed one: it must be confirmed when it comes.
bool announcesNewRoot(const ServerRecord &record);

/// "revoked on 2026-03-14 (keyCompromise)", "on hold since 2026-03-14".
QString revocationText(const Scep::Revocation &revocation);

/// "in 4 min", "2 days ago", "now"; for the GUI and scepctl.
QString relativeTime(const QDateTime &time, const QDateTime &now);
/// Engine activity with the names filled in.
struct ActivityView {
    Scep::Activity::Kind kind = Scep::Activity::Kind::Idle;
    QString server;
    QString request;
    int runningExchanges = 0;
    QDateTime nextDue;
};
/// What the engine does, for the status bar.
QString activityText(const ActivityView &activity, const QDateTime &now);

} // namespace Models
