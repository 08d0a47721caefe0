// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/labcasettingsdialog.h"

#include "ui/widgets/helpers.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;
using State = Models::LabCaService::State;

namespace Gui {
namespace {

constexpr int minutesOfHour = 60;
constexpr int minutesOfDay = 24 * minutesOfHour;
constexpr int longestDays = 3650;

void addHeading(QFormLayout *form, const QString &text)
{
    QLabel *label = plainLabel(text);
    QFont font = label->font();
    font.setBold(true);
    label->setFont(font);
    label->setContentsMargins(0, form->rowCount() == 0 ? 0 : 10, 0, 0);
    form->addRow(label);
}

QCheckBox *check(const QString &text, const QString &objectName, const QString &toolTip)
{
    auto *box = named(new QCheckBox(text), objectName, QString(text).remove(u'&'));
    box->setToolTip(toolTip);
    return box;
}

} // namespace

LabCaSettingsDialog::LabCaSettingsDialog(Models::LabCaService &labCa, QWidget *parent)
    : QDialog(parent)
    , m_labCa(labCa)
{
    setObjectName(u"labCaSettingsDialog"_s);
    const auto &identity = m_labCa.identity();
    setWindowTitle(identity && identity->aliases.size() > 1 ? tr("Settings of the Lab CA %1").arg(identity->alias)
                                                            : tr("Settings of the Lab CA"));
    auto *layout = new QVBoxLayout(this);
    auto *form = new QFormLayout;
    buildIssuing(form);
    buildSending(form);
    layout->addLayout(form);
    layout->addStretch(1);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this);
    buttons->button(QDialogButtonBox::Ok)->setObjectName(u"labCaSettingsOk"_s);
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &LabCaSettingsDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_unit, &QComboBox::currentIndexChanged, this, &LabCaSettingsDialog::setValidityRange);
    showSettings(m_labCa.settings());
}

void LabCaSettingsDialog::buildIssuing(QFormLayout *form)
{
    m_validity = named(new QSpinBox, u"labCaValidity"_s, tr("Validity of the certificates"));
    m_validity->setToolTip(tr("How long the certificates that it issues are valid; minutes are good for practising renewal"));
    m_unit = named(new QComboBox, u"labCaValidityUnit"_s, tr("Unit of the validity"));
    m_unit->addItem(tr("minutes"), 1);
    m_unit->addItem(tr("hours"), minutesOfHour);
    m_unit->addItem(tr("days"), minutesOfDay);
    m_strictProfiles = check(tr("&refuse a template name that is no profile"), u"labCaStrictProfiles"_s,
                             tr("Else such a request gets the usual profile, for TLS servers and clients"));
    m_renewAfter = named(new QSpinBox, u"labCaRenewAfter"_s, tr("Share of the validity after which a certificate can be renewed"));
    m_renewAfter->setRange(0, 99);
    m_renewAfter->setSuffix(tr(" % of the validity"));
    m_renewAfter->setSpecialValueText(tr("at any time"));
    m_renewAfter->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
    m_renewAfter->setToolTip(tr("A renewal before this share of the validity has passed is refused"));
    m_newKey = check(tr("a renewal must bring a new &key"), u"labCaNewKey"_s, tr("A renewal that keeps its key is refused"));

    auto *length = new QWidget;
    auto *lengthLayout = new QHBoxLayout(length);
    lengthLayout->setContentsMargins(0, 0, 0, 0);
    lengthLayout->addWidget(m_validity);
    lengthLayout->addWidget(m_unit);
    lengthLayout->addStretch(1);
    addHeading(form, tr("Issued certificates"));
    form->addRow(rowLabel(tr("&Valid for:"), m_validity), length);
    form->addRow(QString(), m_strictProfiles);
    addHeading(form, tr("Renewal"));
    form->addRow(tr("&Not before:"), m_renewAfter);
    form->addRow(QString(), m_newKey);
}

void LabCaSettingsDialog::buildSending(QFormLayout *form)
{
    m_withoutRoot = check(tr("send the issuing CA without its r&oot (GetCACert)"), u"labCaWithoutRoot"_s,
                          tr("With a registration authority: without the root only. Some personalities decide this themselves"));
    m_withoutCa =
        check(tr("send issued certificates without the &CA's"), u"labCaWithoutCa"_s, tr("Some personalities decide this themselves"));
    m_port = named(new QSpinBox, u"labCaPort"_s, tr("TCP port"));
    m_port->setRange(0, 65535);
    m_port->setSpecialValueText(tr("any free one"));
    m_port->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
    const bool isStopped = m_labCa.state() == State::Stopped;
    m_port->setEnabled(isStopped);
    m_port->setToolTip(isStopped ? tr("The TCP port on this computer's loopback interface")
                                 : tr("The TCP port can be changed while the Lab CA is stopped"));
    addHeading(form, tr("What it sends"));
    form->addRow(QString(), m_withoutRoot);
    form->addRow(QString(), m_withoutCa);
    addHeading(form, tr("Address"));
    form->addRow(tr("&Port:"), m_port);
    if (!isStopped)
        form->addRow(QString(), hintLabel(tr("Stop the Lab CA to choose another port."), this));
}

void LabCaSettingsDialog::setValidityRange()
{
    m_validity->setRange(1, longestDays * minutesOfDay / m_unit->currentData().toInt());
}

std::chrono::minutes LabCaSettingsDialog::validity() const
{
    return std::chrono::minutes(m_validity->value() * m_unit->currentData().toInt());
}

void LabCaSettingsDialog::showSettings(const Models::LabCaSettings &settings)
{
    const auto minutes = static_cast<int>(settings.validity.count());
    const int unit = minutes % minutesOfDay == 0 ? minutesOfDay : minutes % minutesOfHour == 0 ? minutesOfHour : 1;
    m_unit->setCurrentIndex(m_unit->findData(unit));
    setValidityRange();
    m_validity->setValue(minutes / unit);
    m_strictProfiles->setChecked(settings.refusesUnknownProfiles);
    m_renewAfter->setValue(settings.renewAfterPercent);
    m_newKey->setChecked(!settings.allowsSameKey);
    m_withoutRoot->setChecked(!settings.sendsFullChain);
    m_withoutCa->setChecked(!settings.includesCaInReply);
    m_port->setValue(settings.port);
}

void LabCaSettingsDialog::accept()
{
    Models::LabCaSettings settings = m_labCa.settings();
    settings.validity = validity();
    settings.refusesUnknownProfiles = m_strictProfiles->isChecked();
    settings.renewAfterPercent = m_renewAfter->value();
    settings.allowsSameKey = !m_newKey->isChecked();
    settings.sendsFullChain = !m_withoutRoot->isChecked();
    settings.includesCaInReply = !m_withoutCa->isChecked();
    if (m_port->isEnabled())
        settings.port = static_cast<quint16>(m_port->value());
    m_labCa.setSettings(settings);
    QDialog::accept();
}

} // namespace Gui
