// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/demo.h"
#include "app/gui/desktopsignals.h"
#include "app/gui/options.h"
#include "ui/dialogs/dialogprompter.h"
#include "ui/mainwindow.h"

#include <QObject>
#include <QSettings>

#include <memory>

/// The composition root of `scepter`: makes the parts, opens the workspace, and in a demo drives the enrollment. The only place of the
/// program that makes a network manager.
class Application final : public QObject
{
    Q_OBJECT

public:
    explicit Application(Options options);
    ~Application() override;
    void start();

private:
    void openWorkspace(const Gui::SharedSecret &passphrase);
    void workspaceAnswered(const Models::Result<void> &result, bool hadPassphrase);
    void openForReading(const Models::Explanation &refusal, bool isInUse);
    void askToUnlock(const QString &error);
    void workspaceOpened();
    void startDemo();
    void demoFinished(const Demo::Outcome &outcome);
    bool takeScreenshot(); ///< false: it could not be written, and that was said
    void fail(const QString &line);

    Options m_options;
    QString m_workspace;
    Gui::DialogPrompter m_prompter;
    std::unique_ptr<QSettings> m_settings;
    std::unique_ptr<Models::Service> m_service;
    std::unique_ptr<Models::LabCaService> m_labCa;
    std::unique_ptr<Gui::MainWindow> m_window;
    std::unique_ptr<Demo> m_demo;
    DesktopSignals m_desktop;
};
