// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/labca/personality.h"
#include "scep/labca/profiles.h"
#include "scep/labca/renewalrules.h"
#include "scep/pki/secretbytes.h"

#include <chrono>

namespace LabCa {

/// How requests are decided.
enum class Mode {
    Auto,       ///< granted at once when the challenge fits (or none is set)
    Approve,    ///< PENDING until a person approves or rejects
    Registered, ///< granted or refused at once: only who stands in the EntityRegister, once for each challenge
};

struct Policy {
    Mode mode = Mode::Auto;
    Pki::SecretBytes challenge; ///< empty: any challenge, also none, is accepted. Not looked at in registered mode
    int validityDays = 365;
    int validityMinutes = 0;       ///< instead of the days, when not 0
    bool sendsFullChain = true;    ///< GetCACert: with the root as p7, else the issuing CA (and its RA) alone
    bool includesCaInReply = true; ///< CertRep: the issuing CA beside the certificate
    RenewalRules renewal = {};
    Personality personality = {};
    Profiles profiles = {};
    bool refusesUnknownProfiles = false; ///< a template name that is no profile; else the default profile is taken

    [[nodiscard]] std::chrono::minutes validity() const
    {
        constexpr int minutesOfDay = 24 * 60;
        return std::chrono::minutes(validityMinutes > 0 ? validityMinutes : validityDays * minutesOfDay);
    }
    void setValidity(std::chrono::minutes validity)
    {
        constexpr int minutesOfDay = 24 * 60;
        const bool isWhole = validity.count() % minutesOfDay == 0;
        validityMinutes = isWhole ? 0 : static_cast<int>(validity.count());
        validityDays = isWhole ? static_cast<int>(validity.count() / minutesOfDay) : validityDays;
    }
};

} // namespace LabCa
