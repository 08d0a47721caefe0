// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/secretdialog.h"

#include "ui/widgets/fieldnote.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/secretedit.h"

#include <QDialogButtonBox>
#include <QFormLayout>
#include <QPushButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace Gui {

SecretDialog::SecretDialog(const Prompter::SecretQuestion &question, QWidget *parent)
    : QDialog(parent)
    , m_edit(named(new SecretEdit(this), u"secretEdit"_s, question.field))
{
    setObjectName(u"secretDialog"_s);
    setWindowTitle(question.title);
    setMinimumWidth(fontMetrics().averageCharWidth() * 60);

    auto *layout = new QVBoxLayout(this);
    layout->setSpacing(12);
    QLabel *text = plainLabel(question.text, this);
    text->setWordWrap(true);
    layout->addWidget(text);
    auto *form = new QFormLayout;
    QLabel *name = plainLabel(question.field + u":"_s, this);
    name->setBuddy(m_edit);
    form->addRow(name, m_edit);
    layout->addLayout(form);
    auto *note = named(new FieldNote(this), u"secretNote"_s, QString());
    note->say(Models::Severity::Bad, question.error);
    layout->addWidget(note);
    layout->addStretch(1);

    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this);
    QPushButton *ok = buttons->button(QDialogButtonBox::Ok);
    ok->setObjectName(u"secretOk"_s);
    ok->setEnabled(question.isOptional);
    if (!question.isOptional)
        connect(m_edit, &QLineEdit::textChanged, ok, [ok](const QString &typed) { ok->setEnabled(!typed.isEmpty()); });
    connect(m_edit, &QLineEdit::textEdited, note, &FieldNote::clear);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    layout->addWidget(buttons);
    m_edit->setFocus();
}

SharedSecret SecretDialog::secret() const
{
    return m_edit->secret();
}

} // namespace Gui
