// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizards/subjectpage.h"

#include "ui/widgets/helpers.h"
#include "ui/widgets/nameeditor.h"
#include "ui/widgets/saneditor.h"

#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace Gui {

SubjectPage::SubjectPage(RequestDraft &draft)
    : WizardPage(u"subjectPage"_s, tr("Who is it for?"),
                 tr("The subject names the device. The alternative names are what others check when they connect to it."))
    , m_draft(draft)
    , m_name(new NameEditor(this))
    , m_alternativeNames(new SanEditor(this))
{
    auto *layout = new QVBoxLayout(this);
    layout->setSpacing(10);
    layout->addWidget(m_name);
    QLabel *heading = plainLabel(tr("Alternative names"), this);
    QFont font = heading->font();
    font.setBold(true);
    heading->setFont(font);
    layout->addWidget(heading);
    layout->addWidget(m_alternativeNames, 1);
    connect(m_name, &NameEditor::changed, this, &QWizardPage::completeChanged);
    connect(m_alternativeNames, &SanEditor::changed, this, &QWizardPage::completeChanged);
}

void SubjectPage::initializePage()
{
    if (!m_name->isValid())
        m_name->setText(u"CN="_s + escapedNameValue(m_draft.request.label));
}

bool SubjectPage::isComplete() const
{
    return m_name->isValid() && m_alternativeNames->isValid();
}

bool SubjectPage::validatePage()
{
    if (!m_alternativeNames->takePending())
        return false; // typed, but neither added nor a name
    m_draft.request.subject = m_name->name();
    m_draft.request.subjectAlternativeNames = m_alternativeNames->names();
    return true;
}

} // namespace Gui
