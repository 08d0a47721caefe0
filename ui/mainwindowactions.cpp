// SPDX-License-Identifier: GPL-3.0-or-later

// What MainWindow's actions do.

#include "models/items/castoremodel.h"
#include "models/items/requestmodel.h"
#include "models/items/servermodel.h"
#include "models/service/errortext.h"
#include "models/service/labcaservice.h"
#include "ui/dialogs/aboutdialog.h"
#include "ui/dialogs/exportdialog.h"
#include "ui/dialogs/serverdialog.h"
#include "ui/inspector/certificateinspector.h"
#include "ui/labcacontroller.h"
#include "ui/mainwindow.h"
#include "ui/panes/castorepane.h"
#include "ui/panes/labcapane.h"
#include "ui/panes/requestspane.h"
#include "ui/panes/serverspane.h"
#include "ui/widgets/appearance.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/messagebar.h"
#include "ui/widgets/texts.h"
#include "ui/wizards/addserverwizard.h"
#include "ui/wizards/newrequestwizard.h"

#include <QAction>
#include <QActionGroup>
#include <QDir>
#include <QFileInfo>
#include <QPointer>
#include <QSettings>
#include <QStackedWidget>
#include <QTimer>

using namespace Qt::StringLiterals;

namespace Gui {

void MainWindow::connectActions()
{
    const auto on = [this](QAction *action, auto handler) { connect(action, &QAction::triggered, this, handler); };
    on(m_actions->open, [this] {
        m_prompter.askFileToOpen(this, tr("Open file"),
                                 tr("Certificates and keys (*.pem *.crt *.cer *.der *.csr *.req *.p10 *.crl *.key *.p7b *.p7c *.p7m *.p12 "
                                    "*.pfx);;All files (*)"),
                                 [window = QPointer<MainWindow>(this)](const QString &path) {
                                     if (window)
                                         window->openFile(path);
                                 });
    });
    on(m_actions->quit, [this] { close(); });
    on(m_actions->addServer, [this] { addServer(); });
    on(m_actions->newRequest, [this] { newRequest(); });
    on(m_actions->refreshServer, [this] {
        for (const Scep::ServerId id : m_servers->selected())
            m_service.refreshServer(id);
    });
    on(m_actions->editServer, [this] {
        const QList<Scep::ServerId> ids = m_servers->selected();
        const Models::ServerRecord *record = ids.size() == 1 ? m_service.servers()->record(ids.first()) : nullptr;
        if (record == nullptr)
            return;
        auto *dialog = new ServerDialog(m_service, *record, this);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->open();
    });
    on(m_actions->removeServer, [this] { removeSelectedServer(); });
    on(m_actions->enroll, [this] { enrollSelected(); });
    on(m_actions->renew, [this] { renewSelected(); });
    on(m_actions->acceptCapabilities, [this] {
        for (const Scep::ServerId id : m_servers->selected())
            m_service.acceptCapabilities(id);
    });
    on(m_actions->attemptNow, [this] {
        for (const Scep::RequestId id : m_requests->selected())
            m_service.attemptNow(id);
    });
    on(m_actions->cancel, [this] { cancelSelected(); });
    on(m_actions->inspect, [this] { inspectSelected(); });
    on(m_actions->exportCertificate, [this] { exportSelected(); });
    on(m_actions->removeRequest, [this] { removeSelectedRequest(); });
    on(m_actions->showServers, [this] { showPane(0); });
    on(m_actions->showRequests, [this] { showPane(1); });
    on(m_actions->showCaStore, [this] { showPane(2); });
    on(m_actions->showLabCa, [this] { showPane(3); });
    on(m_actions->filter, [this] {
        if (auto *pane = qobject_cast<Pane *>(m_stack->currentWidget()))
            pane->focusFilter();
    });
    connect(m_actions->appearance, &QActionGroup::triggered, this, [this](const QAction *action) {
        m_settings.setValue(u"appearance"_s, action->data());
        applyAppearance(action->data().toString());
    });
    on(m_actions->about, [this] {
        auto *dialog = new AboutDialog(this);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->open();
    });
    // Actions that stand in no menu bar on some desktops still need their shortcuts.
    addActions(m_actions->findChildren<QAction *>());
}

void MainWindow::connectService()
{
    connect(&m_service, &Models::Service::activityChanged, this, &MainWindow::updateStatus);
    connect(&m_service, &Models::Service::failed, this,
            [this](const Models::Error &error, const QString &object) { m_messages->say(Models::explain(error, object)); });
    connect(m_clock, &QTimer::timeout, this, &MainWindow::updateStatus);
    const auto follow = [this](const QAbstractItemModel *model) {
        connect(model, &QAbstractItemModel::rowsInserted, this, &MainWindow::updateActions, Qt::QueuedConnection);
        connect(model, &QAbstractItemModel::rowsRemoved, this, &MainWindow::updateActions, Qt::QueuedConnection);
        connect(model, &QAbstractItemModel::dataChanged, this, &MainWindow::updateActions, Qt::QueuedConnection);
    };
    follow(m_service.servers());
    follow(m_service.requests());
    follow(m_labCa.enrollments());
    connect(m_labCaController, &LabCaController::serverAdded, this, [this](Scep::ServerId id) {
        showPane(0);
        m_servers->select(id);
    });
    connect(m_servers, &ServersPane::inspectRequested, this, [this](const Pki::Certificate &certificate) { inspect(certificate); });
}

QList<Pki::Certificate> MainWindow::knownCertificates(bool confirmedOnly) const
{
    QList<Pki::Certificate> certificates;
    const Models::ServerModel *servers = m_service.servers();
    for (int row = 0; row < servers->rowCount(); ++row) {
        const Models::ServerRecord *record = servers->record(servers->index(row, 0));
        if (record == nullptr || record->knowledge.trust != Scep::ServerKnowledge::Trust::Confirmed)
            continue;
        if (confirmedOnly)
            certificates.append(record->knowledge.roles.anchor);
        else
            certificates.append(record->knowledge.roles.caCertificates());
    }
    return certificates;
}

const Models::RequestRecord *MainWindow::selectedRequest() const
{
    const QList<Scep::RequestId> ids = m_requests->selected();
    return ids.size() == 1 ? m_service.requests()->record(ids.first()) : nullptr;
}

void MainWindow::addServer()
{
    auto *wizard = new AddServerWizard(m_service, m_prompter, this);
    wizard->setAttribute(Qt::WA_DeleteOnClose);
    connect(wizard, &AddServerWizard::serverAdded, this, [this](Scep::ServerId id) {
        showPane(0);
        m_servers->select(id);
    });
    wizard->open();
}

void MainWindow::newRequest()
{
    const QList<Scep::ServerId> selected = m_servers->selected();
    auto *wizard = new NewRequestWizard(m_service, selected.isEmpty() ? Scep::ServerId() : selected.first(), this);
    wizard->setAttribute(Qt::WA_DeleteOnClose);
    connect(wizard, &NewRequestWizard::requestSubmitted, this, &MainWindow::selectRequest);
    wizard->open();
}

void MainWindow::removeSelectedServer()
{
    const QList<Scep::ServerId> ids = m_servers->selected();
    const Models::ServerRecord *record = ids.size() == 1 ? m_service.servers()->record(ids.first()) : nullptr;
    if (record == nullptr)
        return;
    const QString label = record->server.label;
    m_prompter.confirm(this,
                       {.title = tr("Remove server?"),
                        .text = tr("The server %1 will be removed with its CA certificates.").arg(label),
                        .detail = tr("Its CA has to be confirmed again if you add it later."),
                        .yes = tr("Remove"),
                        .isRisky = true},
                       [window = QPointer<MainWindow>(this), id = ids.first(), label] {
                           if (!window)
                               return;
                           whenDone(window->m_service.removeServer(id), window.data(), [window, label](const Models::Result<void> &result) {
                               if (!result)
                                   window->m_messages->say(Models::explain(result.error(), tr("server %1").arg(label)));
                           });
                       });
}

void MainWindow::removeSelectedRequest()
{
    const Models::RequestRecord *record = selectedRequest();
    if (record == nullptr)
        return;
    const QString label = record->request.label;
    m_prompter.confirm(this,
                       {.title = tr("Remove request?"),
                        .text = tr("The request %1 will be removed with its certificates and private keys.").arg(label),
                        .detail = tr("This cannot be undone. The certificates stay valid at the CA. Export first what you still need."),
                        .yes = tr("Remove"),
                        .isRisky = true},
                       [window = QPointer<MainWindow>(this), id = record->request.id, label] {
                           if (!window)
                               return;
                           whenDone(window->m_service.removeRequest(id), window.data(),
                                    [window, label](const Models::Result<void> &result) {
                                        if (!result)
                                            window->m_messages->say(Models::explain(result.error(), tr("request %1").arg(label)));
                                    });
                       });
}

void MainWindow::enrollSelected()
{
    const Models::RequestRecord *record = selectedRequest();
    if (record == nullptr)
        return;
    const QString label = record->request.label;
    m_prompter.askSecret(this,
                         {.title = tr("Enroll %1 again").arg(label),
                          .text = tr("The former challenge was wiped. Give a new one if the CA wants one, or leave the field empty."),
                          .field = tr("Challenge"),
                          .error = QString(),
                          .isOptional = true},
                         [window = QPointer<MainWindow>(this), id = record->request.id, label](const SharedSecret &challenge) {
                             if (!window)
                                 return;
                             whenDone(window->m_service.enroll(id, challenge), window.data(),
                                      [window, label](const Models::Result<void> &result) {
                                          if (!result)
                                              window->m_messages->say(Models::explain(result.error(), tr("request %1").arg(label)));
                                      });
                         });
}

void MainWindow::renewSelected()
{
    const QList<Scep::RequestId> ids = m_requests->selected();
    for (const Scep::RequestId id : ids) {
        const Models::RequestRecord *record = m_service.requests()->record(id);
        if (record == nullptr)
            continue;
        whenDone(m_service.renew(id), this, [this, label = record->request.label](const Models::Result<void> &result) {
            if (!result)
                m_messages->say(Models::explain(result.error(), tr("request %1").arg(label)));
        });
    }
}

void MainWindow::cancelSelected()
{
    const QList<Scep::RequestId> ids = m_requests->selected();
    m_prompter.confirm(this,
                       {.title = tr("Stop transaction?"),
                        .text = tr("%n open transaction(s) will end here.", nullptr, static_cast<int>(ids.size())),
                        .detail = tr("The server is not told, because SCEP has no message for it: it may still issue the certificate."),
                        .yes = tr("Stop"),
                        .isRisky = true},
                       [window = QPointer<MainWindow>(this), ids] {
                           for (const Scep::RequestId id : ids) {
                               if (window)
                                   window->m_service.cancel(id);
                           }
                       });
}

void MainWindow::exportSelected()
{
    const Models::RequestRecord *record = selectedRequest();
    if (record == nullptr || !record->current)
        return;
    auto *dialog = new ExportDialog(m_service, m_prompter, *record->current, record->request.label, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &ExportDialog::exported, this, [this](const QStringList &paths) {
        QStringList shown;
        for (const QString &path : paths)
            shown.append(QDir::toNativeSeparators(path));
        m_messages->say(Models::Severity::Good, tr("Written: %1").arg(shown.join(u", "_s)));
    });
    dialog->open();
}

void MainWindow::inspectSelected()
{
    if (m_stack->currentWidget() == m_labCaPane) {
        const auto &labCa = m_labCa.identity();
        if (const Pki::Certificate certificate = m_labCaPane->selectedCertificate(); !certificate.isNull())
            inspect(certificate, labCa ? QList{labCa->issuing, labCa->root} : QList<Pki::Certificate>());
        return;
    }
    if (m_stack->currentWidget() == m_caStore) {
        if (const Models::CaStoreRecord *record = m_caStore->selectedRecord())
            inspect(record->certificate);
        return;
    }
    const Models::RequestRecord *record = selectedRequest();
    if (record != nullptr && record->current)
        inspect(record->current->certificate, record->current->issuers);
}

void MainWindow::inspect(const Pki::Certificate &certificate, const QList<Pki::Certificate> &pool)
{
    auto *inspector = new CertificateInspector(knownCertificates(false) + pool, knownCertificates(true), this);
    inspector->setAttribute(Qt::WA_DeleteOnClose);
    inspector->showCertificate(certificate);
    inspector->show();
}

void MainWindow::openFile(const QString &path)
{
    readFile(path, nullptr);
}

void MainWindow::readFile(const QString &path, SharedSecret passphrase)
{
    whenDone(runInPool([path, passphrase] {
                 const Pki::SecretBytes none;
                 return inspectFile(path, passphrase ? *passphrase : none);
             }),
             this, [this, path, passphrase](const Pki::Result<InspectedFile> &file) {
                 const QString name = QFileInfo(path).fileName();
                 if (!file && file.error().code == Pki::ErrorCode::WrongPassphrase) {
                     askForFilePassphrase(path, Models::explain(file.error(), name).oneLine());
                     return;
                 }
                 if (!file) {
                     m_prompter.tell(this, tr("Cannot open %1").arg(name), Models::explain(file.error(), name));
                     return;
                 }
                 if (file->needsPassphrase && !passphrase) {
                     askForFilePassphrase(path, QString());
                     return;
                 }
                 auto *inspector = new CertificateInspector(knownCertificates(false), knownCertificates(true), this);
                 inspector->setAttribute(Qt::WA_DeleteOnClose);
                 inspector->showFile(*file);
                 inspector->show();
             });
}

void MainWindow::askForFilePassphrase(const QString &path, const QString &error)
{
    m_prompter.askSecret(this,
                         {.title = tr("Open %1").arg(QFileInfo(path).fileName()),
                          .text = tr("The file is protected. Its pass phrase is used once and not kept."),
                          .field = tr("Pass phrase"),
                          .error = error,
                          .isOptional = false},
                         [window = QPointer<MainWindow>(this), path](const SharedSecret &passphrase) {
                             if (window)
                                 window->readFile(path, passphrase);
                         });
}

} // namespace Gui
