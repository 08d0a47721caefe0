// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QProcess>
#include <QString>

namespace Bench {

/// `scepctl lab-ca serve` for as long as the object lives. Ends the benchmark when it does not start.
class LabCaProcess
{
public:
    LabCaProcess(const QString &scepctl, const QString &folder, const QString &challengeFile);
    ~LabCaProcess();
    LabCaProcess(const LabCaProcess &) = delete;
    LabCaProcess &operator=(const LabCaProcess &) = delete;

    QString url;
    QString rootSha256;
    [[nodiscard]] qint64 processId() const { return m_process.processId(); }

private:
    QProcess m_process;
};

/// Seconds of processor time that another program has used so far: what a busy machine does to the clock, it does not do to this.
double processorTimeOf(qint64 processId);

} // namespace Bench
