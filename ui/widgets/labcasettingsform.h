// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/labcaservice.h"

#include <QWidget>

class QActionGroup;
class QComboBox;
class QMenu;
class QPushButton;
class QSpinBox;

namespace Gui {

/// How the Lab CA decides, issues and behaves. What concerns requests counts at once, also while it serves; the port from its next start
/// on.
class LabCaSettingsForm final : public QWidget
{
    Q_OBJECT

public:
    explicit LabCaSettingsForm(Models::LabCaService &labCa, QWidget *parent = nullptr);

private:
    QWidget *buildRules();
    QWidget *buildBehaviour();
    QMenu *buildFaultMenu();
    void showSettings();
    void apply();
    [[nodiscard]] std::chrono::minutes validity() const;
    void showFaults();

    Models::LabCaService &m_labCa;
    QComboBox *m_mode = nullptr;
    QSpinBox *m_validity = nullptr;
    QComboBox *m_unit = nullptr; ///< data: minutes
    QSpinBox *m_renewAfter = nullptr;
    QSpinBox *m_port = nullptr;
    QComboBox *m_personality = nullptr;
    QPushButton *m_faults = nullptr;
    QActionGroup *m_share = nullptr; ///< data: percent
    QList<QAction *> m_faultActions; ///< data: name
    bool m_isShowing = false;
};

} // namespace Gui
