// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStyledItemDelegate>

namespace Gui {

/// Text with the severity's icon before it. Knows roles, no model.
class SeverityDelegate final : public QStyledItemDelegate
{
    Q_OBJECT

public:
    /// `severityRole` holds a Models::Severity; an index without it is painted plainly.
    explicit SeverityDelegate(int severityRole, QObject *parent = nullptr);

    [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override;

protected:
    void initStyleOption(QStyleOptionViewItem *option, const QModelIndex &index) const override;

private:
    int m_severityRole;
};

} // namespace Gui
