// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/service.h"
#include "ui/actions.h"
#include "ui/prompter.h"

#include <QMainWindow>

class QLabel;
class QListWidget;
class QSettings;
class QStackedWidget;
class QTimer;

namespace Models {
class LabCaService;
}

namespace Gui {

class CaStoreController;
class CertificateController;
class CertificatesPane;
class CaStorePane;
class LabCaController;
class LabCaPane;
class LockGuard;
class LogPane;
class MessageBar;
class Pane;
class RequestController;
class RequestsPane;
class ServerController;
class ServersPane;
class WorkspaceController;

/// The window: sidebar, panes, actions, and a status bar that says what the worker does. Everything it needs is handed in; `settings`
/// keeps sizes and places only.
class MainWindow final : public QMainWindow
{
    Q_OBJECT

public:
    MainWindow(Models::Service &service, Models::LabCaService &labCa, Prompter &prompter, QSettings &settings, QWidget *parent = nullptr);
    ~MainWindow() override;

    /// Until then nothing but looking into files is offered.
    void setWorkspaceOpen(bool isOpen, const QString &name = {});
    /// Beside another program that works on it: lists only, and `why` on top.
    void setWorkspaceReadable(const QString &name, const QString &why);
    void openFile(const QString &path);
    void selectRequest(Scep::RequestId id);
    void showError(const Models::Explanation &explanation);
    [[nodiscard]] Actions &actions() { return *m_actions; }
    [[nodiscard]] LockGuard &lockGuard(); ///< told by whoever listens to the desktop

protected:
    void closeEvent(QCloseEvent *event) override;
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dropEvent(QDropEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    [[nodiscard]] QList<Pane *> panes() const; ///< in the sidebar's order
    void buildMenus();
    void buildPanes();
    void buildStatusBar();
    void connectActions();
    void connectService();
    void updateActions();
    void showPane(int row);
    void updateStatus();
    void selectServer(Scep::ServerId id);
    void inspectSelected();
    void inspectExchange();
    void showExchanges();
    void inspect(const Pki::Certificate &certificate, const QList<Pki::Certificate> &pool = {});
    void readFile(const QString &path, SharedSecret passphrase);
    void askForFilePassphrase(const QString &path, const QString &error);
    [[nodiscard]] QList<Pki::Certificate> knownCertificates(bool confirmedOnly) const;

    Models::Service &m_service;
    Models::LabCaService &m_labCa;
    Prompter &m_prompter;
    QSettings &m_settings;
    Actions *m_actions = nullptr;
    QListWidget *m_sidebar = nullptr;
    QStackedWidget *m_stack = nullptr;
    MessageBar *m_messages = nullptr;
    ServersPane *m_servers = nullptr;
    RequestsPane *m_requests = nullptr;
    CertificatesPane *m_certificates = nullptr;
    CaStorePane *m_caStore = nullptr;
    LabCaPane *m_labCaPane = nullptr;
    LogPane *m_log = nullptr;
    WorkspaceController *m_workspaceController = nullptr;
    ServerController *m_serverController = nullptr;
    RequestController *m_requestController = nullptr;
    CertificateController *m_certificateController = nullptr;
    CaStoreController *m_caStoreController = nullptr;
    LabCaController *m_labCaController = nullptr;
    QLabel *m_activity = nullptr;
    QLabel *m_activityIcon = nullptr;
    QLabel *m_workspace = nullptr;
    QTimer *m_clock = nullptr;
    bool m_isOpen = false;
    bool m_isReadable = false; ///< beside another program
};

} // namespace Gui
