// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/worker/enrollmentserver.h"

namespace Scep {

/// Pause before poll number `polls` + 1: first * growth^polls, at most longest, +-10 % by `jitter` in [-1, 1]; a Retry-After of
/// the server is honoured if it is longer.
std::chrono::seconds pollPause(const PollRule &rule, int polls, double jitter,
                               std::optional<std::chrono::seconds> retryAfter = std::nullopt);
/// Pause after `failures` transport errors in a row (1 or more): retryInterval doubled each time, at most an hour, +-10 % by `jitter`;
/// a Retry-After of the server is honoured if it is longer.
std::chrono::seconds retryPause(std::chrono::seconds retryInterval, int failures, double jitter,
                                std::optional<std::chrono::seconds> retryAfter = std::nullopt);

} // namespace Scep
