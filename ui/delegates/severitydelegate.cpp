// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/delegates/severitydelegate.h"

#include "ui/widgets/icons.h"

#include <QMargins>

namespace Gui {

SeverityDelegate::SeverityDelegate(int severityRole, QObject *parent)
    : QStyledItemDelegate(parent)
    , m_severityRole(severityRole)
{}

QSize SeverityDelegate::sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    // Rows with room to breathe; the view has uniform rows, so one column decides.
    return QStyledItemDelegate::sizeHint(option, index).grownBy(QMargins(0, 3, 0, 3));
}

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
