// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/renewalruleform.h"

#include "models/records/settingranges.h"
#include "ui/widgets/fieldnote.h"
#include "ui/widgets/helpers.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QSpinBox>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;
using Kind = Scep::RenewalRule::Kind;

namespace Gui {
namespace {

constexpr int daysBeforeExpiry = -1; ///< shown for a number of hours that are whole days
constexpr int hoursOfDay = 24;

} // namespace

RenewalRuleForm::RenewalRuleForm(QWidget *parent)
    : QWidget(parent)
    , m_kind(named(new QComboBox(this), u"renewalKindCombo"_s, tr("Renewal rule")))
    , m_value(named(new QSpinBox(this), u"renewalValueSpin"_s, tr("Renewal threshold")))
    , m_note(named(new FieldNote(this), u"renewalNote"_s, QString()))
{
    m_kind->addItem(tr("after a share of the validity"), int(Kind::PercentOfValidity));
    m_kind->addItem(tr("days before the end"), daysBeforeExpiry);
    m_kind->addItem(tr("hours before the end"), int(Kind::HoursBeforeExpiry));
    m_kind->addItem(tr("never by itself"), int(Kind::Off));
    m_kind->setToolTip(tr("When Scepter asks for the successor of the certificate"));
    m_value->setToolTip(tr("How much of the validity must have passed, or how many hours must be left"));
    setFocusProxy(m_kind);

    auto *row = new QHBoxLayout;
    row->addWidget(m_kind);
    row->addWidget(m_value);
    row->addStretch();
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addLayout(row);
    layout->addWidget(m_note);
    connect(m_kind, &QComboBox::currentIndexChanged, this, &RenewalRuleForm::kindChanged);
    connect(m_value, &QSpinBox::valueChanged, this, &RenewalRuleForm::explainRule);
    kindChanged();
}

void RenewalRuleForm::setRule(const Scep::RenewalRule &rule)
{
    const bool isOff = rule.kind == Kind::Off || rule.value == 0;
    const bool isDays = rule.kind == Kind::HoursBeforeExpiry && rule.value % hoursOfDay == 0;
    m_kind->setCurrentIndex(m_kind->findData(isOff ? int(Kind::Off) : isDays ? daysBeforeExpiry : int(rule.kind)));
    if (!isOff) {
        const int value = isDays ? rule.value / hoursOfDay : rule.value;
        m_value->setMaximum(std::max(m_value->maximum(), value)); // what is stored is shown
        m_value->setValue(value);
    }
    m_stored = rule;
    m_shown = shownRule();
    emit changed();
}

Scep::RenewalRule RenewalRuleForm::rule() const
{
    // “0 %” and “off” look the same here: what nobody touched stays as it is.
    const Scep::RenewalRule now = shownRule();
    return now == m_shown ? m_stored : now;
}

Scep::RenewalRule RenewalRuleForm::shownRule() const
{
    Scep::RenewalRule rule;
    const int chosen = m_kind->currentData().toInt();
    if (chosen == daysBeforeExpiry) {
        rule.kind = Kind::HoursBeforeExpiry;
        rule.value = m_value->value() * hoursOfDay;
        return rule;
    }
    rule.kind = static_cast<Kind>(chosen);
    rule.value = rule.kind == Kind::Off ? 0 : m_value->value();
    return rule;
}

void RenewalRuleForm::kindChanged()
{
    using Models::SettingRanges::beforeExpiry;
    constexpr int longestDays = static_cast<int>(beforeExpiry.most / Models::SettingRanges::aDay);
    const int chosen = m_kind->currentData().toInt();
    m_value->setVisible(chosen != int(Kind::Off));
    const auto offer = [this](int most, const QString &suffix, int usual) {
        m_value->setRange(1, most);
        m_value->setSuffix(suffix);
        m_value->setValue(usual);
    };
    if (chosen == int(Kind::PercentOfValidity))
        offer(Models::SettingRanges::percentOfValidity.most, tr(" %"), 80);
    else if (chosen == int(Kind::HoursBeforeExpiry))
        offer(hoursOfDay * longestDays, tr(" h"), hoursOfDay * 14);
    else if (chosen == daysBeforeExpiry)
        offer(longestDays, tr(" days"), 14);
    explainRule();
}

void RenewalRuleForm::explainRule()
{
    switch (shownRule().kind) {
    case Scep::RenewalRule::Kind::Off:
        m_note->say(Models::Severity::Attention, tr("The certificate will expire unless somebody renews it by hand."));
        break;
    case Scep::RenewalRule::Kind::PercentOfValidity:
        if (m_value->value() < 50)
            m_note->say(Models::Severity::Attention, tr("Some servers refuse a renewal before half of the validity has passed."));
        else
            m_note->say(Models::Severity::Neutral, tr("A certificate for one year is renewed %n day(s) before its end.", nullptr,
                                                      365 * (100 - m_value->value()) / 100));
        break;
    case Scep::RenewalRule::Kind::HoursBeforeExpiry:
        m_note->say(Models::Severity::Neutral, tr("That is %n day(s) before the end.", nullptr, shownRule().value / hoursOfDay));
        break;
    }
    emit changed();
}

} // namespace Gui
