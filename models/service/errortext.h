// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/records/records.h"

#include <QCoreApplication>

namespace Models {

/// One sentence on what happened to which object, one on what to do next. The only place where errors become text for people: the window
/// and scepctl show the same.
struct Explanation {
    QString what;
    QString nextStep;

    [[nodiscard]] QString oneLine() const; ///< "what. nextStep." without line breaks
};

/// `object` names what it happened to: "server plant", "request plc-7", a file name.
Explanation explain(const Error &error, const QString &object);
Explanation explain(const Scep::Rejection &rejection, const QString &object);
/// Of a transaction that did not go well: its rejection if the server gave one, else its error.
Explanation explain(const Scep::TransactionStatus &status, const QString &object);

/// Server-supplied text made safe to show anywhere: control and bidi characters escaped, one line, at most `maxLength`.
QString safeText(const QString &text, int maxLength = 300);

} // namespace Models
