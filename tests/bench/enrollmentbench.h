// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace Bench {

/// One enrollment over loopback, from the start of the process to the files written, with a ready RSA-2048 key: `scepctl enroll` beside
/// `pki --scep` and `scepclient`, in turn, all at one Lab CA that `scepctl lab-ca serve` runs. Prints a line for each comparison.
void runEnrollments(const QString &scepctl, int rounds);

} // namespace Bench
