// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

class QScrollArea;
class QWidget;

namespace Gui {

/// A page that scrolls when the screen is too small for it, so that the buttons below stay in sight. It lies on the ground of whatever it
/// is put into, a tab for example. Takes `page` over.
QScrollArea *makeScrolledPage(QWidget *page, QWidget *parent = nullptr);

} // namespace Gui
