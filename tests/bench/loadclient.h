// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QList>
#include <QUrl>

namespace Bench {

/// What came back to one message.
struct LoadReply {
    int status = 0; ///< 0: the connection ended without an answer
    QByteArray body;
};

struct LoadResult {
    QList<LoadReply> replies; ///< in the order of the messages
    double seconds = 0;       ///< from the first byte sent to the last received
};

/// Posts every message once over `connections` connections that stay open, each sending its next message when its last is answered.
/// Does no cryptography meanwhile: what is measured is the server.
LoadResult postAll(const QUrl &server, const QList<QByteArray> &messages, int connections);

/// One GET, for GetCACert.
QByteArray fetch(const QUrl &url);

} // namespace Bench
