// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/labcasettingsform.h"

#include "models/service/labcachoices.h"
#include "ui/dialogs/labcafaultsdialog.h"
#include "ui/widgets/helpers.h"

#include <QAction>
#include <QComboBox>
#include <QHBoxLayout>
#include <QMenu>
#include <QPushButton>
#include <QScopedValueRollback>

using namespace Qt::StringLiterals;

namespace Gui {
namespace {

void addField(QHBoxLayout *layout, const QString &name, QWidget *field)
{
    layout->addWidget(rowLabel(name, field));
    layout->addWidget(field);
    layout->addSpacing(12);
}

} // namespace

LabCaSettingsForm::LabCaSettingsForm(Models::LabCaService &labCa, QWidget *parent)
    : QWidget(parent)
    , m_labCa(labCa)
    , m_mode(named(new QComboBox(this), u"labCaMode"_s, tr("How requests are decided")))
    , m_personality(named(new QComboBox(this), u"labCaPersonality"_s, tr("Which server it behaves like")))
    , m_faults(named(new QPushButton(this), u"labCaFaults"_s, tr("What it does wrong on purpose")))
{
    m_mode->addItem(tr("wait for my approval"), int(LabCa::Mode::Approve));
    m_mode->addItem(tr("granted at once"), int(LabCa::Mode::Auto));
    m_mode->addItem(tr("only from expected devices"), int(LabCa::Mode::Registered));
    m_mode->setToolTip(tr("What happens to a request that carries the right challenge"));
    const QList<Models::LabCaChoice> personalities = Models::labCaPersonalities();
    for (const Models::LabCaChoice &choice : personalities) {
        m_personality->addItem(choice.name, choice.name);
        m_personality->setItemData(m_personality->count() - 1, choice.description, Qt::ToolTipRole);
    }
    m_personality->setToolTip(tr("Answers as that server does, with its habits and gaps"));
    m_faults->setToolTip(tr("Let answers go wrong on purpose, to see how a client copes"));
    buildFaultMenu();

    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    addField(layout, tr("&Requests:"), m_mode);
    addField(layout, tr("&Behaves like:"), m_personality);
    addField(layout, tr("Fau&lts:"), m_faults);
    layout->addStretch(1);
    for (QComboBox *combo : {m_mode, m_personality})
        connect(combo, &QComboBox::currentIndexChanged, this, &LabCaSettingsForm::apply);
    connect(&m_labCa, &Models::LabCaService::settingsChanged, this, &LabCaSettingsForm::showSettings);
    showSettings();
}

void LabCaSettingsForm::buildFaultMenu()
{
    m_faultMenu = new QMenu(this);
    m_faultMenu->setObjectName(u"labCaFaultMenu"_s);
    m_faultMenu->setToolTipsVisible(true);
    bool isAboutHttp = true;
    const QList<Models::LabCaChoice> choices = Models::labCaFaults();
    for (const Models::LabCaChoice &choice : choices) {
        if (std::exchange(isAboutHttp, choice.isAboutHttp) != choice.isAboutHttp)
            m_faultMenu->addSeparator();
        QAction *action = m_faultMenu->addAction(choice.name);
        action->setObjectName(u"labCaFault-"_s + choice.name);
        action->setToolTip(choice.description);
        action->setStatusTip(choice.description);
        action->setCheckable(true);
        action->setData(choice.name);
        connect(action, &QAction::triggered, this, [this, name = choice.name](bool isOn) { setFault(name, isOn); });
        m_faultActions.append(action);
    }
    m_faultMenu->addSeparator();
    QAction *adjust = m_faultMenu->addAction(tr("&How much, where and how often…"));
    adjust->setObjectName(u"labCaAdjustFaults"_s);
    adjust->setToolTip(tr("Seconds or size of a fault, which answers it strikes, and what share of them"));
    connect(adjust, &QAction::triggered, this, &LabCaSettingsForm::adjustFaults);
    QAction *none = m_faultMenu->addAction(tr("&No faults"));
    none->setObjectName(u"labCaNoFaults"_s);
    connect(none, &QAction::triggered, this, [this] { setFaults({}); });
    m_faults->setMenu(m_faultMenu);
}

void LabCaSettingsForm::apply()
{
    if (m_isShowing)
        return;
    Models::LabCaSettings settings = m_labCa.settings();
    settings.mode = static_cast<LabCa::Mode>(m_mode->currentData().toInt());
    settings.personality = m_personality->currentData().toString();
    m_labCa.setSettings(settings);
}

void LabCaSettingsForm::setFaults(const QStringList &rules)
{
    Models::LabCaSettings settings = m_labCa.settings();
    settings.faults = rules;
    m_labCa.setSettings(settings);
}

void LabCaSettingsForm::setFault(const QString &name, bool isOn)
{
    // The rules of other faults stay as they are, whatever they say.
    LabCa::FaultPlan plan = Models::labCaFaultPlan(m_labCa.settings().faults);
    if (isOn)
        plan.rules += Models::labCaFaultPlan({name}).rules;
    else
        plan.rules.removeIf([&](const LabCa::FaultRule &rule) { return LabCa::nameOf(rule.fault).name == name; });
    setFaults(plan.toText());
}

void LabCaSettingsForm::adjustFaults()
{
    auto *dialog = new LabCaFaultsDialog(m_labCa, window());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
}

void LabCaSettingsForm::showFaults()
{
    const QList<LabCa::FaultRule> rules = Models::labCaFaultPlan(m_labCa.settings().faults).rules;
    m_faults->setText(rules.isEmpty()     ? tr("none")
                      : rules.size() == 1 ? Models::labCaFaultText(rules.first())
                                          : tr("%n kinds", nullptr, static_cast<int>(rules.size())));
    for (QAction *action : std::as_const(m_faultActions)) {
        const QString name = action->data().toString();
        QStringList texts;
        for (const LabCa::FaultRule &rule : rules) {
            if (LabCa::nameOf(rule.fault).name == name)
                texts.append(Models::labCaFaultText(rule));
        }
        action->setChecked(!texts.isEmpty());
        action->setText(texts.isEmpty() ? name : texts.join(u"; "_s));
    }
}

void LabCaSettingsForm::showSettings()
{
    const QScopedValueRollback showing(m_isShowing, true);
    const Models::LabCaSettings &settings = m_labCa.settings();
    m_mode->setCurrentIndex(m_mode->findData(int(settings.mode)));
    m_personality->setCurrentIndex(std::max(0, m_personality->findData(settings.personality)));
    showFaults();
}

} // namespace Gui
