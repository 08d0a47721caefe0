// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/worker/enrollmentserver.h"

#include <QWidget>

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QSpinBox;

namespace Gui {

class FieldNote;
class Prompter;
class TlsForm;

/// A server's algorithms, renewal, timing and transport, with a preview of what would be used. For the wizard and the settings dialog.
class ServerSettingsForm final : public QWidget
{
    Q_OBJECT

public:
    explicit ServerSettingsForm(Prompter &prompter, QWidget *parent = nullptr);
    void setServer(const Scep::EnrollmentServer &server, const Scep::Capabilities &capabilities);
    void applyTo(Scep::EnrollmentServer &server) const;
    [[nodiscard]] bool isValid() const { return m_isValid; }

signals:
    void changed();

private:
    void addAlgorithms(QFormLayout *form);
    void addRenewal(QFormLayout *form);
    void addTiming(QFormLayout *form);
    void addNetwork(QFormLayout *form, Prompter &prompter);
    void preview();
    [[nodiscard]] Scep::AlgorithmPolicy policy() const;
    Scep::Capabilities m_capabilities;
    QComboBox *m_cipher = nullptr;
    QComboBox *m_digest = nullptr;
    QComboBox *m_method = nullptr;
    QComboBox *m_keyTransport = nullptr;
    QCheckBox *m_allowSha1 = nullptr;
    QCheckBox *m_allowMd5 = nullptr;
    QCheckBox *m_allowDes = nullptr;
    QLabel *m_chosen = nullptr;
    FieldNote *m_note = nullptr;
    QComboBox *m_renewalMethod = nullptr;
    QCheckBox *m_followsRollover = nullptr;
    QCheckBox *m_sendsChallenge = nullptr;
    QSpinBox *m_firstPoll = nullptr;
    QDoubleSpinBox *m_growth = nullptr;
    QSpinBox *m_longestPoll = nullptr;
    QSpinBox *m_pollDays = nullptr;
    QSpinBox *m_retry = nullptr;
    QSpinBox *m_timeout = nullptr;
    QSpinBox *m_caCheck = nullptr;
    QSpinBox *m_atOnce = nullptr;
    QSpinBox *m_aMinute = nullptr;
    TlsForm *m_tls = nullptr;
    QLineEdit *m_proxy = nullptr;
    FieldNote *m_proxyNote = nullptr;
    bool m_isValid = true;
};

} // namespace Gui
