// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/labca/cafiles.h"

#include <QDateTime>

#include <functional>

namespace LabCa {

/// How a switch changes files, one call after another: the durable ones of scep/files, or those of a test that stops somewhere.
struct FileSteps {
    struct Write {
        QString path;
        QByteArray bytes;
        bool isSecret = false;
    };
    std::function<Result<void>(const Write &)> write;
    std::function<Result<void>(const QString &path)> remove;

    static FileSteps durable();
};

/// The next generation becomes the current one, the former is kept as retired. What is to be done is written down first (switching.json),
/// so that whoever opens the folder after a crash does the rest; up to that moment nothing has happened. Hold the folder's lock. Errors:
/// InvalidArgument (none was made), file errors.
Result<void> switchToNext(const QString &folder, const FileSteps &steps = FileSteps::durable());
/// Does the rest of an interrupted switch, if there was one. Hold the folder's lock.
Result<void> finishSwitch(const QString &folder, const KeyProtection &protection, const FileSteps &steps = FileSteps::durable());
bool isSwitchUnfinished(const QString &folder);

/// When the next generation takes over by itself; an invalid time: by hand only. Errors: InvalidArgument (there is no next one), file
/// errors.
Result<void> scheduleSwitch(const QString &folder, const QDateTime &at);
QDateTime scheduledSwitch(const QString &folder);

} // namespace LabCa
