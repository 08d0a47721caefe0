// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace Gui {

/// "system": style and palette of the desktop; "light" and "dark": Fusion with a palette of our own.
void applyAppearance(const QString &name);

} // namespace Gui
