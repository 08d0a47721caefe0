// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>

#include <optional>

/// What was asked for on the command line of `scepter`.
struct Options {
    QString workspace;
    QString demo;       ///< folder; empty: no demo
    QString screenshot; ///< file; empty: none
    QString appearance; ///< "system", "light", "dark"; empty: as last time
    QStringList files;  ///< to look into
    bool isHeadless = false;
};

/// Reads the command line. nullopt: the program is to end with `exitCode`; help, version or the complaint is printed already.
/// Needs no QCoreApplication, because --headless decides which platform the application is made with.
std::optional<Options> readOptions(const QStringList &arguments, int &exitCode);
