// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/roleoverrideform.h"

#include "models/service/errortext.h"
#include "ui/widgets/fieldnote.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/texts.h"

#include <QComboBox>
#include <QFormLayout>
#include <QLineEdit>

using namespace Qt::StringLiterals;

namespace Gui {
namespace {

QComboBox *makeChoice(const QString &name, const QString &accessibleName, const QString &toolTip, const Scep::CaCertificates &offered,
                      const Pki::Fingerprint &current)
{
    auto *choice = named(new QComboBox, name, accessibleName);
    choice->setToolTip(toolTip);
    choice->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    choice->setMinimumContentsLength(36);
    choice->addItem(RoleOverrideForm::tr("Automatic"), QString());
    for (const Pki::Certificate &certificate : offered.certificates)
        choice->addItem(Models::safeText(nameText(certificate.subject())), certificate.fingerprint().toHex());
    // A choice stays even while the server does not offer the certificate: dropping it silently would trust another one.
    if (!current.isEmpty() && choice->findData(current.toHex()) < 0)
        choice->addItem(RoleOverrideForm::tr("%1… (not offered now)").arg(current.toHex().left(16)), current.toHex());
    choice->setCurrentIndex(current.isEmpty() ? 0 : choice->findData(current.toHex()));
    return choice;
}

Pki::Fingerprint chosen(const QComboBox *choice)
{
    const auto fingerprint = Pki::Fingerprint::fromText(choice->currentData().toString());
    return fingerprint ? *fingerprint : Pki::Fingerprint();
}

} // namespace

RoleOverrideForm::RoleOverrideForm(const Scep::CaCertificates &offered, const Scep::RoleOverride &current, QWidget *parent)
    : QWidget(parent)
    , m_before(current)
    , m_encryption(makeChoice(u"encryptionRoleCombo"_s, tr("Requests are encrypted to"),
                              tr("The certificate that requests are encrypted to, if the automatic choice is wrong"), offered,
                              current.encryption))
    , m_signing(makeChoice(u"signingRoleCombo"_s, tr("Replies are signed by"),
                           tr("The certificate that replies must be signed by, if the automatic choice is wrong"), offered,
                           current.signing))
    , m_reason(named(new QLineEdit(current.reason, this), u"roleReasonEdit"_s, tr("Reason")))
    , m_note(named(new FieldNote(this), u"roleNote"_s, QString()))
{
    setObjectName(u"roleOverrideForm"_s);
    m_reason->setPlaceholderText(tr("why the automatic choice is wrong, for whoever reads this later"));
    m_reason->setMaxLength(std::max<int>(200, int(current.reason.size())));
    auto *form = new QFormLayout(this);
    form->setContentsMargins(0, 0, 0, 0);
    QLabel *heading = plainLabel(tr("Certificates of the server"), this);
    QFont bold = heading->font();
    bold.setBold(true);
    heading->setFont(bold);
    form->addRow(heading);
    form->addRow(tr("Encrypt re&quests to:"), m_encryption);
    form->addRow(tr("Replies si&gned by:"), m_signing);
    form->addRow(tr("Reas&on:"), m_reason);
    form->addRow(QString(), m_note);
    connect(m_encryption, &QComboBox::currentIndexChanged, this, &RoleOverrideForm::update);
    connect(m_signing, &QComboBox::currentIndexChanged, this, &RoleOverrideForm::update);
    connect(m_reason, &QLineEdit::textChanged, this, &RoleOverrideForm::update);
    update();
}

Scep::RoleOverride RoleOverrideForm::roleOverride() const
{
    Scep::RoleOverride chosenRoles;
    chosenRoles.encryption = chosen(m_encryption);
    chosenRoles.signing = chosen(m_signing);
    if (chosenRoles.encryption == m_before.encryption && chosenRoles.signing == m_before.signing && m_reason->text() == m_before.reason)
        return m_before; // untouched
    if (!chosenRoles.encryption.isEmpty() || !chosenRoles.signing.isEmpty())
        chosenRoles.reason = m_reason->text().trimmed();
    return chosenRoles;
}

bool RoleOverrideForm::isValid() const
{
    const Scep::RoleOverride current = roleOverride();
    return (current.encryption.isEmpty() && current.signing.isEmpty()) || !current.reason.isEmpty() || current == m_before;
}

void RoleOverrideForm::restoreDefaults()
{
    m_encryption->setCurrentIndex(0);
    m_signing->setCurrentIndex(0);
    m_reason->clear();
}

void RoleOverrideForm::update()
{
    const Scep::RoleOverride current = roleOverride();
    const bool isManual = !current.encryption.isEmpty() || !current.signing.isEmpty();
    m_reason->setEnabled(isManual);
    if (!isManual)
        m_note->clear();
    else if (current.reason.isEmpty())
        m_note->say(Models::Severity::Bad, tr("Say why, so that the choice can be judged later."));
    else
        m_note->say(Models::Severity::Attention,
                    tr("Requests go to a certificate of your choice. It must still be signed by the confirmed CA."));
    emit changed();
}

} // namespace Gui
