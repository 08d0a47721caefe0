// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFormLayout>
#include <QFuture>
#include <QFutureWatcher>
#include <QLabel>
#include <QPromise>
#include <QString>
#include <QThreadPool>
#include <QWidget>

#include <memory>

namespace Gui {

/// Gives a widget the name that tests find it by and the one that screen readers speak.
template <typename Widget>
Widget *named(Widget *widget, const QString &objectName, const QString &accessibleName)
{
    widget->setObjectName(objectName);
    widget->setAccessibleName(accessibleName);
    return widget;
}

/// A label that shows its text as it is: nothing that a server sent is ever read as HTML.
QLabel *plainLabel(const QString &text, QWidget *parent = nullptr);
/// The same, larger and bold.
QLabel *headingLabel(const QString &text, QWidget *parent = nullptr);
/// The same in the colour of secondary text, wrapped.
QLabel *hintLabel(const QString &text, QWidget *parent = nullptr);
void setMonospace(QWidget *widget);
/// The name before a value: secondary, and as wide everywhere, so that the values of several forms stand under each other.
QLabel *nameLabel(const QString &text, QWidget *parent = nullptr);
/// A form at the top of `page`, with the room that is left below it.
QFormLayout *makePageForm(QWidget *page);
/// "&Name:" for a row whose field is a layout; the shortcut goes to `buddy`.
QLabel *rowLabel(const QString &text, QWidget *buddy);
/// Resizes to so many average characters and lines, or to what the screen has room for.
void resizeToText(QWidget *window, int characters, int lines);
/// Removes and deletes everything in `layout`.
void clearLayout(class QLayout *layout);
void copyToClipboard(const QString &text);

/// Calls `handler` with the result in `context`'s thread, once; not at all when `context` is gone or the future was cancelled.
/// (QFuture::then() with a context of shorter life than the future is not safe in Qt 6.4.)
template <typename T, typename Handler>
void whenDone(const QFuture<T> &future, QObject *context, Handler handler)
{
    auto *watcher = new QFutureWatcher<T>(context);
    QObject::connect(watcher, &QFutureWatcherBase::finished, context, [watcher, handler = std::move(handler)]() mutable {
        watcher->deleteLater();
        if (watcher->future().isValid() && watcher->future().resultCount() > 0)
            handler(watcher->result());
    });
    watcher->setFuture(future);
}

/// Runs `work` on a pool thread: reading files and opening PKCS#12 never happens on the GUI thread.
template <typename Work>
auto runInPool(Work work) -> QFuture<decltype(work())>
{
    using T = decltype(work());
    auto promise = std::make_shared<QPromise<T>>();
    QFuture<T> future = promise->future();
    QThreadPool::globalInstance()->start([promise, work = std::move(work)]() mutable {
        promise->start();
        promise->addResult(work());
        promise->finish();
    });
    return future;
}

} // namespace Gui
