// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/labcafaultsdialog.h"

#include "ui/widgets/helpers.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QHeaderView>
#include <QPushButton>
#include <QScopedValueRollback>
#include <QSpinBox>
#include <QTreeWidget>
#include <QVBoxLayout>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace Gui {
namespace {

enum Column { FaultColumn, AmountColumn, OperationColumn, ShareColumn };

QString operationText(const QString &operation)
{
    return operation.isEmpty() ? LabCaFaultsDialog::tr("all answers") : operation;
}

} // namespace

LabCaFaultsDialog::LabCaFaultsDialog(Models::LabCaService &labCa, QWidget *parent)
    : QDialog(parent)
    , m_labCa(labCa)
    , m_choices(Models::labCaFaults())
    , m_plan(Models::labCaFaultPlan(labCa.settings().faults))
    , m_list(named(new QTreeWidget(this), u"faultList"_s, tr("Faults")))
{
    setObjectName(u"labCaFaultsDialog"_s);
    setWindowTitle(tr("Faults of the Lab CA"));
    resizeToText(this, 84, 26);
    m_list->setHeaderLabels({tr("Fault"), tr("How much"), tr("In answers to"), tr("Share")});
    m_list->setRootIsDecorated(false);
    m_list->setUniformRowHeights(true);
    m_list->setAlternatingRowColors(true);
    for (const Column column : {FaultColumn, AmountColumn, OperationColumn})
        m_list->header()->setSectionResizeMode(column, QHeaderView::ResizeToContents);
    auto *addButton = named(new QPushButton(tr("&Add"), this), u"faultAdd"_s, tr("Add a fault"));
    m_remove = named(new QPushButton(tr("Re&move"), this), u"faultRemove"_s, tr("Remove the selected fault"));
    for (QPushButton *button : {addButton, m_remove})
        button->setAutoDefault(false);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this);
    buttons->button(QDialogButtonBox::Ok)->setObjectName(u"faultsOk"_s);

    auto *layout = new QVBoxLayout(this);
    layout->addWidget(hintLabel(tr("Answers of the Lab CA that go wrong on purpose. A share of 10 % strikes ten of each hundred answers to "
                                   "one client."),
                                this));
    auto *list = new QHBoxLayout;
    list->addWidget(m_list, 1);
    auto *changes = new QVBoxLayout;
    changes->addWidget(addButton);
    changes->addWidget(m_remove);
    changes->addStretch(1);
    list->addLayout(changes);
    layout->addLayout(list, 1);
    layout->addWidget(buildEditor());
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &LabCaFaultsDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(addButton, &QPushButton::clicked, this, &LabCaFaultsDialog::add);
    connect(m_remove, &QPushButton::clicked, this, &LabCaFaultsDialog::remove);
    connect(m_list, &QTreeWidget::itemSelectionChanged, this, &LabCaFaultsDialog::showSelected);
    showRules(0);
}

QWidget *LabCaFaultsDialog::buildEditor()
{
    m_editor = new QWidget(this);
    m_fault = named(new QComboBox(m_editor), u"faultName"_s, tr("Which fault"));
    for (const Models::LabCaChoice &choice : std::as_const(m_choices))
        m_fault->addItem(choice.name);
    m_description = plainLabel(QString(), m_editor); // one line: a wrapped one takes too much room in a form
    m_description->setForegroundRole(QPalette::PlaceholderText);
    m_amount = named(new QSpinBox(m_editor), u"faultAmount"_s, tr("How much"));
    m_amount->setRange(1, Models::mostFaultAmount);
    m_operation = named(new QComboBox(m_editor), u"faultOperation"_s, tr("In answers to"));
    m_share = named(new QSpinBox(m_editor), u"faultShare"_s, tr("Share of these answers"));
    m_share->setRange(1, 100);
    m_share->setSuffix(tr(" %"));
    for (QWidget *field : QList<QWidget *>{m_fault, m_amount, m_operation, m_share})
        field->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
    m_amountLabel = rowLabel(tr("&How much:"), m_amount);
    auto *form = new QFormLayout(m_editor);
    form->setContentsMargins(0, 0, 0, 0);
    form->addRow(tr("&Fault:"), m_fault);
    form->addRow(QString(), m_description);
    form->addRow(m_amountLabel, m_amount);
    form->addRow(tr("In answers &to:"), m_operation);
    form->addRow(tr("&Share:"), m_share);
    connect(m_fault, &QComboBox::currentIndexChanged, this, [this](int index) {
        if (m_isShowing || selected() < 0)
            return;
        // Another fault begins with what is usual for it, and what it cannot have is taken from it.
        LabCa::FaultRule rule = Models::labCaFaultPlan({m_choices.at(index).name}).rules.first();
        const LabCa::FaultRule &former = m_plan.rules.at(selected());
        rule.percent = former.percent;
        if (m_choices.at(index).isAboutHttp)
            rule.operation = former.operation;
        m_plan.rules[selected()] = rule;
        showRules(selected());
    });
    connect(m_amount, &QSpinBox::valueChanged, this, &LabCaFaultsDialog::take);
    connect(m_operation, &QComboBox::currentIndexChanged, this, &LabCaFaultsDialog::take);
    connect(m_share, &QSpinBox::valueChanged, this, &LabCaFaultsDialog::take);
    return m_editor;
}

const Models::LabCaChoice &LabCaFaultsDialog::choiceOf(LabCa::Fault fault) const
{
    return *std::ranges::find(m_choices, LabCa::nameOf(fault).name, &Models::LabCaChoice::name);
}

qsizetype LabCaFaultsDialog::selected() const
{
    const QList<QTreeWidgetItem *> items = m_list->selectedItems();
    return items.isEmpty() ? -1 : m_list->indexOfTopLevelItem(items.first());
}

void LabCaFaultsDialog::showRules(qsizetype selected)
{
    {
        const QScopedValueRollback showing(m_isShowing, true);
        m_list->clear();
        for (const LabCa::FaultRule &rule : std::as_const(m_plan.rules)) {
            const Models::LabCaChoice &choice = choiceOf(rule.fault);
            auto *item =
                new QTreeWidgetItem(m_list, {choice.name, choice.unit.isEmpty() ? QString() : u"%1 %2"_s.arg(rule.amount).arg(choice.unit),
                                             operationText(rule.operation), u"%1 %"_s.arg(rule.percent)});
            item->setToolTip(FaultColumn, choice.description);
        }
        if (selected >= 0 && selected < m_plan.rules.size())
            m_list->setCurrentItem(m_list->topLevelItem(static_cast<int>(selected)));
    }
    showSelected();
}

void LabCaFaultsDialog::showSelected()
{
    if (m_isShowing)
        return;
    const QScopedValueRollback showing(m_isShowing, true);
    const qsizetype at = selected();
    m_editor->setEnabled(at >= 0);
    m_remove->setEnabled(at >= 0);
    m_operation->clear();
    if (at < 0) {
        m_description->setText(m_plan.rules.isEmpty() ? tr("No faults: every answer is as it should be.") : QString());
        return;
    }
    const LabCa::FaultRule &rule = m_plan.rules.at(at);
    const Models::LabCaChoice &choice = choiceOf(rule.fault);
    m_fault->setCurrentText(choice.name);
    m_description->setText(choice.description);
    m_amount->setEnabled(!choice.unit.isEmpty());
    m_amountLabel->setEnabled(m_amount->isEnabled());
    m_amount->setSuffix(choice.unit.isEmpty() ? QString() : u' ' + choice.unit);
    m_amount->setValue(rule.amount);
    const QStringList operations = Models::labCaFaultOperations();
    for (const QString &operation : operations) {
        const QString name = operation == operations.last() ? QString() : operation;
        if (choice.isAboutHttp || operation == operations.first())
            m_operation->addItem(operationText(name), name);
    }
    m_operation->setCurrentIndex(m_operation->findData(rule.operation));
    m_share->setValue(rule.percent);
}

void LabCaFaultsDialog::take()
{
    const qsizetype at = selected();
    if (m_isShowing || at < 0)
        return;
    LabCa::FaultRule &rule = m_plan.rules[at];
    const Models::LabCaChoice &choice = choiceOf(rule.fault);
    if (!choice.unit.isEmpty())
        rule.amount = m_amount->value();
    rule.operation = m_operation->currentData().toString();
    rule.percent = m_share->value();
    QTreeWidgetItem *item = m_list->topLevelItem(static_cast<int>(at));
    item->setText(AmountColumn, choice.unit.isEmpty() ? QString() : u"%1 %2"_s.arg(rule.amount).arg(choice.unit));
    item->setText(OperationColumn, operationText(rule.operation));
    item->setText(ShareColumn, u"%1 %"_s.arg(rule.percent));
}

void LabCaFaultsDialog::add()
{
    m_plan.rules += Models::labCaFaultPlan({m_choices.first().name}).rules;
    showRules(m_plan.rules.size() - 1);
    m_fault->setFocus();
}

void LabCaFaultsDialog::remove()
{
    const qsizetype at = selected();
    m_plan.rules.removeAt(at);
    showRules(std::min(at, m_plan.rules.size() - 1));
}

void LabCaFaultsDialog::accept()
{
    Models::LabCaSettings settings = m_labCa.settings();
    settings.faults = m_plan.toText();
    m_labCa.setSettings(settings);
    QDialog::accept();
}

} // namespace Gui
