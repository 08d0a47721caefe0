// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QProcess>
#include <QString>
#include <QStringList>

#include <chrono>

/// Somebody else's program, run while our event loop goes on: it may talk to a server of ours in this very process.
/// A program that is not installed is a failure of the test (the message names the Debian package), never a skipped one.
class ForeignProgram
{
public:
    /// `package`: what to install when `program` is not found in PATH.
    ForeignProgram(const QString &program, const QString &package, const QString &directory);
    ~ForeignProgram(); ///< kills it if it still runs

    /// False, with what is missing in errors(), when it could not be started.
    bool start(const QStringList &arguments);
    /// Runs the event loop until the program has ended; false if it did not in time (it is killed then).
    bool waitForEnd(std::chrono::seconds patience = std::chrono::seconds(60));
    /// start() and waitForEnd(); the exit code, or -1.
    int run(const QStringList &arguments, std::chrono::seconds patience = std::chrono::seconds(60));

    [[nodiscard]] bool isRunning() const { return m_process.state() != QProcess::NotRunning; }
    [[nodiscard]] int exitCode() const;
    [[nodiscard]] qint64 processId() const { return m_process.processId(); }
    [[nodiscard]] QByteArray output() const { return m_output; } ///< standard output
    [[nodiscard]] QByteArray errors() const { return m_errors; } ///< standard error
    [[nodiscard]] QByteArray everything() const { return m_output + m_errors; }

private:
    void collect();

    QString m_program;
    QString m_package;
    QProcess m_process;
    QByteArray m_output;
    QByteArray m_errors;
};
