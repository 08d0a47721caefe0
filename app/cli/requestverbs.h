// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/workspaceverb.h"

namespace Cli {

// scepctl request: what shows and removes (requestverbs.cpp), what changes settings (requestedit.cpp), what acts (requestactions.cpp).
int runRequestAdd(const QStringList &arguments, const Terminal &terminal);
int runRequestEdit(const QStringList &arguments, const Terminal &terminal);
int runRequestEnroll(const QStringList &arguments, const Terminal &terminal);
int runRequestPoll(const QStringList &arguments, const Terminal &terminal);
int runRequestRenew(const QStringList &arguments, const Terminal &terminal);
int runRequestCancel(const QStringList &arguments, const Terminal &terminal);
int runRequestRetry(const QStringList &arguments, const Terminal &terminal);
int runRequestDeliver(const QStringList &arguments, const Terminal &terminal);

/// Prints the request as it is now.
int tellRequest(WorkspaceSession &session, Scep::RequestId id, const Terminal &terminal, const QJsonObject &more = {});

} // namespace Cli
