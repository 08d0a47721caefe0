// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/service.h"

#include <QDialog>

class QPushButton;
class QSpinBox;

namespace Gui {

class FieldNote;
class SettingRows;

/// How much of the exchange log, the bin and the backups the workspace keeps.
class KeepingDialog final : public QDialog
{
    Q_OBJECT

public:
    explicit KeepingDialog(Models::Service &service, QWidget *parent = nullptr);
    void accept() override;

private:
    void fill(const Models::StoreSettings &settings);
    void update();
    [[nodiscard]] Models::StoreSettings edited() const;
    Models::Service &m_service;
    Models::StoreSettings m_stored;
    Models::StoreSettings m_before; ///< what it looks like here
    SettingRows *m_rows = nullptr;
    QSpinBox *m_exchanges = nullptr;
    QSpinBox *m_megabytes = nullptr;
    QSpinBox *m_days = nullptr;
    QSpinBox *m_binDays = nullptr;
    QSpinBox *m_backups = nullptr;
    FieldNote *m_effects = nullptr;
    FieldNote *m_note = nullptr;
    QPushButton *m_save = nullptr;
    bool m_isBusy = true; ///< until the settings are read
};

} // namespace Gui
