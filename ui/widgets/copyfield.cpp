// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/copyfield.h"

#include "ui/widgets/helpers.h"
#include "ui/widgets/icons.h"

#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>

using namespace Qt::StringLiterals;

namespace Gui {

CopyField::CopyField(const QString &what, const QString &objectName, QWidget *parent)
    : QWidget(parent)
    , m_text(plainLabel(QString(), this))
    , m_button(new QToolButton(this))
    , m_what(what)
{
    setObjectName(objectName);
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(6);
    layout->addWidget(m_text);
    layout->addWidget(m_button, 0, Qt::AlignTop);
    layout->addStretch(1);
    m_text->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    setMonospace(m_text);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_text->setAccessibleName(what);
    named(m_button, objectName + u"Copy"_s, tr("Copy %1").arg(what));
    m_button->setIcon(icon(u"copy"_s));
    m_button->setAutoRaise(true);
    m_button->setFocusPolicy(Qt::StrongFocus);
    m_button->setToolTip(tr("Copy %1 to the clipboard").arg(what));
    m_text->setContentsMargins(0, std::max(0, (m_button->sizeHint().height() - m_text->fontMetrics().height()) / 2), 0, 0);
    m_button->setEnabled(false);
    connect(m_button, &QToolButton::clicked, this, [this] { copyToClipboard(m_copied); });
}

void CopyField::setValue(const QString &shown, const QString &copied)
{
    m_text->setText(shown);
    m_copied = copied;
    m_button->setEnabled(!copied.isEmpty());
}

FingerprintTable::FingerprintTable(const Pki::Certificate &certificate, QWidget *parent)
    : QWidget(parent)
{
    auto *layout = new QFormLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setHorizontalSpacing(12);
    layout->setVerticalSpacing(6);
    layout->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    layout->setLabelAlignment(Qt::AlignLeft | Qt::AlignTop);
    for (const Pki::Digest digest : {Pki::Digest::Sha256, Pki::Digest::Sha512, Pki::Digest::Sha1, Pki::Digest::Md5}) {
        auto *field =
            new CopyField(tr("%1 fingerprint").arg(Pki::displayName(digest)), u"fingerprint-%1"_s.arg(Pki::settingName(digest)), this);
        layout->addRow(nameLabel(Pki::displayName(digest)), field);
        m_fields.append({digest, field});
    }
    setCertificate(certificate);
}

void FingerprintTable::setCertificate(const Pki::Certificate &certificate)
{
    for (const auto &[digest, field] : m_fields) {
        if (certificate.isNull()) {
            field->setValue(QString(), QString());
            continue;
        }
        const Pki::Fingerprint fingerprint = certificate.fingerprint(digest);
        field->setValue(fingerprintLines(fingerprint), fingerprint.toDisplay());
    }
}

QString fingerprintLines(const Pki::Fingerprint &fingerprint)
{
    const QString text = fingerprint.toDisplay();
    constexpr qsizetype lineLength = 16 * 3; // 16 bytes of "XX:"
    QStringList lines;
    for (qsizetype at = 0; at < text.size(); at += lineLength)
        lines.append(text.mid(at, lineLength));
    return lines.join(u'\n');
}

} // namespace Gui
