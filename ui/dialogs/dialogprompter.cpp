// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/dialogprompter.h"

#include "ui/dialogs/secretdialog.h"
#include "ui/dialogs/vaultdialog.h"

#include <QFileDialog>
#include <QInputDialog>
#include <QLabel>
#include <QMessageBox>
#include <QPushButton>

using namespace Qt::StringLiterals;

namespace Gui {
namespace {

void openFileDialog(QFileDialog *dialog, std::function<void(QString)> answer)
{
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setObjectName(u"fileDialog"_s);
    QObject::connect(dialog, &QFileDialog::fileSelected, dialog, [answer = std::move(answer)](const QString &path) {
        if (!path.isEmpty())
            answer(path);
    });
    dialog->open();
}

} // namespace

void DialogPrompter::confirm(QWidget *parent, const Question &question, std::function<void()> yes)
{
    auto *box = new QMessageBox(question.isRisky ? QMessageBox::Warning : QMessageBox::Question, question.title, question.text,
                                QMessageBox::Cancel, parent);
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setObjectName(u"confirmBox"_s);
    box->setTextFormat(Qt::PlainText);
    box->setInformativeText(question.detail);
    QPushButton *accept = box->addButton(question.yes, question.isRisky ? QMessageBox::DestructiveRole : QMessageBox::AcceptRole);
    accept->setObjectName(u"confirmButton"_s);
    box->setDefaultButton(QMessageBox::Cancel);
    QObject::connect(accept, &QPushButton::clicked, box, [yes = std::move(yes)] { yes(); });
    box->open();
}

void DialogPrompter::askSecret(QWidget *parent, const SecretQuestion &question, std::function<void(SharedSecret)> answer,
                               std::function<void()> cancelled)
{
    auto *dialog = new SecretDialog(question, parent);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    QObject::connect(dialog, &QDialog::accepted, dialog, [dialog, answer = std::move(answer)] { answer(dialog->secret()); });
    if (cancelled)
        QObject::connect(dialog, &QDialog::rejected, dialog, [cancelled = std::move(cancelled)] { cancelled(); });
    dialog->open();
}

void DialogPrompter::askNewVaultPassphrase(QWidget *parent, const QString &workspace, std::function<void(SharedSecret)> answer,
                                           std::function<void()> cancelled)
{
    auto *dialog = new VaultDialog(workspace, parent);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    QObject::connect(dialog, &QDialog::accepted, dialog, [dialog, answer = std::move(answer)] { answer(dialog->passphrase()); });
    if (cancelled)
        QObject::connect(dialog, &QDialog::rejected, dialog, [cancelled = std::move(cancelled)] { cancelled(); });
    dialog->open();
}

void DialogPrompter::askText(QWidget *parent, const TextQuestion &question, std::function<void(QString)> answer)
{
    auto *dialog = new QInputDialog(parent);
    dialog->setObjectName(u"textDialog"_s);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(question.title);
    dialog->setInputMode(QInputDialog::TextInput);
    dialog->setLabelText(question.text + u"\n\n"_s + question.field + u":"_s);
    if (!question.choices.isEmpty()) {
        dialog->setComboBoxItems(question.choices);
        dialog->setComboBoxEditable(false);
    }
    dialog->setTextValue(question.suggestion);
    for (auto *label : dialog->findChildren<QLabel *>())
        label->setTextFormat(Qt::PlainText);
    QObject::connect(dialog, &QInputDialog::textValueSelected, dialog, [answer = std::move(answer)](const QString &text) { answer(text); });
    dialog->open();
}

void DialogPrompter::askFileToOpen(QWidget *parent, const QString &title, const QString &filter, std::function<void(QString)> path)
{
    auto *dialog = new QFileDialog(parent, title, QString(), filter);
    dialog->setFileMode(QFileDialog::ExistingFile);
    openFileDialog(dialog, std::move(path));
}

void DialogPrompter::askFileToSave(QWidget *parent, const QString &title, const QString &suggestion, const QString &filter,
                                   std::function<void(QString)> path)
{
    auto *dialog = new QFileDialog(parent, title, QString(), filter);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setFileMode(QFileDialog::AnyFile);
    dialog->selectFile(suggestion);
    openFileDialog(dialog, std::move(path));
}

void DialogPrompter::askFolder(QWidget *parent, const QString &title, const QString &start, std::function<void(QString)> path)
{
    auto *dialog = new QFileDialog(parent, title, start);
    dialog->setFileMode(QFileDialog::Directory);
    dialog->setOption(QFileDialog::ShowDirsOnly);
    openFileDialog(dialog, std::move(path));
}

void DialogPrompter::tell(QWidget *parent, const QString &title, const Models::Explanation &explanation)
{
    auto *box = new QMessageBox(QMessageBox::Warning, title, explanation.what, QMessageBox::Ok, parent);
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setObjectName(u"tellBox"_s);
    box->setTextFormat(Qt::PlainText);
    box->setInformativeText(explanation.nextStep);
    box->open();
}

} // namespace Gui
