// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/messagebar.h"

#include "ui/widgets/fieldnote.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/icons.h"

#include <QHBoxLayout>
#include <QPushButton>
#include <QToolButton>

using namespace Qt::StringLiterals;

namespace Gui {

MessageBar::MessageBar(QWidget *parent)
    : QFrame(parent)
    , m_note(named(new FieldNote(this), u"messageNote"_s, QString()))
{
    setObjectName(u"messageBar"_s);
    setFrameShape(QFrame::StyledPanel);
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::AlternateBase);
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(10, 6, 6, 6);
    layout->addWidget(m_note, 1);
    m_button = named(new QPushButton(this), u"messageButton"_s, tr("Act on this message"));
    m_button->setVisible(false);
    layout->addWidget(m_button, 0, Qt::AlignTop);
    connect(m_button, &QPushButton::clicked, this, [this] {
        const auto action = std::exchange(m_action, {});
        dismiss();
        if (action)
            action();
    });
    auto *close = named(new QToolButton(this), u"messageClose"_s, tr("Close this message"));
    close->setIcon(icon(u"close"_s));
    close->setAutoRaise(true);
    close->setFocusPolicy(Qt::TabFocus);
    close->setToolTip(tr("Close this message"));
    layout->addWidget(close, 0, Qt::AlignTop);
    connect(close, &QToolButton::clicked, this, &MessageBar::dismiss);
    setVisible(false);
}

void MessageBar::say(Models::Severity severity, const QString &text)
{
    m_note->say(severity, text);
    m_action = {};
    m_button->setVisible(false);
    setVisible(true);
}

void MessageBar::offer(Models::Severity severity, const QString &text, const QString &verb, std::function<void()> action)
{
    say(severity, text);
    m_action = std::move(action);
    m_button->setText(verb);
    m_button->setAccessibleName(verb);
    m_button->setVisible(true);
}

void MessageBar::say(const Models::Explanation &explanation)
{
    say(Models::Severity::Bad, explanation.oneLine());
}

void MessageBar::dismiss()
{
    setVisible(false);
    m_note->clear();
    m_action = {};
}

} // namespace Gui
