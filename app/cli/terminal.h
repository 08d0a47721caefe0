// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/exitcode.h"
#include "models/service/errortext.h"

#include <QJsonObject>
#include <QList>
#include <QString>

#include <utility>

namespace Cli {

/// "Subject" -> "CN=plc-7": how a result is shown without --json. An empty first part continues the line above.
using ResultLines = QList<std::pair<QString, QString>>;

/// Where a verb's words go: results on stdout (text, or one JSON document with --json), progress and errors on stderr.
/// Every ending passes through one of the functions that return the exit status.
class Terminal
{
public:
    explicit Terminal(bool isJson)
        : m_isJson(isJson)
    {}
    [[nodiscard]] bool isJson() const { return m_isJson; }

    void progress(const QString &text) const;                              ///< one line on stderr
    void print(const QJsonObject &object, const ResultLines &lines) const; ///< one result on stdout, flushed

    int done(const QJsonObject &object, const ResultLines &lines) const;
    int fail(const Pki::Error &error, const QString &object) const;
    int fail(ExitCode code, const QString &errorName, const Models::Explanation &explanation, QJsonObject details = {}) const;
    int usage(const QString &message, const QString &verb) const;

private:
    bool m_isJson = false;
};

} // namespace Cli
