// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/worker/transaction.h"
#include "ui/inspector/inspecteditem.h"

namespace Gui {

/// An exchange taken apart: what was sent and what was received, each as a tree of its fields where it is a message, and the certificates
/// that came with it. Takes a few milliseconds: on a pool thread.
InspectedFile inspectExchange(const Scep::Exchange &exchange, const QString &server, const QString &request);

} // namespace Gui
