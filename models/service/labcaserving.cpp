// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/service/labcaserving.h"

#include "models/service/labcachoices.h"
#include "scep/files/durablefile.h"
#include "scep/labca/policyfile.h"

#include <QDir>
#include <QFile>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace Models {

namespace {

constexpr int challengeBytes = 12;
const auto defaultAlias = u"default"_s;

void applyTo(LabCa::Policy &policy, const LabCaSettings &settings)
{
    policy.mode = settings.mode;
    policy.setValidity(settings.validity);
    policy.renewal.afterPercent = settings.renewAfterPercent;
    policy.renewal.allowsSameKey = settings.allowsSameKey;
    policy.personality = LabCa::personalityFromName(settings.personality).value_or(LabCa::Personality());
    policy.refusesUnknownProfiles = settings.refusesUnknownProfiles;
    policy.sendsFullChain = settings.sendsFullChain;
    policy.includesCaInReply = settings.includesCaInReply;
}

} // namespace

bool hasLabCaPolicy(const QString &caFolder)
{
    return QFile::exists(QDir(caFolder).filePath(u"policy.json"_s));
}

Result<LabCa::Policy> keepLabCaPolicy(const QString &caFolder, const LabCaSettings &settings)
{
    const bool isNew = !hasLabCaPolicy(caFolder);
    auto policy = LabCa::policyOfFolder(caFolder);
    if (!policy)
        return policy;
    if (isNew) {
        const QString path = QDir(caFolder).filePath(u"challenge.txt"_s);
        auto challenge = QFile::exists(path) ? Files::readSecretFile(path) : Pki::SecretBytes(Pki::randomBytes(challengeBytes).toHex());
        if (!challenge)
            return std::unexpected(challenge.error());
        policy->challenge = std::move(*challenge);
    }
    applyTo(*policy, settings);
    if (const auto saved = LabCa::savePolicy(caFolder, *policy); !saved)
        return std::unexpected(saved.error());
    return policy;
}

Result<LabCaSettings> labCaSettingsOf(const QString &caFolder, const LabCaSettings &others)
{
    const auto policy = LabCa::policyOfFolder(caFolder);
    if (!policy)
        return std::unexpected(policy.error());
    LabCaSettings settings = others;
    settings.mode = policy->mode;
    settings.validity = policy->validity();
    settings.renewAfterPercent = policy->renewal.afterPercent;
    settings.allowsSameKey = policy->renewal.allowsSameKey;
    settings.personality = policy->personality.name;
    settings.refusesUnknownProfiles = policy->refusesUnknownProfiles;
    settings.sendsFullChain = policy->sendsFullChain;
    settings.includesCaInReply = policy->includesCaInReply;
    return settings;
}

LabCaServing::LabCaServing()
{
    m_thread.setAtEnd([this] { end(); });
}

void LabCaServing::end()
{
    m_face.reset();
    m_injector.reset();
    m_directory.reset();
}

Result<LabCaIdentity> LabCaServing::begin(const QString &folder, const QString &alias, const LabCaSettings &settings, bool keeps,
                                          const Pki::SecretBytes *passphrase)
{
    const auto plan = LabCa::FaultPlan::fromText(settings.faults);
    if (!plan)
        return std::unexpected(plan.error());
    const auto policyOf = [alias, settings, keeps](const QString &ca, const QString &caFolder) {
        const bool isShown = (ca.isEmpty() ? defaultAlias : ca) == alias;
        return (isShown && keeps) || ((isShown || ca.isEmpty()) && !hasLabCaPolicy(caFolder)) ? keepLabCaPolicy(caFolder, settings)
                                                                                              : LabCa::policyOfFolder(caFolder);
    };
    LabCa::CaDescription description; // of the first CA; servers of some kinds are set up with an RA
    description.ra = raOfPersonality(settings.personality);
    auto directory = LabCa::CaDirectory::open(folder, {.description = description, .passphrase = passphrase, .policy = policyOf});
    if (!directory)
        return std::unexpected(directory.error());
    if (passphrase != nullptr && !passphrase->isEmpty())
        m_passphrase = std::make_shared<const Pki::SecretBytes>(passphrase->clone()); // for CAs that are made while this one is served
    m_directory.emplace(std::move(*directory));
    m_injector = std::make_unique<LabCa::FaultInjector>(
        [this](const LabCa::HttpRequest &request, LabCa::LogEntry *log) { return m_directory->handle(request, log); }, *plan);
    m_face = std::make_unique<LabCa::HttpFace>(
        [this](const LabCa::HttpRequest &request, LabCa::LogEntry *log) { return m_injector->handle(request, log); });
    m_face->setThreads(LabCa::HttpFace::usualThreads());
    if (const auto port = m_face->listenOnLoopback(settings.port); !port)
        return std::unexpected(port.error());
    m_url = m_face->url();
    m_directory->setPublicUrl(m_url);
    return identity(alias);
}

LabCaIdentity LabCaServing::identity(const QString &alias) const
{
    const LabCa::CaDirectory::Served &shown = served(alias);
    const auto ca = shown.depot->material();
    const auto policy = shown.authority->policy();
    LabCaIdentity identity;
    identity.url = m_url;
    if (shown.alias != defaultAlias)
        identity.url.setPath(identity.url.path() + u'/' + shown.alias);
    identity.root = ca->current.root;
    identity.issuing = ca->current.issuing;
    identity.ra = ca->current.raKind();
    if (ca->next) {
        identity.next = ca->next->issuing;
        identity.hasNextRoot = ca->next->root != ca->current.root;
        identity.switchAt = ca->switchAt;
    }
    if (!policy->challenge.isEmpty() && policy->mode != LabCa::Mode::Registered)
        identity.challenge = std::make_shared<const Pki::SecretBytes>(policy->challenge.clone());
    identity.alias = shown.alias;
    for (const LabCa::CaDirectory::Served &one : m_directory->all())
        identity.aliases.append(one.alias);
    if (policy->personality.requiresCaIdent)
        identity.caIdentifier = shown.alias;
    identity.hasPassphrase = m_passphrase != nullptr;
    return identity;
}

const LabCa::CaDirectory::Served &LabCaServing::served(const QString &alias) const
{
    const auto &all = m_directory->all();
    const auto found = std::ranges::find(all, alias, &LabCa::CaDirectory::Served::alias);
    return found == all.end() ? all.front() : *found;
}

Result<void> LabCaServing::apply(const QString &alias, const LabCaSettings &settings)
{
    const auto plan = LabCa::FaultPlan::fromText(settings.faults);
    if (!plan)
        return std::unexpected(plan.error());
    const LabCa::CaDirectory::Served &shown = served(alias);
    auto policy = keepLabCaPolicy(shown.depot->folder(), settings);
    if (!policy)
        return std::unexpected(policy.error());
    shown.authority->setPolicy(std::move(*policy));
    m_injector->setPlan(*plan);
    return {};
}

Result<void> LabCaServing::setChallenge(const QString &alias, Pki::SecretBytes challenge)
{
    const LabCa::CaDirectory::Served &shown = served(alias);
    auto policy = LabCa::policyOfFolder(shown.depot->folder());
    if (!policy)
        return std::unexpected(policy.error());
    policy->challenge = std::move(challenge);
    if (const auto saved = LabCa::savePolicy(shown.depot->folder(), *policy); !saved)
        return saved;
    shown.authority->setPolicy(std::move(*policy));
    return {};
}

} // namespace Models
