// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/error.h"
#include "scep/pki/secretbytes.h"

namespace Cli {

/// True: standard input is a terminal, so there is somebody to ask.
bool canPrompt();
/// Asks on the terminal (question on stderr, nothing is echoed) for one line; empty when nothing was typed.
/// Errors: Cancelled (Ctrl-C, Ctrl-D, hang-up), Internal (the terminal cannot be told to keep quiet).
Pki::Result<Pki::SecretBytes> promptSecret(const QString &question);
/// Asks twice, for a new secret: a slip of the finger would lock the file for ever. Errors: InvalidArgument when the two differ.
Pki::Result<Pki::SecretBytes> promptNewSecret(const QString &question);

} // namespace Cli
