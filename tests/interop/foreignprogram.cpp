// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/interop/foreignprogram.h"

#include <QStandardPaths>
#include <QTest>

ForeignProgram::ForeignProgram(const QString &program, const QString &package, const QString &directory)
    : m_program(program)
    , m_package(package)
{
    m_process.setWorkingDirectory(directory);
    m_process.setStandardInputFile(QProcess::nullDevice());
    QObject::connect(&m_process, &QProcess::readyReadStandardOutput, &m_process, [this] { collect(); });
    QObject::connect(&m_process, &QProcess::readyReadStandardError, &m_process, [this] { collect(); });
}

ForeignProgram::~ForeignProgram()
{
    if (isRunning()) {
        m_process.kill();
        m_process.waitForFinished();
    }
}

void ForeignProgram::collect()
{
    m_output += m_process.readAllStandardOutput();
    m_errors += m_process.readAllStandardError();
}

bool ForeignProgram::start(const QStringList &arguments)
{
    m_output.clear();
    m_errors.clear();
    const QString path = QStandardPaths::findExecutable(m_program);
    if (path.isEmpty()) {
        m_errors = m_program.toUtf8() + " is not installed: it is in the Debian package " + m_package.toUtf8();
        return false;
    }
    m_process.start(path, arguments);
    if (!m_process.waitForStarted()) {
        m_errors = m_process.errorString().toUtf8();
        return false;
    }
    return true;
}

bool ForeignProgram::waitForEnd(std::chrono::seconds patience)
{
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(patience).count();
    const bool hasEnded = QTest::qWaitFor([this] { return !isRunning(); }, static_cast<int>(milliseconds));
    if (!hasEnded) {
        m_process.kill();
        m_process.waitForFinished();
    }
    collect();
    return hasEnded;
}

int ForeignProgram::run(const QStringList &arguments, std::chrono::seconds patience)
{
    if (!start(arguments) || !waitForEnd(patience))
        return -1;
    return exitCode();
}

int ForeignProgram::exitCode() const
{
    return m_process.exitStatus() == QProcess::NormalExit ? m_process.exitCode() : -1;
}
