// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizards/challengepage.h"

#include "ui/widgets/fieldnote.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/renewalruleform.h"
#include "ui/widgets/secretedit.h"

#include <QFormLayout>

using namespace Qt::StringLiterals;

namespace Gui {

ChallengePage::ChallengePage(RequestDraft &draft)
    : WizardPage(u"challengePage"_s, tr("Challenge and renewal"),
                 tr("The challenge proves to the CA that this request is expected. Later renewals are proved by the certificate itself."))
    , m_draft(draft)
    , m_challenge(named(new SecretEdit(this), u"challengeEdit"_s, tr("Challenge")))
    , m_challengeNote(named(new FieldNote(this), u"challengeNote"_s, QString()))
    , m_renewal(new RenewalRuleForm(this))
{
    m_challenge->setMaxLength(256);
    m_challenge->setPlaceholderText(tr("leave empty if the CA wants none"));
    m_challenge->setToolTip(tr("The challenge password for this device, from the CA's administrator or web page"));
    m_challengeNote->setReservesSpace(true, 2);

    auto *form = makePageForm(this);
    form->addRow(tr("&Challenge:"), m_challenge);
    form->addRow(QString(), m_challengeNote);
    form->addRow(QString(), hintLabel(tr("Kept encrypted in the workspace and wiped as soon as the transaction has ended."), this));
    form->addRow(rowLabel(tr("&Renew:"), m_renewal), m_renewal);
    form->setVerticalSpacing(10);

    connect(m_challenge, &QLineEdit::textChanged, this, &ChallengePage::check);
    check();
}

void ChallengePage::check()
{
    if (m_challenge->text().isEmpty())
        m_challengeNote->say(Models::Severity::Neutral, tr("Without a challenge most servers refuse or wait for a person's approval."));
    else
        m_challengeNote->say(
            Models::Severity::Attention,
            tr("Use a challenge of this device's own. With one that many devices share, whoever knows it can enrol as any of them."));
    emit completeChanged();
}

bool ChallengePage::isComplete() const
{
    return true; // no challenge is a choice, and every rule that can be set is one
}

bool ChallengePage::validatePage()
{
    m_draft.challenge = m_challenge->secret();
    m_draft.request.renewal = m_renewal->rule();
    return true;
}

} // namespace Gui
