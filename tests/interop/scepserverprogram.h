// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/interop/foreignprogram.h"

#include <QUrl>

/// micromdm's scepserver (Debian package scep) with a CA of its own, in `folder`. Its challenge is "open-sesame".
class ScepServerProgram
{
public:
    explicit ScepServerProgram(const QString &folder);

    /// Makes the CA and starts serving; false with complaint() when that failed. It takes no "any free port", so a port is looked for
    /// before, and another one if it was lost meanwhile.
    bool start();
    [[nodiscard]] QUrl url() const { return m_url; }
    [[nodiscard]] qint64 processId() const { return m_server.processId(); }
    [[nodiscard]] QByteArray complaint() const { return m_complaint; }
    /// How many PKIOperations it wrote down.
    [[nodiscard]] int operations() const { return static_cast<int>(m_server.everything().count("op=PKIOperation")); }

    static QString challenge() { return QStringLiteral("open-sesame"); }

private:
    ForeignProgram m_maker;
    ForeignProgram m_server;
    QUrl m_url;
    QByteArray m_complaint;
};
