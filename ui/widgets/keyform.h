// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/worker/enrollmentrequest.h"

#include <QWidget>

class QCheckBox;
class QComboBox;
class QGroupBox;
class QLineEdit;

namespace Gui {

class FieldNote;
class SettingRows;

/// The key and what the certificate shall be good for: fields of an enrollment request.
class KeyForm final : public QWidget
{
    Q_OBJECT

public:
    explicit KeyForm(QWidget *parent = nullptr);
    void setRequest(const Scep::EnrollmentRequest &request);
    /// What differs from setRequest(), when there is no problem; everything else of `request` stays as it is.
    void applyTo(Scep::EnrollmentRequest &request) const;
    void restoreDefaults();
    /// Why it cannot be used, in a sentence; empty: it can.
    [[nodiscard]] QString problem() const { return m_problem; }

signals:
    void changed();

private:
    void check();
    [[nodiscard]] Pki::KeySpec keySpec() const;
    [[nodiscard]] Pki::Result<QList<Pki::Oid>> extendedUse() const;
    void buildPurposes();
    void showUses(const Scep::EnrollmentRequest &request);
    [[nodiscard]] Scep::EnrollmentRequest shown() const;
    SettingRows *m_rows = nullptr;
    QComboBox *m_key = nullptr;
    FieldNote *m_keyNote = nullptr;
    QCheckBox *m_reuse = nullptr;
    QLineEdit *m_profile = nullptr;
    QComboBox *m_encoding = nullptr;
    QGroupBox *m_usageBox = nullptr;
    QList<std::pair<Pki::KeyUsageBit, QCheckBox *>> m_usages;
    QList<std::pair<QString, QCheckBox *>> m_extendedUses;
    QLineEdit *m_otherUses = nullptr;
    FieldNote *m_otherNote = nullptr;
    Scep::EnrollmentRequest m_stored; ///< as setRequest() got it
    Scep::EnrollmentRequest m_before; ///< what it looks like here
    QString m_shownOthers;
    QString m_problem;
};

} // namespace Gui
