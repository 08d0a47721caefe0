// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/verb.h"

namespace Cli {

// scepctl request: what changes a request (requestverbs.cpp) and what has it act (requestactions.cpp).
int runRequestEnroll(const QStringList &arguments, const Terminal &terminal);
int runRequestPoll(const QStringList &arguments, const Terminal &terminal);
int runRequestRenew(const QStringList &arguments, const Terminal &terminal);
int runRequestCancel(const QStringList &arguments, const Terminal &terminal);
int runRequestRetry(const QStringList &arguments, const Terminal &terminal);
int runRequestDeliver(const QStringList &arguments, const Terminal &terminal);

} // namespace Cli
