// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/records/certificaterow.h"
#include "models/service/service.h"
#include "ui/panes/pane.h"

class QCheckBox;
class QComboBox;

namespace Gui {

/// All certificates that were ever issued, as far as somebody scrolls: found by text, server, state and expiry.
class CertificatesPane final : public Pane
{
    Q_OBJECT

public:
    CertificatesPane(Models::Service &service, Actions &actions, QWidget *parent = nullptr);
    [[nodiscard]] Actions::Context context() const override;
    [[nodiscard]] QList<Models::CertificateRow> selected() const;

private:
    void applyFilters();
    void listServers();
    [[nodiscard]] bool isFiltered() const override;
    void showDetails() override;

    Models::Service &m_service;
    Actions &m_actions;
    QString m_text;
    QComboBox *m_server = nullptr;
    QComboBox *m_state = nullptr;
    QComboBox *m_expiry = nullptr;
    QCheckBox *m_current = nullptr;
};

} // namespace Gui
