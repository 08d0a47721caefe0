// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QString>
#include <QStringList>
#include <QTemporaryDir>

namespace Test {

struct ProgramResult {
    int exitCode = -1; ///< -1: not started, crashed or too slow
    QByteArray output;
    QByteArray errors;

    [[nodiscard]] bool isGood() const { return exitCode == 0; }
};

/// Runs `program` and waits. For programs whose answers our own code is compared with.
ProgramResult runProgram(const QString &program, const QStringList &arguments, const QByteArray &input = {}, const QString &directory = {});

/// The `openssl` program in a temporary directory of its own: file names in arguments are relative to it.
class OpensslProgram
{
public:
    OpensslProgram();

    /// "openssl ARGUMENTS", with `input` on standard input.
    ProgramResult run(const QStringList &arguments, const QByteArray &input = {}) const;
    /// The same; a failure ends the test program with what openssl said, because then there is nothing to compare with.
    QByteArray output(const QStringList &arguments, const QByteArray &input = {}) const;

    void write(const QString &fileName, const QByteArray &bytes) const;
    [[nodiscard]] QByteArray read(const QString &fileName) const;
    [[nodiscard]] QString path(const QString &fileName) const { return m_directory.filePath(fileName); }

private:
    QTemporaryDir m_directory;
};

} // namespace Test
