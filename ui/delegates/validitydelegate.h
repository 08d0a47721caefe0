// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStyledItemDelegate>

namespace Gui {

/// A bar for the share of a certificate's validity that has passed, with the text beside it. Knows roles, no model.
class ValidityDelegate final : public QStyledItemDelegate
{
    Q_OBJECT

public:
    /// `shareRole`: 0..1; `severityRole`: Models::Severity of the bar.
    ValidityDelegate(int shareRole, int severityRole, QObject *parent = nullptr);
    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override;
    [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override;

private:
    int m_shareRole;
    int m_severityRole;
};

} // namespace Gui
