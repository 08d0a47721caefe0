// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/labcaoptions.h"

#include "app/cli/labcafaultoptions.h"

#include "app/cli/inputs.h"
#include "app/cli/secretprompt.h"
#include "scep/labca/cadirectory.h"
#include "scep/labca/camaking.h"
#include "scep/labca/policyfile.h"

using namespace Qt::StringLiterals;
using Pki::ErrorCode;
using Pki::failure;
using Pki::Result;

namespace Cli {

void addFolderOptions(VerbParser &parser, Scope scope)
{
    parser.option(u"dir"_s, u"Folder of the Lab CA."_s, u"folder"_s);
    if (scope == Scope::OneCa)
        parser.option(u"ca"_s, u"Alias of one of the folder's CAs (default: the folder's own)."_s, u"alias"_s);
    parser.option(u"passphrase-file"_s, u"File whose first line is the pass phrase of the CA's keys, if they are under one."_s, u"file"_s);
}

Result<QString> labFolder(const VerbParser &parser)
{
    const QString folder = parser.value(u"dir"_s);
    if (folder.isEmpty())
        return failure(ErrorCode::InvalidArgument, u"--dir is missing"_s);
    return folder;
}

Result<QString> caFolder(const VerbParser &parser)
{
    const auto folder = labFolder(parser);
    const QString alias = parser.value(u"ca"_s);
    if (!folder || alias.isEmpty())
        return folder;
    if (alias != "default"_L1 && !LabCa::CaDirectory::isAlias(alias))
        return failure(ErrorCode::InvalidArgument, u"--ca takes an alias: letters, digits, dots, dashes and underscores"_s);
    return LabCa::CaDirectory::folderOf(*folder, alias);
}

Result<Pki::SecretBytes> labPassphrase(const VerbParser &parser)
{
    return secretFromOptions(parser, u"passphrase-file"_s, "SCEPTER_LABCA_PASSPHRASE");
}

Result<Pki::SecretBytes> promptLabPassphrase()
{
    if (!canPrompt())
        return Pki::SecretBytes();
    return promptSecret(u"Pass phrase of the Lab CA's keys"_s);
}

Result<LabCa::Depot> depotFromOptions(const VerbParser &parser)
{
    const auto folder = caFolder(parser);
    if (!folder)
        return std::unexpected(folder.error());
    return withPassphrase<LabCa::Depot>(parser,
                                        [&](const Pki::SecretBytes &passphrase) { return LabCa::Depot::open(*folder, passphrase); });
}

void addDescriptionOptions(VerbParser &parser)
{
    parser.option(u"name"_s, u"Name of a new CA (default \"Scepter Lab\"): \"NAME Root (lab only)\" and so on."_s, u"text"_s,
                  u"Scepter Lab"_s);
    parser.option(u"root-subject"_s,
                  u"Whole name of a new root instead, e.g. \"C=SE, O=Plant, CN=Plant Root\"; \"(lab only)\" is added to its CN."_s,
                  u"dn"_s);
    parser.option(u"issuing-subject"_s, u"Whole name of a new issuing CA instead."_s, u"dn"_s);
    parser.option(u"key"_s, u"Keys of a new CA: rsa:2048, rsa:3072, rsa:4096 (default rsa:2048)."_s, u"type"_s, u"rsa:2048"_s);
    parser.option(u"root-years"_s, u"Validity of a new root (default 10)."_s, u"years"_s, u"10"_s);
    parser.option(u"issuing-years"_s, u"Validity of a new issuing CA (default 5)."_s, u"years"_s, u"5"_s);
    parser.option(u"ra"_s,
                  u"RA of a new CA, or of one that has none: none; one certificate; split: one that signs and one that receives (default: "
                  u"as servers of the --personality have it, for a new CA)."_s,
                  u"kind"_s);
}

Result<LabCa::CaDescription> descriptionFromOptions(const VerbParser &parser)
{
    LabCa::CaDescription description;
    description.name = parser.value(u"name"_s);
    description.rootSubject = parser.value(u"root-subject"_s);
    description.issuingSubject = parser.value(u"issuing-subject"_s);
    const auto key = Pki::KeySpec::fromText(parser.value(u"key"_s));
    if (!key)
        return failure(ErrorCode::InvalidArgument, u"--key takes rsa:2048, rsa:3072 or rsa:4096"_s);
    description.keySpec = *key;
    const auto rootYears = numberOption(parser, u"root-years"_s, 1, 100);
    const auto issuingYears = numberOption(parser, u"issuing-years"_s, 1, 100);
    if (!rootYears || !issuingYears)
        return std::unexpected(!rootYears ? rootYears.error() : issuingYears.error());
    description.rootYears = *rootYears;
    description.issuingYears = *issuingYears;
    const auto personality = personalityFromOptions(parser);
    if (!personality)
        return std::unexpected(personality.error());
    const auto ra = parser.isSet(u"ra"_s) ? LabCa::raKindFromText(parser.value(u"ra"_s))
                                          : std::optional(*personality ? (*personality)->ra : LabCa::RaKind::None);
    if (!ra)
        return failure(ErrorCode::InvalidArgument, u"--ra takes none, one or split"_s);
    description.ra = *ra;
    if (const auto checked = LabCa::checkChoice(description); !checked)
        return std::unexpected(checked.error());
    if (const auto checked = LabCa::checkMaking(description); !checked)
        return std::unexpected(checked.error());
    return description;
}

Result<void> fitExistingCa(const VerbParser &parser, const Terminal &terminal, LabCa::Depot &depot, const LabCa::Policy &policy)
{
    QStringList idle;
    for (const QString &option : {u"name"_s, u"root-subject"_s, u"issuing-subject"_s, u"key"_s, u"root-years"_s, u"issuing-years"_s}) {
        if (parser.isSet(option))
            idle.append("--"_L1 + option);
    }
    if (!idle.isEmpty())
        terminal.progress(u"Warning: there is a CA in %1 already: %2 change nothing, because they describe a new one."_s.arg(
            Models::safeText(depot.folder()), idle.join(u", "_s)));
    const LabCa::RaKind has = depot.material()->current.raKind();
    if (parser.isSet(u"ra"_s)) {
        const auto wanted = LabCa::raKindFromText(parser.value(u"ra"_s)).value_or(has);
        if (wanted == has)
            return {};
        if (has == LabCa::RaKind::None) {
            terminal.progress(u"Making the RA; clients that know the CA must fetch its certificates again."_s);
            return depot.makeRa(wanted);
        }
        terminal.progress(
            u"Warning: the RA of this CA stays as it is (%1): --ra gives one to a CA that has none."_s.arg(LabCa::displayName(has)));
    } else if (policy.personality.ra != LabCa::RaKind::None && has == LabCa::RaKind::None) {
        terminal.progress(u"Warning: servers like %1 have an RA, this CA has none and answers by itself; --ra %2 makes one."_s.arg(
            policy.personality.name, LabCa::displayName(policy.personality.ra)));
    }
    return {};
}

void addPolicyOptions(VerbParser &parser)
{
    parser.option(u"mode"_s,
                  u"auto: issue at once; approve: pending until lab-ca approve; registered: only what lab-ca register announced (default "
                  u"auto)."_s,
                  u"mode"_s);
    parser.option(u"challenge-file"_s, u"File whose first line is the challenge that requests must carry (default: none needed)."_s,
                  u"file"_s);
    parser.option(u"no-challenge"_s, u"Requests need no challenge any more."_s);
    parser.option(u"validity-days"_s, u"Validity of issued certificates (default 365)."_s, u"days"_s);
    parser.option(u"validity-minutes"_s, u"The same in minutes, to see renewals happen."_s, u"minutes"_s);
    parser.option(u"renew-after"_s, u"Percent of the validity before which a renewal is refused (default 50)."_s, u"percent"_s);
    parser.option(u"new-key-on-renewal"_s, u"Refuse a renewal that keeps the key."_s);
    parser.option(u"same-key-on-renewal"_s, u"Take one that keeps it (default)."_s);
    parser.option(u"single-certificate"_s, u"GetCACert answers without the root: the issuing CA, and the RA if there is one."_s);
    parser.option(u"full-chain"_s, u"GetCACert answers with the root, too (default)."_s);
    parser.option(u"no-ca-in-reply"_s, u"Send issued certificates without the CA's."_s);
    parser.option(u"ca-in-reply"_s, u"Send them with the CA's (default)."_s);
    addPersonalityOption(parser);
    parser.option(u"strict-profiles"_s, u"Refuse a template name that is no profile."_s);
    parser.option(u"lenient-profiles"_s, u"Take the profile tls-both then (default)."_s);
}

Result<LabCa::Policy> policyFromOptions(const VerbParser &parser, LabCa::Policy base)
{
    LabCa::Policy policy = std::move(base);
    if (parser.isSet(u"mode"_s)) {
        const auto mode = LabCa::modeFromText(parser.value(u"mode"_s));
        if (!mode)
            return failure(ErrorCode::InvalidArgument, u"--mode takes auto, approve or registered"_s);
        policy.mode = *mode;
    }
    if (parser.isSet(u"no-challenge"_s)) {
        if (parser.isSet(u"challenge-file"_s))
            return failure(ErrorCode::InvalidArgument, u"give either --challenge-file or --no-challenge"_s);
        policy.challenge = Pki::SecretBytes();
    } else {
        auto challenge = secretFromOptions(parser, u"challenge-file"_s, "SCEPTER_CHALLENGE");
        if (!challenge)
            return std::unexpected(challenge.error());
        if (!challenge->isEmpty())
            policy.challenge = std::move(*challenge);
    }
    if (parser.isSet(u"validity-days"_s) && parser.isSet(u"validity-minutes"_s))
        return failure(ErrorCode::InvalidArgument, u"give either --validity-days or --validity-minutes"_s);
    constexpr int minutesOfDay = 24 * 60;
    for (const auto &[option, minutes] : {std::pair{u"validity-days"_s, minutesOfDay}, {u"validity-minutes"_s, 1}}) {
        if (!parser.isSet(option))
            continue;
        const auto number = numberOption(parser, option, 1, LabCa::maxValidityDays * minutesOfDay / minutes);
        if (!number)
            return std::unexpected(number.error());
        policy.setValidity(std::chrono::minutes(*number * minutes));
    }
    if (parser.isSet(u"renew-after"_s)) {
        const auto percent = numberOption(parser, u"renew-after"_s, 0, 99);
        if (!percent)
            return std::unexpected(percent.error());
        policy.renewal.afterPercent = *percent;
    }
    struct Switch {
        QString on;
        QString off;
        bool &value;
    };
    const Switch switches[] = {{u"same-key-on-renewal"_s, u"new-key-on-renewal"_s, policy.renewal.allowsSameKey},
                               {u"full-chain"_s, u"single-certificate"_s, policy.sendsFullChain},
                               {u"ca-in-reply"_s, u"no-ca-in-reply"_s, policy.includesCaInReply},
                               {u"strict-profiles"_s, u"lenient-profiles"_s, policy.refusesUnknownProfiles}};
    for (const Switch &one : switches) {
        const bool isOn = parser.isSet(one.on);
        if (isOn && parser.isSet(one.off))
            return failure(ErrorCode::InvalidArgument, u"give either --%1 or --%2"_s.arg(one.on, one.off));
        if (isOn || parser.isSet(one.off))
            one.value = isOn;
    }
    auto personality = personalityFromOptions(parser);
    if (!personality)
        return std::unexpected(personality.error());
    if (*personality)
        policy.personality = **std::move(personality);
    return policy;
}

} // namespace Cli
