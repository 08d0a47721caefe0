// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/requeststatus.h"

#include <QColor>
#include <QIcon>
#include <QPalette>

namespace Gui {

/// An icon of resources/icons, drawn in the text colour of the palette in force when it is painted: one file serves light and dark.
QIcon icon(const QString &name);
/// The application's own icon.
QIcon applicationIcon();

/// Each severity has a shape of its own, so that nobody needs its colour to tell them apart.
QIcon severityIcon(Models::Severity severity);
/// Readable on the window and base colours of `palette`.
QColor severityColor(Models::Severity severity, const QPalette &palette);
/// "good", "needs attention": for accessible texts and tooltips.
QString severityWord(Models::Severity severity);
/// True when `palette` has light text on a dark ground.
bool isDark(const QPalette &palette);

} // namespace Gui
