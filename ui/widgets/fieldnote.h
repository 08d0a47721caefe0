// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/errortext.h"
#include "models/service/requeststatus.h"

#include <QWidget>

class QLabel;

namespace Gui {

/// One line or two beside a field or on top of a page: an icon with its own shape and words. Hidden while it has nothing to say, or
/// empty where it reserves its place.
class FieldNote final : public QWidget
{
    Q_OBJECT

public:
    explicit FieldNote(QWidget *parent = nullptr);

    void say(Models::Severity severity, const QString &text);
    void say(const Models::Explanation &explanation); ///< as Severity::Bad
    void clear();
    /// Keeps room for `lines` while it says less, so that a form does not jump while somebody types.
    void setReservesSpace(bool reserves, int lines = 1);
    [[nodiscard]] QString text() const;
    [[nodiscard]] Models::Severity severity() const { return m_severity; }
    /// One line: how many it takes is known when the width is, and heightForWidth() says it.
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

protected:
    void changeEvent(QEvent *event) override;

private:
    void applyColor();
    [[nodiscard]] QSize sizeOfLine(int textWidth) const;
    QLabel *m_icon = nullptr;
    QLabel *m_text = nullptr;
    Models::Severity m_severity = Models::Severity::Neutral;
    bool m_reservesSpace = false;
};

/// What went wrong with a value somebody typed, for the note beside its field. `field` is named where the error itself does not say what
/// kind of value it was to be.
QString fieldErrorText(const Models::Error &error, const QString &field);

} // namespace Gui
