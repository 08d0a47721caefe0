// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/worker/enrollmentserver.h"

#include <QWidget>

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QFormLayout;
class QLabel;
class QSpinBox;

namespace Gui {

class DurationEdit;
class FieldNote;
class NetworkForm;
class Prompter;
class SettingRows;

/// A server's algorithms, renewal, timing and transport, with a preview of what would be used. For the wizard and the settings dialog.
/// Shows every value that scepctl can set, and writes only what was changed here.
class ServerSettingsForm final : public QWidget
{
    Q_OBJECT

public:
    explicit ServerSettingsForm(Prompter &prompter, QWidget *parent = nullptr);
    void setServer(const Scep::EnrollmentServer &server, const Scep::Capabilities &capabilities);
    /// What differs from setServer(); everything else of `server` stays as it is.
    void applyTo(Scep::EnrollmentServer &server) const;
    void restoreDefaults();
    /// Why it cannot be saved, in a sentence; empty: it can. A stored value that nobody touched is never a reason.
    [[nodiscard]] QString problem() const { return m_problem; }

signals:
    void changed();

private:
    SettingRows *addSection(QFormLayout *form, const QString &heading);
    void addAlgorithms(QFormLayout *form);
    void addRenewal(QFormLayout *form);
    void addTiming(QFormLayout *form);
    void preview();
    void previewAlgorithms(const Scep::EnrollmentServer &now);
    [[nodiscard]] Scep::EnrollmentServer shown() const;
    Scep::Capabilities m_capabilities;
    Scep::EnrollmentServer m_before; ///< what setServer() made the fields show
    QList<SettingRows *> m_rows;
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
    DurationEdit *m_caCheck = nullptr;
    DurationEdit *m_firstPoll = nullptr;
    QDoubleSpinBox *m_growth = nullptr;
    DurationEdit *m_longestPoll = nullptr;
    DurationEdit *m_pollEnd = nullptr;
    FieldNote *m_pollNote = nullptr;
    NetworkForm *m_network = nullptr;
    QString m_problem;
    bool m_isFilling = false;
};

} // namespace Gui
