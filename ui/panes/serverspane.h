// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/panes/pane.h"

#include "models/service/service.h"

namespace Gui {

/// The enrollment servers: state, trust, capabilities; beside them fingerprints, roles with their reasons and what would be negotiated.
class ServersPane final : public Pane
{
    Q_OBJECT

public:
    ServersPane(Models::Service &service, Actions &actions, QWidget *parent = nullptr);
    [[nodiscard]] Actions::Context context() const override;
    [[nodiscard]] QList<Scep::ServerId> selected() const;
    void select(Scep::ServerId id);

signals:
    void inspectRequested(const Pki::Certificate &certificate);

private:
    void showDetails() override;
    void showTrust(const Models::ServerRecord &record);
    void showCertificates(const Scep::ServerKnowledge &knowledge);
    void showFindings(const Models::ServerRecord &record);
    void showNextCa(const Scep::ServerKnowledge &knowledge);
    void showAlgorithms(const Models::ServerRecord &record);
    Models::Service &m_service;
    Actions &m_actions;
};

} // namespace Gui
