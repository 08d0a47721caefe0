// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/labcachoices.h"
#include "models/service/labcaservice.h"

#include <QDialog>

class QComboBox;
class QLabel;
class QPushButton;
class QSpinBox;
class QTreeWidget;

namespace Gui {

/// The Lab CA's fault rules: each with its number, the answers that it strikes and their share. Every rule that can be written is shown,
/// and what is not touched stays as it is.
class LabCaFaultsDialog final : public QDialog
{
    Q_OBJECT

public:
    explicit LabCaFaultsDialog(Models::LabCaService &labCa, QWidget *parent = nullptr);
    void accept() override;

private:
    QWidget *buildEditor();
    void add();
    void remove();
    void showRules(qsizetype selected);
    void showSelected();
    void take();
    [[nodiscard]] qsizetype selected() const; ///< -1: none
    [[nodiscard]] const Models::LabCaChoice &choiceOf(LabCa::Fault fault) const;

    Models::LabCaService &m_labCa;
    QList<Models::LabCaChoice> m_choices;
    LabCa::FaultPlan m_plan;
    QTreeWidget *m_list = nullptr;
    QWidget *m_editor = nullptr;
    QComboBox *m_fault = nullptr;
    QLabel *m_description = nullptr;
    QLabel *m_amountLabel = nullptr;
    QSpinBox *m_amount = nullptr;
    QComboBox *m_operation = nullptr; ///< data: as rules have it
    QSpinBox *m_share = nullptr;
    QPushButton *m_remove = nullptr;
    bool m_isShowing = false;
};

} // namespace Gui
