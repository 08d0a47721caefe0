// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/newpassphraseform.h"

#include "ui/widgets/fieldnote.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/secretedit.h"

#include <QFormLayout>

using namespace Qt::StringLiterals;

namespace Gui {

NewPassphraseForm::NewPassphraseForm(QWidget *parent)
    : QWidget(parent)
    , m_first(named(new SecretEdit(this), u"passphraseEdit"_s, tr("Pass phrase")))
    , m_second(named(new SecretEdit(this), u"passphraseAgainEdit"_s, tr("Pass phrase again")))
    , m_strength(named(new FieldNote(this), u"strengthNote"_s, QString()))
    , m_match(named(new FieldNote(this), u"matchNote"_s, QString()))
{
    auto *form = new QFormLayout(this);
    form->setContentsMargins(0, 0, 0, 0);
    form->addRow(tr("&Pass phrase:"), m_first);
    form->addRow(QString(), m_strength);
    form->addRow(tr("A&gain:"), m_second);
    form->addRow(QString(), m_match);
    m_strength->setReservesSpace(true);
    m_match->setReservesSpace(true);
    connect(m_first, &QLineEdit::textChanged, this, &NewPassphraseForm::update);
    connect(m_second, &QLineEdit::textChanged, this, &NewPassphraseForm::update);
}

bool NewPassphraseForm::isValid() const
{
    return !m_first->text().isEmpty() && m_first->text() == m_second->text();
}

std::shared_ptr<Pki::SecretBytes> NewPassphraseForm::secret() const
{
    return isValid() ? m_first->secret() : nullptr;
}

void NewPassphraseForm::wipe()
{
    m_first->wipe();
    m_second->wipe();
}

void NewPassphraseForm::update()
{
    const PassphraseStrength strength = passphraseStrength(m_first->text());
    m_strength->say(strength.score < 3 ? Models::Severity::Attention : Models::Severity::Good, strength.text);
    if (m_second->text().isEmpty())
        m_match->clear();
    else if (isValid())
        m_match->say(Models::Severity::Good, tr("Both are the same."));
    else
        m_match->say(Models::Severity::Bad, tr("The two pass phrases differ."));
    emit changed();
}

} // namespace Gui
