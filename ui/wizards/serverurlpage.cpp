// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizards/serverurlpage.h"

#include "models/items/servermodel.h"
#include "models/records/label.h"
#include "scep/pki/subjectalternativename.h"
#include "scep/protocol/requesturl.h"
#include "ui/widgets/fieldnote.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/tlsform.h"

#include <QFormLayout>
#include <QLineEdit>

using namespace Qt::StringLiterals;

namespace Gui {

ServerUrlPage::ServerUrlPage(Models::Service &service, Prompter &prompter, ServerDraft &draft)
    : WizardPage(u"serverUrlPage"_s, tr("Where is the server?"),
                 tr("The address of its SCEP service. The next step only looks at it; nothing is sent or stored."))
    , m_service(service)
    , m_draft(draft)
    , m_url(named(new QLineEdit(this), u"urlEdit"_s, tr("URL")))
    , m_caIdentifier(named(new QLineEdit(this), u"caIdentifierEdit"_s, tr("CA identifier")))
    , m_label(named(new QLineEdit(this), u"serverLabelEdit"_s, tr("Label")))
    , m_description(named(new QLineEdit(this), u"descriptionEdit"_s, tr("Description")))
    , m_urlNote(named(new FieldNote(this), u"urlNote"_s, QString()))
    , m_labelNote(named(new FieldNote(this), u"serverLabelNote"_s, QString()))
    , m_tls(new TlsForm(prompter, this))
{
    m_url->setPlaceholderText(u"http://ca.example/scep"_s);
    m_url->setToolTip(tr("http or https address, for example http://ca.example/certsrv/mscep/mscep.dll"));
    m_caIdentifier->setPlaceholderText(tr("only if the server has several CAs"));
    m_caIdentifier->setToolTip(tr("Sent as message= when the CA certificates are asked for; most servers need none"));
    m_label->setMaxLength(Models::longestLabel);
    m_label->setToolTip(tr("A short unique name, used in lists and file names"));
    m_description->setPlaceholderText(tr("optional"));
    m_description->setMaxLength(200);
    m_urlNote->setReservesSpace(true, 2);
    m_labelNote->setReservesSpace(true);

    auto *form = makePageForm(this);
    form->addRow(tr("&URL:"), m_url);
    form->addRow(QString(), m_urlNote);
    form->addRow(tr("CA &identifier:"), m_caIdentifier);
    form->addRow(tr("&Label:"), m_label);
    form->addRow(QString(), m_labelNote);
    form->addRow(tr("&Description:"), m_description);
    form->addRow(m_tls);
    m_tls->setVisible(false); // until the address is one of https

    connect(m_url, &QLineEdit::textChanged, this, [this] {
        if (!m_isLabelTyped) {
            const auto url = Scep::serverUrlFromText(m_url->text());
            m_label->setText(url ? suggestedLabel(*url) : QString());
        }
        check();
    });
    connect(m_label, &QLineEdit::textEdited, this, [this] { m_isLabelTyped = !m_label->text().isEmpty(); });
    connect(m_label, &QLineEdit::textChanged, this, &ServerUrlPage::check);
}

QString ServerUrlPage::suggestedLabel(const QUrl &url) const
{
    const QString host = url.host();
    const bool isAddress = Pki::subjectAlternativeNamesFromText(u"IP:"_s + host).has_value();
    const QString base = (isAddress ? host : host.section(u'.', 0, 0)).left(Models::longestLabel - 8); // with room for a number
    QString label = base;
    // Several servers on one host are usual. As many numbers as there are servers are enough to find a free one.
    for (int number = 2; isLabelTaken(label); ++number)
        label = u"%1-%2"_s.arg(base).arg(number);
    return label;
}

bool ServerUrlPage::isLabelTaken(const QString &label) const
{
    const Models::ServerModel *servers = m_service.servers();
    for (int row = 0; row < servers->rowCount(); ++row) {
        const Models::ServerRecord *record = servers->record(servers->index(row, 0));
        if (record != nullptr && record->server.label.compare(label, Qt::CaseInsensitive) == 0)
            return true;
    }
    return false;
}

void ServerUrlPage::check()
{
    const QString label = m_label->text().trimmed();
    bool isGood = true;
    m_tls->setVisible(m_url->text().trimmed().startsWith("https:"_L1, Qt::CaseInsensitive));
    if (m_url->text().trimmed().isEmpty()) {
        m_urlNote->clear();
        isGood = false;
    } else if (const auto url = Scep::serverUrlFromText(m_url->text()); !url) {
        m_urlNote->say(Models::Severity::Bad, fieldErrorText(url.error(), tr("this URL")));
        isGood = false;
    } else {
        m_urlNote->say(Models::Severity::Neutral, tr("Will ask %1").arg(url->toDisplayString()));
    }
    if (label.isEmpty()) {
        m_labelNote->clear();
        isGood = false;
    } else if (const auto checked = Models::checkLabel(label); !checked) {
        m_labelNote->say(Models::Severity::Bad, fieldErrorText(checked.error(), tr("the label")));
        isGood = false;
    } else if (isLabelTaken(label)) {
        m_labelNote->say(Models::Severity::Bad, tr("There is a server with this label already. Choose another one."));
        isGood = false;
    } else {
        m_labelNote->clear();
    }
    m_isComplete = isGood;
    emit completeChanged();
}

bool ServerUrlPage::isComplete() const
{
    return m_isComplete;
}

bool ServerUrlPage::validatePage()
{
    const auto url = Scep::serverUrlFromText(m_url->text());
    if (!url)
        return false;
    m_draft.server.url = *url;
    m_draft.server.caIdentifier = m_caIdentifier->text().trimmed();
    m_draft.server.label = m_label->text().trimmed();
    m_tls->applyTo(m_draft.server.transport);
    m_draft.server.description = m_description->text().trimmed();
    return true;
}

} // namespace Gui
