// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/records/records.h"

namespace Models {

constexpr int longestLabel = 64; ///< characters

/// What a server or a request may be called: 1 to 64 characters that can be seen, with no blank at either end. No control characters,
/// line ends, or marks that turn the direction of the text: labels stand in lists, messages and file names. InvalidArgument.
Result<void> checkLabel(const QString &label);

} // namespace Models
