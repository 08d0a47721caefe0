// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizards/keypage.h"

#include "scep/worker/changeeffects.h"
#include "ui/widgets/keyform.h"
#include "ui/widgets/keysourcerow.h"

#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace Gui {

KeyPage::KeyPage(RequestDraft &draft, Prompter &prompter)
    : WizardPage(u"keyPage"_s, tr("Key and purpose"),
                 tr("The defaults suit most devices. The CA may decide otherwise; what differs is shown."))
    , m_draft(draft)
    , m_source(new KeySourceRow(prompter, this))
    , m_form(new KeyForm(this))
{
    auto *layout = new QVBoxLayout(this);
    layout->addWidget(m_source);
    layout->addWidget(m_form, 1);
    connect(m_form, &KeyForm::changed, this, &QWizardPage::completeChanged);
    connect(m_source, &KeySourceRow::changed, this, [this] {
        m_form->setEnabled(m_source->request().isNull());
        m_draft.key = m_source->key();
        m_draft.csr = m_source->request();
        emit completeChanged();
    });
}

bool KeyPage::isComplete() const
{
    return m_form->problem().isEmpty();
}

bool KeyPage::validatePage()
{
    m_draft.request = Scep::withDefaults(m_draft.request); // what was chosen here before counts no longer
    m_form->applyTo(m_draft.request);
    if (!m_draft.csr.isNull()) {
        m_draft.request.subject = m_draft.csr.subject();
        m_draft.request.subjectAlternativeNames = m_draft.csr.subjectAlternativeNames();
    }
    return true;
}

} // namespace Gui
