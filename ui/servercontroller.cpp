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
#include "ui/wizards/confirmcawizard.h"

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
    on(actions.confirmCa, [this] { confirmCa(); });
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
    auto *dialog = new ServerDialog(m_parts.service, m_parts.prompter, *record, m_window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
}

void ServerController::confirmCa()
{
    const Models::ServerRecord *record = selected();
    if (record == nullptr)
        return;
    auto *wizard =
        new ConfirmCaWizard(m_parts.service, m_parts.prompter, *record, record->server, ConfirmCaWizard::Mode::StoresAnchor, m_window);
    wizard->setAttribute(Qt::WA_DeleteOnClose);
    wizard->open();
}

void ServerController::remove()
{
    const Models::ServerRecord *record = selected();
    if (record == nullptr)
        return;
    const Scep::ServerId id = record->server.id;
    const QString label = record->server.label;
    whenDone(m_parts.service.removeServer(id), this, [this, id, label](const Models::Result<void> &result) {
        if (!result) {
            m_parts.messages.say(Models::explain(result.error(), tr("server %1").arg(label)));
            return;
        }
        m_parts.messages.offer(Models::Severity::Neutral, tr("The server %1 is in the bin.").arg(label), tr("Undo"),
                               [controller = QPointer<ServerController>(this), id, label] {
                                   if (controller)
                                       controller->bringBack(id, label);
                               });
    });
}

void ServerController::bringBack(Scep::ServerId id, const QString &label)
{
    whenDone(m_parts.service.restore(Models::BinRecord::Kind::Server, id.value), this,
             [this, id, label](const Models::Result<QString> &restored) {
                 if (!restored)
                     m_parts.messages.say(Models::explain(restored.error(), tr("server %1").arg(label)));
                 else
                     emit serverAdded(id);
             });
}

} // namespace Gui
