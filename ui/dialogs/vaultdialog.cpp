// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/vaultdialog.h"

#include "ui/widgets/helpers.h"
#include "ui/widgets/protectionform.h"

#include <QDialogButtonBox>
#include <QPushButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace Gui {

VaultDialog::VaultDialog(const QString &workspace, QWidget *parent)
    : QDialog(parent)
    , m_form(new ProtectionForm(this))
{
    setObjectName(u"vaultDialog"_s);
    setWindowTitle(tr("Protect the workspace"));
    setMinimumWidth(fontMetrics().averageCharWidth() * 70);

    auto *layout = new QVBoxLayout(this);
    layout->setSpacing(12);
    layout->addWidget(headingLabel(tr("Choose a pass phrase for the private keys"), this));
    QLabel *text = plainLabel(tr("Scepter keeps the devices' private keys and challenges encrypted in the workspace %1. The pass phrase is "
                                 "asked for at every start. It cannot be recovered when it is forgotten.")
                                  .arg(workspace),
                              this);
    text->setWordWrap(true);
    layout->addWidget(text);
    layout->addWidget(m_form);
    layout->addStretch(1);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this);
    m_ok = buttons->button(QDialogButtonBox::Ok);
    m_ok->setObjectName(u"vaultOk"_s);
    m_ok->setText(tr("Create workspace"));
    layout->addWidget(buttons);

    connect(m_form, &ProtectionForm::changed, this, &VaultDialog::update);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    update();
}

SharedSecret VaultDialog::passphrase() const
{
    return m_form->passphrase();
}

void VaultDialog::update()
{
    m_ok->setEnabled(m_form->isValid());
}

} // namespace Gui
