// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/error.h"

#include <QObject>
#include <QProcess>
#include <QProcessEnvironment>
#include <QTimer>

#include <chrono>
#include <optional>

namespace Models {

/// What became of a program.
struct ProgramResult {
    bool hasStarted = false;
    bool isTimedOut = false;       ///< it was ended because it took too long
    std::optional<int> exitStatus; ///< absent: it did not start, or a signal ended it
    QString startError;            ///< the system's reason for not starting it
    QString output;                ///< the last of what it wrote to standard output and error, made safe to show

    [[nodiscard]] bool isGood() const { return exitStatus == 0; }
    /// "/usr/bin/reload ended with status 3: no such device"; empty when all went well.
    [[nodiscard]] QString complaint(const QString &program) const;
};

/// Runs one program: no shell, nothing on its standard input, its output read and bounded, a process group of its own that ends with it
/// when it takes too long. start() once; finished() exactly once, from the event loop; deleting a running one ends the program silently.
class ProgramRun final : public QObject
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(ProgramRun)

public:
    struct Task {
        QString program; ///< a path; nothing is searched for
        QStringList arguments;
        QProcessEnvironment environment;
        QString folder; ///< to run in
        std::chrono::milliseconds timeout{std::chrono::seconds(60)};
    };
    explicit ProgramRun(Task task, QObject *parent = nullptr);
    ~ProgramRun() override;

    void start();

signals:
    void finished(const Models::ProgramResult &result);

private:
    void read();
    void tooLong();
    enum class Ending { Ask, Force };
    void end(Ending ending);
    void finish();

    Task m_task;
    QProcess m_process;
    QTimer m_timer;
    QByteArray m_output;
    ProgramResult m_result;
    qint64 m_group = 0;
    bool m_isFinished = false;
};

} // namespace Models
