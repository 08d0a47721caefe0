// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/worker/enrollmentrequest.h"
#include "scep/worker/enrollmentserver.h"
#include "scep/worker/transaction.h"

#include <QFlags>

namespace Scep {

/// What the engine does about a changed server or request, beyond using the new values from the next exchange on.
enum class ChangeEffect {
    StopsTraffic = 0x001,       ///< all exchanges with the server end at once; open transactions wait
    ResumesTraffic = 0x002,     ///< open transactions go on, what is due begins
    ForgetsServer = 0x004,      ///< what was learned of the server is dropped: CA certificates, capabilities, how it renews
    Bootstraps = 0x008,         ///< the server is asked for its CA certificates; until they are authenticated nothing else is sent
    ChoosesRoles = 0x010,       ///< CA and RA certificates get their roles anew, from what the server sent before
    ResendsRequests = 0x020,    ///< open transactions start over at the server's other CA: the same request and key, sent again
    NewEnrollment = 0x040,      ///< a certificate at hand cannot be renewed: a new enrollment begins at once, or after the open transaction
    ChangesNextRequest = 0x080, ///< shows in the next certificate; an open transaction ends as it was sent
    NewKeyAtRenewal = 0x100,    ///< the next certificate gets a key of the new kind
    KeepsKeyAtRenewal = 0x200,  ///< the next certificate gets the key of the present one
    MovesRenewal = 0x400,       ///< the time of the next renewal changes
    BeginsByItself = 0x800,     ///< a request that was disabled enrols and renews by itself again; what is due begins
    WaitsForPerson = 0x1000,    ///< a request is disabled: nothing begins by itself any more; an open transaction goes on to its end
    ChangesMessages = 0x2000,   ///< the next message, of open transactions too, is made and sent as the new settings say
    AfterOpenTransaction =
        0x4000, ///< an open transaction ends as it was sent: what is said of the next certificate holds for the one after
};
Q_DECLARE_FLAGS(ChangeEffects, ChangeEffect)
Q_DECLARE_OPERATORS_FOR_FLAGS(ChangeEffects)

/// Pure: to be told before the change is made. The engine asks the same function. `known`: what is known of the server as it was, which
/// tells whether another anchor names the same CA.
ChangeEffects changeEffects(const EnrollmentServer &before, const EnrollmentServer &after, const ServerKnowledge &known = {});
/// `transaction`: the request's last one, if it is open.
ChangeEffects changeEffects(const EnrollmentRequest &before, const EnrollmentRequest &after, const TransactionStatus &transaction = {});

/// One each, in the order of the enumeration, for lists.
QList<ChangeEffect> toList(ChangeEffects effects);

/// A server or request with every setting back at its default, except what makes it what it is: id, label, description, enabled, address,
/// trust; and id, label, server, subject, alternative names.
EnrollmentServer withDefaults(const EnrollmentServer &server);
EnrollmentRequest withDefaults(const EnrollmentRequest &request);

} // namespace Scep
