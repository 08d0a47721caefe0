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
    /// Seconds of processor time that it has used so far.
    [[nodiscard]] double processorTime() const;

private:
    QProcess m_process;
};

} // namespace Bench
