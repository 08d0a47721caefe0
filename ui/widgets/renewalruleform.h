// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/worker/enrollmentrequest.h"

#include <QWidget>

class QComboBox;
class QSpinBox;

namespace Gui {

class FieldNote;

/// When a certificate is renewed, and in words what that means.
class RenewalRuleForm final : public QWidget
{
    Q_OBJECT

public:
    explicit RenewalRuleForm(QWidget *parent = nullptr);
    void setRule(const Scep::RenewalRule &rule);
    [[nodiscard]] Scep::RenewalRule rule() const;

signals:
    void changed();

private:
    void kindChanged();
    void explainRule();
    [[nodiscard]] Scep::RenewalRule shownRule() const;
    Scep::RenewalRule m_stored; ///< as setRule() got it
    Scep::RenewalRule m_shown;  ///< what it looks like here
    QComboBox *m_kind = nullptr;
    QSpinBox *m_value = nullptr;
    FieldNote *m_note = nullptr;
};

} // namespace Gui
