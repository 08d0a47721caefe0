// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/labca/depot.h"

namespace LabCa {

/// When the Lab CA takes a request signed by a certificate of its own for that certificate's renewal (RFC 8894 2.4).
struct RenewalRules {
    int afterPercent = 50; ///< of the validity, 0..99: not sooner
    bool allowsSameKey = true;
};

/// Before this time the certificate cannot be renewed.
QDateTime renewableFrom(const Pki::Certificate &certificate, const RenewalRules &rules);

struct RenewalObjection {
    Scep::Rejection rejection;
    bool isTooEarly = false; ///< the only thing that is wrong with it, as far as it was looked at
};
/// Why `request`, signed with `current`, is no renewal that can be granted; nullopt: it is. `known`: the enrollment that `current` was
/// issued for, if this CA issued it. What a certificate that is revoked, has expired or keeps its key may not do comes before the time.
/// Pure.
std::optional<RenewalObjection> renewalObjection(const Pki::Certificate &current, const std::optional<Enrollment> &known,
                                                 const Pki::CertificationRequest &request, const RenewalRules &rules, const QDateTime &now);

} // namespace LabCa
