// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/labcafaultoptions.h"

#include <QJsonArray>
#include <QJsonObject>

#include <limits>

using namespace Qt::StringLiterals;
using Pki::ErrorCode;
using Pki::failure;
using Pki::Result;

namespace Cli {

void addPersonalityOption(VerbParser &parser)
{
    parser.option(
        u"personality"_s,
        u"Behave as another server does: %1 (default standard; see lab-ca faults)."_s.arg(LabCa::personalityNames().join(u", "_s)),
        u"name"_s);
}

Result<std::optional<LabCa::Personality>> personalityFromOptions(const VerbParser &parser)
{
    if (!parser.isSet(u"personality"_s))
        return std::nullopt;
    auto personality = LabCa::personalityFromName(parser.value(u"personality"_s));
    if (!personality)
        return failure(ErrorCode::InvalidArgument, u"--personality takes one of %1"_s.arg(LabCa::personalityNames().join(u", "_s)));
    return personality;
}

void addFaultOptions(VerbParser &parser)
{
    parser.option(u"fault"_s,
                  u"Go wrong on purpose: NAME, NAME=NUMBER, NAME:PERCENT%, NAME@OPERATION, as in \"stall=20\", \"drop:10%\", "
                  u"\"html@GetCACert\". May be given several times; lab-ca faults lists the names."_s,
                  u"spec"_s);
    parser.option(u"fault-seed"_s, u"Which answers a share strikes: the same number, the same answers (default 0)."_s, u"number"_s, u"0"_s);
}

Result<LabCa::FaultPlan> faultPlanFromOptions(const VerbParser &parser)
{
    auto plan = LabCa::FaultPlan::fromText(parser.values(u"fault"_s));
    if (!plan)
        return plan;
    const auto seed = numberOption(parser, u"fault-seed"_s, 0, std::numeric_limits<int>::max());
    if (!seed)
        return std::unexpected(seed.error());
    plan->seed = static_cast<quint64>(*seed);
    return plan;
}

int runLabCaFaults(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"lab-ca faults"_s,
                      u"Lists what lab-ca serve takes for --personality and --fault. A fault strikes the answers to PKIOperation, unless "
                      u"another operation (or \"any\") is named; a share counts the answers to each client address."_s);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    QJsonArray shownPersonalities;
    ResultLines lines;
    for (const LabCa::Personality &row : LabCa::personalities()) {
        shownPersonalities.append(QJsonObject{{"name"_L1, row.name}, {"description"_L1, row.description}});
        lines.append({u"--personality %1"_s.arg(row.name), row.description});
    }
    QJsonArray shownFaults;
    for (const LabCa::FaultName &known : LabCa::faultNames()) {
        QJsonObject object{{"name"_L1, known.name}, {"description"_L1, known.description}};
        QString description = known.description;
        if (!known.unit.isEmpty()) {
            object.insert("unit"_L1, known.unit);
            object.insert("default"_L1, known.standard);
            description += u" (=%1 %2)"_s.arg(known.standard).arg(known.unit);
        }
        shownFaults.append(object);
        lines.append({u"--fault %1"_s.arg(known.name), description});
    }
    return terminal.done({{"personalities"_L1, shownPersonalities}, {"faults"_L1, shownFaults}}, lines);
}

} // namespace Cli
