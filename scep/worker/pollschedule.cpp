// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/worker/pollschedule.h"

#include <algorithm>
#include <cmath>

namespace Scep {

namespace {

using std::chrono::seconds;

constexpr seconds longestRetry = std::chrono::hours(1);
/// A Retry-After travels unauthenticated: nobody may silence a device for longer than a day with it.
constexpr seconds longestRetryAfter = std::chrono::hours(24);
constexpr double jitterShare = 0.1;

seconds withJitter(double pause, double jitter)
{
    const double varied = pause * (1.0 + jitterShare * std::clamp(jitter, -1.0, 1.0));
    // Never 0: a loop without a pause is an attack on the server.
    return seconds(std::max<qint64>(1, std::llround(varied)));
}

seconds notBefore(seconds own, std::optional<seconds> retryAfter)
{
    return retryAfter ? std::max(own, std::min(*retryAfter, longestRetryAfter)) : own;
}

} // namespace

seconds pollPause(const PollRule &rule, int polls, double jitter, std::optional<seconds> retryAfter)
{
    const double longest = static_cast<double>(std::max(rule.longest, rule.first).count());
    // A growth below 1 would make the polls faster and faster.
    const double growth = std::max(1.0, rule.growth);
    const double pause = static_cast<double>(rule.first.count()) * std::pow(growth, std::max(0, polls));
    return notBefore(withJitter(std::isfinite(pause) ? std::min(pause, longest) : longest, jitter), retryAfter);
}

seconds retryPause(seconds retryInterval, int failures, double jitter, std::optional<seconds> retryAfter)
{
    const double longest = static_cast<double>(std::max(longestRetry, retryInterval).count());
    const double pause = static_cast<double>(retryInterval.count()) * std::pow(2.0, std::clamp(failures - 1, 0, 60));
    return notBefore(withJitter(std::min(pause, longest), jitter), retryAfter);
}

} // namespace Scep
