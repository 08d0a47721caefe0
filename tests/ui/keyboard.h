// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractButton>
#include <QGroupBox>
#include <QKeySequence>
#include <QLabel>
#include <QMap>
#include <QTabBar>
#include <QWidget>

/// What a person at the keyboard meets in a window: the letters of Alt, and the way of the Tab key.
namespace Keyboard {

/// Each letter that more than one thing in sight claims, with who claims it. Qt then only moves the focus between them.
inline QStringList doubleMnemonics(const QWidget *window)
{
    QMap<QString, QStringList> claims;
    const auto claim = [&](const QString &text) {
        const QKeySequence key = QKeySequence::mnemonic(text);
        if (!key.isEmpty())
            claims[key.toString(QKeySequence::PortableText)].append(text);
    };
    for (const QWidget *widget : window->findChildren<QWidget *>()) {
        if (!widget->isVisible() || widget->window() != window)
            continue;
        if (const auto *label = qobject_cast<const QLabel *>(widget); label != nullptr && label->buddy() != nullptr)
            claim(label->text());
        else if (const auto *button = qobject_cast<const QAbstractButton *>(widget))
            claim(button->text());
        else if (const auto *box = qobject_cast<const QGroupBox *>(widget))
            claim(box->title());
        else if (const auto *bar = qobject_cast<const QTabBar *>(widget)) {
            for (int tab = 0; tab < bar->count(); ++tab)
                claim(bar->tabText(tab));
        }
    }
    QStringList doubles;
    for (auto at = claims.cbegin(); at != claims.cend(); ++at) {
        if (at->size() > 1)
            doubles.append(at.key() + ": " + at->join(" | "));
    }
    return doubles;
}

/// The steps of the Tab key within `page` that go up, or to the left within a line. A person who fills in a form meets none.
inline QStringList stepsAgainstTheEye(QWidget *page)
{
    QStringList steps;
    const QWidget *before = nullptr;
    QRect placeBefore;
    QWidget *widget = page;
    while ((widget = widget->nextInFocusChain()) != page) {
        const bool stops = (widget->focusPolicy() & Qt::TabFocus) != 0 && widget->isVisible() && widget->isEnabled() &&
                           widget->focusProxy() == nullptr && page->isAncestorOf(widget) && !qobject_cast<QLabel *>(widget);
        if (!stops)
            continue;
        const QRect place(widget->mapTo(page, QPoint()), widget->size());
        const bool isSameLine = before != nullptr && place.top() < placeBefore.bottom() && placeBefore.top() < place.bottom();
        const bool isAgainst = before != nullptr && (isSameLine ? place.left() < placeBefore.left() : place.top() < placeBefore.top());
        if (isAgainst)
            steps.append(before->objectName() + " -> " + widget->objectName());
        before = widget;
        placeBefore = place;
    }
    return steps;
}

} // namespace Keyboard
