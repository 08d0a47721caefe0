// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/protocol/requesturl.h"

#include <QUrl>

namespace Scep {

constexpr int maxRedirects = 5;

/// 301, 302, 303, 307, 308.
bool isRedirect(int httpStatus);

/// Where a redirect leads, if it may be followed; the method never changes. `followed`: how many were followed before.
/// Refused: other hosts (the technician trusts a host, not where it points), https to http, 303 (it asks for a GET of something that is
/// not the answer), user info, schemes that are not http, no or a broken Location, more than maxRedirects. Errors: RedirectRefused.
Result<QUrl> redirectTarget(const QUrl &from, int httpStatus, const QByteArray &location, int followed);

/// scheme://host:port/path, for people: a query may hold a whole message.
QString displayUrl(const QUrl &url);

} // namespace Scep
