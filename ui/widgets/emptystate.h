// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QAction;

namespace Gui {

/// What an empty pane shows: what belongs here, and the button that makes the first one.
class EmptyState final : public QWidget
{
    Q_OBJECT

public:
    /// `action` null: no button.
    EmptyState(const QString &iconName, const QString &title, const QString &text, QAction *action, QWidget *parent = nullptr);
};

} // namespace Gui
