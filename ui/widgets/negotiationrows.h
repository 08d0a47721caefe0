// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/protocol/negotiationpreview.h"

namespace Gui {

class DetailsView;

/// Adds what a request would be made with, each with its reason, or why none can be made; `server` is its label, for the error.
/// Returns whether one can.
bool addNegotiation(DetailsView &details, const Scep::NegotiationInput &input, const QString &server);

} // namespace Gui
