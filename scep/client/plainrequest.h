// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/certificate.h"
#include "scep/protocol/algorithms.h"

#include <QNetworkRequest>

namespace Scep {

/// The plainest HTTP/1.1 request there is: no cookies, no cache, no HTTP/2, no pipelining, and redirects left to us.
/// For https `tlsRoots` are trusted beside the system's roots. `bodyLimit`: what a compressed body may grow to before Qt stops it.
QNetworkRequest plainRequest(const QUrl &url, HttpMethod method, qint64 bodyLimit, const QList<Pki::Certificate> &tlsRoots);

} // namespace Scep
