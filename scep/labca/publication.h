// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/labca/caidentity.h"

#include <QStringList>
#include <QUrl>

namespace LabCa {

/// Where clients fetch CRLs and CA certificates, for the certificates that name it.
struct Publication {
    QUrl baseUrl;  ///< scheme, host, port, and the path before /scep; empty: nothing is named
    QString alias; ///< of the CA
};

/// "ALIAS-1a2b3c4d": one name for each issuing certificate, so that what a former one issued still finds its own CRL after a rollover.
QString publishedName(const QString &alias, const Pki::Certificate &issuing);
/// http://host:port/crl/ALIAS-1a2b3c4d.crl and /ca/ALIAS-1a2b3c4d.cer, behind the base's path; empty lists without a base.
QStringList crlUrls(const Publication &publication, const Pki::Certificate &issuing);
QStringList caIssuerUrls(const Publication &publication, const Pki::Certificate &issuing);

/// The generation whose file is asked for: "ALIAS.crl" is the current one's. Null: none of this CA's.
const CaIdentity *publishedIdentity(const CaMaterial &ca, const QString &alias, const QString &file, bool isCrl);

} // namespace LabCa
