// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/protocol/identifiers.h"

#include <QUrl>

namespace Scep {

enum class Operation { GetCaCaps, GetCaCert, GetNextCaCert, GetCaCertChain, PkiOperation };
QString wireName(Operation operation); ///< "GetCACaps"

/// What a person typed, checked: http or https only, a host, no user info, no fragment; a missing scheme becomes http.
/// Nothing is appended. Errors: InvalidUrl.
Result<QUrl> serverUrlFromText(const QString &text);

/// `server` + operation (+ message, percent-encoded byte by byte: `+` `/` `=` become %2B %2F %3D). An existing query is kept in front.
QUrl requestUrl(const QUrl &server, Operation operation, const QString &caIdentifier = {});
/// The GET form of PKIOperation: message = base64 of the DER (RFC 8894 4.1).
QUrl pkiOperationGetUrl(const QUrl &server, const QByteArray &message);

} // namespace Scep
