// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/extrasform.h"

#include "ui/widgets/helpers.h"

#include <QFormLayout>
#include <QLineEdit>
#include <QPlainTextEdit>

using namespace Qt::StringLiterals;

namespace Gui {

ExtrasForm::ExtrasForm(const Models::Extras &extras, QWidget *parent)
    : QWidget(parent)
    , m_before(extras)
    , m_shownTags(extras.tags.join(u", "_s))
    , m_tags(named(new QLineEdit(m_shownTags, this), u"tagsEdit"_s, tr("Tags")))
    , m_notes(named(new QPlainTextEdit(extras.notes, this), u"notesEdit"_s, tr("Notes")))
{
    m_shownNotes = m_notes->toPlainText();
    m_tags->setPlaceholderText(tr("words separated by commas, for example hall 3, spare"));
    m_tags->setToolTip(tr("Words to find it by in the list's filter"));
    m_notes->setTabChangesFocus(true);
    m_notes->setToolTip(tr("For you and your colleagues; never sent to a server. No pass phrases here: notes are not encrypted"));
    auto *form = new QFormLayout(this);
    form->setContentsMargins(0, 0, 0, 0);
    form->setFieldGrowthPolicy(QFormLayout::ExpandingFieldsGrow);
    form->addRow(tr("Ta&gs:"), m_tags);
    form->addRow(tr("N&otes:"), m_notes);
}

Models::Extras ExtrasForm::extras() const
{
    Models::Extras extras;
    extras.notes = m_notes->toPlainText() == m_shownNotes ? m_before.notes : m_notes->toPlainText();
    if (m_tags->text() == m_shownTags) {
        extras.tags = m_before.tags;
        return extras;
    }
    const QStringList typed = m_tags->text().split(u',');
    for (const QString &tag : typed) {
        const QString word = tag.simplified();
        if (!word.isEmpty() && !extras.tags.contains(word, Qt::CaseInsensitive))
            extras.tags.append(word);
    }
    return extras;
}

} // namespace Gui
