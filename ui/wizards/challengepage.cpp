// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizards/challengepage.h"

#include "ui/widgets/fieldnote.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/secretedit.h"

#include <QComboBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QSpinBox>

using namespace Qt::StringLiterals;

namespace Gui {

ChallengePage::ChallengePage(RequestDraft &draft)
    : WizardPage(u"challengePage"_s, tr("Challenge and renewal"),
                 tr("The challenge proves to the CA that this request is expected. Later renewals are proved by the certificate itself."))
    , m_draft(draft)
    , m_challenge(named(new SecretEdit(this), u"challengeEdit"_s, tr("Challenge")))
    , m_challengeNote(named(new FieldNote(this), u"challengeNote"_s, QString()))
    , m_kind(named(new QComboBox(this), u"renewalKindCombo"_s, tr("Renewal rule")))
    , m_value(named(new QSpinBox(this), u"renewalValueSpin"_s, tr("Renewal threshold")))
    , m_renewalNote(named(new FieldNote(this), u"renewalNote"_s, QString()))
{
    m_challenge->setMaxLength(256);
    m_challenge->setPlaceholderText(tr("leave empty if the CA wants none"));
    m_challenge->setToolTip(tr("The challenge password for this device, from the CA's administrator or web page"));
    m_challengeNote->setReservesSpace(true);
    using Kind = Scep::RenewalRule::Kind;
    m_kind->addItem(tr("after a share of the validity"), int(Kind::PercentOfValidity));
    m_kind->addItem(tr("hours before the end"), int(Kind::HoursBeforeExpiry));
    m_kind->addItem(tr("never by itself"), int(Kind::Off));
    m_kind->setToolTip(tr("When Scepter asks for the successor of the certificate"));
    m_value->setToolTip(tr("How much of the validity must have passed, or how many hours must be left"));

    auto *form = makePageForm(this);
    form->addRow(tr("&Challenge:"), m_challenge);
    form->addRow(QString(), m_challengeNote);
    form->addRow(QString(), hintLabel(tr("Kept encrypted in the workspace and wiped as soon as the transaction has ended."), this));
    auto *row = new QHBoxLayout;
    row->addWidget(m_kind);
    row->addWidget(m_value);
    row->addStretch();
    form->addRow(rowLabel(tr("&Renew:"), m_kind), row);
    form->addRow(QString(), m_renewalNote);
    form->setVerticalSpacing(10);

    connect(m_challenge, &QLineEdit::textChanged, this, &ChallengePage::check);
    connect(m_kind, &QComboBox::currentIndexChanged, this, &ChallengePage::kindChanged);
    connect(m_value, &QSpinBox::valueChanged, this, &ChallengePage::check);
    kindChanged();
}

void ChallengePage::kindChanged()
{
    using Kind = Scep::RenewalRule::Kind;
    const auto kind = static_cast<Kind>(m_kind->currentData().toInt());
    m_value->setVisible(kind != Kind::Off);
    if (kind == Kind::PercentOfValidity) {
        m_value->setRange(1, 99);
        m_value->setSuffix(tr(" %"));
        m_value->setValue(80);
    } else if (kind == Kind::HoursBeforeExpiry) {
        m_value->setRange(1, 24 * 365);
        m_value->setSuffix(tr(" h"));
        m_value->setValue(24 * 14);
    }
    check();
}

Scep::RenewalRule ChallengePage::rule() const
{
    Scep::RenewalRule rule;
    rule.kind = static_cast<Scep::RenewalRule::Kind>(m_kind->currentData().toInt());
    rule.value = rule.kind == Scep::RenewalRule::Kind::Off ? 0 : m_value->value();
    return rule;
}

void ChallengePage::check()
{
    if (m_challenge->text().isEmpty())
        m_challengeNote->say(Models::Severity::Neutral, tr("Without a challenge most servers refuse or wait for a person's approval."));
    else
        m_challengeNote->say(
            Models::Severity::Attention,
            tr("Use a challenge of this device's own. With one that many devices share, whoever knows it can enrol as any of them."));
    switch (rule().kind) {
    case Scep::RenewalRule::Kind::Off:
        m_renewalNote->say(Models::Severity::Attention, tr("The certificate will expire unless somebody renews it by hand."));
        break;
    case Scep::RenewalRule::Kind::PercentOfValidity:
        if (m_value->value() < 50)
            m_renewalNote->say(Models::Severity::Attention, tr("Some servers refuse a renewal before half of the validity has passed."));
        else
            m_renewalNote->say(Models::Severity::Neutral, tr("A certificate for one year is renewed %n day(s) before its end.", nullptr,
                                                             365 * (100 - m_value->value()) / 100));
        break;
    case Scep::RenewalRule::Kind::HoursBeforeExpiry:
        m_renewalNote->say(Models::Severity::Neutral, tr("That is %n day(s) before the end.", nullptr, m_value->value() / 24));
        break;
    }
    emit completeChanged();
}

bool ChallengePage::isComplete() const
{
    return true; // no challenge is a choice, and every rule that can be set is one
}

bool ChallengePage::validatePage()
{
    m_draft.challenge = m_challenge->secret();
    m_draft.request.renewal = rule();
    return true;
}

} // namespace Gui
