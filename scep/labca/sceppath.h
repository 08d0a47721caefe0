// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace LabCa {

/// Where a SCEP request went.
struct ScepPath {
    bool isScep = false;
    QString alias; ///< empty: the path names no CA
};

/// /scep, /scep/ALIAS, /scep/ALIAS/pkiclient.exe with anything in front, and where Cisco (.../pkiclient.exe) and NDES clients
/// (/certsrv/mscep/mscep.dll) look.
ScepPath readScepPath(const QString &path);

} // namespace LabCa
