// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/worker/enrollmentserver.h"

#include <QObject>

class QFormLayout;
class QLineEdit;
class QSpinBox;

namespace Gui {

class DurationEdit;
class FieldNote;
class KeptSecretEdit;
class Prompter;
class SettingRows;
class TlsForm;

/// The rows of a server's settings that say how it is reached: time limits, load, proxy, https. A part of ServerSettingsForm.
class NetworkForm final : public QObject
{
    Q_OBJECT

public:
    NetworkForm(QFormLayout *form, SettingRows *rows, Prompter &prompter, QObject *parent);
    void setServer(const Scep::EnrollmentServer &server);
    void applyTo(Scep::EnrollmentServer &server) const; ///< what was changed since setServer()
    /// Says what is wrong beside the fields, too.
    [[nodiscard]] QString problem();

signals:
    void changed();

private:
    void addProxy(QFormLayout *form, SettingRows *rows);
    void showPassword();
    [[nodiscard]] bool isProxyTouched() const;
    DurationEdit *m_timeout = nullptr;
    DurationEdit *m_retry = nullptr;
    QSpinBox *m_atOnce = nullptr;
    QSpinBox *m_aMinute = nullptr;
    QLineEdit *m_proxy = nullptr;
    FieldNote *m_proxyNote = nullptr;
    QLineEdit *m_proxyUser = nullptr;
    KeptSecretEdit *m_proxyPassword = nullptr;
    TlsForm *m_tls = nullptr;

    Scep::EnrollmentServer m_stored; ///< as setServer() got it
    QString m_shownProxy;            ///< what its proxy looks like in the field
    bool m_couldBeKept = false;
};

} // namespace Gui
