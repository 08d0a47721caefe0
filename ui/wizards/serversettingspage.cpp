// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizards/serversettingspage.h"

#include "ui/widgets/fieldnote.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/serversettingsform.h"

#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace Gui {

ServerSettingsPage::ServerSettingsPage(ServerDraft &draft, Prompter &prompter)
    : WizardPage(u"serverSettingsPage"_s, tr("How to talk to it"),
                 tr("“Automatic” follows what the server announces. These settings can be changed later."))
    , m_draft(draft)
    , m_form(new ServerSettingsForm(prompter, this))
    , m_reason(named(new FieldNote(this), u"serverSettingsReason"_s, QString()))
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_form, 1);
    layout->addWidget(m_reason);
    connect(m_form, &ServerSettingsForm::changed, this, [this] {
        m_reason->say(Models::Severity::Attention, m_form->problem()); // the field itself may be out of sight
        emit completeChanged();
    });
}

void ServerSettingsPage::initializePage()
{
    m_base = m_draft.server;
    m_form->setServer(m_draft.server, m_draft.probe.capabilities);
}

bool ServerSettingsPage::isComplete() const
{
    return m_form->problem().isEmpty();
}

bool ServerSettingsPage::validatePage()
{
    Scep::EnrollmentServer server = m_base; // what was chosen here before counts no longer
    m_form->applyTo(server);
    m_draft.server = server;
    return true;
}

} // namespace Gui
