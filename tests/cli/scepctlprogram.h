// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QJsonObject>
#include <QProcess>
#include <QString>
#include <QStringList>
#include <QTemporaryDir>

#include <memory>

namespace Test {

/// What one run of scepctl left behind.
struct ScepctlResult {
    int exitCode = -1; ///< -1: killed or crashed
    QByteArray output;
    QByteArray errors;

    [[nodiscard]] QJsonObject json() const;      ///< the one document on stdout
    [[nodiscard]] QJsonObject jsonError() const; ///< its member "error"
};

/// The scepctl program of this build in a folder of its own: relative file names are meant below it.
/// Servers of the test live in this process: waiting lets the event loop run.
class ScepctlProgram
{
public:
    ScepctlProgram();

    [[nodiscard]] QString path(const QString &fileName) const { return m_folder.filePath(fileName); }
    void write(const QString &fileName, const QByteArray &bytes) const;
    [[nodiscard]] QByteArray read(const QString &fileName) const;
    [[nodiscard]] bool exists(const QString &fileName) const;
    [[nodiscard]] QStringList files(const QString &folder) const; ///< sorted names; empty if there is no such folder

    /// Bytes that a file may have at most, as on a full disk; 0: no limit.
    void setFileSizeLimit(qint64 bytes) { m_fileSizeLimit = bytes; }

    [[nodiscard]] std::unique_ptr<QProcess> start(const QStringList &arguments) const;
    static ScepctlResult wait(QProcess &process);
    [[nodiscard]] ScepctlResult run(const QStringList &arguments) const;

private:
    QTemporaryDir m_folder;
    qint64 m_fileSizeLimit = 0;
};

} // namespace Test
