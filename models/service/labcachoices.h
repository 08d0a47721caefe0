// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>

namespace Models {

/// What menus offer for the Lab CA.
struct LabCaChoice {
    QString name;        ///< as settings and command lines have it
    QString description; ///< one line
    bool isAboutHttp = false;
};

/// Whom it can behave like; the standard one first.
QList<LabCaChoice> labCaPersonalities();
/// What it can do wrong on purpose: those of HTTP first, then those of the message.
QList<LabCaChoice> labCaFaults();

} // namespace Models
