// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/policyfile.h"

#include "scep/files/durablefile.h"

#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>

namespace LabCa {

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 maxFileBytes = 64 * 1024;

QString policyPath(const QString &caFolder)
{
    return caFolder + "/policy.json"_L1;
}

QString challengePath(const QString &caFolder)
{
    return caFolder + "/challenge.txt"_L1;
}

std::unexpected<Error> wrong(const QString &member)
{
    return failure(ErrorCode::Malformed, u"policy.json: \"%1\""_s.arg(member));
}

/// A whole number in [least, most].
std::optional<int> numberOf(const QJsonObject &object, const QString &member, int least, int most)
{
    const int number = object.value(member).toInt(least - 1);
    return number >= least && number <= most ? std::optional(number) : std::nullopt;
}

} // namespace

QString displayName(Mode mode)
{
    switch (mode) {
    case Mode::Auto:
        return u"auto"_s;
    case Mode::Approve:
        return u"approve"_s;
    case Mode::Registered:
        return u"registered"_s;
    }
    return {};
}

std::optional<Mode> modeFromText(const QString &text)
{
    for (const Mode mode : {Mode::Auto, Mode::Approve, Mode::Registered}) {
        if (displayName(mode) == text)
            return mode;
    }
    return std::nullopt;
}

Result<Policy> policyOfFolder(const QString &caFolder)
{
    Policy policy;
    auto profiles = Profiles::ofFolder(caFolder);
    if (!profiles)
        return std::unexpected(profiles.error());
    policy.profiles = std::move(*profiles);
    if (!QFile::exists(policyPath(caFolder)))
        return policy;
    const auto json = Files::readFile(policyPath(caFolder), maxFileBytes);
    if (!json)
        return std::unexpected(json.error());
    const QJsonObject object = QJsonDocument::fromJson(*json).object();
    if (object.value(u"version"_s).toInt() != 1)
        return wrong(u"version"_s);
    const auto mode = modeFromText(object.value(u"mode"_s).toString());
    if (!mode)
        return wrong(u"mode"_s);
    policy.mode = *mode;
    const auto minutes = numberOf(object, u"validityMinutes"_s, 1, maxValidityDays * 24 * 60);
    if (!minutes)
        return wrong(u"validityMinutes"_s);
    policy.setValidity(std::chrono::minutes(*minutes));
    const auto percent = numberOf(object, u"renewAfterPercent"_s, 0, 99);
    if (!percent)
        return wrong(u"renewAfterPercent"_s);
    policy.renewal.afterPercent = *percent;
    policy.renewal.allowsSameKey = object.value(u"allowsSameKey"_s).toBool(true);
    policy.sendsFullChain = object.value(u"sendsFullChain"_s).toBool(true);
    policy.includesCaInReply = object.value(u"includesCaInReply"_s).toBool(true);
    policy.refusesUnknownProfiles = object.value(u"refusesUnknownProfiles"_s).toBool(false);
    if (const QString name = object.value(u"personality"_s).toString(); !name.isEmpty()) {
        auto personality = personalityFromName(name);
        if (!personality)
            return wrong(u"personality"_s);
        policy.personality = std::move(*personality);
    }
    if (object.value(u"usesChallenge"_s).toBool()) {
        auto challenge = Files::readSecretFile(challengePath(caFolder));
        if (!challenge)
            return std::unexpected(challenge.error());
        policy.challenge = std::move(*challenge);
    }
    return policy;
}

Result<void> savePolicy(const QString &caFolder, const Policy &policy)
{
    if (!policy.challenge.isEmpty()) {
        QByteArray line = policy.challenge.view().toByteArray() + '\n';
        const auto written = Files::writeDurably(challengePath(caFolder), line, Files::FileAccess::OwnerOnly);
        Pki::wipe(line);
        if (!written)
            return written;
    }
    const bool usesChallenge = !policy.challenge.isEmpty();
    const QJsonObject object{{u"version"_s, 1},
                             {u"mode"_s, displayName(policy.mode)},
                             {u"usesChallenge"_s, usesChallenge},
                             {u"validityMinutes"_s, static_cast<int>(policy.validity().count())},
                             {u"renewAfterPercent"_s, policy.renewal.afterPercent},
                             {u"allowsSameKey"_s, policy.renewal.allowsSameKey},
                             {u"sendsFullChain"_s, policy.sendsFullChain},
                             {u"includesCaInReply"_s, policy.includesCaInReply},
                             {u"refusesUnknownProfiles"_s, policy.refusesUnknownProfiles},
                             {u"personality"_s, policy.personality.name}};
    const auto written = Files::writeDurably(policyPath(caFolder), QJsonDocument(object).toJson(), Files::FileAccess::Readable);
    // One that is used no more shall not lie about; only after the policy says so.
    return written && !usesChallenge ? Files::removeFile(challengePath(caFolder)) : written;
}

} // namespace LabCa
