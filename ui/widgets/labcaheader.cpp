// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/labcaheader.h"

#include "models/service/errortext.h"
#include "models/service/labcachoices.h"
#include "ui/widgets/copyfield.h"
#include "ui/widgets/fieldnote.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/icons.h"
#include "ui/widgets/labcabanner.h"
#include "ui/widgets/labcasettingsform.h"
#include "ui/widgets/texts.h"

#include <QAction>
#include <QComboBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QPushButton>
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

QFormLayout *makeForm()
{
    auto *form = new QFormLayout;
    form->setContentsMargins(0, 0, 0, 0);
    form->setVerticalSpacing(4);
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    form->setLabelAlignment(Qt::AlignLeft | Qt::AlignTop);
    return form;
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
    auto *outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->setSpacing(0);
    outer->addWidget(new LabCaBanner(this));
    auto *layout = new QVBoxLayout;
    layout->setContentsMargins(12, 8, 12, 4);
    layout->setSpacing(8);
    outer->addLayout(layout);
    layout->addLayout(buildTop());
    layout->addLayout(buildSettings());
    layout->addWidget(buildRaNote());
    m_identity = buildIdentity();
    layout->addWidget(m_identity);

    connect(&m_labCa, &Models::LabCaService::stateChanged, this, &LabCaHeader::showState);
    connect(&m_labCa, &Models::LabCaService::identityChanged, this, &LabCaHeader::showState);
    connect(&m_labCa, &Models::LabCaService::settingsChanged, this, &LabCaHeader::showState);
    setShowsCertificates(true);
    showState();
}

QHBoxLayout *LabCaHeader::buildTop()
{
    auto *top = new QHBoxLayout;
    top->setSpacing(8);
    top->addWidget(m_icon);
    m_state->setWordWrap(true);
    top->addWidget(m_state, 1);
    top->addWidget(buttonWhileEnabled(m_actions.startLabCa, u"labCaStartButton"_s, this));
    top->addWidget(buttonWhileEnabled(m_actions.stopLabCa, u"labCaStopButton"_s, this));
    for (const auto &[action, name] : {std::pair{m_actions.addLabCaServer, u"labCaAddServerButton"_s},
                                       {m_actions.newLabCa, u"labCaNewButton"_s},
                                       {m_actions.editLabCa, u"labCaSettingsButton"_s}})
        top->addWidget(button(action, name, this));
    return top;
}

QHBoxLayout *LabCaHeader::buildSettings()
{
    m_choice = new QWidget(this);
    m_which = named(new QComboBox(m_choice), u"labCaWhich"_s, tr("Which of the CAs is shown"));
    m_which->setToolTip(tr("Which of the CAs is shown; all of them are served"));
    connect(m_which, &QComboBox::textActivated, this, [this](const QString &alias) { m_labCa.showCa(alias); });
    auto *choice = new QHBoxLayout(m_choice);
    choice->setContentsMargins(0, 0, 0, 0);
    choice->addWidget(rowLabel(tr("&CA:"), m_which));
    choice->addWidget(m_which);
    auto *row = new QHBoxLayout;
    row->setSpacing(12);
    row->addWidget(m_choice);
    row->addWidget(new LabCaSettingsForm(m_labCa, this), 1);
    return row;
}

QWidget *LabCaHeader::buildRaNote()
{
    m_lacksRa = new QWidget(this);
    m_raNote = named(new FieldNote(m_lacksRa), u"labCaRaNote"_s, QString());
    auto *make = named(new QPushButton(tr("Make the &RA"), m_lacksRa), u"labCaRaButton"_s, tr("Make the RA"));
    make->setToolTip(tr("Clients that know this CA already must fetch its certificates again"));
    connect(make, &QPushButton::clicked, this, [this] { emit raWanted(Models::raOfPersonality(m_labCa.settings().personality)); });
    auto *layout = new QHBoxLayout(m_lacksRa);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_raNote, 1, Qt::AlignVCenter);
    layout->addWidget(make);
    return m_lacksRa;
}

QWidget *LabCaHeader::buildChallenge(QWidget *parent)
{
    auto *challenge = new QWidget(parent);
    auto *layout = new QHBoxLayout(challenge);
    layout->setContentsMargins(0, 0, 0, 0);
    m_challenge = new QWidget(challenge);
    auto *shared = new QHBoxLayout(m_challenge);
    shared->setContentsMargins(0, 0, 0, 0);
    shared->addWidget(plainLabel(u"••••••••••••"_s, m_challenge));
    shared->addWidget(button(m_actions.copyLabCaChallenge, u"labCaCopyChallengeButton"_s, m_challenge));
    m_noChallenge = named(plainLabel(QString(), challenge), u"labCaNoChallenge"_s, tr("Challenge"));
    layout->addWidget(m_challenge);
    layout->addWidget(m_noChallenge);
    layout->addWidget(buttonWhileEnabled(m_actions.changeLabCaChallenge, u"labCaChangeChallengeButton"_s, challenge));
    layout->addWidget(buttonWhileEnabled(m_actions.expectDevices, u"labCaExpectButton"_s, challenge));
    layout->addStretch(1);
    return challenge;
}

QWidget *LabCaHeader::buildIdentity()
{
    auto *page = new QWidget(this);
    m_address = new CopyField(tr("Address of the Lab CA"), u"labCaAddress"_s, page);
    m_fold = named(new QToolButton(page), u"labCaFold"_s, tr("Certificates of the CA"));
    m_fold->setText(tr("Certificates of the CA"));
    m_fold->setToolTip(tr("Show or hide the CA's certificates, and what makes the next one"));
    m_fold->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_fold->setAutoRaise(true);
    connect(m_fold, &QToolButton::clicked, this, [this] { setShowsCertificates(!m_showsCertificates); });
    m_certificates = buildCertificates(page);
    auto *layout = new QVBoxLayout(page);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    QFormLayout *form = makeForm();
    form->addRow(nameLabel(tr("Address"), page), m_address);
    form->addRow(nameLabel(tr("Challenge"), page), buildChallenge(page));
    layout->addLayout(form);
    layout->addWidget(m_fold);
    layout->addWidget(m_certificates);
    return page;
}

QWidget *LabCaHeader::buildCertificates(QWidget *parent)
{
    auto *page = new QWidget(parent);
    m_ca = named(plainLabel(QString(), page), u"labCaIssuing"_s, tr("Issuing CA"));
    m_rootFingerprint = new CopyField(tr("SHA-256 fingerprint of the Lab CA's root"), u"labCaFingerprint"_s, page);
    m_issuingFingerprint = new CopyField(tr("SHA-256 fingerprint of the Lab CA's issuing CA"), u"labCaIssuingFingerprint"_s, page);
    auto *rollover = new QWidget(page);
    auto *rolloverLayout = new QHBoxLayout(rollover);
    rolloverLayout->setContentsMargins(0, 0, 0, 0);
    rolloverLayout->addWidget(m_ca);
    for (const auto &[action, name] :
         {std::pair{m_actions.makeNextCa, u"labCaMakeNextButton"_s}, {m_actions.switchToNextCa, u"labCaSwitchButton"_s}}) {
        rolloverLayout->addWidget(buttonWhileEnabled(action, name, rollover)); // only one of the two makes sense at a time
    }
    rolloverLayout->addStretch(1);
    QFormLayout *form = makeForm();
    page->setLayout(form);
    form->addRow(nameLabel(tr("Issuing CA"), page), rollover);
    form->addRow(nameLabel(tr("Its SHA-256"), page), m_issuingFingerprint);
    form->addRow(nameLabel(tr("Root's SHA-256"), page), m_rootFingerprint);
    return page;
}

void LabCaHeader::setShowsCertificates(bool shows)
{
    m_showsCertificates = shows;
    m_fold->setArrowType(shows ? Qt::DownArrow : Qt::RightArrow);
    m_certificates->setVisible(shows);
}

void LabCaHeader::showState()
{
    const State state = m_labCa.state();
    const Models::Severity severity = state == State::Running    ? Models::Severity::Good
                                      : state == State::Starting ? Models::Severity::Busy
                                                                 : Models::Severity::Neutral;
    const int size = fontMetrics().height();
    m_icon->setPixmap(severityIcon(severity).pixmap(QSize(size, size), devicePixelRatioF()));
    m_state->setText(state == State::Running    ? tr("The Lab CA is serving this computer.")
                     : state == State::Starting ? tr("Starting: the first time, its keys are being made…")
                     : m_labCa.hasCa()          ? tr("The Lab CA is stopped.")
                                                : tr("There is no CA yet: the first start makes one with usual names and keys."));
    const auto &identity = m_labCa.identity();
    m_identity->setVisible(identity.has_value());
    m_choice->setVisible(identity && identity->aliases.size() > 1);
    const LabCa::RaKind wanted = Models::raOfPersonality(m_labCa.settings().personality);
    m_lacksRa->setVisible(identity && identity->ra == LabCa::RaKind::None && wanted != LabCa::RaKind::None);
    m_raNote->say(Models::Severity::Attention,
                  wanted == LabCa::RaKind::Split
                      ? tr("Servers of this kind answer with two RA certificates. This CA has none, so clients see nothing of that.")
                      : tr("Servers of this kind answer with an RA certificate. This CA has none, so clients see nothing of that."));
    if (identity)
        showIdentity(*identity);
}

void LabCaHeader::showIdentity(const Models::LabCaIdentity &identity)
{
    m_address->setValue(identity.url.toDisplayString(), identity.url.toString());
    const std::pair<CopyField *, const Pki::Certificate &> fingerprints[] = {{m_rootFingerprint, identity.root},
                                                                             {m_issuingFingerprint, identity.issuing}};
    for (const auto &[field, certificate] : fingerprints) {
        const Pki::Fingerprint fingerprint = certificate.fingerprint();
        field->setValue(fingerprintLines(fingerprint), fingerprint.toDisplay());
    }
    m_which->clear();
    m_which->addItems(identity.aliases);
    m_which->setCurrentText(identity.alias);
    m_challenge->setVisible(identity.challenge != nullptr);
    m_noChallenge->setVisible(identity.challenge == nullptr);
    m_noChallenge->setText(m_labCa.settings().mode == LabCa::Mode::Registered ? tr("each expected device has its own")
                                                                              : tr("none is wanted"));
    showRollover(identity);
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
