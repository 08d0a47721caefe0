// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizards/requestserverpage.h"

#include "models/items/requestmodel.h"
#include "models/items/servermodel.h"
#include "models/service/errortext.h"
#include "ui/widgets/fieldnote.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/icons.h"

#include <QComboBox>
#include <QFormLayout>
#include <QLineEdit>

using namespace Qt::StringLiterals;

namespace Gui {

RequestServerPage::RequestServerPage(Models::Service &service, RequestDraft &draft, Scep::ServerId preferred)
    : WizardPage(u"requestServerPage"_s, tr("Which server shall issue it?"), tr("And a name under which you find the request again."))
    , m_service(service)
    , m_draft(draft)
    , m_server(named(new QComboBox(this), u"serverCombo"_s, tr("Server")))
    , m_label(named(new QLineEdit(this), u"requestLabelEdit"_s, tr("Label")))
    , m_serverNote(named(new FieldNote(this), u"serverNote"_s, QString()))
    , m_labelNote(named(new FieldNote(this), u"requestLabelNote"_s, QString()))
{
    m_server->setToolTip(tr("Only servers with a confirmed CA can be used"));
    m_label->setMaxLength(64);
    m_label->setPlaceholderText(u"plc-7"_s);
    m_label->setToolTip(tr("A short unique name, used in lists and for the names of exported files"));
    m_labelNote->setReservesSpace(true);
    m_serverNote->setReservesSpace(true);

    const Models::ServerModel *servers = m_service.servers();
    for (int row = 0; row < servers->rowCount(); ++row) {
        const Models::ServerRecord *record = servers->record(servers->index(row, 0));
        if (record == nullptr || !record->server.anchor.isSet() || !record->server.isEnabled)
            continue;
        m_server->addItem(severityIcon(Models::serverStatus(*record).severity), record->server.label, record->server.id.value);
        if (record->server.id == preferred)
            m_server->setCurrentIndex(m_server->count() - 1);
    }

    auto *form = makePageForm(this);
    form->addRow(tr("&Server:"), m_server);
    form->addRow(QString(), m_serverNote);
    form->addRow(tr("&Label:"), m_label);
    form->addRow(QString(), m_labelNote);
    connect(m_server, &QComboBox::currentIndexChanged, this, &RequestServerPage::check);
    connect(m_label, &QLineEdit::textChanged, this, &RequestServerPage::check);
    check();
}

bool RequestServerPage::isLabelTaken(const QString &label) const
{
    const Models::RequestModel *requests = m_service.requests();
    for (int row = 0; row < requests->rowCount(); ++row) {
        const Models::RequestRecord *record = requests->record(requests->index(row, 0));
        if (record != nullptr && record->request.label.compare(label, Qt::CaseInsensitive) == 0)
            return true;
    }
    return false;
}

void RequestServerPage::check()
{
    bool isGood = true;
    const Scep::ServerId id{m_server->currentData().toLongLong()};
    const Models::ServerRecord *record = m_service.servers()->record(id);
    if (record == nullptr) {
        m_serverNote->say(Models::Severity::Bad, tr("There is no server with a confirmed CA. Add one first."));
        isGood = false;
    } else {
        const Models::ServerStatus status = Models::serverStatus(*record);
        m_serverNote->say(status.severity, status.text);
    }
    const QString label = m_label->text().trimmed();
    m_labelNote->clear();
    if (label.isEmpty()) {
        isGood = false;
    } else if (isLabelTaken(label)) {
        m_labelNote->say(Models::Severity::Bad, tr("There is a request with this label already. Choose another one."));
        isGood = false;
    }
    m_isComplete = isGood;
    emit completeChanged();
}

bool RequestServerPage::isComplete() const
{
    return m_isComplete;
}

bool RequestServerPage::validatePage()
{
    m_draft.request.server = Scep::ServerId{m_server->currentData().toLongLong()};
    m_draft.request.label = m_label->text().trimmed();
    return true;
}

} // namespace Gui
