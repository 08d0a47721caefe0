// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/labcaservice.h"

#include <QWidget>

class QComboBox;
class QMenu;
class QPushButton;

namespace Gui {

/// What is changed most at the Lab CA, in one row: how requests are decided, whom it behaves like, what it does wrong. Counts at once, also
/// while it serves. The rest is in LabCaSettingsDialog.
class LabCaSettingsForm final : public QWidget
{
    Q_OBJECT

public:
    explicit LabCaSettingsForm(Models::LabCaService &labCa, QWidget *parent = nullptr);

private:
    void buildFaultMenu();
    void showSettings();
    void showFaults();
    void apply();
    void setFault(const QString &name, bool isOn);
    void setFaults(const QStringList &rules);
    void adjustFaults();

    Models::LabCaService &m_labCa;
    QComboBox *m_mode = nullptr;
    QComboBox *m_personality = nullptr;
    QPushButton *m_faults = nullptr;
    QMenu *m_faultMenu = nullptr;
    QList<QAction *> m_faultActions; ///< data: name
    bool m_isShowing = false;
};

} // namespace Gui
