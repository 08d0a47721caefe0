// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

class QPlainTextEdit;
class QString;
class QWidget;

namespace Gui {

/// Read-only text in a fixed-pitch font with a button that copies all of it. Takes `edit` over.
QWidget *makeTextPage(QPlainTextEdit *edit, const QString &objectName, const QString &accessibleName);

} // namespace Gui
