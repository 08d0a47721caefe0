// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/verb.h"
#include "scep/labca/faults.h"
#include "scep/labca/personality.h"

namespace Cli {

/// --personality.
void addPersonalityOption(VerbParser &parser);
/// nullopt: not given. Errors: InvalidArgument, with the names there are.
Pki::Result<std::optional<LabCa::Personality>> personalityFromOptions(const VerbParser &parser);

/// --fault, any number of times, and --fault-seed.
void addFaultOptions(VerbParser &parser);
/// Errors: InvalidArgument.
Pki::Result<LabCa::FaultPlan> faultPlanFromOptions(const VerbParser &parser);

/// lab-ca faults: which personalities and faults there are.
int runLabCaFaults(const QStringList &arguments, const Terminal &terminal);

} // namespace Cli
