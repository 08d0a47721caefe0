// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/labca/policy.h"

namespace LabCa {

/// A CA's policy as it lies in its folder: `policy.json`, the challenge in `challenge.txt` (0600) if the policy says so, the profiles in
/// `profiles.json`. A folder without them has the defaults. Errors: Malformed (the detail names file and member), file errors.
Result<Policy> policyOfFolder(const QString &caFolder);
/// Writes the first two; the challenge first, or removes it last. Errors: file errors.
Result<void> savePolicy(const QString &caFolder, const Policy &policy);

QString displayName(Mode mode); ///< "auto", "approve", "registered"; also what stands in the file
std::optional<Mode> modeFromText(const QString &text);

} // namespace LabCa
