// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QString>

namespace Scep {

/// Text from a stranger, fit for one line: white space runs become one blank; control, format (bidi) and unassigned characters go;
/// at most `length` characters, an ellipsis included.
QString printableLine(const QString &text, qsizetype length);

/// The first printable part of an HTTP body, at most 200 characters: what an error page says, without its tags. Empty for binary data.
QString printableStart(const QByteArray &body);

} // namespace Scep
