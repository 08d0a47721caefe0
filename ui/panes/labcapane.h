// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/labcaservice.h"
#include "ui/panes/pane.h"

class QPlainTextEdit;

namespace Gui {

class LabCaHeader;

/// The Lab CA: its state and address above, the queue and what was issued in the list, what it served below.
class LabCaPane final : public Pane
{
    Q_OBJECT

public:
    LabCaPane(Models::LabCaService &labCa, Actions &actions, QWidget *parent = nullptr);
    [[nodiscard]] Actions::Context context() const override;
    /// transactionIDs of the selected enrollments, if all of them wait for approval.
    [[nodiscard]] QStringList selectedWaiting() const;
    /// transactionIDs of the selected enrollments, if all of them have a certificate that is not revoked.
    [[nodiscard]] QStringList selectedRevocable() const;
    /// Null unless one issued enrollment is selected.
    [[nodiscard]] Pki::Certificate selectedCertificate() const;
    [[nodiscard]] LabCaHeader &header() const { return *m_header; }

private:
    void showDetails() override;
    void log(const LabCa::LogEntry &entry);
    [[nodiscard]] QList<Models::LabCaEnrollment> selected() const;

    Models::LabCaService &m_labCa;
    Actions &m_actions;
    LabCaHeader *m_header = nullptr;
    QPlainTextEdit *m_log = nullptr;
};

} // namespace Gui
