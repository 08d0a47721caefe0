// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/error.h"
#include "scep/pki/secretbytes.h"

#include <QByteArrayView>
#include <QList>
#include <QString>

namespace Files {

using Pki::Error;
using Pki::ErrorCode;
using Pki::Result;

enum class FileAccess { OwnerOnly, Readable }; ///< 0600, 0644

/// Writes a whole file or nothing: temporary file beside it, fsync, rename, fsync of the folder. An existing file stays as it was on
/// failure. Errors: FileNotWritable, DiskFull (the detail names the file and the system's reason).
Result<void> writeDurably(const QString &path, QByteArrayView bytes, FileAccess access);

/// One file of several that are written together. `bytes` is only looked at: it must live through the call.
struct FileToWrite {
    QString path;
    QByteArrayView bytes;
    FileAccess access = FileAccess::OwnerOnly;
    bool mustBeNew = false; ///< a file of that name, also one that another process makes meanwhile, is left alone: FileNotWritable
};
/// The same for several files of one folder: all are complete on the disk before the first gets its name, names are given in the order
/// of the list, the folder is synchronised once. After a failure in the middle the former ones of the list are in place.
Result<void> writeDurably(const QList<FileToWrite> &files);

/// Makes the folder, and those above it, where missing; a new one is open to its owner only. Errors: FileNotWritable, DiskFull.
Result<void> makePrivateFolder(const QString &path);

/// Removes a file that need not exist. Errors: FileNotWritable.
Result<void> removeFile(const QString &path);

/// Reads at most `maxBytes`. Errors: FileNotFound, FileNotReadable, TooLarge.
Result<QByteArray> readFile(const QString &path, qint64 maxBytes = 16 * 1024 * 1024);
/// First line of a secret file without its line end (challenge, pass phrase). EmptyPassphrase when there is none.
Result<Pki::SecretBytes> readSecretFile(const QString &path);

} // namespace Files
