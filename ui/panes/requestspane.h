// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/panes/pane.h"

#include "models/service/service.h"

namespace Gui {

/// The enrollment requests with their two facts, certificate and transaction; beside them the certificate, its chain, what differs
/// from what was asked, and in trouble what to do next.
class RequestsPane final : public Pane
{
    Q_OBJECT

public:
    RequestsPane(Models::Service &service, Actions &actions, QWidget *parent = nullptr);
    [[nodiscard]] Actions::Context context() const override;
    [[nodiscard]] QList<Scep::RequestId> selected() const;
    [[nodiscard]] const Models::RequestRecord *selectedRecord() const; ///< null unless one is selected
    void select(Scep::RequestId id);

private:
    void showDetails() override;
    void showFacts(const Models::RequestRecord &record, const Models::RequestStatus &status);
    void showCertificate(const Scep::IssuedCertificate &issued);
    void showDelivery(const Models::RequestRecord &record);
    void showRequest(const Models::RequestRecord &record);
    Models::Service &m_service;
    Actions &m_actions;
};

} // namespace Gui
