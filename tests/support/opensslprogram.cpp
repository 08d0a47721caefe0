// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/opensslprogram.h"

#include <QFile>
#include <QProcess>

namespace TestSupport {

using namespace Qt::StringLiterals;

OpensslProgram::Result OpensslProgram::run(const QStringList &arguments, const QByteArray &input) const
{
    constexpr int patience = 60'000; // ms
    QProcess process;
    process.setWorkingDirectory(m_folder.path());
    process.start(u"openssl"_s, arguments);
    if (!process.waitForStarted(patience))
        qFatal("the openssl program cannot be started");
    process.write(input);
    process.closeWriteChannel();
    if (!process.waitForFinished(patience))
        qFatal("the openssl program does not end");
    return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1, process.readAllStandardOutput(),
            process.readAllStandardError()};
}

QByteArray OpensslProgram::make(const QStringList &arguments, const QByteArray &input) const
{
    const Result result = run(arguments, input);
    if (!result.isGood())
        qFatal("openssl %s: %s", qPrintable(arguments.join(u' ')), result.errors.constData());
    return result.output;
}

void OpensslProgram::write(const QString &name, const QByteArray &bytes) const
{
    QFile file(path(name));
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
        qFatal("%s cannot be written", qPrintable(name));
}

QByteArray OpensslProgram::read(const QString &name) const
{
    QFile file(path(name));
    if (!file.open(QIODevice::ReadOnly))
        qFatal("%s cannot be read", qPrintable(name));
    return file.readAll();
}

QString OpensslProgram::path(const QString &name) const
{
    return m_folder.filePath(name);
}

} // namespace TestSupport
