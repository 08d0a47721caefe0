// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QDateTime>

#include <chrono>
#include <optional>

namespace Scep {

/// An HTTP date in any of the three forms of RFC 9110 5.6.7, in UTC; invalid when it is none. Never looks at the locale.
QDateTime httpDate(const QByteArray &value);

/// Retry-After (RFC 9110 10.2.3): seconds, or a date counted from `now`. A date in the past gives 0, anything above a year a year,
/// nonsense nothing.
std::optional<std::chrono::seconds> retryAfter(const QByteArray &value, const QDateTime &now);

} // namespace Scep
