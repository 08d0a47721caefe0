// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/workspaceverb.h"

namespace Cli {

// scepctl server: what shows and removes (serververbs.cpp), what changes settings (serveredit.cpp).
int runServerAdd(const QStringList &arguments, const Terminal &terminal);
int runServerEdit(const QStringList &arguments, const Terminal &terminal);

/// Prints the server as it is now.
int tellServer(WorkspaceSession &session, Scep::ServerId id, const Terminal &terminal, const QJsonObject &more = {});
/// What the engine has to read from the vault before it can talk to this server.
bool needsVault(const Scep::EnrollmentServer &server);

} // namespace Cli
