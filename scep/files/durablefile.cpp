// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/files/durablefile.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#ifdef Q_OS_UNIX
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#else
#include <QSaveFile>
#endif

using namespace Qt::StringLiterals;
using Pki::failure;

namespace Files {

namespace {

QString systemReason(int number)
{
    return QString::fromLocal8Bit(std::strerror(number));
}

#ifdef Q_OS_UNIX

std::unexpected<Error> writeFailure(const QString &path, int number)
{
    // EFBIG: a file size limit; to the person it is the same lack of room.
    const bool isFull = number == ENOSPC || number == EDQUOT || number == EFBIG;
    return failure(isFull ? ErrorCode::DiskFull : ErrorCode::FileNotWritable, u"%1: %2"_s.arg(path, systemReason(number)));
}

/// A file beside the one that shall be replaced; gone again unless renamed.
class TemporaryFile
{
    Q_DISABLE_COPY(TemporaryFile)

public:
    TemporaryFile() = default;
    TemporaryFile(TemporaryFile &&other) noexcept
        : m_descriptor(std::exchange(other.m_descriptor, -1))
        , m_name(std::exchange(other.m_name, QByteArray()))
    {}
    TemporaryFile &operator=(TemporaryFile &&) = delete;
    ~TemporaryFile()
    {
        if (m_descriptor >= 0)
            ::close(m_descriptor);
        if (!m_name.isEmpty())
            ::unlink(m_name.constData());
    }

    /// Returns 0 or errno; so do the others.
    int write(const QByteArray &folder, const QByteArray &name, const FileToWrite &file)
    {
        QByteArray pattern = folder + "/." + name + ".XXXXXX";
        m_descriptor = ::mkostemp(pattern.data(), O_CLOEXEC); // mode 0600
        if (m_descriptor < 0)
            return errno;
        m_name = pattern;
        if (file.access == FileAccess::Readable && ::fchmod(m_descriptor, 0644) != 0)
            return errno;
        const char *position = file.bytes.data();
        qsizetype left = file.bytes.size();
        while (left > 0) {
            const ssize_t written = ::write(m_descriptor, position, static_cast<size_t>(left));
            if (written < 0 && errno == EINTR)
                continue;
            if (written < 0)
                return errno;
            position += written;
            left -= written;
        }
        return ::fsync(m_descriptor) == 0 ? 0 : errno;
    }

    int renameTo(const QByteArray &path, bool mustBeNew)
    {
        // rename() replaces what is there, link() does not; the temporary name goes with this object.
        if (mustBeNew)
            return ::link(m_name.constData(), path.constData()) == 0 ? 0 : errno;
        if (::rename(m_name.constData(), path.constData()) != 0)
            return errno;
        m_name.clear();
        return 0;
    }

private:
    int m_descriptor = -1;
    QByteArray m_name;
};

int synchroniseFolder(const QByteArray &folder)
{
    const int descriptor = ::open(folder.constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return errno;
    // Some network file systems cannot synchronise a folder and say EINVAL: nothing more can be done there.
    const int number = ::fsync(descriptor) == 0 || errno == EINVAL ? 0 : errno;
    ::close(descriptor);
    return number;
}

#endif

} // namespace

#ifdef Q_OS_UNIX

Result<void> writeDurably(const QList<FileToWrite> &files)
{
    std::vector<TemporaryFile> temporaries;
    temporaries.reserve(static_cast<size_t>(files.size()));
    for (const FileToWrite &file : files) {
        const QFileInfo info(file.path);
        TemporaryFile &temporary = temporaries.emplace_back();
        if (const int number = temporary.write(QFile::encodeName(info.path()), QFile::encodeName(info.fileName()), file))
            return writeFailure(file.path, number);
    }
    for (qsizetype i = 0; i < files.size(); ++i) {
        if (const int number = temporaries[static_cast<size_t>(i)].renameTo(QFile::encodeName(files[i].path), files[i].mustBeNew))
            return writeFailure(files[i].path, number);
        const QByteArray folder = QFile::encodeName(QFileInfo(files[i].path).path());
        const bool isLastOfFolder = i + 1 == files.size() || QFile::encodeName(QFileInfo(files[i + 1].path).path()) != folder;
        if (!isLastOfFolder)
            continue;
        if (const int number = synchroniseFolder(folder))
            return writeFailure(files[i].path, number);
    }
    return {};
}

#else

Result<void> writeDurably(const QList<FileToWrite> &files)
{
    for (const FileToWrite &file : files) {
        if (file.mustBeNew && QFile::exists(file.path))
            return failure(ErrorCode::FileNotWritable, u"%1: it exists already"_s.arg(file.path));
        QSaveFile output(file.path);
        const auto permissions = QFileDevice::ReadOwner | QFileDevice::WriteOwner;
        if (!output.open(QIODevice::WriteOnly) || !output.setPermissions(permissions) ||
            output.write(file.bytes.data(), file.bytes.size()) != file.bytes.size() || !output.commit())
            return failure(output.error() == QFileDevice::ResourceError ? ErrorCode::DiskFull : ErrorCode::FileNotWritable,
                           u"%1: %2"_s.arg(file.path, output.errorString()));
    }
    return {};
}

#endif

Result<void> writeDurably(const QString &path, QByteArrayView bytes, FileAccess access)
{
    return writeDurably(QList<FileToWrite>{{path, bytes, access, false}});
}

Result<void> makePrivateFolder(const QString &path)
{
    const QFileInfo information(path);
    if (information.isDir())
        return {};
    if (information.exists())
        return failure(ErrorCode::FileNotWritable, u"%1: a file of this name is in the way of the folder"_s.arg(path));
    const QString parent = information.absolutePath();
    if (!QDir().mkpath(parent))
        return failure(ErrorCode::FileNotWritable, u"%1: the folder cannot be made"_s.arg(parent));
    const auto ownerOnly = QFileDevice::ReadOwner | QFileDevice::WriteOwner | QFileDevice::ExeOwner;
    // Another process may have made it in between.
    if (!QDir().mkdir(path, ownerOnly) && !QFileInfo(path).isDir())
        return failure(ErrorCode::FileNotWritable, u"%1: the folder cannot be made"_s.arg(path));
#ifdef Q_OS_UNIX
    if (const int number = synchroniseFolder(QFile::encodeName(parent)))
        return writeFailure(parent, number);
#endif
    return {};
}

Result<void> removeFile(const QString &path)
{
    QFile file(path);
    if (!file.remove() && file.exists())
        return failure(ErrorCode::FileNotWritable, u"%1: %2"_s.arg(path, file.errorString()));
    return {};
}

Result<QByteArray> readFile(const QString &path, qint64 maxBytes)
{
    if (path.isEmpty()) // Qt would write a warning of its own
        return failure(ErrorCode::FileNotFound, u"no file is named"_s);
    QFile file(path);
    // Unbuffered: no second copy of a secret stays behind in a buffer.
    if (!file.open(QIODevice::ReadOnly | QIODevice::Unbuffered)) {
        const bool isMissing = !QFileInfo::exists(path);
        return failure(isMissing ? ErrorCode::FileNotFound : ErrorCode::FileNotReadable, u"%1: %2"_s.arg(path, file.errorString()));
    }
    if (file.size() > maxBytes)
        return failure(ErrorCode::TooLarge,
                       u"%1: %2 bytes, at most %3 are read"_s.arg(path, QString::number(file.size()), QString::number(maxBytes)));
    QByteArray bytes;
    // A pipe has no size and gives its bytes in pieces.
    while (bytes.size() <= maxBytes) {
        const qint64 wanted = std::max<qint64>(file.size() - bytes.size() + 1, 4096);
        QByteArray piece = file.read(std::min(wanted, maxBytes + 1 - bytes.size()));
        if (piece.isEmpty())
            break;
        if (bytes.isEmpty())
            bytes = std::move(piece);
        else
            bytes += piece;
    }
    if (file.error() != QFileDevice::NoError) {
        Pki::wipe(bytes);
        return failure(ErrorCode::FileNotReadable, u"%1: %2"_s.arg(path, file.errorString()));
    }
    if (bytes.size() > maxBytes)
        return failure(ErrorCode::TooLarge, u"%1: more than %2 bytes"_s.arg(path, QString::number(maxBytes)));
    return bytes;
}

Result<Pki::SecretBytes> readSecretFile(const QString &path)
{
    Result<QByteArray> bytes = readFile(path, 64 * 1024);
    if (!bytes)
        return std::unexpected(bytes.error());
    QByteArrayView line(*bytes);
    if (line.startsWith("\xEF\xBB\xBF"))
        line = line.sliced(3);
    if (const qsizetype end = line.indexOf('\n'); end >= 0)
        line = line.first(end);
    if (line.endsWith('\r'))
        line.chop(1);
    Pki::SecretBytes secret(line);
    Pki::wipe(*bytes);
    if (secret.isEmpty())
        return failure(ErrorCode::EmptyPassphrase, path);
    return secret;
}

} // namespace Files
