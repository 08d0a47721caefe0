// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

namespace Bench {

/// The middle value; the mean of the two middle ones for an even count. `values` must not be empty.
double median(std::vector<double> values);

/// The median of a[i] / b[i]: rounds of two contestants run in turn, so that what else the machine does hits both.
double medianRatio(const std::vector<double> &a, const std::vector<double> &b);

/// Seconds on a clock that only goes forward.
double now();

/// Seconds of processor time that this process has used: for work that waits for nothing, unmoved by what else runs.
double processorTime();

} // namespace Bench
