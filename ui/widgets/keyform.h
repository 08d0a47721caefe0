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

/// The key and what the certificate shall be good for: fields of an enrollment request.
class KeyForm final : public QWidget
{
    Q_OBJECT

public:
    explicit KeyForm(QWidget *parent = nullptr);
    void setRequest(const Scep::EnrollmentRequest &request);
    void applyTo(Scep::EnrollmentRequest &request) const; ///< when valid
    [[nodiscard]] bool isValid() const { return m_isValid; }

signals:
    void changed();

private:
    void check();
    [[nodiscard]] Pki::KeySpec keySpec() const;
    [[nodiscard]] Pki::Result<QList<Pki::Oid>> extendedUse() const;
    QComboBox *m_key = nullptr;
    FieldNote *m_keyNote = nullptr;
    QCheckBox *m_reuse = nullptr;
    QLineEdit *m_profile = nullptr;
    QGroupBox *m_usageBox = nullptr;
    QList<std::pair<Pki::KeyUsageBit, QCheckBox *>> m_usages;
    QList<std::pair<QString, QCheckBox *>> m_extendedUses;
    QLineEdit *m_otherUses = nullptr;
    FieldNote *m_otherNote = nullptr;
    bool m_isValid = true;
};

} // namespace Gui
