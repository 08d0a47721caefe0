// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/application.h"

#include "ui/widgets/icons.h"

#include <QApplication>

#include <cstdio>

#ifdef Q_OS_LINUX
#include <sys/prctl.h>
#include <sys/resource.h>
#endif

namespace {

/// A core file would hold private keys and challenges.
void forbidCoreFiles()
{
#ifdef Q_OS_LINUX
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__ // its leak check traces the process, which this forbids
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
#endif
}

QStringList argumentsOf(int argc, char *argv[])
{
    QStringList arguments;
    for (int at = 0; at < argc; ++at)
        arguments.append(QString::fromLocal8Bit(argv[at]));
    return arguments;
}

} // namespace

int main(int argc, char *argv[])
{
    forbidCoreFiles();
    QCoreApplication::setApplicationName(QStringLiteral("scepter"));
    QCoreApplication::setApplicationVersion(QStringLiteral(SCEPTER_VERSION));
    int exitCode = 0;
    const std::optional<Options> options = readOptions(argumentsOf(argc, argv), exitCode);
    if (!options)
        return exitCode;
    if (options->isHeadless) {
        qputenv("QT_QPA_PLATFORM", "offscreen");
    } else if (qEnvironmentVariableIsEmpty("DISPLAY") && qEnvironmentVariableIsEmpty("WAYLAND_DISPLAY") &&
               qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM")) {
#ifdef Q_OS_LINUX
        std::fputs("scepter: there is no display. Use --demo DIR --headless, or scepctl on a terminal.\n", stderr);
        return 1;
#endif
    }
    const QApplication application(argc, argv);
    QApplication::setApplicationDisplayName(QStringLiteral("Scepter"));
    QGuiApplication::setDesktopFileName(QStringLiteral("scepter"));
    QApplication::setWindowIcon(Gui::applicationIcon());
    Application scepter(*options);
    // From the event loop: a failure at the start must be able to end it.
    QMetaObject::invokeMethod(&scepter, &Application::start, Qt::QueuedConnection);
    return QApplication::exec();
}
