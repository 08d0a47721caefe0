// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/servercontroller.h"

#include "models/items/servermodel.h"
#include "models/service/errortext.h"
#include "ui/actions.h"
#include "ui/dialogs/serverdialog.h"
#include "ui/panes/serverspane.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/messagebar.h"
#include "ui/wizards/addserverwizard.h"

#include <QAction>
#include <QPointer>

namespace Gui {

ServerController::ServerController(const Parts &parts, QWidget *window)
    : QObject(window)
    , m_parts(parts)
    , m_window(window)
{
    const Actions &actions = m_parts.actions;
    const auto on = [this](QAction *action, auto handler) { connect(action, &QAction::triggered, this, handler); };
    on(actions.addServer, [this] { add(); });
    on(actions.editServer, [this] { edit(); });
    on(actions.removeServer, [this] { remove(); });
    on(actions.refreshServer, [this] {
        for (const Scep::ServerId id : m_parts.pane.selected())
            m_parts.service.refreshServer(id);
    });
    on(actions.acceptCapabilities, [this] {
        for (const Scep::ServerId id : m_parts.pane.selected())
            m_parts.service.acceptCapabilities(id);
    });
}

const Models::ServerRecord *ServerController::selected() const
{
    const QList<Scep::ServerId> ids = m_parts.pane.selected();
    return ids.size() == 1 ? m_parts.service.servers()->record(ids.first()) : nullptr;
}

void ServerController::add()
{
    auto *wizard = new AddServerWizard(m_parts.service, m_parts.prompter, m_window);
    wizard->setAttribute(Qt::WA_DeleteOnClose);
    connect(wizard, &AddServerWizard::serverAdded, this, &ServerController::serverAdded);
    wizard->open();
}

void ServerController::edit()
{
    const Models::ServerRecord *record = selected();
    if (record == nullptr)
        return;
    auto *dialog = new ServerDialog(m_parts.service, *record, m_window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
}

void ServerController::remove()
{
    const Models::ServerRecord *record = selected();
    if (record == nullptr)
        return;
    const QString label = record->server.label;
    m_parts.prompter.confirm(m_window,
                             {.title = tr("Remove server?"),
                              .text = tr("The server %1 will be removed with its CA certificates.").arg(label),
                              .detail = tr("Its CA has to be confirmed again if you add it later."),
                              .yes = tr("Remove"),
                              .isRisky = true},
                             [controller = QPointer<ServerController>(this), id = record->server.id, label] {
                                 if (!controller)
                                     return;
                                 whenDone(controller->m_parts.service.removeServer(id), controller.data(),
                                          [controller, label](const Models::Result<void> &result) {
                                              if (!result)
                                                  controller->m_parts.messages.say(
                                                      Models::explain(result.error(), tr("server %1").arg(label)));
                                          });
                             });
}

} // namespace Gui
