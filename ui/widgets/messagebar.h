// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/errortext.h"
#include "models/service/requeststatus.h"

#include <QFrame>

#include <functional>

class QPushButton;

namespace Gui {

class FieldNote;

/// A line over the panes for things that happened while nobody waited for them. Stays until it is closed or replaced.
class MessageBar final : public QFrame
{
    Q_OBJECT

public:
    explicit MessageBar(QWidget *parent = nullptr);
    void say(Models::Severity severity, const QString &text);
    void say(const Models::Explanation &explanation);
    /// With a button that does what `verb` says, once: "Undo". Gone with the message.
    void offer(Models::Severity severity, const QString &text, const QString &verb, std::function<void()> action);
    void dismiss();

private:
    FieldNote *m_note = nullptr;
    QPushButton *m_button = nullptr;
    std::function<void()> m_action;
};

} // namespace Gui
