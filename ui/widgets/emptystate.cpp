// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/emptystate.h"

#include "ui/widgets/helpers.h"
#include "ui/widgets/icons.h"
#include "ui/widgets/texts.h"

#include <QAction>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace Gui {

EmptyState::EmptyState(const QString &iconName, const QString &title, const QString &text, QAction *action, QWidget *parent)
    : QWidget(parent)
{
    auto *layout = new QVBoxLayout(this);
    layout->setSpacing(12);
    layout->addStretch(2);

    auto *picture = new QLabel(this);
    picture->setPixmap(icon(iconName).pixmap(QSize(48, 48), devicePixelRatioF(), QIcon::Disabled));
    picture->setAlignment(Qt::AlignCenter);
    layout->addWidget(picture);

    QLabel *heading = headingLabel(title, this);
    heading->setAlignment(Qt::AlignCenter);
    layout->addWidget(heading);

    QLabel *explanation = hintLabel(text, this);
    explanation->setAlignment(Qt::AlignHCenter | Qt::AlignTop);
    // An aligned item gets its size hint only, which is one line high for a wrapped label.
    const int width = explanation->fontMetrics().averageCharWidth() * 64;
    explanation->setFixedSize(width, explanation->heightForWidth(width));
    layout->addWidget(explanation, 0, Qt::AlignHCenter);

    if (action != nullptr) {
        QPushButton *button = actionButton(action, QString(), this);
        button->setObjectName(u"emptyButton-"_s + iconName);
        layout->addWidget(button, 0, Qt::AlignHCenter);
    }
    layout->addStretch(3);
}

} // namespace Gui
