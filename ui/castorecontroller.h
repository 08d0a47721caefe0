// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/service.h"
#include "scep/pki/container.h"
#include "ui/prompter.h"

#include <QObject>

namespace Gui {

class Actions;
class CaStorePane;
class MessageBar;

/// What the actions on the CA store do.
class CaStoreController final : public QObject
{
    Q_OBJECT

public:
    struct Parts {
        Models::Service &service;
        Prompter &prompter;
        Actions &actions;
        CaStorePane &pane;
        MessageBar &messages;
    };
    CaStoreController(const Parts &parts, QWidget *window);

private:
    void importFile(const QString &path);
    void importAll(const QList<Pki::Certificate> &certificates, bool isTrusted);
    void remove();

    Parts m_parts;
    QWidget *m_window;
};

} // namespace Gui
