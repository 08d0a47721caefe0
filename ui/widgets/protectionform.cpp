// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/protectionform.h"

#include "ui/widgets/fieldnote.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/newpassphraseform.h"

#include <QCheckBox>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace Gui {

ProtectionForm::ProtectionForm(QWidget *parent)
    : QWidget(parent)
    , m_form(new NewPassphraseForm(this))
    , m_unprotected(named(new QCheckBox(tr("Keep the keys &without protection"), this), u"unprotectedCheck"_s,
                          tr("Keep the keys without protection")))
    , m_warning(named(new FieldNote(this), u"unprotectedNote"_s, QString()))
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(12);
    layout->addWidget(m_form);
    layout->addWidget(m_unprotected);
    layout->addWidget(m_warning);
    connect(m_unprotected, &QCheckBox::toggled, this, &ProtectionForm::update);
    connect(m_form, &NewPassphraseForm::changed, this, &ProtectionForm::update);
}

bool ProtectionForm::isValid() const
{
    return m_unprotected->isChecked() || m_form->isValid();
}

std::shared_ptr<Pki::SecretBytes> ProtectionForm::passphrase() const
{
    return m_unprotected->isChecked() ? nullptr : m_form->secret();
}

void ProtectionForm::update()
{
    m_form->setEnabled(!m_unprotected->isChecked());
    if (m_unprotected->isChecked())
        m_warning->say(Models::Severity::Attention, tr("Anybody who can read the folder can then read every private key."));
    else
        m_warning->clear();
    emit changed();
}

} // namespace Gui
