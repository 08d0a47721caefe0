// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/error.h"

#include <QNetworkReply>
#include <QSslError>

namespace Scep {

/// What a failed exchange means, when no HTTP status explains it. The words are ours and English, since Qt's are translated.
/// `url`: what was asked, `received`: how many bytes of a body had come.
Pki::Error networkError(QNetworkReply::NetworkError error, const QUrl &url, qint64 received = 0);

/// TlsFailure with what is wrong with the server's certificate. TLS errors are never ignored.
Pki::Error tlsError(const QList<QSslError> &errors, const QUrl &url);

/// HttpStatus: status, reason and the first printable part of the body.
Pki::Error httpStatusError(int status, const QString &reason, const QByteArray &body);

/// "host", or "host:port" when the port is not the usual one of the scheme.
QString hostAndPort(const QUrl &url);

} // namespace Scep
