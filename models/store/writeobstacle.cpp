// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/store/writeobstacle.h"

#include "scep/files/durablefile.h"

#include <QDir>
#include <QFileInfo>
#include <QUuid>

#include <cerrno>
#include <cstring>

using namespace Qt::StringLiterals;

namespace Models {

std::optional<Error> writeObstacle(const QString &file)
{
    // As large as what SQLite writes at least: a page.
    const QByteArray page(4096, '\0');
    const QString attempt =
        QDir(QFileInfo(file).path()).filePath(u".write-test-%1"_s.arg(QUuid::createUuid().toString(QUuid::WithoutBraces)));
    const Result<void> written = Files::writeDurably(attempt, page, Files::FileAccess::OwnerOnly);
    if (written) {
        QFile::remove(attempt);
        return std::nullopt;
    }
    Error error = written.error();
    if (error.code == ErrorCode::DiskFull)
        return Error{ErrorCode::DiskFull, u"disk full"_s};
    const QString reason = error.detail.startsWith(attempt) ? error.detail.sliced(attempt.size()).remove(0, 2) : error.detail;
#ifdef Q_OS_UNIX
    if (reason == QString::fromLocal8Bit(std::strerror(EROFS)))
        return Error{error.code, u"read-only file system"_s};
#endif
    return Error{error.code, reason};
}

} // namespace Models
