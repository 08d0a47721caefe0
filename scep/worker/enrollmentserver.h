// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/client/exchangejob.h"
#include "scep/protocol/cacertificates.h"
#include "scep/protocol/capabilities.h"
#include "scep/worker/ids.h"

namespace Scep {

/// Which message renews (scep-facts 14).
enum class RenewalMethod { Automatic, PkcsReq, RenewalReq };

/// When a pending request is asked for again (scep-facts 12). Transport errors have their own back-off and are not counted as polls.
struct PollRule {
    std::chrono::seconds first{60};
    double growth = 1.5;
    std::chrono::seconds longest{3600};
    std::chrono::seconds end{std::chrono::hours(24 * 7)}; ///< since the first PENDING; after that PollingEnded

    friend bool operator==(const PollRule &, const PollRule &) = default;
};

/// A SCEP end point as the technician configured it (mission A and C). Plain value.
struct EnrollmentServer {
    ServerId id;
    QString label; ///< unique
    QString description;
    bool isEnabled = true;
    QUrl url;
    QString caIdentifier; ///< CA-IDENT; empty: none sent
    TrustAnchor anchor;   ///< what the technician confirmed; not set: nothing is ever sent but GetCACaps and GetCACert
    AlgorithmPolicy algorithms;
    RoleOverride roleOverride;
    RenewalMethod renewalMethod = RenewalMethod::Automatic;
    bool sendsChallengeOnRenewal = false;
    std::chrono::seconds caCheckInterval{std::chrono::hours(24)};
    PollRule polling;
    std::chrono::seconds retryInterval{60}; ///< first pause after a transport error; doubles up to an hour
    TransportSettings transport;

    friend bool operator==(const EnrollmentServer &, const EnrollmentServer &) = default;
};

/// What is known of a server from talking to it. Stored, so that a start does not need the network.
struct ServerKnowledge {
    enum class Trust { NotAsked, NotConfirmed, Confirmed, Refused };
    ServerId id;
    Trust trust = Trust::NotAsked;
    Capabilities capabilities;
    CaCertificates offered;                        ///< as last received
    CaRoles roles;                                 ///< valid when trust is Confirmed
    QDateTime lastContact;                         ///< UTC, of the last good GetCACert; invalid: never
    std::optional<Error> lastError;                ///< of the last attempt; absent when it went well
    std::optional<std::chrono::seconds> clockSkew; ///< server's Date header minus our clock
    QStringList notes;                             ///< leniencies, shrunken capabilities, ...
};

} // namespace Scep
