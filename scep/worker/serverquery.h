// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/cms.h"
#include "scep/pki/crl.h"
#include "scep/worker/enrollmentrequest.h"
#include "scep/worker/enrollmentserver.h"

namespace Scep {

/// A question to a server that changes nothing there and nothing here: GetCert (RFC 8894 3.3.4), GetCRL (3.3.4), GetNextCACert (4.7).
struct ServerQuery {
    enum class Kind {
        Certificate, ///< the certificate with this issuer and serial number
        Crl,         ///< the CRL that covers the certificate with this issuer and serial number
        NextCa,      ///< what will follow the current CA
    };
    quint64 ticket = 0; ///< comes back in the result
    ServerId server;
    Kind kind = Kind::Certificate;
    Pki::IssuerAndSerialNumber about;
    /// Signs the question and opens the answer. Null: a throw-away self-signed certificate, which not every server accepts.
    Credential credential;
};

/// What came of it. The answers are verified: the certificate was issued by the confirmed CA, the CRL and the next CA are signed by it.
struct QueryResult {
    quint64 ticket = 0;
    ServerId server;
    ServerQuery::Kind kind = ServerQuery::Kind::Certificate;
    std::optional<Error> error;
    std::optional<Rejection> rejection; ///< what the server said, beside the error
    QList<Pki::Certificate> certificates;
    QList<Pki::Crl> crls;
    std::optional<NextCa> nextCa; ///< absent without an error: the server has none
    QStringList notes;
};

} // namespace Scep
