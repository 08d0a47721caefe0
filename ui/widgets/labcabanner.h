// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFrame>

class QLabel;

namespace Gui {

/// The band over the Lab CA's page that says what it is not: in the warning colour, on light and dark grounds.
class LabCaBanner final : public QFrame
{
    Q_OBJECT

public:
    explicit LabCaBanner(QWidget *parent = nullptr);

protected:
    void changeEvent(QEvent *event) override;

private:
    void applyColors();
    QLabel *m_mark = nullptr;
    QLabel *m_text = nullptr;
};

} // namespace Gui
