// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/service/labcachoices.h"

#include "scep/labca/personality.h"

#include <QCoreApplication>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace Models {

namespace {

struct Texts {
    Q_DECLARE_TR_FUNCTIONS(Models::LabCaChoices)
};

} // namespace

QList<LabCaChoice> labCaPersonalities()
{
    QList<LabCaChoice> choices;
    for (const LabCa::Personality &personality : LabCa::personalities()) {
        LabCaChoice choice{personality.name, personality.description};
        choice.ra = personality.ra;
        choices.append(choice);
    }
    return choices;
}

LabCa::RaKind raOfPersonality(const QString &personality)
{
    return LabCa::personalityFromName(personality).value_or(LabCa::Personality()).ra;
}

QList<LabCaChoice> labCaFaults()
{
    QList<LabCaChoice> choices;
    for (const LabCa::FaultName &fault : LabCa::faultNames())
        choices.append({fault.name, fault.description, fault.isAboutHttp, fault.unit, fault.standard});
    std::ranges::stable_partition(choices, &LabCaChoice::isAboutHttp);
    return choices;
}

QStringList labCaFaultOperations()
{
    return {u"PKIOperation"_s, u"GetCACaps"_s, u"GetCACert"_s, u"GetCACertChain"_s, u"GetNextCACert"_s, u"any"_s};
}

LabCa::FaultPlan labCaFaultPlan(const QStringList &texts, QStringList *refused)
{
    LabCa::FaultPlan plan;
    for (const QString &text : texts) {
        const auto some = LabCa::FaultPlan::fromText({text});
        if (some)
            plan.rules += some->rules;
        else if (refused != nullptr)
            refused->append(text);
    }
    return plan;
}

QString labCaFaultText(const LabCa::FaultRule &rule)
{
    const LabCa::FaultName &name = LabCa::nameOf(rule.fault);
    QStringList parts{name.name};
    if (!name.unit.isEmpty())
        parts.append(u"%1 %2"_s.arg(rule.amount).arg(name.unit));
    if (rule.operation != labCaFaultOperations().first())
        parts.append(rule.operation.isEmpty() ? Texts::tr("all answers") : rule.operation);
    if (rule.percent != 100)
        parts.append(u"%1 %"_s.arg(rule.percent));
    return parts.join(u", "_s);
}

} // namespace Models
