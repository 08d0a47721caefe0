// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/scrolledpage.h"

#include <QScrollArea>

namespace Gui {

QScrollArea *makeScrolledPage(QWidget *page, QWidget *parent)
{
    auto *area = new QScrollArea(parent);
    area->setFrameShape(QFrame::NoFrame);
    area->setWidgetResizable(true);
    area->setWidget(page);
    // The area would paint the window's ground over the tab's.
    area->viewport()->setAutoFillBackground(false);
    page->setAutoFillBackground(false);
    return area;
}

} // namespace Gui
