// SPDX-License-Identifier: GPL-3.0-or-later

// What MainWindow's actions do.

#include "models/items/castoremodel.h"
#include "models/items/requestmodel.h"
#include "models/items/servermodel.h"
#include "models/service/errortext.h"
#include "models/service/labcaservice.h"
#include "ui/certificatecontroller.h"
#include "ui/dialogs/aboutdialog.h"
#include "ui/inspector/certificateinspector.h"
#include "ui/inspector/inspectedexchange.h"
#include "ui/labcacontroller.h"
#include "ui/mainwindow.h"
#include "ui/panes/castorepane.h"
#include "ui/panes/certificatespane.h"
#include "ui/panes/labcapane.h"
#include "ui/panes/logpane.h"
#include "ui/panes/requestspane.h"
#include "ui/panes/serverspane.h"
#include "ui/requestcontroller.h"
#include "ui/servercontroller.h"
#include "ui/widgets/appearance.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/messagebar.h"
#include "ui/widgets/texts.h"

#include <QAction>
#include <QActionGroup>
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
    on(m_actions->inspect, [this] { inspectSelected(); });
    on(m_actions->exportCertificate, [this] {
        if (m_stack->currentWidget() == m_certificates)
            m_certificateController->exportSelected();
        else
            m_requestController->exportCertificate();
    });
    on(m_actions->showServers, [this] { showPane(0); });
    on(m_actions->showRequests, [this] { showPane(1); });
    on(m_actions->showCertificates, [this] { showPane(2); });
    on(m_actions->showCaStore, [this] { showPane(3); });
    on(m_actions->showLabCa, [this] { showPane(4); });
    on(m_actions->showLog, [this] { showPane(5); });
    on(m_actions->showExchanges, [this] { showExchanges(); });
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
    connect(&m_service, &Models::Service::lockStateChanged, this, &MainWindow::updateActions);
    connect(m_clock, &QTimer::timeout, this, &MainWindow::updateStatus);
    const auto follow = [this](const QAbstractItemModel *model) {
        connect(model, &QAbstractItemModel::rowsInserted, this, &MainWindow::updateActions, Qt::QueuedConnection);
        connect(model, &QAbstractItemModel::rowsRemoved, this, &MainWindow::updateActions, Qt::QueuedConnection);
        connect(model, &QAbstractItemModel::dataChanged, this, &MainWindow::updateActions, Qt::QueuedConnection);
    };
    follow(m_service.servers());
    follow(m_service.requests());
    follow(m_labCa.enrollments());
    connect(m_labCaController, &LabCaController::serverAdded, this, &MainWindow::selectServer);
    connect(m_certificateController, &CertificateController::inspectRequested, this, &MainWindow::inspect);
    connect(m_certificateController, &CertificateController::requestWanted, this, &MainWindow::selectRequest);
    connect(m_serverController, &ServerController::serverAdded, this, &MainWindow::selectServer);
    connect(m_requestController, &RequestController::requestAdded, this, &MainWindow::selectRequest);
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

void MainWindow::showExchanges()
{
    const QList<Scep::RequestId> requests = m_requests->selected();
    const QList<Scep::ServerId> servers = m_servers->selected();
    const bool isOfRequest = m_stack->currentWidget() == m_requests;
    showPane(5);
    if (isOfRequest && requests.size() == 1)
        m_log->showOnly(requests.first());
    else if (!isOfRequest && servers.size() == 1)
        m_log->showOnly(servers.first());
}

void MainWindow::inspectExchange()
{
    const Models::LoggedExchange *entry = m_log->selectedEntry();
    if (entry == nullptr)
        return;
    const QString server = m_log->serverLabel(entry->exchange.server);
    const QString request = m_log->requestLabel(entry->exchange.request);
    whenDone(m_service.exchange(entry->exchange.id), this, [this, server, request](const Models::Result<Scep::Exchange> &exchange) {
        if (!exchange) {
            m_messages->say(Models::explain(exchange.error(), tr("the exchange log")));
            return;
        }
        whenDone(runInPool([exchange = *exchange, server, request] { return Gui::inspectExchange(exchange, server, request); }), this,
                 [this](const InspectedFile &file) {
                     auto *inspector = new CertificateInspector(knownCertificates(false), knownCertificates(true), this);
                     inspector->setAttribute(Qt::WA_DeleteOnClose);
                     inspector->showFile(file);
                     inspector->show();
                 });
    });
}

void MainWindow::inspectSelected()
{
    if (m_stack->currentWidget() == m_log) {
        inspectExchange();
        return;
    }
    if (m_stack->currentWidget() == m_certificates) {
        m_certificateController->inspect();
        return;
    }
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
    const Models::RequestRecord *record = m_requests->selectedRecord();
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
