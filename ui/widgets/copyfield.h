// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/certificate.h"

#include <QWidget>

class QLabel;
class QToolButton;

namespace Gui {

/// A value to be read and compared, in a fixed-pitch font, with a button that copies it in its plain form.
class CopyField final : public QWidget
{
    Q_OBJECT
    Q_PROPERTY(QString value READ value)

public:
    /// `what` names the value for the button's tooltip and for screen readers.
    CopyField(const QString &what, const QString &objectName, QWidget *parent = nullptr);

    /// `shown` may be laid out in lines; `copied` is what goes to the clipboard.
    void setValue(const QString &shown, const QString &copied);
    [[nodiscard]] QString value() const { return m_copied; }

private:
    QLabel *m_text = nullptr;
    QToolButton *m_button = nullptr;
    QString m_what;
    QString m_copied;
};

/// A certificate's fingerprints in MD5, SHA-1, SHA-256 and SHA-512, each with a button to copy it.
class FingerprintTable final : public QWidget
{
    Q_OBJECT

public:
    explicit FingerprintTable(const Pki::Certificate &certificate = {}, QWidget *parent = nullptr);
    void setCertificate(const Pki::Certificate &certificate);

private:
    QList<std::pair<Pki::Digest, CopyField *>> m_fields;
};

/// "3A:F0:..." in lines of 16 bytes.
QString fingerprintLines(const Pki::Fingerprint &fingerprint);

} // namespace Gui
