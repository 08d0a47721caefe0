// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/labcachallengedialog.h"

#include "models/service/errortext.h"
#include "scep/pki/digest.h"
#include "ui/widgets/fieldnote.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/secretedit.h"

#include <QDialogButtonBox>
#include <QPushButton>
#include <QRadioButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace Gui {

LabCaChallengeDialog::LabCaChallengeDialog(Models::LabCaService &labCa, QWidget *parent)
    : QDialog(parent)
    , m_labCa(labCa)
    , m_random(named(new QRadioButton(tr("A &new random one"), this), u"challengeRandom"_s, tr("A new random one")))
    , m_typed(named(new QRadioButton(tr("&This one:"), this), u"challengeTyped"_s, tr("This one")))
    , m_none(named(new QRadioButton(tr("N&one: whoever reaches the Lab CA may ask"), this), u"challengeNone"_s, tr("None")))
    , m_edit(named(new SecretEdit(this), u"challengeEdit"_s, tr("Challenge")))
    , m_note(named(new FieldNote(this), u"challengeNote"_s, QString()))
{
    setObjectName(u"labCaChallengeDialog"_s);
    setWindowTitle(tr("Challenge of the Lab CA"));
    setMinimumWidth(fontMetrics().averageCharWidth() * 60);
    auto *layout = new QVBoxLayout(this);
    layout->addWidget(hintLabel(tr("What every request must carry, from now on. Renewals need none. Requests that wait already keep "
                                   "waiting."),
                                this));
    layout->addWidget(m_random);
    layout->addWidget(m_typed);
    auto *indent = new QHBoxLayout;
    indent->setContentsMargins(24, 0, 0, 0);
    indent->addWidget(m_edit);
    layout->addLayout(indent);
    layout->addWidget(m_none);
    layout->addWidget(m_note);
    layout->addStretch(1);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this);
    m_ok = named(buttons->button(QDialogButtonBox::Ok), u"challengeOk"_s, tr("Set the challenge"));
    layout->addWidget(buttons);
    m_random->setChecked(true);
    for (const QRadioButton *choice : {m_random, m_typed, m_none})
        connect(choice, &QRadioButton::toggled, this, &LabCaChallengeDialog::update);
    connect(m_edit, &QLineEdit::textChanged, this, &LabCaChallengeDialog::update);
    connect(m_typed, &QRadioButton::clicked, m_edit, [this] { m_edit->setFocus(); });
    connect(buttons, &QDialogButtonBox::accepted, this, &LabCaChallengeDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    update();
}

void LabCaChallengeDialog::update()
{
    m_edit->setEnabled(m_typed->isChecked());
    m_ok->setEnabled(!m_isBusy && (!m_typed->isChecked() || !m_edit->text().isEmpty()));
}

void LabCaChallengeDialog::accept()
{
    if (!m_ok->isEnabled())
        return;
    constexpr int randomBytes = 12;
    Models::LabCaService::Passphrase challenge;
    if (m_random->isChecked())
        challenge = std::make_shared<const Pki::SecretBytes>(Pki::randomBytes(randomBytes).toHex());
    else if (m_typed->isChecked())
        challenge = m_edit->secret();
    m_isBusy = true;
    update();
    whenDone(m_labCa.setChallenge(challenge), this, [this](const Models::Result<void> &set) {
        m_isBusy = false;
        update();
        if (set)
            QDialog::accept();
        else
            m_note->say(Models::explain(set.error(), tr("the Lab CA's challenge")));
    });
}

} // namespace Gui
