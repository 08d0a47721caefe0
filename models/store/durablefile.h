// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/records/records.h"

#include <QByteArrayView>
#include <QString>

namespace Models {

enum class FileAccess { OwnerOnly, Readable }; ///< 0600, 0644

/// Writes a whole file or nothing: temporary file beside it, fsync, rename, fsync of the folder. An existing file stays as it was on
/// failure. Errors: FileNotWritable, DiskFull (the detail names the file and the system's reason).
Result<void> writeDurably(const QString &path, QByteArrayView bytes, FileAccess access);
/// Reads at most `maxBytes`. Errors: FileNotFound, FileNotReadable, TooLarge.
Result<QByteArray> readFile(const QString &path, qint64 maxBytes = 16 * 1024 * 1024);
/// First line of a secret file without its line end (challenge, pass phrase). EmptyPassphrase when there is none.
Result<Pki::SecretBytes> readSecretFile(const QString &path);

} // namespace Models
