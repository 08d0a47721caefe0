// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/labcabanner.h"

#include "ui/widgets/helpers.h"
#include "ui/widgets/icons.h"

#include <QEvent>
#include <QHBoxLayout>

using namespace Qt::StringLiterals;

namespace Gui {

LabCaBanner::LabCaBanner(QWidget *parent)
    : QFrame(parent)
    , m_mark(plainLabel(tr("LAB ONLY"), this))
    , m_text(plainLabel(tr("For trying and training: never trust its certificates outside of this lab."), this))
{
    setObjectName(u"labCaBanner"_s);
    setAccessibleName(m_mark->text() + u": "_s + m_text->text());
    setToolTip(tr("Without a pass phrase, whoever can read the workspace's folder can issue certificates of this CA."));
    setAutoFillBackground(true);
    QFont bold = m_mark->font();
    bold.setBold(true);
    m_mark->setFont(bold);
    m_text->setWordWrap(true);
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(12, 5, 12, 5);
    layout->setSpacing(12);
    layout->addWidget(m_mark, 0, Qt::AlignTop);
    layout->addWidget(m_text, 1);
    applyColors();
}

void LabCaBanner::changeEvent(QEvent *event)
{
    QFrame::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        applyColors();
}

void LabCaBanner::applyColors()
{
    // The ground that people see is the window's; this frame's own palette has the band's colours already.
    const QPalette around = parentWidget() != nullptr ? parentWidget()->palette() : palette();
    QPalette band = palette();
    const QColor ground = severityColor(Models::Severity::Attention, around);
    const QColor ink = isDark(around) ? QColor(0x1b, 0x1e, 0x22) : QColor(Qt::white);
    if (band.color(QPalette::Window) == ground && band.color(QPalette::WindowText) == ink)
        return;
    band.setColor(QPalette::Window, ground);
    band.setColor(QPalette::WindowText, ink);
    setPalette(band);
}

} // namespace Gui
