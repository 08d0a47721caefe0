// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/labca/caidentity.h"
#include "scep/labca/faults.h"

#include <QList>
#include <QString>

namespace Models {

/// What menus offer for the Lab CA.
struct LabCaChoice {
    QString name;        ///< as settings and command lines have it
    QString description; ///< one line
    bool isAboutHttp = false;
    QString unit = {};                      ///< of a fault's number; empty: it takes none
    int standard = 0;                       ///< a fault's number when none is given
    LabCa::RaKind ra = LabCa::RaKind::None; ///< how such servers are set up
};

/// Whom it can behave like; the standard one first.
QList<LabCaChoice> labCaPersonalities();
/// The RA that servers of this personality have; "" is the standard one.
LabCa::RaKind raOfPersonality(const QString &personality);
/// What it can do wrong on purpose: those of HTTP first, then those of the message.
QList<LabCaChoice> labCaFaults();
/// Which answers a fault can strike, as rules name them; the usual one first, "any" last. Faults of the message strike the first only.
QStringList labCaFaultOperations();
inline constexpr int mostFaultAmount = 3600;

/// Those of `texts` that are rules, in order; `refused` gets the others.
LabCa::FaultPlan labCaFaultPlan(const QStringList &texts, QStringList *refused = nullptr);
/// "stall, 20 seconds, GetCACert, 10 %"; just the name where all is as usual.
QString labCaFaultText(const LabCa::FaultRule &rule);

} // namespace Models
