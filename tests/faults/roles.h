// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStringList>

/// The programs that the fault run starts: this very test program with another first argument.
namespace FaultRun {

/// --lab-ca FOLDER MODE SEED HALF: a Lab CA on a free port of the loopback interface, `MODE` registered or approve. Ten percent of its
/// answers are spoilt, by the even or the odd kinds of faults (`HALF` 0 or 1); all come a little late. Says "url URL", then "served" or
/// "spoilt KINDS" for every answer.
int runLabCa(const QStringList &arguments);

/// --worker WORKSPACE GOAL: engine and store, as an agent without a window. What has no certificate enrols; with a GOAL of 2 everybody
/// renews once. Says "ready", then "rejected ID" for what waits for a person, who answers on standard input "enroll ID CHALLENGE"
/// (CHALLENGE "-": none) or "renew ID"; "missing COUNT" now and then. Ends with 0 when every request has GOAL certificates and nothing is
/// open.
int runWorker(const QStringList &arguments);

void say(const QString &line); ///< to standard output, at once

} // namespace FaultRun
