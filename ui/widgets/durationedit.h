// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/records/settingranges.h"

#include <QWidget>

class QComboBox;
class QSpinBox;

namespace Gui {

/// A length of time as a number and a unit. Shows every whole second as it is, in the largest unit that fits.
class DurationEdit final : public QWidget
{
    Q_OBJECT

public:
    /// `objectName` is the number's; the unit's is the same with "Unit" behind it.
    DurationEdit(const QString &objectName, const QString &name, Models::SettingRanges::Time range, QWidget *parent = nullptr);
    void setValue(std::chrono::seconds value);
    [[nodiscard]] std::chrono::seconds value() const;
    void setToolTips(const QString &text);

signals:
    void changed();

private:
    void setBounds();
    Models::SettingRanges::Time m_range;
    QSpinBox *m_number = nullptr;
    QComboBox *m_unit = nullptr;
};

} // namespace Gui
