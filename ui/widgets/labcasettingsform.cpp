// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/labcasettingsform.h"

#include "models/service/labcachoices.h"
#include "ui/widgets/helpers.h"

#include <QActionGroup>
#include <QComboBox>
#include <QHBoxLayout>
#include <QMenu>
#include <QPushButton>
#include <QScopedValueRollback>
#include <QSpinBox>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;
using State = Models::LabCaService::State;

namespace Gui {
namespace {

constexpr int minutesOfHour = 60;
constexpr int minutesOfDay = 24 * minutesOfHour;
constexpr int longestDays = 3650;

QHBoxLayout *rowIn(QWidget *page)
{
    auto *layout = new QHBoxLayout(page);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    return layout;
}

void addField(QHBoxLayout *layout, const QString &name, QWidget *field, QWidget *second = nullptr)
{
    layout->addWidget(rowLabel(name, field));
    layout->addWidget(field);
    if (second != nullptr)
        layout->addWidget(second);
    layout->addSpacing(12);
}

/// "drop:10%" -> {"drop", 10}. What it does not know of a rule is left to the name.
std::pair<QString, int> faultOf(const QString &rule)
{
    QString share = rule.section(u':', 1);
    share.chop(share.endsWith(u'%') ? 1 : 0);
    bool isNumber = false;
    const int percent = share.toInt(&isNumber);
    return {rule.section(u':', 0, 0), isNumber ? percent : 100};
}

} // namespace

LabCaSettingsForm::LabCaSettingsForm(Models::LabCaService &labCa, QWidget *parent)
    : QWidget(parent)
    , m_labCa(labCa)
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(6);
    layout->addWidget(buildRules());
    layout->addWidget(buildBehaviour());
    for (QComboBox *combo : {m_mode, m_unit, m_personality})
        connect(combo, &QComboBox::currentIndexChanged, this, &LabCaSettingsForm::apply);
    for (QSpinBox *spin : {m_validity, m_renewAfter, m_port}) {
        spin->setKeyboardTracking(false);
        connect(spin, &QSpinBox::valueChanged, this, &LabCaSettingsForm::apply);
    }
    connect(&m_labCa, &Models::LabCaService::stateChanged, this, &LabCaSettingsForm::showSettings);
    connect(&m_labCa, &Models::LabCaService::settingsChanged, this, &LabCaSettingsForm::showSettings);
    showSettings();
}

QWidget *LabCaSettingsForm::buildRules()
{
    auto *page = new QWidget(this);
    m_mode = named(new QComboBox(page), u"labCaMode"_s, tr("How requests are decided"));
    m_mode->addItem(tr("wait for my approval"), int(LabCa::Mode::Approve));
    m_mode->addItem(tr("granted at once"), int(LabCa::Mode::Auto));
    m_mode->addItem(tr("only from expected devices"), int(LabCa::Mode::Registered));
    m_mode->setToolTip(tr("What happens to a request that carries the right challenge"));
    m_validity = named(new QSpinBox(page), u"labCaValidity"_s, tr("Validity of the certificates"));
    m_validity->setRange(1, longestDays);
    m_validity->setToolTip(tr("How long the certificates that it issues are valid; minutes are good for practising renewal"));
    m_unit = named(new QComboBox(page), u"labCaValidityUnit"_s, tr("Unit of the validity"));
    m_unit->addItem(tr("minutes"), 1);
    m_unit->addItem(tr("hours"), minutesOfHour);
    m_unit->addItem(tr("days"), minutesOfDay);
    m_renewAfter = named(new QSpinBox(page), u"labCaRenewAfter"_s, tr("Share of the validity after which a certificate can be renewed"));
    m_renewAfter->setRange(0, 99);
    m_renewAfter->setSuffix(tr(" %"));
    m_renewAfter->setToolTip(tr("A renewal before this share of the validity has passed is refused; 0: at any time"));
    QHBoxLayout *layout = rowIn(page);
    addField(layout, tr("&Requests:"), m_mode);
    addField(layout, tr("Certificates &valid for:"), m_validity, m_unit);
    addField(layout, tr("Renewable a&fter:"), m_renewAfter);
    layout->addStretch(1);
    return page;
}

QWidget *LabCaSettingsForm::buildBehaviour()
{
    auto *page = new QWidget(this);
    m_personality = named(new QComboBox(page), u"labCaPersonality"_s, tr("Which server it behaves like"));
    const QList<Models::LabCaChoice> choices = Models::labCaPersonalities();
    for (const Models::LabCaChoice &choice : choices) {
        m_personality->addItem(choice.name, choice.name);
        m_personality->setItemData(m_personality->count() - 1, choice.description, Qt::ToolTipRole);
    }
    m_personality->setToolTip(tr("Answers as that server does, with its habits and gaps"));
    m_faults = named(new QPushButton(page), u"labCaFaults"_s, tr("What it does wrong on purpose"));
    m_faults->setToolTip(tr("Let answers go wrong on purpose, to see how a client copes"));
    m_faults->setMenu(buildFaultMenu());
    m_port = named(new QSpinBox(page), u"labCaPort"_s, tr("TCP port"));
    m_port->setRange(0, 65535);
    m_port->setSpecialValueText(tr("any free one"));
    m_port->setToolTip(tr("The TCP port on this computer's loopback interface; counts from the next start on"));
    QHBoxLayout *layout = rowIn(page);
    addField(layout, tr("&Behaves like:"), m_personality);
    addField(layout, tr("Fau&lts:"), m_faults);
    addField(layout, tr("P&ort:"), m_port);
    layout->addStretch(1);
    return page;
}

QMenu *LabCaSettingsForm::buildFaultMenu()
{
    auto *menu = new QMenu(this);
    menu->setObjectName(u"labCaFaultMenu"_s);
    menu->setToolTipsVisible(true);
    m_share = new QActionGroup(this);
    QMenu *shares = menu->addMenu(tr("How many answers"));
    for (const int percent : {100, 50, 10, 1}) {
        QAction *action = shares->addAction(percent == 100 ? tr("every one") : tr("%1 % of them").arg(percent));
        action->setCheckable(true);
        action->setData(percent);
        m_share->addAction(action);
    }
    m_share->actions().first()->setChecked(true);
    connect(m_share, &QActionGroup::triggered, this, &LabCaSettingsForm::apply);
    menu->addSeparator();
    bool isAboutHttp = true;
    const QList<Models::LabCaChoice> choices = Models::labCaFaults();
    for (const Models::LabCaChoice &choice : choices) {
        if (std::exchange(isAboutHttp, choice.isAboutHttp) != choice.isAboutHttp)
            menu->addSeparator();
        QAction *action = menu->addAction(choice.name);
        action->setObjectName(u"labCaFault-"_s + choice.name);
        action->setToolTip(choice.description);
        action->setStatusTip(choice.description);
        action->setCheckable(true);
        action->setData(choice.name);
        connect(action, &QAction::triggered, this, &LabCaSettingsForm::apply);
        m_faultActions.append(action);
    }
    menu->addSeparator();
    connect(menu->addAction(tr("No faults")), &QAction::triggered, this, [this] {
        for (QAction *action : std::as_const(m_faultActions))
            action->setChecked(false);
        apply();
    });
    return menu;
}

std::chrono::minutes LabCaSettingsForm::validity() const
{
    return std::chrono::minutes(m_validity->value() * m_unit->currentData().toInt());
}

void LabCaSettingsForm::apply()
{
    if (m_isShowing)
        return;
    Models::LabCaSettings settings = m_labCa.settings();
    settings.mode = static_cast<LabCa::Mode>(m_mode->currentData().toInt());
    settings.validity = std::min(validity(), std::chrono::minutes(longestDays * minutesOfDay));
    settings.renewAfterPercent = m_renewAfter->value();
    settings.port = static_cast<quint16>(m_port->value());
    settings.personality = m_personality->currentData().toString();
    settings.faults.clear();
    const int percent = m_share->checkedAction()->data().toInt();
    for (const QAction *action : std::as_const(m_faultActions)) {
        if (action->isChecked())
            settings.faults.append(percent == 100 ? action->data().toString() : u"%1:%2%"_s.arg(action->data().toString()).arg(percent));
    }
    m_labCa.setSettings(settings);
    showFaults();
}

void LabCaSettingsForm::showFaults()
{
    const QStringList &faults = m_labCa.settings().faults;
    m_faults->setText(faults.isEmpty()     ? tr("none")
                      : faults.size() == 1 ? faults.first()
                                           : tr("%n kinds", nullptr, static_cast<int>(faults.size())));
}

void LabCaSettingsForm::showSettings()
{
    const QScopedValueRollback showing(m_isShowing, true);
    const Models::LabCaSettings &settings = m_labCa.settings();
    m_mode->setCurrentIndex(m_mode->findData(int(settings.mode)));
    const auto minutes = static_cast<int>(settings.validity.count());
    const int unit = minutes % minutesOfDay == 0 ? minutesOfDay : minutes % minutesOfHour == 0 ? minutesOfHour : 1;
    m_unit->setCurrentIndex(m_unit->findData(unit));
    m_validity->setRange(1, longestDays * minutesOfDay / unit);
    m_validity->setValue(minutes / unit);
    m_renewAfter->setValue(settings.renewAfterPercent);
    m_port->setValue(settings.port);
    m_port->setEnabled(m_labCa.state() == State::Stopped);
    m_personality->setCurrentIndex(std::max(0, m_personality->findData(settings.personality)));
    for (QAction *action : std::as_const(m_faultActions))
        action->setChecked(false);
    for (const QString &rule : settings.faults) {
        const auto [name, percent] = faultOf(rule);
        for (QAction *action : std::as_const(m_faultActions)) {
            if (action->data() == name)
                action->setChecked(true);
        }
        for (QAction *action : m_share->actions()) {
            if (action->data() == percent)
                action->setChecked(true);
        }
    }
    showFaults();
}

} // namespace Gui
