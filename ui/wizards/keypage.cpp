// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizards/keypage.h"

#include "ui/widgets/keyform.h"

#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace Gui {

KeyPage::KeyPage(RequestDraft &draft)
    : WizardPage(u"keyPage"_s, tr("Key and purpose"),
                 tr("The defaults suit most devices. The CA may decide otherwise; what differs is shown."))
    , m_draft(draft)
    , m_form(new KeyForm(this))
{
    auto *layout = new QVBoxLayout(this);
    layout->addWidget(m_form);
    connect(m_form, &KeyForm::changed, this, &QWizardPage::completeChanged);
}

bool KeyPage::isComplete() const
{
    return m_form->isValid();
}

bool KeyPage::validatePage()
{
    m_form->applyTo(m_draft.request);
    return true;
}

} // namespace Gui
