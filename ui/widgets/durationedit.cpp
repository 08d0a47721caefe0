// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/durationedit.h"

#include "ui/widgets/helpers.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QSignalBlocker>
#include <QSpinBox>

using namespace Qt::StringLiterals;

namespace Gui {

DurationEdit::DurationEdit(const QString &objectName, const QString &name, Models::SettingRanges::Time range, QWidget *parent)
    : QWidget(parent)
    , m_range(range)
    , m_number(named(new QSpinBox(this), objectName, name))
    , m_unit(named(new QComboBox(this), objectName + u"Unit"_s, tr("%1: unit").arg(name)))
{
    const std::pair<QString, int> units[] = {{tr("seconds"), 1}, {tr("minutes"), 60}, {tr("hours"), 3600}, {tr("days"), 86400}};
    for (const auto &[text, seconds] : units) {
        if (std::chrono::seconds(seconds) <= range.most)
            m_unit->addItem(text, seconds);
    }
    // As wide everywhere, whatever the largest number of this one is: units stand under each other.
    m_number->setMinimumWidth(m_number->fontMetrics().averageCharWidth() * 14);
    m_number->setMaximumWidth(m_number->minimumWidth());
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_number);
    layout->addWidget(m_unit);
    setFocusProxy(m_number);
    setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
    setValue(range.least);
    connect(m_unit, &QComboBox::currentIndexChanged, this, [this] {
        setBounds();
        emit changed();
    });
    connect(m_number, &QSpinBox::valueChanged, this, &DurationEdit::changed);
}

void DurationEdit::setBounds()
{
    const QSignalBlocker quiet(m_number);
    const int unit = m_unit->currentData().toInt();
    const auto inUnits = [unit](std::chrono::seconds value, int rounding) { return static_cast<int>((value.count() + rounding) / unit); };
    m_number->setRange(inUnits(m_range.least, unit - 1), inUnits(m_range.most, 0));
}

void DurationEdit::setValue(std::chrono::seconds value)
{
    {
        const QSignalBlocker quietUnit(m_unit);
        const QSignalBlocker quietNumber(m_number);
        // What is stored is shown, also when the range has become narrower since.
        m_range.least = std::min(m_range.least, value);
        m_range.most = std::max(m_range.most, value);
        int at = m_unit->count() - 1;
        while (at > 0 && (value.count() == 0 || value.count() % m_unit->itemData(at).toInt() != 0))
            --at;
        m_unit->setCurrentIndex(at);
        setBounds();
        m_number->setValue(static_cast<int>(value.count() / m_unit->itemData(at).toInt()));
    }
    emit changed();
}

std::chrono::seconds DurationEdit::value() const
{
    return std::chrono::seconds(qint64(m_number->value()) * m_unit->currentData().toInt());
}

void DurationEdit::setToolTips(const QString &text)
{
    m_number->setToolTip(text);
    m_unit->setToolTip(text);
}

} // namespace Gui
