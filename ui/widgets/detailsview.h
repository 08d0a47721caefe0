// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/requeststatus.h"

#include <QScrollArea>

#include <functional>

class QFormLayout;
class QVBoxLayout;

namespace Gui {

/// The details beside a list: headings, rows of name and value, notes and widgets from top to bottom. All text is plain.
class DetailsView final : public QScrollArea
{
    Q_OBJECT

public:
    explicit DetailsView(QWidget *parent = nullptr);

    /// Starts over. What follows appears at end(); the scroll position stays when the same `subject` is shown again.
    void begin(const QString &subject);
    void addTitle(const QString &title, const QString &subtitle = {});
    void addSection(const QString &heading);
    void addRow(const QString &name, const QString &value);
    void addFixedPitchRow(const QString &name, const QString &value, const QString &copied, const QString &objectName);
    void addNote(Models::Severity severity, const QString &text);
    void addText(const QString &text); ///< wrapped, secondary
    /// `key` tells whether it is the same widget as before; `make` is called only when it is not.
    void addWidget(const QString &key, std::function<QWidget *()> make);
    /// Makes what was added visible. When only texts changed, only texts are set: focus, selection and scroll position stay.
    void end();

private:
    struct Entry {
        enum class Kind { Title, Section, Row, FixedPitch, Note, Text, Widget };
        Kind kind = Kind::Text;
        QString name = {};
        QString value = {};
        QString copied = {};
        Models::Severity severity = Models::Severity::Neutral;
        std::function<QWidget *()> make = {};
        QWidget *widget = nullptr; ///< that shows the value
    };
    bool updateTexts();
    void rebuild();
    void build(Entry &entry);
    static void setText(const Entry &entry);
    QFormLayout *form();
    QWidget *m_content = nullptr;
    QVBoxLayout *m_layout = nullptr;
    QFormLayout *m_form = nullptr;
    QString m_subject;
    QString m_nextSubject;
    QList<Entry> m_shown;
    QList<Entry> m_next;
};

} // namespace Gui
