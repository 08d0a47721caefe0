// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/newlabcadialog.h"

#include "models/service/errortext.h"
#include "models/service/labcachoices.h"
#include "ui/widgets/fieldnote.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/newpassphraseform.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;
using State = Models::LabCaService::State;

namespace Gui {
namespace {

QSpinBox *yearsSpin(const QString &objectName, const QString &name, int value)
{
    constexpr int mostYears = 100;
    auto *spin = named(new QSpinBox, objectName, name);
    spin->setRange(1, mostYears);
    spin->setSuffix(NewLabCaDialog::tr(" years"));
    spin->setValue(value);
    spin->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
    return spin;
}

} // namespace

NewLabCaDialog::NewLabCaDialog(Models::LabCaService &labCa, QWidget *parent)
    : QDialog(parent)
    , m_labCa(labCa)
    , m_isFirst(labCa.state() == State::Stopped && !labCa.hasCa())
    , m_note(named(new FieldNote(this), u"newCaNote"_s, QString()))
{
    setObjectName(u"newLabCaDialog"_s);
    setWindowTitle(m_isFirst ? tr("First CA of the Lab CA") : tr("One more CA"));
    setMinimumWidth(fontMetrics().averageCharWidth() * 92);
    auto *layout = new QVBoxLayout(this);
    auto *form = new QFormLayout;
    buildNames(form);
    buildKeys(form);
    layout->addLayout(form);
    layout->addWidget(buildProtection());
    layout->addWidget(m_note);
    layout->addStretch(1);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this);
    const QString make = m_isFirst ? tr("Make the CA and start") : tr("Make the CA");
    m_ok = named(buttons->button(QDialogButtonBox::Ok), u"newCaOk"_s, make);
    m_ok->setText(make);
    buttons->button(QDialogButtonBox::Cancel)->setObjectName(u"newCaCancel"_s);
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &NewLabCaDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    for (const QLineEdit *edit : {m_alias, m_name, m_rootSubject, m_issuingSubject})
        connect(edit, &QLineEdit::textChanged, this, &NewLabCaDialog::update);
    update();
}

void NewLabCaDialog::buildNames(QFormLayout *form)
{
    m_alias = named(new QLineEdit(this), u"newCaAlias"_s, tr("Alias"));
    m_name = named(new QLineEdit(this), u"newCaName"_s, tr("Name"));
    m_rootSubject = named(new QLineEdit(this), u"newCaRootSubject"_s, tr("Whole name of the root"));
    m_issuingSubject = named(new QLineEdit(this), u"newCaIssuingSubject"_s, tr("Whole name of the issuing CA"));
    m_alias->setPlaceholderText(u"plant2"_s);
    m_alias->setMaxLength(64);
    m_alias->setToolTip(tr("Clients choose it by its path, /scep/ALIAS, or as their CA identifier"));
    m_name->setText(LabCa::CaDescription().name);
    m_name->setMaxLength(40);
    m_name->setToolTip(tr("Of the whole CA, if its certificates get no names of their own"));
    for (QLineEdit *edit : {m_rootSubject, m_issuingSubject})
        edit->setToolTip(tr("Empty: as shown. “(lab only)” is always in it"));
    if (m_isFirst)
        m_alias->setVisible(false);
    else
        form->addRow(tr("&Alias:"), m_alias);
    form->addRow(tr("&Name:"), m_name);
    form->addRow(tr("Roo&t's name:"), m_rootSubject);
    form->addRow(tr("Issuing &CA's name:"), m_issuingSubject);
}

void NewLabCaDialog::buildKeys(QFormLayout *form)
{
    const LabCa::CaDescription usual;
    m_key = named(new QComboBox(this), u"newCaKey"_s, tr("Keys"));
    for (const char16_t *text : {u"rsa:2048", u"rsa:3072", u"rsa:4096"}) {
        const QString key = QString::fromUtf16(text);
        m_key->addItem(Pki::KeySpec::fromText(key).value_or(usual.keySpec).displayName(), key);
    }
    m_ra = named(new QComboBox(this), u"newCaRa"_s, tr("Registration authority"));
    m_ra->addItem(tr("none: the CA answers itself"), int(LabCa::RaKind::None));
    m_ra->addItem(tr("one certificate"), int(LabCa::RaKind::One));
    m_ra->addItem(tr("two certificates, as NDES has"), int(LabCa::RaKind::Split));
    m_ra->setCurrentIndex(m_ra->findData(int(m_isFirst ? Models::raOfPersonality(m_labCa.settings().personality) : usual.ra)));
    m_rootYears = yearsSpin(u"newCaRootYears"_s, tr("Validity of the root"), usual.rootYears);
    m_issuingYears = yearsSpin(u"newCaIssuingYears"_s, tr("Validity of the issuing CA"), usual.issuingYears);
    for (QComboBox *combo : {m_key, m_ra})
        combo->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
    form->addRow(tr("&Keys:"), m_key);
    form->addRow(tr("R&oot valid for:"), m_rootYears);
    form->addRow(tr("&Issuing CA valid for:"), m_issuingYears);
    form->addRow(tr("&Registration authority:"), m_ra);
}

QWidget *NewLabCaDialog::buildProtection()
{
    auto *page = new QWidget(this);
    auto *layout = new QVBoxLayout(page);
    layout->setContentsMargins(0, 0, 0, 0);
    if (!m_isFirst) {
        const auto &identity = m_labCa.identity();
        if (identity && identity->hasPassphrase)
            layout->addWidget(hintLabel(tr("Its keys come under the pass phrase that this Lab CA was started with."), page));
        return page;
    }
    m_isProtected = named(new QCheckBox(tr("Put the keys under a &pass phrase, asked for at each start"), page), u"newCaProtected"_s,
                          tr("Put the keys under a pass phrase"));
    m_passphrase = new NewPassphraseForm(page);
    m_passphrase->setContentsMargins(24, 0, 0, 0);
    m_passphrase->setVisible(false);
    layout->addWidget(m_isProtected);
    layout->addWidget(m_passphrase);
    connect(m_passphrase, &NewPassphraseForm::changed, this, &NewLabCaDialog::update);
    connect(m_isProtected, &QCheckBox::toggled, this, [this](bool isProtected) {
        m_passphrase->setVisible(isProtected);
        if (!isProtected)
            m_passphrase->wipe();
        update();
    });
    return page;
}

void NewLabCaDialog::update()
{
    const QString name = m_name->text().trimmed();
    m_rootSubject->setPlaceholderText(u"O=%1, CN=%1 Root (lab only)"_s.arg(name));
    m_issuingSubject->setPlaceholderText(u"O=%1, CN=%1 Issuing (lab only)"_s.arg(name));
    const bool isProtectionReady = m_isProtected == nullptr || !m_isProtected->isChecked() || m_passphrase->isValid();
    const bool isAliasReady = m_isFirst || !m_alias->text().trimmed().isEmpty();
    m_ok->setEnabled(!m_isBusy && isAliasReady && !name.isEmpty() && isProtectionReady);
}

Models::NewLabCa NewLabCaDialog::described() const
{
    Models::NewLabCa ca;
    ca.alias = m_isFirst ? QString() : m_alias->text().trimmed();
    LabCa::CaDescription &description = ca.description;
    description.name = m_name->text().trimmed();
    description.keySpec = Pki::KeySpec::fromText(m_key->currentData().toString()).value_or(description.keySpec);
    description.ra = static_cast<LabCa::RaKind>(m_ra->currentData().toInt());
    description.rootYears = m_rootYears->value();
    description.issuingYears = m_issuingYears->value();
    description.rootSubject = m_rootSubject->text().trimmed();
    description.issuingSubject = m_issuingSubject->text().trimmed();
    if (m_isProtected != nullptr && m_isProtected->isChecked())
        ca.passphrase = m_passphrase->secret();
    return ca;
}

void NewLabCaDialog::accept()
{
    if (!m_ok->isEnabled())
        return;
    const Models::NewLabCa ca = described();
    m_isBusy = true;
    update();
    m_note->say(Models::Severity::Busy, tr("Its keys are being made …"));
    whenDone(m_isFirst ? m_labCa.makeFirstCa(ca) : m_labCa.addCa(ca), this, [this, alias = ca.alias](const Models::Result<void> &made) {
        m_isBusy = false;
        m_note->clear();
        update();
        if (made)
            QDialog::accept();
        else
            m_note->say(Models::explain(made.error(), m_isFirst ? tr("the first CA") : tr("CA %1").arg(Models::safeText(alias))));
    });
}

} // namespace Gui
