// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/service.h"
#include "ui/prompter.h"

#include <QDialog>

class QCheckBox;
class QLineEdit;
class QProgressBar;
class QPushButton;
class QRadioButton;

namespace Gui {

class FieldNote;
class MessageBar;
class NewPassphraseForm;

/// Writes a certificate with its chain and key: PKCS#12 in either style, or PEM files in a folder.
class ExportDialog final : public QDialog
{
    Q_OBJECT

public:
    ExportDialog(Models::Service &service, Prompter &prompter, const Scep::IssuedCertificate &issued, const QString &label,
                 QWidget *parent = nullptr);
    void accept() override;

    /// Opens it on its own; what was written is told in `messages`.
    static void openFor(Models::Service &service, Prompter &prompter, MessageBar &messages, const Scep::IssuedCertificate &issued,
                        const QString &label, QWidget *parent);

signals:
    void exported(const QStringList &paths);

private:
    QWidget *makeFormats();
    QWidget *makeTarget();
    void formatChanged();
    void update();
    void browse();
    void write();
    void finish(const Models::Result<QStringList> &paths);
    [[nodiscard]] bool isPkcs12() const;
    [[nodiscard]] bool needsPassphrase() const;
    [[nodiscard]] QString fileName() const;
    Models::Service &m_service;
    Prompter &m_prompter;
    Scep::CertificateId m_certificate;
    QString m_label;
    QRadioButton *m_modern = nullptr;
    QRadioButton *m_compatible = nullptr;
    QRadioButton *m_pem = nullptr;
    FieldNote *m_formatNote = nullptr;
    QCheckBox *m_withKey = nullptr;
    NewPassphraseForm *m_passphrase = nullptr;
    QLineEdit *m_path = nullptr;
    FieldNote *m_pathNote = nullptr;
    FieldNote *m_note = nullptr;
    QProgressBar *m_progress = nullptr;
    QPushButton *m_export = nullptr;
    QPushButton *m_cancel = nullptr;
    bool m_isBusy = false;
};

} // namespace Gui
