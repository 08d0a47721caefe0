// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/verb.h"
#include "scep/worker/enrollmentserver.h"

namespace Cli {

/// Options that every verb has that talks to a server: --ca-ident --timeout --tls-root --proxy.
void addServerOptions(VerbParser &parser);
/// Options that say which CA is trusted: --fingerprint --fingerprint-alg --ca-file.
void addTrustOptions(VerbParser &parser);

/// URL, CA identifier and transport from the options; the label is the host. Errors: InvalidUrl, InvalidArgument, file errors.
Pki::Result<Scep::EnrollmentServer> serverFromOptions(const VerbParser &parser, const QString &url);
/// Not set when neither option is given. Errors: InvalidFingerprint, InvalidArgument (both given), file errors.
Pki::Result<Scep::TrustAnchor> anchorFromOptions(const VerbParser &parser);

/// A secret from the file that `option` names, else from the environment variable; empty when neither is there.
Pki::Result<Pki::SecretBytes> secretFromOptions(const VerbParser &parser, const QString &option, const char *environmentVariable);

} // namespace Cli
