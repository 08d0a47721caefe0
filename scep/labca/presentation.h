// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/labca/policy.h"

namespace LabCa {

// What a CA shows of itself to everybody who asks.

QByteArray capabilitiesText(const Personality &personality);
/// GetCACert. `caIdent`: what message= said; Dogtag takes it for an index.
HttpResponse caCertificatesAnswer(const CaIdentity &ca, const Personality &personality, bool sendsFullChain,
                                  const QByteArray &caIdent = {});
/// What a client of this CA can confirm by its fingerprint: the root where GetCACert sends it, else the issuing CA.
Pki::Certificate anchorFor(const CaIdentity &ca, const Policy &policy);
/// GetCACertChain, which drafts knew.
HttpResponse caChainAnswer(const CaIdentity &ca);
/// GetNextCACert, signed by the current CA or RA; 404 when there is no next one.
HttpResponse nextCaAnswer(const CaMaterial &ca);

} // namespace LabCa
