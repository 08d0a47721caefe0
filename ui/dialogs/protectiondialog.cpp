// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/protectiondialog.h"

#include "models/service/errortext.h"
#include "ui/widgets/fieldnote.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/protectionform.h"
#include "ui/widgets/secretedit.h"

#include <QDialogButtonBox>
#include <QFormLayout>
#include <QPushButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace Gui {

ProtectionDialog::ProtectionDialog(Models::Service &service, QWidget *parent)
    : QDialog(parent)
    , m_service(service)
    , m_next(new ProtectionForm(this))
    , m_note(named(new FieldNote(this), u"protectionNote"_s, QString()))
{
    setObjectName(u"protectionDialog"_s);
    setWindowTitle(tr("Protection of the workspace"));
    setMinimumWidth(fontMetrics().averageCharWidth() * 70);

    auto *layout = new QVBoxLayout(this);
    layout->setSpacing(12);
    if (m_service.lockState() != Models::LockState::Unprotected) {
        m_current = named(new SecretEdit(this), u"currentPassphraseEdit"_s, tr("Present pass phrase"));
        auto *form = new QFormLayout;
        form->addRow(tr("&Present pass phrase:"), m_current);
        layout->addLayout(form);
        connect(m_current, &QLineEdit::textChanged, this, &ProtectionDialog::update);
    }
    layout->addWidget(m_next);
    layout->addWidget(hintLabel(tr("The pass phrase cannot be recovered when it is forgotten. Backups made until now keep theirs."), this));
    layout->addWidget(m_note);
    layout->addStretch(1);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this);
    m_ok = named(buttons->button(QDialogButtonBox::Ok), u"protectionOk"_s, tr("Change protection"));
    m_ok->setText(tr("Change protection"));
    buttons->button(QDialogButtonBox::Cancel)->setObjectName(u"protectionCancel"_s);
    layout->addWidget(buttons);
    connect(m_next, &ProtectionForm::changed, this, &ProtectionDialog::update);
    connect(buttons, &QDialogButtonBox::accepted, this, &ProtectionDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    update();
}

void ProtectionDialog::update()
{
    m_ok->setEnabled(!m_isBusy && m_next->isValid() && (m_current == nullptr || !m_current->text().isEmpty()));
}

void ProtectionDialog::accept()
{
    if (!m_ok->isEnabled())
        return;
    m_isBusy = true;
    update();
    m_note->say(Models::Severity::Busy, tr("Changing the protection …"));
    whenDone(m_service.changePassphrase(m_current != nullptr ? m_current->secret() : nullptr, m_next->passphrase()), this,
             [this](const Models::Result<void> &result) {
                 m_isBusy = false;
                 m_note->clear();
                 update();
                 if (result)
                     QDialog::accept();
                 else
                     m_note->say(Models::explain(result.error(), tr("the workspace")));
             });
}

} // namespace Gui
