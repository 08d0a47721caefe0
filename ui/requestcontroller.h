// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/service.h"
#include "scep/pki/container.h"
#include "ui/prompter.h"

#include <QObject>

namespace Gui {

class Actions;
class MessageBar;
class RequestsPane;
class ServersPane;

/// What the actions on enrollment requests do.
class RequestController final : public QObject
{
    Q_OBJECT

public:
    struct Parts {
        Models::Service &service;
        Prompter &prompter;
        Actions &actions;
        ServersPane &servers; ///< a new request goes to the one selected there
        RequestsPane &pane;
        MessageBar &messages;
    };
    RequestController(const Parts &parts, QWidget *window);

    void exportCertificate();

signals:
    void requestAdded(Scep::RequestId id); ///< or brought back

private:
    void add();
    void edit();
    void enroll();
    void renew();
    void continueRenewing();
    void useCsr();
    void takeCsr(Scep::RequestId id, const QString &label, const Pki::Container &file);
    void offerToBegin(Scep::RequestId id, const QString &label);
    void cancel();
    void remove();
    void bringBack(Scep::RequestId id, const QString &label);
    void deliver();
    /// Says what went wrong with the request, if something did.
    void tell(const QFuture<Models::Result<void>> &done, const QString &label);

    Parts m_parts;
    QWidget *m_window;
};

} // namespace Gui
