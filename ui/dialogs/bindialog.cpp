// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/bindialog.h"

#include "models/service/errortext.h"
#include "ui/prompter.h"
#include "ui/widgets/fieldnote.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/texts.h"

#include <QDialogButtonBox>
#include <QHeaderView>
#include <QPointer>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace Gui {
namespace {

QString kindText(Models::BinRecord::Kind kind)
{
    switch (kind) {
    case Models::BinRecord::Kind::Server:
        return BinDialog::tr("Server");
    case Models::BinRecord::Kind::Request:
        return BinDialog::tr("Request");
    case Models::BinRecord::Kind::Certificate:
        return BinDialog::tr("Certificate");
    }
    return {};
}

} // namespace

BinDialog::BinDialog(Models::Service &service, Prompter &prompter, QWidget *parent)
    : QDialog(parent)
    , m_service(service)
    , m_prompter(prompter)
    , m_list(named(new QTreeWidget(this), u"binList"_s, tr("Removed servers, requests and certificates")))
    , m_note(named(new FieldNote(this), u"binNote"_s, QString()))
{
    setObjectName(u"binDialog"_s);
    setWindowTitle(tr("Bin"));
    resizeToText(this, 96, 26);
    m_list->setHeaderLabels({tr("Kind"), tr("Name"), tr("Certificates"), tr("Removed")});
    m_list->setRootIsDecorated(false);
    m_list->setUniformRowHeights(true);
    m_list->setAlternatingRowColors(true);
    m_list->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_list->header()->setStretchLastSection(true);
    const int width = fontMetrics().averageCharWidth();
    m_list->setColumnWidth(0, width * 14);
    m_list->setColumnWidth(1, width * 40);
    m_list->setColumnWidth(2, width * 14);

    auto *layout = new QVBoxLayout(this);
    layout->addWidget(hintLabel(tr("What you remove stays here with its keys and its history, out of sight of the servers, until it is "
                                   "brought back, deleted for good, or has been here for long."),
                                this));
    layout->addWidget(m_list, 1);
    layout->addWidget(m_note);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    const auto add = [&](const QString &text, const QString &objectName, const QString &toolTip) {
        QPushButton *button = named(buttons->addButton(text, QDialogButtonBox::ActionRole), objectName, toolTip);
        button->setToolTip(toolTip);
        return button;
    };
    m_restore = add(tr("&Bring back"), u"binRestore"_s, tr("Bring the selected ones back as they were"));
    m_purge = add(tr("&Delete for good…"), u"binPurge"_s, tr("Delete the selected ones with their keys"));
    m_empty = add(tr("&Empty the bin…"), u"binEmpty"_s, tr("Delete everything in the bin with its keys"));
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_restore, &QPushButton::clicked, this, &BinDialog::restoreSelected);
    connect(m_purge, &QPushButton::clicked, this, &BinDialog::purgeSelected);
    connect(m_empty, &QPushButton::clicked, this, &BinDialog::empty);
    connect(m_list, &QTreeWidget::itemSelectionChanged, this, &BinDialog::updateButtons);
    updateButtons();
    read();
}

void BinDialog::read()
{
    whenDone(m_service.bin(), this, [this](const Models::Result<QList<Models::BinRecord>> &records) {
        if (records)
            show(*records);
        else
            m_note->say(Models::explain(records.error(), tr("the bin")));
    });
}

void BinDialog::show(const QList<Models::BinRecord> &records)
{
    m_records = records;
    m_list->clear();
    for (const Models::BinRecord &record : records)
        new QTreeWidgetItem(m_list, {kindText(record.kind), Models::safeText(record.label), QString::number(record.certificates),
                                     timeText(record.deletedAt)});
    updateButtons();
}

QList<Models::BinRecord> BinDialog::selected() const
{
    QList<Models::BinRecord> chosen;
    for (QTreeWidgetItem *item : m_list->selectedItems())
        chosen.append(m_records.at(m_list->indexOfTopLevelItem(item)));
    return chosen;
}

void BinDialog::updateButtons()
{
    const bool isAny = !m_list->selectedItems().isEmpty();
    m_restore->setEnabled(isAny);
    m_purge->setEnabled(isAny);
    m_empty->setEnabled(!m_records.isEmpty());
}

template <typename T>
void BinDialog::follow(const QFuture<Models::Result<T>> &done, const QString &object)
{
    m_note->clear();
    whenDone(done, this, [this, object](const Models::Result<T> &result) {
        if (!result)
            m_note->say(Models::explain(result.error(), object));
        read();
    });
}

void BinDialog::restoreSelected()
{
    const QList<Models::BinRecord> chosen = selected();
    for (const Models::BinRecord &record : chosen)
        follow(m_service.restore(record.kind, record.id), record.label);
}

void BinDialog::purgeSelected()
{
    const QList<Models::BinRecord> chosen = selected();
    m_prompter.confirm(this,
                       {.title = tr("Delete for good?"),
                        .text = tr("%n removed thing(s) will be deleted with their certificates and private keys.", nullptr,
                                   static_cast<int>(chosen.size())),
                        .detail = tr("This cannot be undone."),
                        .yes = tr("Delete"),
                        .isRisky = true},
                       [dialog = QPointer<BinDialog>(this), chosen] {
                           for (const Models::BinRecord &record : chosen) {
                               if (dialog)
                                   dialog->follow(dialog->m_service.purge(record.kind, record.id), record.label);
                           }
                       });
}

void BinDialog::empty()
{
    m_prompter.confirm(this,
                       {.title = tr("Empty the bin?"),
                        .text = tr("Everything in the bin will be deleted with its certificates and private keys."),
                        .detail = tr("This cannot be undone."),
                        .yes = tr("Empty"),
                        .isRisky = true},
                       [dialog = QPointer<BinDialog>(this)] {
                           if (dialog)
                               dialog->follow(dialog->m_service.emptyBin(), tr("the bin"));
                       });
}

} // namespace Gui
