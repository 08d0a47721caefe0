// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/mainwindow.h"

#include "models/items/requestmodel.h"
#include "models/service/errortext.h"
#include "models/service/labcaservice.h"
#include "ui/castorecontroller.h"
#include "ui/certificatecontroller.h"
#include "ui/labcacontroller.h"
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
#include "ui/widgets/icons.h"
#include "ui/widgets/messagebar.h"
#include "ui/workspacecontroller.h"

#include <QAction>
#include <QActionGroup>
#include <QCloseEvent>
#include <QDragEnterEvent>
#include <QListWidget>
#include <QMenuBar>
#include <QMimeData>
#include <QSettings>
#include <QStackedWidget>
#include <QStatusBar>
#include <QTimer>
#include <QToolBar>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace Gui {

MainWindow::MainWindow(Models::Service &service, Models::LabCaService &labCa, Prompter &prompter, QSettings &settings, QWidget *parent)
    : QMainWindow(parent)
    , m_service(service)
    , m_labCa(labCa)
    , m_prompter(prompter)
    , m_settings(settings)
    , m_actions(new Actions(this))
    , m_clock(new QTimer(this))
{
    setObjectName(u"mainWindow"_s);
    setWindowTitle(tr("Scepter"));
    setWindowIcon(applicationIcon());
    setAcceptDrops(true);
    setUnifiedTitleAndToolBarOnMac(true);
    resizeToText(this, 244, 54);

    buildPanes();
    buildMenus();
    buildStatusBar();
    connectActions();
    connectService();

    const QString appearance = m_settings.value(u"appearance"_s, u"system"_s).toString();
    for (QAction *action : m_actions->appearance->actions())
        action->setChecked(action->data().toString() == appearance);
    restoreGeometry(m_settings.value(u"window/geometry"_s).toByteArray());
    restoreState(m_settings.value(u"window/state"_s).toByteArray());
    for (Pane *pane : panes())
        pane->restoreState(m_settings);
    m_workspaceController->restoreSettings(m_settings);
    m_labCaController->restoreSettings(m_settings);
    showPane(m_settings.value(u"window/pane"_s, 0).toInt());
    updateActions();
    updateStatus();
}

MainWindow::~MainWindow() = default;

void MainWindow::buildPanes()
{
    auto *central = new QWidget(this);
    auto *layout = new QHBoxLayout(central);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);

    m_sidebar = named(new QListWidget(central), u"sidebar"_s, tr("Areas"));
    m_sidebar->setFrameShape(QFrame::NoFrame);
    m_sidebar->setIconSize(QSize(20, 20));
    m_sidebar->setSpacing(2);
    m_sidebar->setFixedWidth(fontMetrics().averageCharWidth() * 20);
    m_sidebar->viewport()->setBackgroundRole(QPalette::Window);
    m_sidebar->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    for (QAction *action : {m_actions->showServers, m_actions->showRequests, m_actions->showCertificates, m_actions->showCaStore,
                            m_actions->showLabCa, m_actions->showLog}) {
        QString text = action->text();
        text.remove(u'&');
        auto *item = new QListWidgetItem(action->icon(), text, m_sidebar);
        item->setToolTip(action->toolTip());
        item->setSizeHint(QSize(0, fontMetrics().height() + 16));
    }

    auto *right = new QWidget(central);
    auto *rightLayout = new QVBoxLayout(right);
    rightLayout->setContentsMargins(0, 0, 0, 0);
    rightLayout->setSpacing(0);
    m_messages = new MessageBar(right);
    m_stack = new QStackedWidget(right);
    m_stack->setObjectName(u"paneStack"_s);
    m_servers = new ServersPane(m_service, *m_actions, m_stack);
    m_requests = new RequestsPane(m_service, *m_actions, m_stack);
    m_certificates = new CertificatesPane(m_service, *m_actions, m_stack);
    m_caStore = new CaStorePane(m_service, *m_actions, m_stack);
    m_labCaPane = new LabCaPane(m_labCa, *m_actions, m_stack);
    m_log = new LogPane(m_service, *m_actions, m_stack);
    for (Pane *pane : panes()) {
        m_stack->addWidget(pane);
        connect(pane, &Pane::selectionChanged, this, &MainWindow::updateActions);
    }
    rightLayout->addWidget(m_messages);
    rightLayout->addWidget(m_stack, 1);

    auto *line = new QFrame(central);
    line->setFrameShape(QFrame::VLine);
    line->setFrameShadow(QFrame::Plain);
    line->setForegroundRole(QPalette::Mid);
    layout->addWidget(m_sidebar);
    layout->addWidget(line);
    layout->addWidget(right, 1);
    setCentralWidget(central);
    connect(m_sidebar, &QListWidget::currentRowChanged, this, &MainWindow::showPane);
    m_workspaceController = new WorkspaceController({m_service, m_prompter, *m_actions, *m_messages}, this);
    m_serverController = new ServerController({m_service, m_prompter, *m_actions, *m_servers, *m_messages}, this);
    m_requestController = new RequestController({m_service, m_prompter, *m_actions, *m_servers, *m_requests, *m_messages}, this);
    m_certificateController = new CertificateController({m_service, m_prompter, *m_actions, *m_certificates, *m_messages}, this);
    m_caStoreController = new CaStoreController({m_service, m_prompter, *m_actions, *m_caStore, *m_messages}, this);
    m_labCaController = new LabCaController({m_service, m_labCa, m_prompter, *m_actions, *m_labCaPane, *m_messages}, this);
}

QList<Pane *> MainWindow::panes() const
{
    return {m_servers, m_requests, m_certificates, m_caStore, m_labCaPane, m_log};
}

void MainWindow::buildMenus()
{
    QMenu *file = menuBar()->addMenu(tr("&File"));
    file->addAction(m_actions->open);
    file->addSeparator();
    file->addActions({m_actions->openBin, m_actions->keeping});
    file->addActions({m_actions->lockWorkspace, m_actions->unlockWorkspace, m_actions->protectWorkspace});
    file->addSeparator();
    file->addAction(m_actions->quit);
    QMenu *server = menuBar()->addMenu(tr("&Server"));
    server->addActions(
        {m_actions->addServer, m_actions->refreshServer, m_actions->confirmCa, m_actions->editServer, m_actions->acceptCapabilities});
    server->addSeparator();
    server->addAction(m_actions->removeServer);
    QMenu *request = menuBar()->addMenu(tr("&Request"));
    request->addActions({m_actions->newRequest, m_actions->renew, m_actions->attemptNow, m_actions->continueRenewing, m_actions->enroll,
                         m_actions->useCsr, m_actions->cancel});
    request->addSeparator();
    request->addActions({m_actions->inspect, m_actions->exportCertificate});
    request->addSeparator();
    request->addActions({m_actions->editRequest, m_actions->deliver});
    request->addSeparator();
    request->addAction(m_actions->removeRequest);
    QMenu *certificate = menuBar()->addMenu(tr("Certi&ficate"));
    certificate->addActions({m_actions->inspect, m_actions->exportCertificate, m_actions->showRequestOfCertificate});
    certificate->addSeparator();
    certificate->addAction(m_actions->removeCertificate);
    QMenu *caStore = menuBar()->addMenu(tr("&CA store"));
    caStore->addActions({m_actions->importCa, m_actions->removeCa});
    QMenu *labCa = menuBar()->addMenu(tr("&Lab CA"));
    labCa->addActions({m_actions->startLabCa, m_actions->stopLabCa});
    labCa->addSeparator();
    labCa->addActions({m_actions->addLabCaServer, m_actions->copyLabCaChallenge, m_actions->changeLabCaChallenge, m_actions->expectDevices,
                       m_actions->newLabCa, m_actions->editLabCa});
    labCa->addSeparator();
    labCa->addActions({m_actions->approveEnrollment, m_actions->rejectEnrollment, m_actions->revokeEnrollment});
    labCa->addSeparator();
    labCa->addActions({m_actions->makeNextCa, m_actions->switchToNextCa});
    QMenu *view = menuBar()->addMenu(tr("&View"));
    view->addActions({m_actions->showServers, m_actions->showRequests, m_actions->showCertificates, m_actions->showCaStore,
                      m_actions->showLabCa, m_actions->showLog});
    view->addSeparator();
    view->addAction(m_actions->showExchanges);
    view->addSeparator();
    view->addAction(m_actions->filter);
    QMenu *appearance = view->addMenu(tr("&Appearance"));
    appearance->addActions(m_actions->appearance->actions());
    QMenu *help = menuBar()->addMenu(tr("&Help"));
    help->addAction(m_actions->about);
    for (QMenu *menu : {file, server, request, certificate, caStore, labCa, view, appearance, help})
        menu->setToolTipsVisible(true);

    auto *bar = addToolBar(tr("Tools"));
    bar->setObjectName(u"toolBar"_s);
    bar->setMovable(false);
    bar->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    bar->setIconSize(QSize(18, 18));
    bar->addActions({m_actions->addServer, m_actions->newRequest});
    bar->addSeparator();
    bar->addActions({m_actions->refreshServer, m_actions->attemptNow});
    bar->addSeparator();
    bar->addActions({m_actions->inspect, m_actions->exportCertificate});
    bar->addSeparator();
    bar->addAction(m_actions->open);
}

void MainWindow::buildStatusBar()
{
    m_activityIcon = new QLabel(this);
    m_activity = named(plainLabel(QString(), this), u"activityLabel"_s, tr("What Scepter does"));
    m_workspace = named(plainLabel(QString(), this), u"workspaceLabel"_s, tr("Workspace"));
    m_workspace->setForegroundRole(QPalette::PlaceholderText);
    // One widget, so that status tips of actions replace both and nothing jumps.
    auto *activity = new QWidget(this);
    auto *layout = new QHBoxLayout(activity);
    layout->setContentsMargins(6, 0, 0, 0);
    layout->setSpacing(6);
    layout->addWidget(m_activityIcon);
    layout->addWidget(m_activity, 1);
    statusBar()->addWidget(activity, 1);
    statusBar()->addPermanentWidget(m_workspace);
}

void MainWindow::showPane(int row)
{
    const int shown = qBound(0, row, m_stack->count() - 1);
    m_stack->setCurrentIndex(shown);
    m_sidebar->setCurrentRow(shown);
    updateActions();
}

void MainWindow::setWorkspaceOpen(bool isOpen, const QString &name)
{
    m_isOpen = isOpen;
    m_workspace->setText(name);
    updateActions();
    updateStatus();
}

void MainWindow::setWorkspaceReadable(const QString &name, const QString &why)
{
    setWorkspaceOpen(false, name);
    m_isReadable = true;
    m_messages->say(Models::Severity::Attention, why);
    updateActions();
    updateStatus();
}

void MainWindow::selectServer(Scep::ServerId id)
{
    showPane(0);
    m_servers->select(id);
}

void MainWindow::selectRequest(Scep::RequestId id)
{
    showPane(1);
    m_requests->select(id);
}

LockGuard &MainWindow::lockGuard()
{
    return m_workspaceController->lockGuard();
}

void MainWindow::showError(const Models::Explanation &explanation)
{
    m_messages->say(explanation);
}

void MainWindow::updateActions()
{
    const auto *pane = qobject_cast<Pane *>(m_stack->currentWidget());
    if (pane == nullptr)
        return;
    Actions::Context context = pane->context();
    context.isOpen = m_isOpen;
    context.isReadable = m_isOpen || m_isReadable;
    context.isProtected = m_service.lockState() != Models::LockState::Unprotected;
    context.isLocked = m_service.lockState() == Models::LockState::Locked;
    context.isLabCaStopped = m_labCa.state() == Models::LabCaService::State::Stopped;
    context.isLabCaRunning = m_labCa.state() == Models::LabCaService::State::Running;
    context.lacksLabCa = context.isLabCaStopped && !m_labCa.hasCa();
    if (const auto &labCa = m_labCa.identity()) {
        context.hasNextCa = !labCa->next.isNull();
        context.hasLabCaChallenge = labCa->challenge != nullptr;
        context.expectsDevices = m_labCa.settings().mode == LabCa::Mode::Registered;
    }
    context.hasServers = m_service.servers() != nullptr && !knownCertificates(true).isEmpty();
    m_actions->apply(context);
}

void MainWindow::updateStatus()
{
    const Models::ActivityView activity = m_service.activity();
    const bool isIdle = activity.kind == Scep::Activity::Kind::Idle;
    m_activity->setText(m_isOpen       ? Models::activityText(activity, QDateTime::currentDateTimeUtc())
                        : m_isReadable ? tr("Another program works on this workspace.")
                                       : tr("No workspace is open."));
    const int size = fontMetrics().height();
    m_activityIcon->setPixmap(
        severityIcon(isIdle ? Models::Severity::Neutral : Models::Severity::Busy).pixmap(QSize(size, size), devicePixelRatioF()));
    // Countdowns: once a second while something is near, else once a minute.
    const bool isNear = activity.nextDue.isValid() && QDateTime::currentDateTimeUtc().secsTo(activity.nextDue) < 120;
    m_clock->start(isNear ? 1000 : 60000);
}

void MainWindow::closeEvent(QCloseEvent *event)
{
    m_settings.setValue(u"window/geometry"_s, saveGeometry());
    m_settings.setValue(u"window/state"_s, QMainWindow::saveState());
    m_settings.setValue(u"window/pane"_s, m_stack->currentIndex());
    for (const Pane *pane : panes())
        pane->saveState(m_settings);
    m_workspaceController->saveSettings(m_settings);
    m_labCaController->saveSettings(m_settings);
    QMainWindow::closeEvent(event);
}

void MainWindow::dragEnterEvent(QDragEnterEvent *event)
{
    for (const QUrl &url : event->mimeData()->urls()) {
        if (url.isLocalFile()) {
            event->acceptProposedAction();
            return;
        }
    }
}

void MainWindow::dropEvent(QDropEvent *event)
{
    constexpr int mostAtOnce = 10;
    int opened = 0;
    for (const QUrl &url : event->mimeData()->urls()) {
        if (url.isLocalFile() && opened++ < mostAtOnce)
            openFile(url.toLocalFile());
    }
    event->acceptProposedAction();
}

void MainWindow::changeEvent(QEvent *event)
{
    QMainWindow::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_activityIcon != nullptr)
        updateStatus();
}

} // namespace Gui
