// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/verb.h"
#include "scep/worker/engine.h"

namespace Cli {

/// GetCACaps and GetCACert of a server that need not be trusted yet. Blocks in the event loop until they ended.
Scep::ServerProbe lookAt(const Scep::EnrollmentServer &server);
/// The SHA-256 anchor of the CA that answers now, told on stderr (trust on first use; scep-facts 10).
Pki::Result<Scep::TrustAnchor> anchorOfFirstUse(const Scep::EnrollmentServer &server, const Terminal &terminal);

} // namespace Cli
