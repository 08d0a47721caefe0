// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/serverfindings.h"

namespace Cli {

/// Everything that can be seen of a server without changing anything there: GetCACaps, GetCACert, GetNextCACert; and, only when the
/// server's anchor names its CA, a CertPoll for a transaction that does not exist and a GetCRL, both under a throw-away certificate.
/// Blocks in the event loop.
Models::ServerFacts examine(const Scep::EnrollmentServer &server);

} // namespace Cli
