// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/durablefile.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSaveFile>

#include <cerrno>
#include <cstring>

#ifdef Q_OS_UNIX
#include <fcntl.h>
#include <unistd.h>
#endif

namespace LabCa {

using namespace Qt::StringLiterals;
using Pki::ErrorCode;
using Pki::failure;

namespace {

QString sentence(const QString &path, const QString &reason)
{
    return u"%1: %2"_s.arg(QDir::toNativeSeparators(path), reason);
}

std::unexpected<Pki::Error> writeFailure(const QString &path, const QFileDevice &file)
{
    return failure(file.error() == QFileDevice::ResourceError ? ErrorCode::DiskFull : ErrorCode::FileNotWritable,
                   sentence(path, file.errorString()));
}

#ifdef Q_OS_UNIX
std::unexpected<Pki::Error> systemFailure(const QString &path, int number)
{
    const bool isFull = number == ENOSPC || number == EDQUOT;
    return failure(isFull ? ErrorCode::DiskFull : ErrorCode::FileNotWritable,
                   sentence(path, QString::fromLocal8Bit(std::strerror(number))));
}

/// A rename is durable only once the folder that records it is.
Pki::Result<void> syncFolder(const QString &folder)
{
    const int descriptor = ::open(QFile::encodeName(folder).constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return systemFailure(folder, errno);
    const int outcome = ::fsync(descriptor);
    const int number = errno;
    ::close(descriptor);
    // Some file systems cannot sync a folder and say so with EINVAL; then there is nothing more to be done.
    if (outcome != 0 && number != EINVAL && number != ENOTSUP)
        return systemFailure(folder, number);
    return {};
}
#endif

} // namespace

Pki::Result<void> writeDurably(const QString &path, const QByteArray &bytes, FileAccess access)
{
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly))
        return writeFailure(path, file);
    QFileDevice::Permissions permissions = QFileDevice::ReadOwner | QFileDevice::WriteOwner;
    if (access == FileAccess::Everyone)
        permissions |= QFileDevice::ReadGroup | QFileDevice::ReadOther;
    if (!file.setPermissions(permissions))
        return writeFailure(path, file);
    if (file.write(bytes) != bytes.size() || !file.flush())
        return writeFailure(path, file);
#ifdef Q_OS_UNIX
    // QSaveFile::commit() syncs too, but swallows what goes wrong there.
    if (::fsync(file.handle()) != 0)
        return systemFailure(path, errno);
#endif
    if (!file.commit())
        return writeFailure(path, file);
#ifdef Q_OS_UNIX
    return syncFolder(QFileInfo(path).absolutePath());
#else
    return {};
#endif
}

Pki::Result<QByteArray> readWhole(const QString &path, qint64 maxBytes)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) {
        const ErrorCode code = QFile::exists(path) ? ErrorCode::FileNotReadable : ErrorCode::FileNotFound;
        return failure(code, sentence(path, file.errorString()));
    }
    if (file.size() > maxBytes)
        return failure(ErrorCode::TooLarge, sentence(path, u"more than %1 bytes"_s.arg(maxBytes)));
    QByteArray bytes = file.readAll();
    if (file.error() != QFileDevice::NoError)
        return failure(ErrorCode::FileNotReadable, sentence(path, file.errorString()));
    return bytes;
}

Pki::Result<void> makePrivateFolder(const QString &path)
{
    const QFileInfo information(path);
    if (information.isDir())
        return {};
    if (information.exists())
        return failure(ErrorCode::FileNotWritable, sentence(path, u"a file of this name is in the way of the folder"_s));
    const QDir parent = information.absoluteDir();
    if (!parent.exists() && !QDir().mkpath(parent.absolutePath()))
        return failure(ErrorCode::FileNotWritable, sentence(parent.absolutePath(), u"the folder cannot be made"_s));
    const auto ownerOnly = QFileDevice::ReadOwner | QFileDevice::WriteOwner | QFileDevice::ExeOwner;
    // Another process may have made it in between.
    if (!QDir().mkdir(path, ownerOnly) && !QFileInfo(path).isDir())
        return failure(ErrorCode::FileNotWritable, sentence(path, u"the folder cannot be made"_s));
#ifdef Q_OS_UNIX
    return syncFolder(parent.absolutePath());
#else
    return {};
#endif
}

} // namespace LabCa
