// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/application.h"

#include "models/service/chaintext.h"
#include "models/service/errortext.h"
#include "ui/lockguard.h"
#include "ui/widgets/appearance.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/texts.h"

#include <QApplication>
#include <QDir>
#include <QNetworkAccessManager>
#include <QStandardPaths>
#include <QTimer>

#include <chrono>
#include <cstdio>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr auto demoTimeout = 60s;
/// For the updates that the last change queued, before a picture is taken.
constexpr auto settleTime = 300ms;
constexpr QSize headlessSize(1300, 780);

void printLine(std::FILE *stream, const QString &line)
{
    std::fputs((line + u'\n').toLocal8Bit().constData(), stream);
    std::fflush(stream);
}

Models::Service::Configuration serviceConfiguration(const QString &workspace)
{
    Models::Service::Configuration configuration;
    configuration.workspace = workspace;
    configuration.makeNetwork = [](QObject *parent) { return new QNetworkAccessManager(parent); };
    configuration.makeClock = [] { return std::make_unique<Scep::SystemClock>(); };
    configuration.now = [] { return QDateTime::currentDateTimeUtc(); };
    return configuration;
}

} // namespace

Application::Application(Options options)
    : m_options(std::move(options))
{
    m_workspace = !m_options.demo.isEmpty() ? QDir(m_options.demo).filePath(u"workspace"_s)
                  : !m_options.workspace.isEmpty()
                      ? m_options.workspace
                      : QDir(QStandardPaths::writableLocation(QStandardPaths::AppDataLocation)).filePath(u"workspace"_s);
    m_settings = std::make_unique<QSettings>(QDir(m_workspace).filePath(u"window.ini"_s), QSettings::IniFormat);
    if (!m_options.appearance.isEmpty())
        m_settings->setValue(u"appearance"_s, m_options.appearance);
    Gui::applyAppearance(m_settings->value(u"appearance"_s, u"system"_s).toString());
    m_service = std::make_unique<Models::Service>(serviceConfiguration(m_workspace));
    m_labCa = std::make_unique<Models::LabCaService>(QDir(m_options.demo.isEmpty() ? m_workspace : m_options.demo).filePath(u"lab-ca"_s));
    m_window = std::make_unique<Gui::MainWindow>(*m_service, *m_labCa, m_prompter, *m_settings);
    connect(&m_desktop, &DesktopSignals::screenLocked, &m_window->lockGuard(), &Gui::LockGuard::screenLocked);
    connect(&m_desktop, &DesktopSignals::goingToSleep, &m_window->lockGuard(), &Gui::LockGuard::goesToSleep);
}

Application::~Application() = default;

void Application::start()
{
    if (m_options.isHeadless)
        m_window->resize(headlessSize); // the offscreen platform's screen is too small to show much
    m_window->show();
    for (const QString &file : std::as_const(m_options.files))
        m_window->openFile(file);
    if (!m_options.demo.isEmpty()) {
        if (!QDir().mkpath(m_workspace)) {
            fail(Models::explain({Models::ErrorCode::FileNotWritable, {}}, m_workspace).oneLine());
            return;
        }
        QTimer::singleShot(demoTimeout, this, [this] {
            if (m_options.isHeadless)
                fail(tr("The demo did not end within a minute. Try again with another folder, or run it with the window to see why."));
        });
        openWorkspace(nullptr);
        return;
    }
    // A workspace without a vault is a new one: how its keys are protected is the technician's choice.
    if (!QFile::exists(QDir(m_workspace).filePath(u"vault.json"_s))) {
        m_prompter.askNewVaultPassphrase(
            m_window.get(), QDir::toNativeSeparators(m_workspace),
            [this](const Gui::SharedSecret &passphrase) { openWorkspace(passphrase); },
            [this] {
                m_window->showError(
                    {tr("No workspace was made."), tr("Files can be looked into; start Scepter again to make a workspace.")});
            });
        return;
    }
    openWorkspace(nullptr);
}

void Application::openWorkspace(const Gui::SharedSecret &passphrase)
{
    Gui::whenDone(m_service->open(passphrase), this,
                  [this, had = passphrase != nullptr](const Models::Result<void> &result) { workspaceAnswered(result, had); });
}

void Application::workspaceAnswered(const Models::Result<void> &result, bool hadPassphrase)
{
    if (result) {
        workspaceOpened();
        return;
    }
    const QString object = tr("workspace %1").arg(QDir::toNativeSeparators(m_workspace));
    const Models::Explanation explanation = Models::explain(result.error(), object);
    const bool isLocked = result.error().code == Models::ErrorCode::PassphraseRequired ||
                          result.error().code == Models::ErrorCode::WrongPassphrase ||
                          result.error().code == Models::ErrorCode::WaitRequired;
    if (isLocked && m_options.demo.isEmpty()) {
        const bool mustWait = result.error().code == Models::ErrorCode::WaitRequired;
        askToUnlock(mustWait        ? Models::explain(result.error(), {}).oneLine()
                    : hadPassphrase ? tr("This pass phrase does not fit. Try again.")
                                    : QString());
        return;
    }
    const Models::ErrorCode code = result.error().code;
    const bool isInUse = code == Models::ErrorCode::WorkspaceInUse;
    if (m_options.isHeadless)
        fail(explanation.oneLine());
    else if (isInUse || code == Models::ErrorCode::FileNotWritable || code == Models::ErrorCode::DiskFull)
        openForReading(explanation, isInUse);
    else
        m_window->showError(explanation);
}

void Application::openForReading(const Models::Explanation &refusal, bool isInUse)
{
    Gui::whenDone(
        m_service->openForReading(), this, [this, refusal, isInUse](const Models::Result<std::optional<Models::WorkspaceHolder>> &holder) {
            if (!holder) {
                m_window->showError(refusal);
                return;
            }
            const QString who = *holder ? (*holder)->toText() : tr("another program");
            m_window->setWorkspaceReadable(tr("%1 (read only)").arg(QDir::toNativeSeparators(m_workspace)),
                                           isInUse ? tr("%1 works on this workspace. Everything can be looked at; to change something, end "
                                                        "it and start Scepter again.")
                                                         .arg(who)
                                                   : tr("%1 Everything can be looked at.").arg(refusal.oneLine()));
        });
}

void Application::askToUnlock(const QString &error)
{
    m_prompter.askSecret(
        m_window.get(),
        {.title = tr("Unlock the workspace"),
         .text = tr("The private keys in %1 are protected.").arg(QDir::toNativeSeparators(m_workspace)),
         .field = tr("Pass phrase"),
         .error = error,
         .isOptional = false},
        [this](const Gui::SharedSecret &passphrase) { openWorkspace(passphrase); },
        [this] {
            m_window->showError({tr("The workspace stays locked."), tr("Nothing is renewed meanwhile. Start Scepter again to unlock it.")});
        });
}

void Application::workspaceOpened()
{
    const bool isDemo = !m_options.demo.isEmpty();
    m_window->setWorkspaceOpen(true, isDemo ? tr("Demo workspace, keys not protected: %1").arg(QDir::toNativeSeparators(m_workspace))
                                            : QDir::toNativeSeparators(m_workspace));
    if (isDemo)
        startDemo();
    else if (!m_options.screenshot.isEmpty())
        QTimer::singleShot(settleTime, this, &Application::takeScreenshot);
}

void Application::startDemo()
{
    m_demo = std::make_unique<Demo>(*m_service, *m_labCa, m_options.demo);
    connect(m_demo.get(), &Demo::finished, this, &Application::demoFinished);
    connect(m_demo.get(), &Demo::failed, this, &Application::fail);
    m_demo->start();
}

void Application::demoFinished(const Demo::Outcome &outcome)
{
    const Pki::Certificate &certificate = outcome.issued.certificate;
    const QList<Pki::Certificate> &issuers = outcome.issued.issuers;
    const QList<Pki::Certificate> anchors = issuers.isEmpty() ? QList<Pki::Certificate>() : QList{issuers.last()};
    const Pki::CertificateChain chain = Pki::buildChain(certificate, issuers, anchors, QDateTime::currentDateTimeUtc());
    const auto row = [](const char *name, const QString &value) {
        printLine(stdout, u"%1 %2"_s.arg(QString::fromLatin1(name).leftJustified(10), value));
    };
    row("subject", Models::safeText(certificate.subject().toText()));
    row("issuer", Models::safeText(certificate.issuer().toText()));
    row("serial", certificate.serialNumber().toDisplay());
    row("valid", u"%1 to %2"_s.arg(Gui::exactTimeText(certificate.notBefore()), Gui::exactTimeText(certificate.notAfter())));
    row("SHA-256", certificate.fingerprint().toDisplay());
    row("chain", Models::chainVerdict(chain));
    for (const QString &file : outcome.files)
        row("file", file);
    m_window->selectRequest(outcome.request);
    if (!chain.isTrusted) {
        fail(tr("The chain of the new certificate is not trusted: %1.").arg(Models::chainVerdict(chain)));
        return;
    }
    QTimer::singleShot(settleTime, this, [this] {
        if (takeScreenshot() && m_options.isHeadless)
            QCoreApplication::exit(0);
    });
}

bool Application::takeScreenshot()
{
    if (m_options.screenshot.isEmpty())
        return true;
    if (!m_window->grab().save(m_options.screenshot, "PNG")) {
        fail(tr("The picture %1 could not be written. Check that its folder exists and can be written.").arg(m_options.screenshot));
        return false;
    }
    printLine(stdout, u"screenshot %1"_s.arg(m_options.screenshot));
    return true;
}

void Application::fail(const QString &line)
{
    printLine(stderr, u"scepter: "_s + line);
    if (m_options.isHeadless)
        QCoreApplication::exit(1);
    else
        m_window->showError({line, {}});
}
