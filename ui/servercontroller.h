// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/service.h"
#include "ui/prompter.h"

#include <QObject>

namespace Gui {

class Actions;
class MessageBar;
class ServersPane;

/// What the actions on servers do.
class ServerController final : public QObject
{
    Q_OBJECT

public:
    struct Parts {
        Models::Service &service;
        Prompter &prompter;
        Actions &actions;
        ServersPane &pane;
        MessageBar &messages;
    };
    ServerController(const Parts &parts, QWidget *window);

signals:
    void serverAdded(Scep::ServerId id); ///< or brought back

private:
    void add();
    void edit();
    void confirmCa();
    void remove();
    void bringBack(Scep::ServerId id, const QString &label);
    [[nodiscard]] const Models::ServerRecord *selected() const; ///< null unless one is

    Parts m_parts;
    QWidget *m_window;
};

} // namespace Gui
