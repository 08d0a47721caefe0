// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/serverprocesses.h"

#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>

#include <unistd.h>

namespace Bench {

namespace {

constexpr int processTimeoutMs = 60000;

} // namespace

LabCaProcess::LabCaProcess(const QString &scepctl, const QString &folder, const QString &challengeFile)
{
    m_process.setStandardErrorFile(QProcess::nullDevice());
    m_process.start(scepctl, {QStringLiteral("lab-ca"), QStringLiteral("serve"), QStringLiteral("--json"), QStringLiteral("--dir"), folder,
                              QStringLiteral("--challenge-file"), challengeFile});
    QByteArray output;
    while (url.isEmpty() && m_process.waitForReadyRead(processTimeoutMs)) {
        output += m_process.readAllStandardOutput();
        const QJsonObject told = QJsonDocument::fromJson(output).object();
        url = told.value(QLatin1String("url")).toString();
        rootSha256 = told.value(QLatin1String("rootSha256")).toString();
    }
    if (url.isEmpty())
        qFatal("the Lab CA of %s does not start: %s", qPrintable(scepctl), output.constData());
}

LabCaProcess::~LabCaProcess()
{
    m_process.terminate();
    m_process.waitForFinished(processTimeoutMs);
}

double processorTimeOf(qint64 processId)
{
    QFile file(QStringLiteral("/proc/%1/stat").arg(processId));
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    const QByteArray line = file.readAll();
    // Fields after the program's name, which may hold blanks: utime and stime are the 14th and 15th of all.
    const QList<QByteArray> fields = line.mid(line.lastIndexOf(')') + 2).split(' ');
    return (fields.value(11).toDouble() + fields.value(12).toDouble()) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

} // namespace Bench
