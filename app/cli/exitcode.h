// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/error.h"

namespace Cli {

/// What scepctl's exit status says, for scripts (documented in `scepctl --help`).
enum class ExitCode {
    Done = 0,
    Internal = 1,
    Usage = 2,
    NotTrusted = 3,
    Rejected = 4,
    Pending = 5,
    NotReached = 6,
    NotUnderstood = 7,
    Storage = 8,
};

ExitCode exitCode(Pki::ErrorCode code);

} // namespace Cli
