// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/error.h"

#include <QByteArray>
#include <QFileDevice>
#include <QString>

namespace LabCa {

/// Who may read what is written.
enum class FileAccess { Everyone, OwnerOnly };

/// Writes `bytes` to `path` so that after a crash or a loss of power either the old or the new content is there, whole: written beside,
/// synced, renamed, and the folder synced. The final permissions are set before the first byte is written.
/// Errors: FileNotWritable, DiskFull.
Pki::Result<void> writeDurably(const QString &path, const QByteArray &bytes, FileAccess access);
/// Errors: FileNotFound, FileNotReadable, TooLarge.
Pki::Result<QByteArray> readWhole(const QString &path, qint64 maxBytes);
/// Makes the folder, and those above it, where missing; a new one is open to its owner only. Errors: FileNotWritable, DiskFull.
Pki::Result<void> makePrivateFolder(const QString &path);

} // namespace LabCa
