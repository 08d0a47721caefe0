// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/outputoptions.h"
#include "models/store/filejournal.h"

namespace Cli {

/// The ending when an earlier run left its transaction in the way.
int failUnfinished(const OutputOptions &options, const QString &transactionFile, const Terminal &terminal);

/// Runs the engine over `journal` until its one request is issued, refused, or still pending when the wait is over; prints the result.
/// A transaction that `journal` holds is resumed, else a new one begins: a renewal if `journal` has a current certificate.
int runEnrollment(Models::FileJournal &journal, const QString &transactionFile, const OutputOptions &options, const OutputWriter &writer,
                  const Terminal &terminal);

} // namespace Cli
