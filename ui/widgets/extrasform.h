// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/records/requestextras.h"

#include <QWidget>

class QLineEdit;
class QPlainTextEdit;

namespace Gui {

/// Tags and notes: what people write beside a server or a request.
class ExtrasForm final : public QWidget
{
    Q_OBJECT

public:
    explicit ExtrasForm(const Models::Extras &extras, QWidget *parent = nullptr);
    [[nodiscard]] Models::Extras extras() const;

private:
    const Models::Extras m_before;
    const QString m_shownTags; ///< what they look like here
    QString m_shownNotes;
    QLineEdit *m_tags = nullptr;
    QPlainTextEdit *m_notes = nullptr;
};

} // namespace Gui
