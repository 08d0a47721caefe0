// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/protectiondialog.h"

#include "models/service/errortext.h"
#include "ui/widgets/fieldnote.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/protectionform.h"
#include "ui/widgets/secretedit.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QGroupBox>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace Gui {

ProtectionDialog::ProtectionDialog(Models::Service &service, const Models::VaultLockPolicy::Settings &lock, QWidget *parent)
    : QDialog(parent)
    , m_service(service)
    , m_next(new ProtectionForm(this))
    , m_note(named(new FieldNote(this), u"protectionNote"_s, QString()))
{
    setObjectName(u"protectionDialog"_s);
    setWindowTitle(tr("Protection of the workspace"));
    setMinimumWidth(fontMetrics().averageCharWidth() * 70);

    auto *layout = new QVBoxLayout(this);
    layout->setSpacing(12);
    if (m_service.lockState() != Models::LockState::Unprotected) {
        m_current = named(new SecretEdit(this), u"currentPassphraseEdit"_s, tr("Present pass phrase"));
        connect(m_current, &QLineEdit::textChanged, this, &ProtectionDialog::update);
    }
    if (m_current != nullptr)
        layout->addWidget(buildLocking(lock));
    layout->addWidget(headingLabel(m_current != nullptr ? tr("Another pass phrase") : tr("Choose a pass phrase"), this));
    layout->addWidget(m_next);
    if (m_current != nullptr) {
        auto *form = new QFormLayout;
        form->addRow(tr("&Present pass phrase:"), m_current);
        layout->addLayout(form);
    }
    layout->addWidget(hintLabel(tr("The pass phrase cannot be recovered when it is forgotten. Backups made until now keep theirs."), this));
    layout->addWidget(m_note);
    layout->addStretch(1);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this);
    m_ok = named(buttons->button(QDialogButtonBox::Ok), u"protectionOk"_s, tr("Change protection"));
    m_ok->setText(tr("Change protection"));
    buttons->button(QDialogButtonBox::Cancel)->setObjectName(u"protectionCancel"_s);
    layout->addWidget(buttons);
    connect(m_next, &ProtectionForm::changed, this, &ProtectionDialog::update);
    connect(buttons, &QDialogButtonBox::accepted, this, &ProtectionDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    update();
}

QWidget *ProtectionDialog::buildLocking(const Models::VaultLockPolicy::Settings &lock)
{
    constexpr int longestIdle = 24 * 60;
    auto *box = new QGroupBox(tr("Lock by itself"), this);
    m_idle = named(new QSpinBox(box), u"lockIdleSpin"_s, tr("Lock after so many minutes without use"));
    m_idle->setRange(0, longestIdle);
    m_idle->setSuffix(tr(" min"));
    m_idle->setSpecialValueText(tr("never"));
    m_idle->setValue(int(lock.idle.count()));
    m_onScreenLock = named(new QCheckBox(tr("when the &screen is locked"), box), u"lockScreenCheck"_s, tr("Lock with the screen"));
    m_onScreenLock->setChecked(lock.onScreenLock);
    m_onSuspend = named(new QCheckBox(tr("before the computer s&leeps"), box), u"lockSleepCheck"_s, tr("Lock before sleep"));
    m_onSuspend->setChecked(lock.onSuspend);
    auto *form = new QFormLayout(box);
    form->addRow(tr("&Without use for:"), m_idle);
    form->addRow(QString(), m_onScreenLock);
    form->addRow(QString(), m_onSuspend);
    const auto tell = [this] {
        emit lockSettingsChanged({std::chrono::minutes(m_idle->value()), m_onScreenLock->isChecked(), m_onSuspend->isChecked()});
    };
    connect(m_idle, &QSpinBox::valueChanged, this, tell);
    connect(m_onScreenLock, &QCheckBox::toggled, this, tell);
    connect(m_onSuspend, &QCheckBox::toggled, this, tell);
    return box;
}

void ProtectionDialog::update()
{
    m_ok->setEnabled(!m_isBusy && m_next->isValid() && (m_current == nullptr || !m_current->text().isEmpty()));
}

void ProtectionDialog::accept()
{
    if (!m_ok->isEnabled())
        return;
    m_isBusy = true;
    update();
    m_note->say(Models::Severity::Busy, tr("Changing the protection …"));
    whenDone(m_service.changePassphrase(m_current != nullptr ? m_current->secret() : nullptr, m_next->passphrase()), this,
             [this](const Models::Result<void> &result) {
                 m_isBusy = false;
                 m_note->clear();
                 update();
                 if (result)
                     QDialog::accept();
                 else
                     m_note->say(Models::explain(result.error(), tr("the workspace")));
             });
}

} // namespace Gui
