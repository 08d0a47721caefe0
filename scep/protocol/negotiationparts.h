// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// For scep/protocol/*.cpp only: the single choices that negotiate() makes.

#include "scep/protocol/algorithms.h"

namespace Scep::Detail {

/// Each fills in its own fields of `result` and appends its own warnings. Errors: AlgorithmBelowFloor.
Result<void> chooseDigest(const AlgorithmPolicy &policy, const Capabilities &capabilities, Negotiated &result);
Result<void> chooseCipher(const AlgorithmPolicy &policy, const Capabilities &capabilities, Negotiated &result);
void chooseMethod(const AlgorithmPolicy &policy, const Capabilities &capabilities, Negotiated &result);

} // namespace Scep::Detail
