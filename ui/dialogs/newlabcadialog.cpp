// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/newlabcadialog.h"

#include "models/service/errortext.h"
#include "ui/widgets/fieldnote.h"
#include "ui/widgets/helpers.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace Gui {
namespace {

QSpinBox *yearsSpin(const QString &objectName, const QString &name, int value)
{
    constexpr int mostYears = 30;
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
    , m_alias(named(new QLineEdit(this), u"newCaAlias"_s, tr("Alias")))
    , m_name(named(new QLineEdit(this), u"newCaName"_s, tr("Name")))
    , m_key(named(new QComboBox(this), u"newCaKey"_s, tr("Keys")))
    , m_ra(named(new QComboBox(this), u"newCaRa"_s, tr("Registration authority")))
    , m_note(named(new FieldNote(this), u"newCaNote"_s, QString()))
{
    const LabCa::CaDescription usual;
    setObjectName(u"newLabCaDialog"_s);
    setWindowTitle(tr("One more CA"));
    setMinimumWidth(fontMetrics().averageCharWidth() * 70);
    m_alias->setPlaceholderText(u"plant2"_s);
    m_alias->setMaxLength(64);
    m_alias->setToolTip(tr("Clients choose it by its path, /scep/ALIAS, or as their CA identifier"));
    m_name->setText(usual.name);
    m_name->setMaxLength(40);
    m_name->setToolTip(tr("Its certificates are named “NAME Root (lab only)” and “NAME Issuing (lab only)”"));
    for (const char16_t *text : {u"rsa:2048", u"rsa:3072", u"rsa:4096"}) {
        const QString key = QString::fromUtf16(text);
        m_key->addItem(Pki::KeySpec::fromText(key).value_or(usual.keySpec).displayName(), key);
    }
    m_ra->addItem(tr("none: the CA answers itself"), int(LabCa::RaKind::None));
    m_ra->addItem(tr("one certificate"), int(LabCa::RaKind::One));
    m_ra->addItem(tr("two certificates, as NDES has"), int(LabCa::RaKind::Split));
    m_rootYears = yearsSpin(u"newCaRootYears"_s, tr("Validity of the root"), usual.rootYears);
    m_issuingYears = yearsSpin(u"newCaIssuingYears"_s, tr("Validity of the issuing CA"), usual.issuingYears);

    auto *layout = new QVBoxLayout(this);
    auto *form = new QFormLayout;
    form->addRow(tr("&Alias:"), m_alias);
    form->addRow(tr("&Name:"), m_name);
    form->addRow(tr("&Keys:"), m_key);
    form->addRow(tr("&Registration authority:"), m_ra);
    form->addRow(tr("R&oot valid for:"), m_rootYears);
    form->addRow(tr("&Issuing CA valid for:"), m_issuingYears);
    layout->addLayout(form);
    layout->addWidget(m_note);
    layout->addStretch(1);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this);
    m_ok = named(buttons->button(QDialogButtonBox::Ok), u"newCaOk"_s, tr("Make the CA"));
    m_ok->setText(tr("Make the CA"));
    buttons->button(QDialogButtonBox::Cancel)->setObjectName(u"newCaCancel"_s);
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &NewLabCaDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_alias, &QLineEdit::textChanged, this, &NewLabCaDialog::update);
    connect(m_name, &QLineEdit::textChanged, this, &NewLabCaDialog::update);
    update();
}

void NewLabCaDialog::update()
{
    m_ok->setEnabled(!m_isBusy && !m_alias->text().trimmed().isEmpty() && !m_name->text().trimmed().isEmpty());
}

void NewLabCaDialog::accept()
{
    if (!m_ok->isEnabled())
        return;
    LabCa::CaDescription description;
    description.name = m_name->text().trimmed();
    description.keySpec = Pki::KeySpec::fromText(m_key->currentData().toString()).value_or(description.keySpec);
    description.ra = static_cast<LabCa::RaKind>(m_ra->currentData().toInt());
    description.rootYears = m_rootYears->value();
    description.issuingYears = m_issuingYears->value();
    const QString alias = m_alias->text().trimmed();
    m_isBusy = true;
    update();
    m_note->say(Models::Severity::Busy, tr("Its keys are being made …"));
    whenDone(m_labCa.addCa(alias, description), this, [this, alias](const Models::Result<void> &made) {
        m_isBusy = false;
        m_note->clear();
        update();
        if (made)
            QDialog::accept();
        else
            m_note->say(Models::explain(made.error(), tr("CA %1").arg(Models::safeText(alias))));
    });
}

} // namespace Gui
