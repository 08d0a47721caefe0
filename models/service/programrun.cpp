// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/service/programrun.h"

#include "models/service/errortext.h"

#include <csignal>
#ifdef Q_OS_UNIX
#include <unistd.h>
#endif

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace Models {

namespace {

constexpr qsizetype keptOutput = 4096; // bytes; the end says why
constexpr int shownOutput = 300;       // characters
constexpr auto graceTime = 2s;         // between asking a program to end and ending it

} // namespace

QString ProgramResult::complaint(const QString &program) const
{
    if (isGood())
        return {};
    if (!hasStarted)
        return u"%1 cannot be started: %2"_s.arg(program, startError);
    QString text = isTimedOut   ? u"%1 took too long and was ended"_s.arg(program)
                   : exitStatus ? u"%1 ended with status %2"_s.arg(program).arg(*exitStatus)
                                : u"%1 crashed"_s.arg(program);
    if (!output.isEmpty())
        text += u": %1"_s.arg(output);
    return text;
}

ProgramRun::ProgramRun(Task task, QObject *parent)
    : QObject(parent)
    , m_task(std::move(task))
{
    m_process.setProgram(m_task.program);
    m_process.setArguments(m_task.arguments);
    m_process.setProcessEnvironment(m_task.environment);
    m_process.setWorkingDirectory(m_task.folder);
    m_process.setStandardInputFile(QProcess::nullDevice());
    m_process.setProcessChannelMode(QProcess::MergedChannels);
#ifdef Q_OS_UNIX
    m_process.setChildProcessModifier([] { ::setsid(); });
#endif
    connect(&m_process, &QProcess::started, this, [this] {
        m_result.hasStarted = true;
        m_group = m_process.processId();
    });
    connect(&m_process, &QProcess::readyRead, this, &ProgramRun::read);
    connect(&m_process, &QProcess::finished, this, &ProgramRun::finish, Qt::QueuedConnection);
    connect(
        &m_process, &QProcess::errorOccurred, this,
        [this](QProcess::ProcessError error) {
            if (error == QProcess::FailedToStart)
                finish();
        },
        Qt::QueuedConnection);
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &ProgramRun::tooLong);
}

ProgramRun::~ProgramRun()
{
    m_process.disconnect(this);
    if (m_process.state() == QProcess::NotRunning)
        return;
    end(Ending::Force);
    m_process.waitForFinished(static_cast<int>(std::chrono::milliseconds(graceTime).count()));
}

void ProgramRun::start()
{
    m_timer.start(m_task.timeout);
    m_process.start();
}

void ProgramRun::read()
{
    // Whatever it writes is taken, so that it never waits for us; only the end is kept.
    m_output += m_process.readAll();
    if (m_output.size() > keptOutput)
        m_output = m_output.right(keptOutput);
}

void ProgramRun::end(Ending ending)
{
#ifdef Q_OS_UNIX
    // What it started itself ends with it.
    if (m_group > 0)
        ::kill(static_cast<pid_t>(-m_group), ending == Ending::Force ? SIGKILL : SIGTERM);
#endif
    if (ending == Ending::Force)
        m_process.kill();
    else
        m_process.terminate();
}

void ProgramRun::tooLong()
{
    if (m_isFinished)
        return;
    const bool wasAsked = std::exchange(m_result.isTimedOut, true);
    end(wasAsked ? Ending::Force : Ending::Ask);
    if (!wasAsked)
        m_timer.start(graceTime);
}

void ProgramRun::finish()
{
    if (std::exchange(m_isFinished, true))
        return;
    m_timer.stop();
    read();
    if (m_result.isTimedOut)
        end(Ending::Force); // those of its children that did not mind being asked
    if (!m_result.hasStarted)
        m_result.startError = m_process.errorString();
    else if (m_process.exitStatus() == QProcess::NormalExit && !m_result.isTimedOut)
        m_result.exitStatus = m_process.exitCode();
    m_result.output = safeText(QString::fromUtf8(m_output).trimmed().right(shownOutput), shownOutput);
    emit finished(m_result);
}

} // namespace Models
