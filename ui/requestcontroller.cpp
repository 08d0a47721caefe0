// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/requestcontroller.h"

#include "models/items/requestmodel.h"
#include "models/service/errortext.h"
#include "ui/actions.h"
#include "ui/dialogs/exportdialog.h"
#include "ui/dialogs/requestdialog.h"
#include "ui/panes/requestspane.h"
#include "ui/panes/serverspane.h"
#include "ui/widgets/containerfile.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/messagebar.h"
#include "ui/widgets/texts.h"
#include "ui/wizards/newrequestwizard.h"

#include <QAction>
#include <QFileInfo>
#include <QPointer>

using namespace Qt::StringLiterals;

namespace Gui {

RequestController::RequestController(const Parts &parts, QWidget *window)
    : QObject(window)
    , m_parts(parts)
    , m_window(window)
{
    const Actions &actions = m_parts.actions;
    const auto on = [this](QAction *action, auto handler) { connect(action, &QAction::triggered, this, handler); };
    on(actions.newRequest, [this] { add(); });
    on(actions.editRequest, [this] { edit(); });
    on(actions.enroll, [this] { enroll(); });
    on(actions.renew, [this] { renew(); });
    on(actions.continueRenewing, [this] { continueRenewing(); });
    on(actions.useCsr, [this] { useCsr(); });
    on(actions.cancel, [this] { cancel(); });
    on(actions.removeRequest, [this] { remove(); });
    on(actions.deliver, [this] { deliver(); });
    on(actions.attemptNow, [this] {
        for (const Scep::RequestId id : m_parts.pane.selected())
            m_parts.service.attemptNow(id);
    });
}

void RequestController::tell(const QFuture<Models::Result<void>> &done, const QString &label)
{
    whenDone(done, this, [this, label](const Models::Result<void> &result) {
        if (!result)
            m_parts.messages.say(Models::explain(result.error(), tr("request %1").arg(label)));
    });
}

void RequestController::add()
{
    const QList<Scep::ServerId> selected = m_parts.servers.selected();
    auto *wizard =
        new NewRequestWizard(m_parts.service, m_parts.prompter, selected.isEmpty() ? Scep::ServerId() : selected.first(), m_window);
    wizard->setAttribute(Qt::WA_DeleteOnClose);
    connect(wizard, &NewRequestWizard::requestSubmitted, this, &RequestController::requestAdded);
    wizard->open();
}

void RequestController::edit()
{
    const Models::RequestRecord *record = m_parts.pane.selectedRecord();
    if (record == nullptr)
        return;
    auto *dialog = new RequestDialog(m_parts.service, m_parts.prompter, *record, m_window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
}

void RequestController::enroll()
{
    const Models::RequestRecord *record = m_parts.pane.selectedRecord();
    if (record == nullptr)
        return;
    const QString label = record->request.label;
    m_parts.prompter.askSecret(
        m_window,
        {.title = tr("Enroll %1 again").arg(label),
         .text = tr("The former challenge was wiped. Give a new one if the CA wants one, or leave the field empty."),
         .field = tr("Challenge"),
         .error = QString(),
         .isOptional = true},
        [controller = QPointer<RequestController>(this), id = record->request.id, label](const SharedSecret &challenge) {
            if (controller)
                controller->tell(controller->m_parts.service.enroll(id, challenge), label);
        });
}

void RequestController::renew()
{
    const QList<Scep::RequestId> ids = m_parts.pane.selected();
    for (const Scep::RequestId id : ids) {
        if (const Models::RequestRecord *record = m_parts.service.requests()->record(id))
            tell(m_parts.service.renew(id), record->request.label);
    }
}

void RequestController::continueRenewing()
{
    const QList<Scep::RequestId> ids = m_parts.pane.selected();
    for (const Scep::RequestId id : ids) {
        if (const Models::RequestRecord *record = m_parts.service.requests()->record(id))
            tell(m_parts.service.continueRenewing(id), record->request.label);
    }
}

void RequestController::useCsr()
{
    const Models::RequestRecord *record = m_parts.pane.selectedRecord();
    if (record == nullptr)
        return;
    m_parts.prompter.askFileToOpen(
        m_window, tr("Certificate request or key of %1").arg(record->request.label),
        tr("Keys and requests (*.csr *.req *.p10 *.pem *.key *.p12 *.pfx);;All files (*)"),
        [controller = QPointer<RequestController>(this), id = record->request.id, label = record->request.label](const QString &path) {
            if (!controller)
                return;
            readContainerFile(controller->m_window, controller->m_parts.prompter, path, true,
                              [controller, id, label, path](const Pki::Result<Pki::Container> &file) {
                                  if (!controller)
                                      return;
                                  if (file)
                                      controller->takeCsr(id, label, *file);
                                  else
                                      controller->m_parts.messages.say(Models::explain(file.error(), QFileInfo(path).fileName()));
                              });
        });
}

void RequestController::takeCsr(Scep::RequestId id, const QString &label, const Pki::Container &file)
{
    if (file.key.isNull() && file.request.isNull()) {
        m_parts.messages.say({tr("The file holds neither a certificate request nor a private key."),
                              tr("Choose the request (PKCS#10) that the device made, or a key file.")});
        return;
    }
    const bool isRequest = !file.request.isNull();
    m_parts.prompter.confirm(
        m_window,
        {.title = tr("Use it for the next certificate?"),
         .text = isRequest ? tr("The next certificate of %1 is asked for with this request: %2, %3.")
                                 .arg(label, nameText(file.request.subject()), file.request.publicKey().displayName())
                           : tr("The next certificate of %1 is asked for with this key: %2.").arg(label, file.key.spec().displayName()),
         .detail = isRequest ? tr("Subject, alternative names and purposes become those of the request.") : QString(),
         .yes = tr("Use it"),
         .isRisky = false},
        [controller = QPointer<RequestController>(this), id, label, file] {
            if (!controller)
                return;
            whenDone(controller->m_parts.service.useRequestCsr(id, file.request, file.key), controller.data(),
                     [controller, id, label](const Models::Result<void> &used) {
                         if (!used)
                             controller->m_parts.messages.say(Models::explain(used.error(), tr("request %1").arg(label)));
                         else
                             controller->offerToBegin(id, label);
                     });
        });
}

void RequestController::offerToBegin(Scep::RequestId id, const QString &label)
{
    const Models::RequestRecord *record = m_parts.service.requests()->record(id);
    if (record == nullptr || record->transaction.isOpen())
        return; // it waited for just that, and has begun
    const bool canRenew =
        m_parts.service.requests()->status(m_parts.service.requests()->indexOf(id)).actions.testFlag(Models::RequestAction::Renew);
    m_parts.messages.offer(Models::Severity::Good, tr("It is kept for the next certificate of %1.").arg(label),
                           canRenew ? tr("Renew now") : tr("Enroll now"),
                           [controller = QPointer<RequestController>(this), id, label, canRenew] {
                               if (!controller)
                                   return;
                               Models::Service &service = controller->m_parts.service;
                               controller->tell(canRenew ? service.renew(id) : service.enroll(id, nullptr), label);
                           });
}

void RequestController::cancel()
{
    const QList<Scep::RequestId> ids = m_parts.pane.selected();
    m_parts.prompter.confirm(
        m_window,
        {.title = tr("Stop transaction?"),
         .text = tr("%n open transaction(s) will end here.", nullptr, static_cast<int>(ids.size())),
         .detail = tr("The server is not told, because SCEP has no message for it: it may still issue the certificate."),
         .yes = tr("Stop"),
         .isRisky = true},
        [controller = QPointer<RequestController>(this), ids] {
            for (const Scep::RequestId id : ids) {
                if (controller)
                    controller->m_parts.service.cancel(id);
            }
        });
}

void RequestController::exportCertificate()
{
    const Models::RequestRecord *record = m_parts.pane.selectedRecord();
    if (record == nullptr || !record->current)
        return;
    ExportDialog::openFor(m_parts.service, m_parts.prompter, m_parts.messages, *record->current, record->request.label, m_window);
}

void RequestController::remove()
{
    const Models::RequestRecord *record = m_parts.pane.selectedRecord();
    if (record == nullptr)
        return;
    const Scep::RequestId id = record->request.id;
    const QString label = record->request.label;
    const bool isOpen = record->transaction.isOpen();
    whenDone(m_parts.service.removeRequest(id), this, [this, id, label, isOpen](const Models::Result<void> &result) {
        if (!result) {
            m_parts.messages.say(Models::explain(result.error(), tr("request %1").arg(label)));
            return;
        }
        m_parts.messages.offer(Models::Severity::Neutral,
                               isOpen ? tr("The request %1 is in the bin; its open transaction was stopped.").arg(label)
                                      : tr("The request %1 is in the bin.").arg(label),
                               tr("Undo"), [controller = QPointer<RequestController>(this), id, label] {
                                   if (controller)
                                       controller->bringBack(id, label);
                               });
    });
}

void RequestController::bringBack(Scep::RequestId id, const QString &label)
{
    whenDone(m_parts.service.restore(Models::BinRecord::Kind::Request, id.value), this,
             [this, id, label](const Models::Result<QString> &restored) {
                 if (!restored)
                     m_parts.messages.say(Models::explain(restored.error(), tr("request %1").arg(label)));
                 else
                     emit requestAdded(id);
             });
}

void RequestController::deliver()
{
    const QList<Scep::RequestId> ids = m_parts.pane.selected();
    for (const Scep::RequestId id : ids) {
        if (const Models::RequestRecord *record = m_parts.service.requests()->record(id))
            tell(m_parts.service.deliverNow(id), record->request.label);
    }
}

} // namespace Gui
