// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/labcaheader.h"

#include "models/service/errortext.h"
#include "ui/widgets/copyfield.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/icons.h"

#include <QAction>
#include <QComboBox>
#include <QHBoxLayout>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QToolButton>

using namespace Qt::StringLiterals;
using State = Models::LabCaService::State;

namespace Gui {
namespace {

constexpr int longestValidityDays = 3650;

QToolButton *button(QAction *action, const QString &objectName, QWidget *parent)
{
    auto *made = named(new QToolButton(parent), objectName, action->text().remove(u'&'));
    made->setDefaultAction(action);
    made->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    return made;
}

QString modeText(LabCa::Mode mode)
{
    return mode == LabCa::Mode::Auto ? LabCaHeader::tr("Requests with the right challenge are granted at once.")
                                     : LabCaHeader::tr("Requests with the right challenge wait here until you approve them.");
}

} // namespace

LabCaHeader::LabCaHeader(Models::LabCaService &labCa, Actions &actions, QWidget *parent)
    : QWidget(parent)
    , m_labCa(labCa)
    , m_actions(actions)
    , m_icon(new QLabel(this))
    , m_state(named(plainLabel(QString(), this), u"labCaState"_s, tr("State of the Lab CA")))
{
    setObjectName(u"labCaHeader"_s);
    auto *top = new QHBoxLayout;
    top->setSpacing(8);
    top->addWidget(m_icon);
    top->addWidget(m_state, 1);
    for (const auto &[action, name] : {std::pair{actions.startLabCa, u"labCaStartButton"_s},
                                       {actions.stopLabCa, u"labCaStopButton"_s},
                                       {actions.addLabCaServer, u"labCaAddServerButton"_s}})
        top->addWidget(button(action, name, this));

    m_settings = buildSettings();
    m_identity = buildIdentity();
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(12, 12, 12, 4);
    layout->setSpacing(8);
    layout->addLayout(top);
    layout->addWidget(m_settings);
    layout->addWidget(m_identity);
    layout->addWidget(
        hintLabel(tr("For trying and training only: it serves this computer alone, and its keys lie in the workspace's folder "
                     "without a pass phrase. Its certificates say “lab only”."),
                  this));

    connect(&m_labCa, &Models::LabCaService::stateChanged, this, &LabCaHeader::showState);
    connect(&m_labCa, &Models::LabCaService::identityChanged, this, &LabCaHeader::showState);
    showState();
}

QWidget *LabCaHeader::buildSettings()
{
    auto *page = new QWidget(this);
    m_mode = named(new QComboBox(page), u"labCaMode"_s, tr("How requests are decided"));
    m_mode->addItem(tr("wait for my approval"), static_cast<int>(LabCa::Mode::Approve));
    m_mode->addItem(tr("granted at once"), static_cast<int>(LabCa::Mode::Auto));
    m_mode->setToolTip(tr("What happens to a request that carries the right challenge"));
    m_days = named(new QSpinBox(page), u"labCaDays"_s, tr("Validity of the certificates in days"));
    m_days->setRange(1, longestValidityDays);
    m_days->setSuffix(tr(" days"));
    m_days->setToolTip(tr("How long the certificates that it issues are valid"));
    m_renewAfter = named(new QSpinBox(page), u"labCaRenewAfter"_s, tr("Share of the validity after which a certificate can be renewed"));
    m_renewAfter->setRange(0, 99);
    m_renewAfter->setSuffix(tr(" %"));
    m_renewAfter->setToolTip(tr("A renewal before this share of the validity has passed is refused; 0: at any time"));
    m_port = named(new QSpinBox(page), u"labCaPort"_s, tr("TCP port"));
    m_port->setRange(0, 65535);
    m_port->setSpecialValueText(tr("any free one"));
    m_port->setToolTip(tr("The TCP port on this computer's loopback interface"));

    auto *layout = new QHBoxLayout(page);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    const auto add = [&](const QString &name, QWidget *field) {
        layout->addWidget(rowLabel(name, field));
        layout->addWidget(field);
        layout->addSpacing(12);
    };
    add(tr("&Requests:"), m_mode);
    add(tr("Certificates &valid for:"), m_days);
    add(tr("Renewable a&fter:"), m_renewAfter);
    add(tr("P&ort:"), m_port);
    layout->addStretch(1);
    connect(m_mode, &QComboBox::currentIndexChanged, this, &LabCaHeader::applySettings);
    connect(m_days, &QSpinBox::valueChanged, this, &LabCaHeader::applySettings);
    connect(m_renewAfter, &QSpinBox::valueChanged, this, &LabCaHeader::applySettings);
    connect(m_port, &QSpinBox::valueChanged, this, &LabCaHeader::applySettings);
    return page;
}

QWidget *LabCaHeader::buildIdentity()
{
    auto *page = new QWidget(this);
    m_address = new CopyField(tr("Address of the Lab CA"), u"labCaAddress"_s, page);
    m_fingerprint = new CopyField(tr("SHA-256 fingerprint of the Lab CA's root"), u"labCaFingerprint"_s, page);
    m_decides = plainLabel(QString(), page);
    auto *challenge = new QWidget(page);
    auto *challengeLayout = new QHBoxLayout(challenge);
    challengeLayout->setContentsMargins(0, 0, 0, 0);
    challengeLayout->addWidget(plainLabel(u"••••••••••••"_s, challenge));
    challengeLayout->addWidget(button(m_actions.copyLabCaChallenge, u"labCaCopyChallengeButton"_s, challenge));
    challengeLayout->addStretch(1);

    auto *form = new QFormLayout(page);
    form->setContentsMargins(0, 0, 0, 0);
    form->setVerticalSpacing(4);
    form->addRow(nameLabel(tr("Address"), page), m_address);
    form->addRow(nameLabel(tr("Root, SHA-256"), page), m_fingerprint);
    form->addRow(nameLabel(tr("Challenge"), page), challenge);
    form->addRow(nameLabel(tr("Requests"), page), m_decides);
    m_ca = named(plainLabel(QString(), page), u"labCaIssuing"_s, tr("Issuing CA"));
    auto *rollover = new QWidget(page);
    auto *rolloverLayout = new QHBoxLayout(rollover);
    rolloverLayout->setContentsMargins(0, 0, 0, 0);
    rolloverLayout->addWidget(m_ca);
    for (const auto &[action, name] :
         {std::pair{m_actions.makeNextCa, u"labCaMakeNextButton"_s}, {m_actions.switchToNextCa, u"labCaSwitchButton"_s}}) {
        QToolButton *made = button(action, name, rollover);
        // Only one of the two makes sense at a time.
        connect(action, &QAction::enabledChanged, made, &QWidget::setVisible);
        made->setVisible(action->isEnabled());
        rolloverLayout->addWidget(made);
    }
    rolloverLayout->addStretch(1);
    form->addRow(nameLabel(tr("Issuing CA"), page), rollover);
    return page;
}

void LabCaHeader::applySettings()
{
    Models::LabCaSettings settings = m_labCa.settings();
    settings.mode = static_cast<LabCa::Mode>(m_mode->currentData().toInt());
    settings.validityDays = m_days->value();
    settings.renewAfterPercent = m_renewAfter->value();
    settings.port = static_cast<quint16>(m_port->value());
    m_labCa.setSettings(settings);
}

void LabCaHeader::showState()
{
    const State state = m_labCa.state();
    const Models::Severity severity = state == State::Running    ? Models::Severity::Good
                                      : state == State::Starting ? Models::Severity::Busy
                                                                 : Models::Severity::Neutral;
    const int size = fontMetrics().height();
    m_icon->setPixmap(severityIcon(severity).pixmap(QSize(size, size), devicePixelRatioF()));
    m_state->setText(state == State::Running    ? tr("The Lab CA is serving.")
                     : state == State::Starting ? tr("Starting: the first time, its keys are being made…")
                                                : tr("The Lab CA is stopped."));
    {
        const QSignalBlocker quietMode(m_mode);
        const QSignalBlocker quietDays(m_days);
        const QSignalBlocker quietPort(m_port);
        const QSignalBlocker quietRenewal(m_renewAfter);
        m_renewAfter->setValue(m_labCa.settings().renewAfterPercent);
        m_mode->setCurrentIndex(m_mode->findData(static_cast<int>(m_labCa.settings().mode)));
        m_days->setValue(m_labCa.settings().validityDays);
        m_port->setValue(m_labCa.settings().port);
    }
    m_settings->setVisible(state == State::Stopped);
    m_identity->setVisible(state == State::Running);
    if (const auto &identity = m_labCa.identity()) {
        const Pki::Fingerprint fingerprint = identity->root.fingerprint();
        m_address->setValue(identity->url.toDisplayString(), identity->url.toString());
        m_fingerprint->setValue(fingerprint.toDisplay(), fingerprint.toDisplay());
        m_decides->setText(modeText(m_labCa.settings().mode));
        const QString issuing = Models::safeText(identity->issuing.subject().commonName());
        m_ca->setText(identity->next.isNull() ? issuing
                                              : tr("%1, next: %2").arg(issuing, Models::safeText(identity->next.subject().commonName())));
    }
}

} // namespace Gui
