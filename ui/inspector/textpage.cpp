// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/inspector/textpage.h"

#include "ui/widgets/helpers.h"
#include "ui/widgets/icons.h"

#include <QCoreApplication>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace Gui {

QWidget *makeTextPage(QPlainTextEdit *edit, const QString &objectName, const QString &accessibleName)
{
    auto *page = new QWidget;
    auto *layout = new QVBoxLayout(page);
    layout->setContentsMargins(8, 8, 8, 8);
    named(edit, objectName, accessibleName);
    edit->setReadOnly(true);
    edit->setLineWrapMode(QPlainTextEdit::NoWrap);
    edit->setTabChangesFocus(true);
    setMonospace(edit);
    layout->addWidget(edit, 1);
    const QString text = QCoreApplication::translate("Gui::TextPage", "Copy all");
    auto *copy = named(new QPushButton(icon(u"copy"_s), text, page), objectName + u"Copy"_s, text);
    copy->setToolTip(QCoreApplication::translate("Gui::TextPage", "Copy the whole text to the clipboard"));
    QObject::connect(copy, &QPushButton::clicked, edit, [edit] { copyToClipboard(edit->toPlainText()); });
    layout->addWidget(copy, 0, Qt::AlignLeft);
    return page;
}

} // namespace Gui
