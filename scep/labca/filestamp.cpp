// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/filestamp.h"

#include <QFile>

#include <system_error>

namespace LabCa {

FileStamp fileStamp(const QString &path)
{
    const std::filesystem::path file(QFile::encodeName(path).toStdString());
    std::error_code error;
    FileStamp stamp;
    stamp.time = std::filesystem::last_write_time(file, error);
    if (error)
        return {};
    stamp.size = std::filesystem::file_size(file, error);
    if (error)
        stamp.size = 0;
    return stamp;
}

} // namespace LabCa
