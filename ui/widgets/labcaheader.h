// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/labcaservice.h"
#include "ui/actions.h"

#include <QWidget>

class QComboBox;
class QFormLayout;
class QHBoxLayout;
class QLabel;
class QToolButton;

namespace Gui {

class CopyField;
class FieldNote;

/// The upper part of the Lab CA page: whether it serves, how it decides, its address and challenge, and, unless they are folded away, the
/// certificates of its CA.
class LabCaHeader final : public QWidget
{
    Q_OBJECT

public:
    LabCaHeader(Models::LabCaService &labCa, Actions &actions, QWidget *parent = nullptr);
    [[nodiscard]] bool showsCertificates() const { return m_showsCertificates; }
    void setShowsCertificates(bool shows);

signals:
    void raWanted(LabCa::RaKind kind); ///< that servers of the personality have, and the CA has not

private:
    QHBoxLayout *buildTop();
    QHBoxLayout *buildSettings();
    QWidget *buildRaNote();
    QWidget *buildIdentity();
    QWidget *buildChallenge(QWidget *parent);
    QWidget *buildCertificates(QWidget *parent);
    void showState();
    void showIdentity(const Models::LabCaIdentity &identity);
    void showRollover(const Models::LabCaIdentity &identity);

    Models::LabCaService &m_labCa;
    Actions &m_actions;
    QLabel *m_icon = nullptr;
    QLabel *m_state = nullptr;
    QWidget *m_choice = nullptr; ///< of one of several CAs
    QComboBox *m_which = nullptr;
    QWidget *m_lacksRa = nullptr; ///< the personality has an RA, the CA none
    FieldNote *m_raNote = nullptr;
    QWidget *m_identity = nullptr;
    CopyField *m_address = nullptr;
    QWidget *m_challenge = nullptr;
    QLabel *m_noChallenge = nullptr;
    QToolButton *m_fold = nullptr;
    bool m_showsCertificates = true;
    QWidget *m_certificates = nullptr;
    QLabel *m_ca = nullptr; ///< which one issues, and which one will follow
    CopyField *m_rootFingerprint = nullptr;
    CopyField *m_issuingFingerprint = nullptr;
};

} // namespace Gui
