// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/cli/scepctlprogram.h"

#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QTest>

#include <csignal>
#include <sys/resource.h>

namespace Test {

QJsonObject ScepctlResult::json() const
{
    return QJsonDocument::fromJson(output).object();
}

QJsonObject ScepctlResult::jsonError() const
{
    return json().value("error").toObject();
}

ScepctlProgram::ScepctlProgram()
{
    if (!m_folder.isValid())
        qFatal("no temporary folder: %s", qPrintable(m_folder.errorString()));
}

void ScepctlProgram::write(const QString &fileName, const QByteArray &bytes) const
{
    QFile file(path(fileName));
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
        qFatal("cannot write %s", qPrintable(file.fileName()));
}

QByteArray ScepctlProgram::read(const QString &fileName) const
{
    QFile file(path(fileName));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

bool ScepctlProgram::exists(const QString &fileName) const
{
    return QFile::exists(path(fileName));
}

QStringList ScepctlProgram::files(const QString &folder) const
{
    return QDir(path(folder)).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot, QDir::Name);
}

std::unique_ptr<QProcess> ScepctlProgram::start(const QStringList &arguments) const
{
    auto process = std::make_unique<QProcess>();
    process->setWorkingDirectory(m_folder.path());
    if (m_fileSizeLimit > 0) {
        process->setChildProcessModifier([limit = m_fileSizeLimit] {
            const rlimit limits{static_cast<rlim_t>(limit), static_cast<rlim_t>(limit)};
            ::setrlimit(RLIMIT_FSIZE, &limits);
            ::signal(SIGXFSZ, SIG_IGN); // a write then fails as on a full disk instead of ending the process
        });
    }
    process->start(qEnvironmentVariable("SCEPTER_BIN_DIR") + "/scepctl", arguments);
    return process;
}

ScepctlResult ScepctlProgram::wait(QProcess &process)
{
    const bool hasEnded = QTest::qWaitFor([&process] { return process.state() == QProcess::NotRunning; }, 60000);
    ScepctlResult result;
    if (hasEnded && process.exitStatus() == QProcess::NormalExit && process.error() != QProcess::FailedToStart)
        result.exitCode = process.exitCode();
    result.output = process.readAllStandardOutput();
    result.errors = process.readAllStandardError();
    return result;
}

ScepctlResult ScepctlProgram::run(const QStringList &arguments) const
{
    const std::unique_ptr<QProcess> process = start(arguments);
    return wait(*process);
}

} // namespace Test
