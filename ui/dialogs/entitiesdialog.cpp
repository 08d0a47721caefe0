// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/entitiesdialog.h"

#include "models/service/errortext.h"
#include "ui/widgets/fieldnote.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/texts.h"

#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLineEdit>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace Gui {
namespace {

QPushButton *makeButton(const QString &text, const QString &objectName, const QString &toolTip)
{
    auto *button = named(new QPushButton(text), objectName, toolTip);
    button->setToolTip(toolTip);
    button->setAutoDefault(false);
    return button;
}

} // namespace

EntitiesDialog::EntitiesDialog(Models::LabCaService &labCa, QWidget *parent)
    : QDialog(parent)
    , m_labCa(labCa)
    , m_list(named(new QTreeWidget(this), u"entityList"_s, tr("Expected devices")))
    , m_name(named(new QLineEdit(this), u"entityNameEdit"_s, tr("Common name of the device")))
    , m_add(makeButton(tr("&Expect"), u"entityAdd"_s, tr("Expect this device; it gets a challenge of its own")))
    , m_again(
          makeButton(tr("&New challenge"), u"entityAgain"_s, tr("Give the selected device another challenge, for one more certificate")))
    , m_remove(makeButton(tr("&Remove"), u"entityRemove"_s, tr("Expect the selected device no longer")))
    , m_copy(makeButton(tr("&Copy challenge"), u"entityCopy"_s, tr("Copy the challenge: it cannot be shown again")))
    , m_note(named(new FieldNote(this), u"entityNote"_s, QString()))
{
    setObjectName(u"entitiesDialog"_s);
    setWindowTitle(tr("Expected devices"));
    resizeToText(this, 92, 26);
    m_list->setHeaderLabels({tr("Common name"), tr("Expected since"), tr("Challenge used")});
    m_list->setRootIsDecorated(false);
    m_list->setUniformRowHeights(true);
    m_list->setAlternatingRowColors(true);
    m_list->header()->setStretchLastSection(true);
    const int width = fontMetrics().averageCharWidth();
    m_list->setColumnWidth(0, width * 36);
    m_list->setColumnWidth(1, width * 24);
    m_name->setPlaceholderText(u"plc-7"_s);
    m_name->setMaxLength(64);

    auto *layout = new QVBoxLayout(this);
    layout->addWidget(hintLabel(tr("In this mode the Lab CA grants a request only if its common name stands here and it carries the "
                                   "device's challenge, which is good for one certificate. Renewals need none."),
                                this));
    auto *row = new QHBoxLayout;
    row->addWidget(rowLabel(tr("Common &name:"), m_name));
    row->addWidget(m_name, 1);
    row->addWidget(m_add);
    layout->addLayout(row);
    auto *told = new QHBoxLayout;
    told->addWidget(m_note, 1);
    told->addWidget(m_copy);
    layout->addLayout(told);
    layout->addWidget(m_list, 1);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    buttons->addButton(m_again, QDialogButtonBox::ActionRole);
    buttons->addButton(m_remove, QDialogButtonBox::ActionRole);
    layout->addWidget(buttons);
    m_copy->setVisible(false);

    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_add, &QPushButton::clicked, this, [this] { add(m_name->text().trimmed(), false); });
    connect(m_name, &QLineEdit::returnPressed, this, [this] { add(m_name->text().trimmed(), false); });
    connect(m_again, &QPushButton::clicked, this, [this] { add(selectedName(), true); });
    connect(m_remove, &QPushButton::clicked, this, &EntitiesDialog::removeSelected);
    connect(m_name, &QLineEdit::textChanged, this, &EntitiesDialog::updateButtons);
    connect(m_list, &QTreeWidget::itemSelectionChanged, this, &EntitiesDialog::updateButtons);
    connect(m_copy, &QPushButton::clicked, this, [this] {
        QString text = QString::fromUtf8(m_challenge->view());
        copyToClipboard(text);
        Pki::wipe(text);
    });
    updateButtons();
    read();
}

EntitiesDialog::~EntitiesDialog() = default;

void EntitiesDialog::read()
{
    whenDone(m_labCa.entities(), this, [this](const Models::Result<QList<LabCa::Entity>> &entities) {
        if (entities)
            show(*entities);
        else
            m_note->say(Models::explain(entities.error(), tr("the list of expected devices")));
    });
}

void EntitiesDialog::show(const QList<LabCa::Entity> &entities)
{
    const QString selected = selectedName();
    m_list->clear();
    for (const LabCa::Entity &entity : entities) {
        auto *item = new QTreeWidgetItem(m_list, {Models::safeText(entity.commonName), timeText(entity.registeredAt),
                                                  entity.usedAt.isValid() ? timeText(entity.usedAt) : tr("not yet")});
        item->setData(0, Qt::UserRole, entity.commonName);
        if (entity.commonName == selected)
            m_list->setCurrentItem(item);
    }
    updateButtons();
}

QString EntitiesDialog::selectedName() const
{
    const QList<QTreeWidgetItem *> items = m_list->selectedItems();
    return items.isEmpty() ? QString() : items.first()->data(0, Qt::UserRole).toString();
}

void EntitiesDialog::updateButtons()
{
    m_add->setEnabled(!m_name->text().trimmed().isEmpty());
    m_again->setEnabled(!selectedName().isEmpty());
    m_remove->setEnabled(!selectedName().isEmpty());
}

void EntitiesDialog::add(const QString &commonName, bool again)
{
    if (commonName.isEmpty())
        return;
    whenDone(m_labCa.registerEntity(commonName, again), this,
             [this, commonName](const Models::Result<std::shared_ptr<Pki::SecretBytes>> &challenge) {
                 m_copy->setVisible(challenge.has_value());
                 if (!challenge) {
                     m_note->say(Models::explain(challenge.error(), Models::safeText(commonName)));
                     return;
                 }
                 m_challenge = *challenge;
                 m_note->say(Models::Severity::Good,
                             tr("%1 is expected. Copy its challenge now: it is kept as a hash only.").arg(Models::safeText(commonName)));
                 m_name->clear();
                 read();
             });
}

void EntitiesDialog::removeSelected()
{
    const QString name = selectedName();
    whenDone(m_labCa.unregisterEntity(name), this, [this, name](const Models::Result<void> &removed) {
        m_copy->setVisible(false);
        if (removed)
            m_note->say(Models::Severity::Neutral, tr("%1 is expected no longer.").arg(Models::safeText(name)));
        else
            m_note->say(Models::explain(removed.error(), Models::safeText(name)));
        read();
    });
}

} // namespace Gui
