// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/sceppath.h"

#include <QRegularExpression>

namespace LabCa {

using namespace Qt::StringLiterals;

ScepPath readScepPath(const QString &path)
{
    // The first "scep" that can be the end point's name is it: a CA may have that alias.
    static const QRegularExpression scep(uR"(\A(?:/.*?)??/scep(?:/([^/]+))?(?:/pkiclient\.exe|/)?\z)"_s);
    static const QRegularExpression others(uR"(\A/(?:.*/)?pkiclient\.exe\z|\A/certsrv/mscep(?:/mscep\.dll|/|/pkiclient\.exe)\z)"_s,
                                           QRegularExpression::CaseInsensitiveOption);
    if (const auto match = scep.match(path); match.hasMatch()) {
        const QString alias = match.captured(1);
        return {.isScep = true, .alias = alias == "pkiclient.exe"_L1 ? QString() : alias};
    }
    return {.isScep = others.match(path).hasMatch(), .alias = {}};
}

} // namespace LabCa
