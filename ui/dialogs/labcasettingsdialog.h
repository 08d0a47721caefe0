// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/labcaservice.h"

#include <QDialog>

class QCheckBox;
class QComboBox;
class QFormLayout;
class QSpinBox;

namespace Gui {

/// What is set at a Lab CA now and then: what it issues, how it renews, what it sends, and its port. Counts at once for the shown CA; the
/// port from the next start on.
class LabCaSettingsDialog final : public QDialog
{
    Q_OBJECT

public:
    explicit LabCaSettingsDialog(Models::LabCaService &labCa, QWidget *parent = nullptr);
    void accept() override;

private:
    void buildIssuing(QFormLayout *form);
    void buildSending(QFormLayout *form);
    void showSettings(const Models::LabCaSettings &settings);
    void setValidityRange();
    [[nodiscard]] std::chrono::minutes validity() const;

    Models::LabCaService &m_labCa;
    QSpinBox *m_validity = nullptr;
    QComboBox *m_unit = nullptr; ///< data: minutes
    QCheckBox *m_strictProfiles = nullptr;
    QSpinBox *m_renewAfter = nullptr;
    QCheckBox *m_newKey = nullptr;
    QCheckBox *m_withoutRoot = nullptr;
    QCheckBox *m_withoutCa = nullptr;
    QSpinBox *m_port = nullptr;
};

} // namespace Gui
