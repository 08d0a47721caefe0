// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/panes/pane.h"

#include "models/service/service.h"

namespace Gui {

/// The CA and RA certificates of every server as a tree.
class CaStorePane final : public Pane
{
    Q_OBJECT

public:
    CaStorePane(Models::Service &service, Actions &actions, QWidget *parent = nullptr);
    [[nodiscard]] Actions::Context context() const override;
    /// Null while a server's row or nothing is selected.
    [[nodiscard]] const Models::CaStoreRecord *selectedRecord() const;

private:
    void showDetails() override;
    Models::Service &m_service;
    Actions &m_actions;
};

} // namespace Gui
