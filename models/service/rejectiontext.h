// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/protocol/identifiers.h"

namespace Models {

// For models/service/errortext.cpp: the next steps that depend on what exactly a server answered.

/// From the HRESULT of certificate services, else the words in failInfoText, else failInfo.
QString rejectionNextStep(const Scep::Rejection &rejection);
/// From the detail of an ErrorCode::HttpStatus: "404 Not Found: the first words of the body".
QString httpNextStep(const QString &detail);

} // namespace Models
