// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/records/settingranges.h"

#include <QDoubleSpinBox>

namespace Gui {

/// A number with as many digits behind the point as it has, up to six.
class NumberEdit final : public QDoubleSpinBox
{
    Q_OBJECT

public:
    explicit NumberEdit(Models::SettingRange<double> range, QWidget *parent = nullptr);
    [[nodiscard]] QString textFromValue(double value) const override;
};

} // namespace Gui
