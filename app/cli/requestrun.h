// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/workspacesession.h"
#include "models/service/requeststatus.h"

#include <chrono>

namespace Cli {

/// What is asked of one request of a workspace.
enum class RequestTask { Enroll, Renew, AttemptNow, Cancel, Deliver };

struct RequestRunOptions {
    RequestTask task = RequestTask::Enroll;
    std::chrono::seconds wait{0}; ///< how long to wait for an approval
    bool isVerbose = false;
};

/// --wait and --verbose.
void addRunOptions(VerbParser &parser);
Pki::Result<RequestRunOptions> runOptionsFrom(const VerbParser &parser, RequestTask task);

/// Runs an engine for this request until its transaction rests: issued (and delivered, where there is a rule), rejected, pending or not
/// reached for longer than the wait. Returns the exit status; what is open stays open and goes on with the next one who works with the
/// workspace.
int runRequest(WorkspaceSession &session, const Models::RequestRecord &record, const RequestRunOptions &options, const Terminal &terminal);

/// Lets an engine look at one server until it answered or failed to; `change`, if set, is made known to the engine after it has read
/// what was before. `withRequests`: its requests are concerned too. The server's error, if any, is not ours: it is in its record.
Pki::Result<void> runServer(WorkspaceSession &session, Scep::ServerId id, bool withRequests,
                            const std::function<Pki::Result<Scep::EnrollmentServer>()> &change = {});

} // namespace Cli
