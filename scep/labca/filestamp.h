// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <cstdint>
#include <filesystem>

namespace LabCa {

/// When a file or folder was changed last, and how large it is: a change shows in it. QFileInfo tells times in local time, which costs more
/// than the whole look.
struct FileStamp {
    std::filesystem::file_time_type time = {};
    std::uintmax_t size = 0; ///< 0 for a folder

    friend bool operator==(const FileStamp &, const FileStamp &) = default;
};

/// Of a file that is not there: a default one.
FileStamp fileStamp(const QString &path);

} // namespace LabCa
