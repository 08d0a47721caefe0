// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/client/exchangejob.h"
#include "scep/protocol/cacertificates.h"
#include "scep/protocol/capabilities.h"
#include "scep/worker/ids.h"

namespace Scep {

/// Which message renews.
enum class RenewalMethod { Automatic, PkcsReq, RenewalReq };

/// The rungs of a renewal, from the best to the last resort.
enum class RenewalStep {
    RenewalReq,           ///< messageType 17, signed by the current certificate (RFC 8894 3.3.1)
    PkcsReqByCertificate, ///< messageType 19, signed by the current certificate: for servers from before RFC 8894
    FreshPkcsReq,         ///< a new enrollment with a challenge
};

/// When a pending request is asked for again. Transport errors have their own back-off and are not counted as polls.
struct PollRule {
    std::chrono::seconds first{60};
    double growth = 1.5;
    std::chrono::seconds longest{3600};
    std::chrono::seconds end{std::chrono::hours(24 * 7)}; ///< since the first PENDING; after that PollingEnded

    friend bool operator==(const PollRule &, const PollRule &) = default;
};

/// A SCEP end point as the technician configured it. Plain value.
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
    bool followsRollover = true; ///< asks for the next CA certificate where the server offers it (RFC 8894 4.7)
    PollRule polling;
    std::chrono::seconds retryInterval{60}; ///< first pause after a transport error; doubles up to an hour
    TransportSettings transport;
    int exchangesAtOnce = 4;   ///< PKIOperations under way at a time, 1 or more: enough for a batch to flow, few enough for a small CA
    int requestsPerMinute = 0; ///< PKIOperations begun in a minute at most; 0: no limit

    friend bool operator==(const EnrollmentServer &, const EnrollmentServer &) = default;
};

/// The CA that will follow, as the current one announced and signed it (RFC 8894 4.7). Shown and kept; never used before its time.
struct NextCa {
    CaCertificates offered; ///< from the signed content only
    CaRoles roles;
    /// Its top is the confirmed anchor or hangs on it. False: a new root, which a person must confirm before anything is sent to it.
    bool isUnderAnchor = false;
    QDateTime seenAt; ///< UTC, when it was last announced

    [[nodiscard]] bool isNull() const { return roles.issuing.isNull(); }
    friend bool operator==(const NextCa &, const NextCa &) = default;
};

/// What came of asking a server for the CRL of its issuing CA. Never a reason to distrust the server: GetCRL is optional (RFC 8894 2.8).
struct CrlKnowledge {
    QDateTime askedAt;                   ///< UTC, the last attempt; invalid: never asked
    QDateTime thisUpdate;                ///< of the newest CRL; an older one is not believed any more
    QDateTime nextUpdate;                ///< invalid: the CRL does not say
    int revokedCount = 0;                ///< certificates on it
    std::optional<Error> lastError = {}; ///< of the last attempt; absent when it went well

    friend bool operator==(const CrlKnowledge &, const CrlKnowledge &) = default;
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
    /// Everything it ever announced. What `capabilities` lacks of it was taken away: by the server, or by somebody on the way.
    Capabilities seenCapabilities;
    std::optional<RenewalStep> renewalStep; ///< what renewed here last
    bool pollsByRequest = false;            ///< does not know CertPoll and answers a repeated request instead
    NextCa nextCa;                          ///< staged; null: none announced
    CrlKnowledge crl = {};                  ///< what is known of revocations

    friend bool operator==(const ServerKnowledge &, const ServerKnowledge &) = default;
};

} // namespace Scep
