// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/delegates/severitydelegate.h"

#include "ui/widgets/icons.h"

namespace Gui {

SeverityDelegate::SeverityDelegate(int severityRole, QObject *parent)
    : QStyledItemDelegate(parent)
    , m_severityRole(severityRole)
{}

void SeverityDelegate::initStyleOption(QStyleOptionViewItem *option, const QModelIndex &index) const
{
    QStyledItemDelegate::initStyleOption(option, index);
    const QVariant value = index.data(m_severityRole);
    if (!value.isValid())
        return;
    option->features |= QStyleOptionViewItem::HasDecoration;
    option->icon = severityIcon(static_cast<Models::Severity>(value.toInt()));
    const int size = option->fontMetrics.height();
    option->decorationSize = QSize(size, size);
}

} // namespace Gui
