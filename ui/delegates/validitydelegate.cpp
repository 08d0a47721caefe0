// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/delegates/validitydelegate.h"

#include "ui/widgets/icons.h"

#include <QApplication>
#include <QPainter>

namespace Gui {
namespace {
constexpr int barHeight = 8;
constexpr int margin = 6;
} // namespace

ValidityDelegate::ValidityDelegate(int shareRole, int severityRole, QObject *parent)
    : QStyledItemDelegate(parent)
    , m_shareRole(shareRole)
    , m_severityRole(severityRole)
{}

void ValidityDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    QStyleOptionViewItem item = option;
    initStyleOption(&item, index);
    const QString text = item.text;
    item.text.clear();
    const QStyle *style = item.widget != nullptr ? item.widget->style() : QApplication::style();
    style->drawControl(QStyle::CE_ItemViewItem, &item, painter, item.widget);
    if (text.isEmpty())
        return; // no certificate, no bar

    const double share = qBound(0.0, index.data(m_shareRole).toDouble(), 1.0);
    const bool selected = item.state.testFlag(QStyle::State_Selected);
    const auto group = item.state.testFlag(QStyle::State_Active) ? QPalette::Active : QPalette::Inactive;
    const QColor ink = item.palette.color(group, selected ? QPalette::HighlightedText : QPalette::Text);
    const auto severity = static_cast<Models::Severity>(index.data(m_severityRole).toInt());
    const QColor fill = selected ? ink : severityColor(severity, item.palette);

    const int textWidth = item.fontMetrics.horizontalAdvance(QStringLiteral("100 %"));
    const QRect area = item.rect.adjusted(margin, 0, -margin, 0);
    const QRectF bar(area.left(), area.center().y() - barHeight / 2.0 + 0.5, std::max(20, area.width() - textWidth - margin), barHeight);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    QColor groove = ink;
    groove.setAlphaF(0.18F);
    painter->setPen(Qt::NoPen);
    painter->setBrush(groove);
    painter->drawRoundedRect(bar, barHeight / 2.0, barHeight / 2.0);
    if (share > 0) {
        QRectF passed = bar;
        passed.setWidth(std::max<double>(barHeight, bar.width() * share));
        painter->setBrush(fill);
        painter->drawRoundedRect(passed, barHeight / 2.0, barHeight / 2.0);
    }
    painter->setPen(ink);
    const QRect textArea(static_cast<int>(bar.right()) + margin, area.top(), textWidth, area.height());
    painter->drawText(textArea, Qt::AlignVCenter | Qt::AlignRight, text);
    painter->restore();
}

QSize ValidityDelegate::sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    QSize size = QStyledItemDelegate::sizeHint(option, index);
    size.setWidth(std::max(size.width(), option.fontMetrics.averageCharWidth() * 18));
    return size;
}

} // namespace Gui
