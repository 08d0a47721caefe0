// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/trustform.h"

#include "ui/widgets/copyfield.h"
#include "ui/widgets/fieldnote.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/icons.h"
#include "ui/widgets/texts.h"
#include "ui/wizards/confirmcawizard.h"

#include <QHBoxLayout>
#include <QPushButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace Gui {

TrustForm::TrustForm(Models::Service &service, Prompter &prompter, const Models::ServerRecord &record,
                     std::function<std::optional<Scep::EnrollmentServer>()> edited, QWidget *parent)
    : QWidget(parent)
    , m_service(service)
    , m_prompter(prompter)
    , m_record(record)
    , m_edited(std::move(edited))
    , m_anchor(record.server.anchor)
    , m_certificate(record.server.anchor.certificate)
    , m_state(named(new FieldNote(this), u"trustState"_s, QString()))
    , m_fingerprint(new CopyField(tr("fingerprint of the confirmed CA certificate"), u"trustFingerprint"_s, this))
    , m_confirm(named(new QPushButton(icon(u"lock"_s), tr("Con&firm CA…"), this), u"trustConfirm"_s, tr("Confirm CA")))
    , m_remove(named(new QPushButton(tr("Confirm &none"), this), u"trustRemove"_s, tr("Confirm no CA")))
    , m_undo(named(new QPushButton(tr("As before"), this), u"trustUndo"_s, tr("Confirm what was confirmed before")))
{
    if (m_certificate.isNull() && m_record.knowledge.trust == Scep::ServerKnowledge::Trust::Confirmed)
        m_certificate = m_record.knowledge.roles.anchor;
    m_confirm->setToolTip(tr("Ask the server for its CA certificates and compare their fingerprints"));
    m_remove->setToolTip(tr("Nothing is sent to the server until a CA is confirmed again"));
    m_undo->setToolTip(m_undo->accessibleName());
    auto *buttons = new QHBoxLayout;
    for (QPushButton *button : {m_confirm, m_remove, m_undo}) {
        button->setAutoDefault(false);
        buttons->addWidget(button);
    }
    buttons->addStretch(1);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    QLabel *heading = plainLabel(tr("Confirmed CA"), this);
    QFont bold = heading->font();
    bold.setBold(true);
    heading->setFont(bold);
    layout->addWidget(heading);
    layout->addWidget(m_state);
    layout->addWidget(m_fingerprint);
    layout->addLayout(buttons);
    connect(m_confirm, &QPushButton::clicked, this, &TrustForm::confirm);
    connect(m_remove, &QPushButton::clicked, this, [this] { setAnchor({}, {}); });
    connect(m_undo, &QPushButton::clicked, this, [this] {
        const bool isKnown = m_record.knowledge.trust == Scep::ServerKnowledge::Trust::Confirmed;
        setAnchor(m_record.server.anchor, isKnown ? m_record.knowledge.roles.anchor : m_record.server.anchor.certificate);
    });
    showState();
}

void TrustForm::confirm()
{
    const auto server = m_edited();
    if (!server) {
        m_state->say(Models::Severity::Attention, tr("Correct the address of the server first."));
        return;
    }
    auto *wizard = new ConfirmCaWizard(m_service, m_prompter, m_record, *server, ConfirmCaWizard::Mode::GivesAnchor, window());
    wizard->setAttribute(Qt::WA_DeleteOnClose);
    connect(wizard, &ConfirmCaWizard::confirmed, this, &TrustForm::setAnchor);
    wizard->open();
}

void TrustForm::setAnchor(const Scep::TrustAnchor &anchor, const Pki::Certificate &certificate)
{
    m_anchor = anchor;
    m_certificate = certificate;
    showState();
    emit changed();
}

void TrustForm::showState()
{
    using Trust = Scep::ServerKnowledge::Trust;
    const bool isStored = m_anchor == m_record.server.anchor;
    const QString name = m_certificate.isNull() ? QString() : nameText(m_certificate.subject());
    if (!m_anchor.isSet())
        m_state->say(Models::Severity::Attention, tr("No CA is confirmed: nothing is sent to this server."));
    else if (!isStored)
        m_state->say(Models::Severity::Good, tr("%1, confirmed from “Save” on.").arg(name));
    else if (m_record.knowledge.trust == Trust::Refused)
        m_state->say(Models::Severity::Bad, tr("The server does not prove to be this CA any more."));
    else if (name.isEmpty())
        m_state->say(Models::Severity::Neutral, tr("A fingerprint was given; the server has not shown a certificate to it yet."));
    else
        m_state->say(Models::Severity::Good, name);
    const Pki::Fingerprint shown = m_certificate.isNull() ? m_anchor.fingerprint : m_certificate.fingerprint();
    m_fingerprint->setVisible(!shown.isEmpty());
    if (!shown.isEmpty())
        m_fingerprint->setValue(u"%1\n%2"_s.arg(Pki::displayName(shown.digest()), fingerprintLines(shown)), shown.toDisplay());
    m_confirm->setText(m_record.server.anchor.isSet() ? tr("Con&firm another CA…") : tr("Con&firm CA…"));
    m_remove->setVisible(m_anchor.isSet());
    m_undo->setVisible(!isStored);
}

} // namespace Gui
