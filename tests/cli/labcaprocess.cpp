// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/cli/labcaprocess.h"

#include <QJsonDocument>
#include <QTest>
#include <QUrl>

namespace Test {

LabCaProcess::LabCaProcess(const ScepctlProgram &scepctl, QString folder, const QStringList &options)
    : m_scepctl(scepctl)
    , m_folder(std::move(folder))
    , m_options(options)
{
    start("0");
}

LabCaProcess::~LabCaProcess()
{
    stop();
}

void LabCaProcess::start(const QString &port)
{
    m_process = m_scepctl.start(QStringList{"--json", "lab-ca", "serve", "--dir", m_folder, "--port", port} + m_options);
    QByteArray line;
    const bool isServing = QTest::qWaitFor(
        [&] {
            line += m_process->readAllStandardOutput();
            return line.contains('\n');
        },
        60000);
    if (!isServing)
        qFatal("the Lab CA does not start: %s", m_process->readAllStandardError().constData());
    const QJsonObject served = QJsonDocument::fromJson(line.left(line.indexOf('\n'))).object();
    m_url = served.value("url").toString();
    m_fingerprint = served.value("rootSha256").toString();
}

void LabCaProcess::stop()
{
    if (!m_process)
        return;
    m_process->terminate();
    ScepctlProgram::wait(*m_process);
    m_process.reset();
}

void LabCaProcess::restart()
{
    stop();
    start(QString::number(QUrl(m_url).port()));
}

} // namespace Test
