// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QString>
#include <QStringList>
#include <QTemporaryDir>

namespace TestSupport {

/// The `openssl` program as the second opinion: it reads what we write and writes what we read. Files live in a folder of its own,
/// which is the working directory of every call.
class OpensslProgram
{
public:
    struct Result {
        int exitCode = -1;
        QByteArray output;
        QByteArray errors;

        [[nodiscard]] bool isGood() const { return exitCode == 0; }
    };

    /// openssl ARGUMENTS; aborts (qFatal) when the program cannot be started or does not end.
    Result run(const QStringList &arguments, const QByteArray &input = {}) const;
    /// The same, aborting unless it ends with 0: for making fixtures. Returns what it wrote.
    QByteArray make(const QStringList &arguments, const QByteArray &input = {}) const;

    void write(const QString &name, const QByteArray &bytes) const;
    [[nodiscard]] QByteArray read(const QString &name) const;
    [[nodiscard]] QString path(const QString &name) const;

private:
    QTemporaryDir m_folder;
};

} // namespace TestSupport
