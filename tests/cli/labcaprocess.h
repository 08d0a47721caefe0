// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/cli/scepctlprogram.h"

namespace Test {

/// `scepctl lab-ca serve` on loopback, in a folder below that of `scepctl`.
class LabCaProcess
{
public:
    LabCaProcess(const ScepctlProgram &scepctl, QString folder, const QStringList &options);
    ~LabCaProcess();

    [[nodiscard]] QString url() const { return m_url; }
    [[nodiscard]] QString fingerprint() const { return m_fingerprint; }
    [[nodiscard]] QString folder() const { return m_folder; }
    void stop();    ///< nobody answers from now on
    void restart(); ///< under the same address

private:
    void start(const QString &port);

    const ScepctlProgram &m_scepctl;
    QString m_folder;
    QStringList m_options;
    QString m_url;
    QString m_fingerprint;
    std::unique_ptr<QProcess> m_process;
};

} // namespace Test
