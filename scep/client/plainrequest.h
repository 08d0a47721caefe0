// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/client/exchangejob.h"

#include <QNetworkRequest>

namespace Scep {

/// The plainest HTTP/1.1 request there is: no cookies, no cache, no HTTP/2, no pipelining, and redirects left to us.
/// For https the settings' roots are trusted beside the system's, and their client certificate is shown if the server asks. `bodyLimit`:
/// what a compressed body may grow to before Qt stops it.
QNetworkRequest plainRequest(const QUrl &url, HttpMethod method, qint64 bodyLimit, const TransportSettings &settings);

/// The settings change what TLS does.
bool hasOwnTls(const TransportSettings &settings);

} // namespace Scep
