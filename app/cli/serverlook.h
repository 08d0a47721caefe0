// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/verb.h"
#include "scep/worker/engine.h"

#include <functional>

namespace Cli {

/// GetCACaps and GetCACert of a server that need not be trusted yet. Blocks in the event loop until they ended.
Scep::ServerProbe lookAt(const Scep::EnrollmentServer &server);
/// The SHA-256 anchor of the CA that answers now, told on stderr (trust on first use).
Pki::Result<Scep::TrustAnchor> anchorOfFirstUse(const Scep::EnrollmentServer &server, const Terminal &terminal);

/// The answer to one question to a server whose CA is named by its anchor. Blocks in the event loop. `observer`, if set, sees every
/// exchange.
Scep::QueryResult ask(const Scep::EnrollmentServer &server, const Scep::ServerQuery &query,
                      const std::function<void(const Scep::Exchange &)> &observer = {});
/// The server's certificates sorted into roles, as far as the anchor is confirmed. Errors: those of the probe, authenticate and
/// chooseRoles.
Pki::Result<Scep::CaRoles> confirmedRoles(const Scep::EnrollmentServer &server, const Scep::ServerProbe &probe);

} // namespace Cli
