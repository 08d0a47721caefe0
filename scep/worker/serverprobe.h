// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/worker/enrollmentserver.h"

namespace Scep {

/// Looking at a server before it is trusted: GetCACaps and GetCACert only.
struct ProbeRequest {
    quint64 ticket = 0; ///< comes back in the result
    QUrl url;
    QString caIdentifier;
    TransportSettings transport;
};
struct ServerProbe {
    quint64 ticket = 0;
    std::optional<Error> error; ///< of GetCACert; a failing GetCACaps is only a note
    Capabilities capabilities;
    CaCertificates offered;
    Pki::Certificate toConfirm;   ///< whose fingerprint the technician compares
    std::optional<CaRoles> roles; ///< as they will be once confirmed
    std::optional<Error> rolesError;
    std::optional<std::chrono::seconds> clockSkew;
    QStringList notes;
};

} // namespace Scep
