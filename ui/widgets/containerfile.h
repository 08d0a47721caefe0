// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/container.h"
#include "ui/prompter.h"

namespace Gui {

/// Reads what a file holds, on a pool thread, and hands it to `taker` in `context`'s thread, once; not at all when `context` is gone or the
/// person cancels. Asks for the pass phrase of what is locked: always for a locked bundle or key, and with `wantsKey` also where a key may
/// be locked beside certificates.
void readContainerFile(QWidget *context, Prompter &prompter, const QString &path, bool wantsKey,
                       std::function<void(const Pki::Result<Pki::Container> &)> taker);

} // namespace Gui
