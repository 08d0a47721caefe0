// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/records/loggedexchange.h"
#include "models/service/service.h"
#include "ui/panes/pane.h"

class QComboBox;
class QLabel;
class QPushButton;

namespace Models {
class ExchangeLogModel;
}

namespace Gui {

/// What was sent to the servers and what came back, newest first: found by server, request, kind of message, result and time.
class LogPane final : public Pane
{
    Q_OBJECT

public:
    LogPane(Models::Service &service, Actions &actions, QWidget *parent = nullptr);
    [[nodiscard]] Actions::Context context() const override;
    [[nodiscard]] const Models::LoggedExchange *selectedEntry() const; ///< null unless one is selected
    /// Only what concerns one server or one request, until the person asks for all again.
    void showOnly(Scep::ServerId server);
    void showOnly(Scep::RequestId request);
    [[nodiscard]] QString serverLabel(Scep::ServerId id) const;
    [[nodiscard]] QString requestLabel(Scep::RequestId id) const;

protected:
    void showEvent(QShowEvent *event) override;

private:
    LogPane(Models::Service &service, Actions &actions, Models::ExchangeLogModel *model, QWidget *parent);
    static Models::ExchangeLogModel *makeModel(Models::Service &service);
    void applyFilters();
    void read();
    void listServers();
    [[nodiscard]] bool isFiltered() const override;
    void showDetails() override;

    Models::Service &m_service;
    Actions &m_actions;
    Models::ExchangeLogModel *m_model = nullptr;
    Models::ExchangeLogQuery m_query;
    QComboBox *m_server = nullptr;
    QComboBox *m_what = nullptr;
    QComboBox *m_outcome = nullptr;
    QComboBox *m_since = nullptr;
    QLabel *m_only = nullptr;
    QPushButton *m_all = nullptr;
    bool m_isReading = false;
    bool m_mustRead = true; ///< what is shown is not what the log says
};

} // namespace Gui
