// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/service/labcachoices.h"

#include "scep/labca/faults.h"
#include "scep/labca/personality.h"

#include <algorithm>

namespace Models {

QList<LabCaChoice> labCaPersonalities()
{
    QList<LabCaChoice> choices;
    for (const LabCa::Personality &personality : LabCa::personalities())
        choices.append({personality.name, personality.description});
    return choices;
}

QList<LabCaChoice> labCaFaults()
{
    QList<LabCaChoice> choices;
    for (const LabCa::FaultName &fault : LabCa::faultNames())
        choices.append({fault.name, fault.description, fault.isAboutHttp});
    std::ranges::stable_partition(choices, &LabCaChoice::isAboutHttp);
    return choices;
}

} // namespace Models
