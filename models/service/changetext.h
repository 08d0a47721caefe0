// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/worker/changeeffects.h"

#include <QStringList>

namespace Models {

/// What a change of a server or request will do, a sentence each: shown before it is made, in the window and by scepctl alike.
QStringList changeTexts(Scep::ChangeEffects effects);

} // namespace Models
