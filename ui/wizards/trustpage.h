// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/wizards/addserverwizard.h"

class QCheckBox;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;
class QRadioButton;

namespace Gui {

class DetailsView;
class FieldNote;

/// Which CA is it? The technician compares a fingerprint, gives the CA certificate as a file, or says that it was compared by eye.
/// Next stays off until one of them fits.
class TrustPage final : public WizardPage
{
    Q_OBJECT

public:
    TrustPage(ServerDraft &draft, Prompter &prompter);
    void initializePage() override;
    [[nodiscard]] bool isComplete() const override;

private:
    QWidget *makeConfirmation();
    void showOffered();
    void showFormer(const Pki::Certificate &offered);
    void showFormerFingerprints();
    void showAnnounced(const Pki::Certificate &offered);
    [[nodiscard]] bool isAnnounced(const Pki::Fingerprint &fingerprint) const; ///< of the next CA, which has not taken over yet
    void judge();
    void judgeFingerprint();
    void judgeFile();
    void judgeByEye();
    bool accept(const Scep::TrustAnchor &anchor, FieldNote *note, const QString &how);
    void loadFile(const QString &path);
    ServerDraft &m_draft;
    Prompter &m_prompter;
    DetailsView *m_offered = nullptr;
    QRadioButton *m_byFingerprint = nullptr;
    QRadioButton *m_byFile = nullptr;
    QRadioButton *m_byEye = nullptr;
    QLineEdit *m_fingerprint = nullptr;
    FieldNote *m_fingerprintNote = nullptr;
    QPushButton *m_chooseFile = nullptr;
    FieldNote *m_fileNote = nullptr;
    QCheckBox *m_compared = nullptr;
    FieldNote *m_eyeNote = nullptr;
    Pki::Certificate m_fileCertificate;
    bool m_isComplete = false;
};

} // namespace Gui
