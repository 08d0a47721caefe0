// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/numberedit.h"

namespace Gui {

NumberEdit::NumberEdit(Models::SettingRange<double> range, QWidget *parent)
    : QDoubleSpinBox(parent)
{
    setDecimals(6);
    setRange(range.least, range.most);
    setSingleStep(0.1);
    setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
    setMinimumWidth(fontMetrics().averageCharWidth() * 14);
    setMaximumWidth(minimumWidth());
}

QString NumberEdit::textFromValue(double value) const
{
    return locale().toString(value, 'g', 7);
}

} // namespace Gui
