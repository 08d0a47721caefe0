// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/detailsview.h"

#include "ui/widgets/copyfield.h"
#include "ui/widgets/fieldnote.h"
#include "ui/widgets/helpers.h"

#include <QFormLayout>
#include <QFrame>
#include <QLabel>
#include <QScrollBar>
#include <QTimer>
#include <QVBoxLayout>

namespace Gui {

DetailsView::DetailsView(QWidget *parent)
    : QScrollArea(parent)
    , m_content(new QWidget)
    , m_layout(new QVBoxLayout(m_content))
{
    setWidget(m_content);
    setWidgetResizable(true);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAsNeeded);
    m_layout->setContentsMargins(16, 12, 16, 16);
    m_layout->setSpacing(8);
}

void DetailsView::begin(const QString &subject)
{
    m_nextSubject = subject;
    m_next.clear();
}

void DetailsView::addTitle(const QString &title, const QString &subtitle)
{
    m_next.append({.kind = Entry::Kind::Title, .value = title});
    if (!subtitle.isEmpty())
        addText(subtitle);
}

void DetailsView::addSection(const QString &heading)
{
    m_next.append({.kind = Entry::Kind::Section, .value = heading});
}

void DetailsView::addRow(const QString &name, const QString &value)
{
    if (!value.isEmpty())
        m_next.append({.kind = Entry::Kind::Row, .name = name, .value = value});
}

void DetailsView::addFixedPitchRow(const QString &name, const QString &value, const QString &copied, const QString &objectName)
{
    m_next.append(
        {.kind = Entry::Kind::FixedPitch, .name = name, .value = value, .copied = copied, .make = [name, objectName]() -> QWidget * {
             return new CopyField(name, objectName);
         }});
}

void DetailsView::addNote(Models::Severity severity, const QString &text)
{
    if (!text.isEmpty())
        m_next.append({.kind = Entry::Kind::Note, .value = text, .severity = severity});
}

void DetailsView::addText(const QString &text)
{
    m_next.append({.kind = Entry::Kind::Text, .value = text});
}

void DetailsView::addWidget(const QString &key, std::function<QWidget *()> make)
{
    m_next.append({.kind = Entry::Kind::Widget, .name = key, .make = std::move(make)});
}

void DetailsView::end()
{
    if (m_nextSubject != m_subject || !updateTexts())
        rebuild();
    m_subject = m_nextSubject;
}

bool DetailsView::updateTexts()
{
    if (m_next.size() != m_shown.size())
        return false;
    for (qsizetype at = 0; at < m_next.size(); ++at) {
        if (m_next.at(at).kind != m_shown.at(at).kind || m_next.at(at).name != m_shown.at(at).name)
            return false;
    }
    for (qsizetype at = 0; at < m_next.size(); ++at) {
        Entry &shown = m_shown[at];
        const Entry &next = m_next.at(at);
        if (shown.value == next.value && shown.copied == next.copied && shown.severity == next.severity)
            continue;
        shown.value = next.value;
        shown.copied = next.copied;
        shown.severity = next.severity;
        setText(shown);
    }
    return true;
}

void DetailsView::rebuild()
{
    const int keptScroll = m_nextSubject == m_subject ? verticalScrollBar()->value() : 0;
    clearLayout(m_layout);
    m_form = nullptr;
    m_shown = std::exchange(m_next, {});
    for (Entry &entry : m_shown) {
        build(entry);
        setText(entry);
    }
    m_form = nullptr;
    m_layout->addStretch(1);
    // The range of the scroll bar is known after the layout has run.
    QTimer::singleShot(0, this, [this, keptScroll] { verticalScrollBar()->setValue(keptScroll); });
}

void DetailsView::build(Entry &entry)
{
    if (entry.kind == Entry::Kind::Row || entry.kind == Entry::Kind::FixedPitch) {
        if (entry.kind == Entry::Kind::Row) {
            QLabel *value = plainLabel(QString());
            value->setWordWrap(true);
            value->setAccessibleName(entry.name);
            entry.widget = value;
        } else {
            entry.widget = entry.make();
        }
        form()->addRow(nameLabel(entry.name), entry.widget);
    } else {
        m_form = nullptr;
        switch (entry.kind) {
        case Entry::Kind::Title:
            entry.widget = headingLabel(QString());
            break;
        case Entry::Kind::Note:
            entry.widget = new FieldNote;
            break;
        case Entry::Kind::Widget:
            entry.widget = entry.make();
            break;
        case Entry::Kind::Section: {
            QLabel *label = plainLabel(QString());
            QFont font = label->font();
            font.setBold(true);
            label->setFont(font);
            m_layout->addSpacing(10);
            entry.widget = label;
            break;
        }
        default:
            entry.widget = hintLabel(QString());
            break;
        }
        m_layout->addWidget(entry.widget);
    }
    if (auto *label = qobject_cast<QLabel *>(entry.widget))
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
}

void DetailsView::setText(const Entry &entry)
{
    switch (entry.kind) {
    case Entry::Kind::Widget:
        break;
    case Entry::Kind::Note:
        static_cast<FieldNote *>(entry.widget)->say(entry.severity, entry.value);
        break;
    case Entry::Kind::FixedPitch:
        static_cast<CopyField *>(entry.widget)->setValue(entry.value, entry.copied);
        break;
    default:
        static_cast<QLabel *>(entry.widget)->setText(entry.value);
        break;
    }
}

QFormLayout *DetailsView::form()
{
    if (m_form == nullptr) {
        m_form = new QFormLayout;
        m_form->setHorizontalSpacing(12);
        m_form->setVerticalSpacing(6);
        m_form->setLabelAlignment(Qt::AlignLeft | Qt::AlignTop);
        m_form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
        m_form->setRowWrapPolicy(QFormLayout::DontWrapRows);
        m_layout->addLayout(m_form);
    }
    return m_form;
}

} // namespace Gui
