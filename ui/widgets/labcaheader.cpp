// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/labcaheader.h"

#include "models/service/errortext.h"
#include "ui/widgets/copyfield.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/icons.h"
#include "ui/widgets/labcasettingsform.h"
#include "ui/widgets/texts.h"

#include <QAction>
#include <QComboBox>
#include <QHBoxLayout>
#include <QToolButton>

using namespace Qt::StringLiterals;
using State = Models::LabCaService::State;

namespace Gui {
namespace {

QToolButton *button(QAction *action, const QString &objectName, QWidget *parent)
{
    auto *made = named(new QToolButton(parent), objectName, action->text().remove(u'&'));
    made->setDefaultAction(action);
    made->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    return made;
}

/// Shown only while it can be used.
QToolButton *buttonWhileEnabled(QAction *action, const QString &objectName, QWidget *parent)
{
    QToolButton *made = button(action, objectName, parent);
    QObject::connect(action, &QAction::enabledChanged, made, &QWidget::setVisible);
    made->setVisible(action->isEnabled());
    return made;
}

QString raText(LabCa::RaKind ra)
{
    switch (ra) {
    case LabCa::RaKind::None:
        break;
    case LabCa::RaKind::One:
        return LabCaHeader::tr(", with a registration authority");
    case LabCa::RaKind::Split:
        return LabCaHeader::tr(", with a registration authority of two certificates");
    }
    return {};
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

    m_identity = buildIdentity();
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(12, 12, 12, 4);
    layout->setSpacing(8);
    layout->addLayout(top);
    layout->addWidget(new LabCaSettingsForm(m_labCa, this));
    layout->addWidget(m_identity);
    layout->addWidget(
        hintLabel(tr("For trying and training only: it serves this computer alone, and whoever can read the workspace's folder can "
                     "use its keys. Its certificates say “lab only”."),
                  this));

    connect(&m_labCa, &Models::LabCaService::stateChanged, this, &LabCaHeader::showState);
    connect(&m_labCa, &Models::LabCaService::identityChanged, this, &LabCaHeader::showState);
    showState();
}

QWidget *LabCaHeader::buildIdentity()
{
    auto *page = new QWidget(this);
    m_address = new CopyField(tr("Address of the Lab CA"), u"labCaAddress"_s, page);
    m_fingerprint = new CopyField(tr("SHA-256 fingerprint of the Lab CA's root"), u"labCaFingerprint"_s, page);
    m_which = named(new QComboBox(page), u"labCaWhich"_s, tr("Which of the CAs is shown"));
    m_which->setToolTip(tr("Which of the CAs is shown; all of them are served"));
    m_which->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
    connect(m_which, &QComboBox::textActivated, this, [this](const QString &alias) { m_labCa.showCa(alias); });
    auto *challenge = new QWidget(page);
    auto *challengeLayout = new QHBoxLayout(challenge);
    challengeLayout->setContentsMargins(0, 0, 0, 0);
    m_challenge = new QWidget(challenge);
    auto *shared = new QHBoxLayout(m_challenge);
    shared->setContentsMargins(0, 0, 0, 0);
    shared->addWidget(plainLabel(u"••••••••••••"_s, m_challenge));
    shared->addWidget(button(m_actions.copyLabCaChallenge, u"labCaCopyChallengeButton"_s, m_challenge));
    m_noChallenge = named(plainLabel(QString(), challenge), u"labCaNoChallenge"_s, tr("Challenge"));
    challengeLayout->addWidget(m_challenge);
    challengeLayout->addWidget(m_noChallenge);
    challengeLayout->addWidget(buttonWhileEnabled(m_actions.expectDevices, u"labCaExpectButton"_s, challenge));
    challengeLayout->addStretch(1);

    auto *form = new QFormLayout(page);
    form->setContentsMargins(0, 0, 0, 0);
    form->setVerticalSpacing(4);
    form->addRow(nameLabel(tr("CA"), page), m_which);
    form->addRow(nameLabel(tr("Address"), page), m_address);
    form->addRow(nameLabel(tr("Root, SHA-256"), page), m_fingerprint);
    form->addRow(nameLabel(tr("Challenge"), page), challenge);
    m_ca = named(plainLabel(QString(), page), u"labCaIssuing"_s, tr("Issuing CA"));
    auto *rollover = new QWidget(page);
    auto *rolloverLayout = new QHBoxLayout(rollover);
    rolloverLayout->setContentsMargins(0, 0, 0, 0);
    rolloverLayout->addWidget(m_ca);
    for (const auto &[action, name] :
         {std::pair{m_actions.makeNextCa, u"labCaMakeNextButton"_s}, {m_actions.switchToNextCa, u"labCaSwitchButton"_s}}) {
        rolloverLayout->addWidget(buttonWhileEnabled(action, name, rollover)); // only one of the two makes sense at a time
    }
    rolloverLayout->addStretch(1);
    form->addRow(nameLabel(tr("Issuing CA"), page), rollover);
    return page;
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
    m_identity->setVisible(state == State::Running);
    if (const auto &identity = m_labCa.identity()) {
        const Pki::Fingerprint fingerprint = identity->root.fingerprint();
        m_address->setValue(identity->url.toDisplayString(), identity->url.toString());
        m_fingerprint->setValue(fingerprint.toDisplay(), fingerprint.toDisplay());
        m_which->clear();
        m_which->addItems(identity->aliases);
        m_which->setCurrentText(identity->alias);
        m_which->setEnabled(identity->aliases.size() > 1);
        m_challenge->setVisible(identity->challenge != nullptr);
        m_noChallenge->setVisible(identity->challenge == nullptr);
        m_noChallenge->setText(m_labCa.settings().mode == LabCa::Mode::Registered ? tr("each expected device has its own")
                                                                                  : tr("none is wanted"));
        showRollover(*identity);
    }
}

void LabCaHeader::showRollover(const Models::LabCaIdentity &identity)
{
    QString text = Models::safeText(identity.issuing.subject().commonName()) + raText(identity.ra);
    if (!identity.next.isNull()) {
        text = tr("%1; next: %2").arg(text, Models::safeText(identity.next.subject().commonName()));
        if (identity.hasNextRoot)
            text += tr(" under a new root");
        if (identity.switchAt.isValid())
            text += tr(", from %1").arg(timeText(identity.switchAt));
    }
    m_ca->setText(text);
}

} // namespace Gui
