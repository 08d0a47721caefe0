// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/protocol/cacertificates.h"

#include <QWidget>

class QComboBox;
class QLineEdit;

namespace Gui {

class FieldNote;

/// Which of a server's certificates requests are encrypted to and replies must be signed by, against the automatic choice, with the reason.
class RoleOverrideForm final : public QWidget
{
    Q_OBJECT

public:
    RoleOverrideForm(const Scep::CaCertificates &offered, const Scep::RoleOverride &current, QWidget *parent = nullptr);
    [[nodiscard]] Scep::RoleOverride roleOverride() const;
    [[nodiscard]] bool isValid() const; ///< a choice against the automatic one has its reason, or stays as it was
    void restoreDefaults();             ///< automatic

signals:
    void changed();

private:
    void update();
    const Scep::RoleOverride m_before;
    QComboBox *m_encryption = nullptr;
    QComboBox *m_signing = nullptr;
    QLineEdit *m_reason = nullptr;
    FieldNote *m_note = nullptr;
};

} // namespace Gui
