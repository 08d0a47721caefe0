// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/opensslprogram.h"

#include <QFile>
#include <QProcess>
#include <QProcessEnvironment>

namespace Test {

ProgramResult runProgram(const QString &program, const QStringList &arguments, const QByteArray &input, const QString &directory)
{
    QProcess process;
    process.setWorkingDirectory(directory);
    process.start(program, arguments);
    ProgramResult result;
    if (!process.waitForStarted()) {
        result.errors = process.errorString().toUtf8();
        return result;
    }
    process.write(input);
    process.closeWriteChannel();
    if (!process.waitForFinished(60000)) {
        process.kill();
        process.waitForFinished();
        result.errors = "timed out";
        return result;
    }
    result.output = process.readAllStandardOutput();
    result.errors = process.readAllStandardError();
    result.exitCode = process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1;
    return result;
}

OpensslProgram::OpensslProgram()
{
    if (!m_directory.isValid())
        qFatal("no temporary directory");
}

ProgramResult OpensslProgram::run(const QStringList &arguments, const QByteArray &input) const
{
    return runProgram(QStringLiteral("openssl"), arguments, input, m_directory.path());
}

QByteArray OpensslProgram::output(const QStringList &arguments, const QByteArray &input) const
{
    const ProgramResult result = run(arguments, input);
    if (!result.isGood())
        qFatal("openssl %s: %s", qPrintable(arguments.join(QLatin1Char(' '))), result.errors.constData());
    return result.output;
}

void OpensslProgram::write(const QString &fileName, const QByteArray &bytes) const
{
    QFile file(path(fileName));
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
        qFatal("cannot write %s", qPrintable(file.fileName()));
}

QByteArray OpensslProgram::read(const QString &fileName) const
{
    QFile file(path(fileName));
    if (!file.open(QIODevice::ReadOnly))
        qFatal("cannot read %s", qPrintable(file.fileName()));
    return file.readAll();
}

} // namespace Test
