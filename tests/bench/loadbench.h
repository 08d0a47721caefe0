// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace Bench {

/// `count` enrollments at the Lab CA and as many at scepserver (Debian package scep), in turns, under the same parallel load with RSA-2048.
/// Keys and messages are made before; every reply is opened and checked after. Prints one line with both rates, the errors and the ratio
/// of the rates (above 1: the Lab CA is faster). False when the Lab CA made an error.
bool runLoad(const QString &scepctl, int count, int connections);

} // namespace Bench
