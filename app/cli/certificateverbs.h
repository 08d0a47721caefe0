// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/workspaceverb.h"

namespace Cli {

// scepctl certificate: what lists, edits and exports (certificateverbs.cpp), what takes one in (certificateadd.cpp).
int runCertificateAdd(const QStringList &arguments, const Terminal &terminal);

/// Prints the certificate with its chain.
int tellCertificate(WorkspaceSession &session, const Models::CertificateRow &row, const Terminal &terminal);
/// "certificate “17”": how messages name it.
inline QString certificateName(const QString &text)
{
    return QStringLiteral("certificate “%1”").arg(Models::safeText(text));
}

} // namespace Cli
