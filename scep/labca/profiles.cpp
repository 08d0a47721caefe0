// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/profiles.h"

#include "scep/files/durablefile.h"
#include "scep/labca/namebuilding.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>

#include <algorithm>
#include <cmath>

namespace LabCa {

using namespace Qt::StringLiterals;
using Pki::KeyUsageBit;
using Pki::NameAttribute;
using Pki::Oid;

namespace {

constexpr qint64 maxFileBytes = 1024 * 1024;
constexpr auto shortDefaultName = "both"_L1;

Oid clientAuth()
{
    return Oid::literal("1.3.6.1.5.5.7.3.2");
}
Oid serverAuth()
{
    return Oid::literal("1.3.6.1.5.5.7.3.1");
}

Profile builtIn(const QString &name, const QString &description, const QList<Oid> &usage)
{
    return {.name = name,
            .description = description,
            .keyUsage = KeyUsageBit::DigitalSignature | KeyUsageBit::KeyEncipherment,
            .extendedKeyUsage = usage,
            .grantsAll = false,
            .validity = std::nullopt};
}

std::unexpected<Error> wrong(const QString &profile, const QString &member, const QString &expected)
{
    return failure(ErrorCode::Malformed, u"profile \"%1\", \"%2\": %3"_s.arg(profile, member, expected));
}

Result<QList<NameAttribute>> attributesFromJson(const QJsonObject &object, const QString &profile, const QString &member)
{
    QList<NameAttribute> attributes;
    for (auto it = object.constBegin(); it != object.constEnd(); ++it) {
        const auto type = attributeTypeFromText(it.key());
        if (!type || !it.value().isString() || it.value().toString().isEmpty())
            return wrong(profile, member, u"attribute types with their values are expected, like {\"O\": \"Lab\"}"_s);
        const NameAttribute attribute{*type, it.value().toString()};
        if (const auto name = nameOf({{attribute}}); !name)
            return wrong(profile, member, name.error().detail);
        attributes.append(attribute);
    }
    return attributes;
}

Result<std::optional<std::chrono::minutes>> validityFromJson(const QJsonObject &object, const QString &profile)
{
    for (const auto &[member, unit] : {std::pair{u"validityMinutes"_s, 1}, {u"validityDays"_s, 24 * 60}}) {
        if (!object.contains(member))
            continue;
        const double number = object.value(member).toDouble(-1);
        const double minutes = number * unit;
        if (number != std::floor(number) || minutes < 1 || minutes > maxValidityDays * 24.0 * 60)
            return wrong(profile, member, u"a whole number from 1 on is expected"_s);
        return std::optional(std::chrono::minutes(static_cast<qint64>(minutes)));
    }
    return std::optional<std::chrono::minutes>();
}

QStringList stringsOf(const QJsonValue &value)
{
    QStringList strings;
    const QJsonArray array = value.toArray();
    for (const auto &item : array)
        strings.append(item.toString());
    return strings;
}

Result<Profile> profileFromJson(const QJsonObject &object)
{
    static const QStringList members{u"name"_s,
                                     u"description"_s,
                                     u"keyUsage"_s,
                                     u"extendedKeyUsage"_s,
                                     u"grantsAll"_s,
                                     u"dropped"_s,
                                     u"replaced"_s,
                                     u"added"_s,
                                     u"validityMinutes"_s,
                                     u"validityDays"_s,
                                     u"addsDnsNameOfCommonName"_s,
                                     u"dropsSubjectAlternativeNames"_s};
    Profile profile;
    profile.name = object.value(u"name"_s).toString();
    if (profile.name.isEmpty())
        return wrong({}, u"name"_s, u"it is missing"_s);
    const QStringList found = object.keys();
    for (const QString &member : found) {
        if (!members.contains(member))
            return wrong(profile.name, member, u"no such member is known"_s);
    }
    profile.description = object.value(u"description"_s).toString();
    const auto keyUsage = object.contains(u"keyUsage"_s)
                              ? Pki::keyUsageFromText(stringsOf(object.value(u"keyUsage"_s)).join(u','))
                              : Result<Pki::KeyUsage>(KeyUsageBit::DigitalSignature | KeyUsageBit::KeyEncipherment);
    const auto caBits = KeyUsageBit::KeyCertSign | KeyUsageBit::CrlSign;
    if (!keyUsage || !*keyUsage || (*keyUsage & caBits))
        return wrong(profile.name, u"keyUsage"_s, u"names as of RFC 5280 are expected, without keyCertSign and cRLSign"_s);
    profile.keyUsage = *keyUsage;
    const QStringList usages = stringsOf(object.value(u"extendedKeyUsage"_s));
    if (!usages.isEmpty()) {
        const auto extended = Pki::extendedKeyUsageFromText(usages.join(u','));
        if (!extended)
            return wrong(profile.name, u"extendedKeyUsage"_s, extended.error().detail);
        profile.extendedKeyUsage = *extended;
    }
    profile.grantsAll = object.value(u"grantsAll"_s).toBool(true);
    const auto validity = validityFromJson(object, profile.name);
    if (!validity)
        return std::unexpected(validity.error());
    profile.validity = *validity;
    const QStringList dropped = stringsOf(object.value(u"dropped"_s));
    for (const QString &type : dropped) {
        const auto oid = attributeTypeFromText(type);
        if (!oid)
            return wrong(profile.name, u"dropped"_s, oid.error().detail);
        profile.dropped.append(*oid);
    }
    const auto replaced = attributesFromJson(object.value(u"replaced"_s).toObject(), profile.name, u"replaced"_s);
    const auto added = attributesFromJson(object.value(u"added"_s).toObject(), profile.name, u"added"_s);
    if (!replaced || !added)
        return std::unexpected(!replaced ? replaced.error() : added.error());
    profile.replaced = *replaced;
    profile.added = *added;
    profile.addsDnsNameOfCommonName = object.value(u"addsDnsNameOfCommonName"_s).toBool();
    profile.dropsSubjectAlternativeNames = object.value(u"dropsSubjectAlternativeNames"_s).toBool();
    return profile;
}

bool isHostName(const QString &text)
{
    static const QRegularExpression pattern(uR"(\A(?=.{1,253}\z)(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9_-]{1,63}(?<!-))+\z)"_s);
    return pattern.match(text).hasMatch();
}

QString attributeText(const NameAttribute &attribute)
{
    const auto name = nameOf({{attribute}});
    return name ? name->toText() : attribute.value;
}

} // namespace

Profiles::Profiles()
    : m_profiles{
          builtIn(QString::fromLatin1(defaultProfileName), u"TLS client and server; also as \"both\""_s, {clientAuth(), serverAuth()}),
          builtIn(u"tls-client"_s, u"TLS client"_s, {clientAuth()}), builtIn(u"tls-server"_s, u"TLS server"_s, {serverAuth()}),
          builtIn(u"pc-client"_s, u"computer: TLS client, IPsec, 802.1X"_s,
                  {clientAuth(), Oid::literal("1.3.6.1.5.5.7.3.17"), Oid::literal("1.3.6.1.5.5.7.3.14")})}
{
    // A request that asks for something is held to what its name promises; a PC's needs all of it.
    for (Profile &profile : m_profiles)
        profile.grantsAll = profile.name == "pc-client"_L1;
}

Result<Profiles> Profiles::fromJson(const QByteArray &json)
{
    QJsonParseError error;
    const QJsonDocument document = QJsonDocument::fromJson(json, &error);
    if (document.isNull())
        return failure(ErrorCode::Malformed, error.errorString());
    Profiles profiles;
    const QJsonArray list = document.isArray() ? document.array() : document.object().value(u"profiles"_s).toArray();
    if (list.isEmpty())
        return failure(ErrorCode::Malformed, u"a list of profiles is expected"_s);
    for (const auto &value : list) {
        auto profile = profileFromJson(value.toObject());
        if (!profile)
            return std::unexpected(profile.error());
        const auto known = std::ranges::find_if(
            profiles.m_profiles, [&](const Profile &other) { return other.name.compare(profile->name, Qt::CaseInsensitive) == 0; });
        if (known != profiles.m_profiles.end())
            *known = std::move(*profile);
        else
            profiles.m_profiles.append(std::move(*profile));
    }
    return profiles;
}

Result<Profiles> Profiles::ofFolder(const QString &caFolder)
{
    const QString path = caFolder + "/profiles.json"_L1;
    if (!QFile::exists(path))
        return Profiles();
    const auto json = Files::readFile(path, maxFileBytes);
    if (!json)
        return std::unexpected(json.error());
    auto profiles = fromJson(*json);
    if (!profiles)
        return failure(profiles.error().code, u"profiles.json: %1"_s.arg(profiles.error().detail));
    return profiles;
}

const Profile *Profiles::find(const QString &name) const
{
    const auto found =
        std::ranges::find_if(m_profiles, [&](const Profile &profile) { return profile.name.compare(name, Qt::CaseInsensitive) == 0; });
    if (found != m_profiles.cend())
        return &*found;
    return name.compare(shortDefaultName, Qt::CaseInsensitive) == 0 ? find(QString::fromLatin1(defaultProfileName)) : nullptr;
}

const Profile &Profiles::defaultProfile() const
{
    return m_profiles.first();
}

QString toText(std::chrono::minutes validity)
{
    const auto counted = [](qint64 count, const QString &one) { return count == 1 ? u"1 %1"_s.arg(one) : u"%1 %2s"_s.arg(count).arg(one); };
    const qint64 minutes = validity.count();
    if (minutes % (24 * 60) == 0)
        return counted(minutes / (24 * 60), u"day"_s);
    if (minutes % 60 == 0)
        return counted(minutes / 60, u"hour"_s);
    return counted(minutes, u"minute"_s);
}

Result<Rewritten> rewrite(const RequestedCertificate &requested, const Profile &profile)
{
    Rewritten result{.requested = requested, .changes = {}};
    RelativeNames parts = requested.subject.relativeNames();
    for (const Oid &type : profile.dropped) {
        for (QList<NameAttribute> &part : parts) {
            part.removeIf([&](const NameAttribute &attribute) {
                if (attribute.type != type)
                    return false;
                result.changes.append(u"subject: %1 left out"_s.arg(attributeText(attribute)));
                return true;
            });
        }
        parts.removeIf([](const QList<NameAttribute> &part) { return part.isEmpty(); });
    }
    const auto has = [&parts](const Oid &type) {
        return std::ranges::any_of(parts, [&](const QList<NameAttribute> &part) {
            return std::ranges::any_of(part, [&](const NameAttribute &attribute) { return attribute.type == type; });
        });
    };
    RelativeNames front;
    const auto putInFront = [&](const NameAttribute &attribute) {
        front.append({attribute});
        result.changes.append(u"subject: %1 put in"_s.arg(attributeText(attribute)));
    };
    for (const NameAttribute &wanted : profile.replaced) {
        if (!has(wanted.type)) {
            putInFront(wanted);
            continue;
        }
        for (QList<NameAttribute> &part : parts) {
            for (NameAttribute &attribute : part) {
                if (attribute.type != wanted.type || attribute.value == wanted.value)
                    continue;
                result.changes.append(u"subject: %1 instead of %2"_s.arg(attributeText(wanted), attributeText(attribute)));
                attribute.value = wanted.value;
            }
        }
    }
    for (const NameAttribute &wanted : profile.added) {
        if (!has(wanted.type))
            putInFront(wanted);
    }
    if (!result.changes.isEmpty()) {
        auto name = nameOf(front + parts);
        if (!name)
            return std::unexpected(name.error());
        result.requested.subject = std::move(*name);
    }
    Pki::SubjectAlternativeNames &names = result.requested.subjectAlternativeNames;
    if (profile.dropsSubjectAlternativeNames && !names.isEmpty()) {
        result.changes.append(u"subjectAltName: %1 left out"_s.arg(Pki::toText(names)));
        names.clear();
    }
    const QString commonName = result.requested.subject.commonName();
    if (profile.addsDnsNameOfCommonName && isHostName(commonName)) {
        const auto added = Pki::subjectAlternativeNamesFromText("DNS:"_L1 + commonName);
        if (added && !names.contains(added->first())) {
            names.append(added->first());
            result.changes.append(u"subjectAltName: DNS:%1 put in"_s.arg(commonName));
        }
    }
    return result;
}

} // namespace LabCa
