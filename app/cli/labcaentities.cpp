// SPDX-License-Identifier: GPL-3.0-or-later
// lab-ca register, unregister, entities: who is expected in registered mode; and lab-ca profiles.
#include "app/cli/describe.h"
#include "app/cli/labcaverbs.h"
#include "scep/files/durablefile.h"
#include "scep/labca/cafiles.h"
#include "scep/labca/entityregister.h"
#include "scep/labca/profiles.h"

#include <QDir>
#include <QJsonArray>

using namespace Qt::StringLiterals;
using Models::safeText;
using Pki::ErrorCode;
using Pki::Result;

namespace Cli {

namespace {

/// The folder of a CA that is there: the list of a folder that was mistyped would expect devices in vain.
Result<QString> finishedCaFolder(const VerbParser &parser)
{
    const auto folder = caFolder(parser);
    if (folder && !LabCa::isFinishedCa(*folder))
        return Pki::failure(ErrorCode::FileNotFound, u"there is no Lab CA in %1"_s.arg(QDir::toNativeSeparators(*folder)));
    return folder;
}

QJsonObject toJson(const LabCa::Entity &entity)
{
    QJsonObject object{
        {"commonName"_L1, entity.commonName}, {"registeredAt"_L1, isoTime(entity.registeredAt)}, {"isUsed"_L1, entity.usedAt.isValid()}};
    if (entity.usedAt.isValid()) {
        object.insert("usedAt"_L1, isoTime(entity.usedAt));
        object.insert("transactionId"_L1, entity.usedBy);
    }
    return object;
}

} // namespace

int runLabCaRegister(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(
        u"lab-ca register"_s,
        u"Expects a device: a request with this common name and its challenge is granted once, when lab-ca serves in registered "
        u"mode. A challenge that is made here is shown this once only."_s);
    addFolderOptions(parser);
    parser.positional(u"NAME"_s, u"Common name (CN) of the device, as its request spells it."_s);
    parser.option(u"challenge-file"_s, u"File whose first line is the device's challenge (default: one is made)."_s, u"file"_s);
    parser.option(u"out"_s, u"File for the challenge that is made, instead of showing it."_s, u"file"_s);
    parser.option(u"again"_s, u"Give a device that is known already another challenge."_s);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    const auto folder = finishedCaFolder(parser);
    if (!folder)
        return terminal.fail(folder.error(), u"the Lab CA"_s);
    Pki::SecretBytes given;
    if (parser.isSet(u"challenge-file"_s)) {
        auto read = Files::readSecretFile(parser.value(u"challenge-file"_s));
        if (!read)
            return terminal.fail(read.error(), parser.value(u"challenge-file"_s));
        given = std::move(*read);
    }
    const QString name = parser.positionals().first();
    LabCa::EntityRegister entities(*folder);
    const auto challenge = entities.add(name, given, parser.isSet(u"again"_s), QDateTime::currentDateTimeUtc());
    if (!challenge)
        return terminal.fail(challenge.error(), u"device %1"_s.arg(safeText(name, 64)));
    const auto entity = entities.find(name);
    if (!entity || !*entity)
        return terminal.fail(entity ? Pki::Error{ErrorCode::FileNotFound, name} : entity.error(), u"device %1"_s.arg(safeText(name, 64)));
    QJsonObject object = toJson(**entity);
    ResultLines lines{{u"Registered"_s, safeText(name)}};
    if (given.isEmpty()) {
        const QString text = QString::fromUtf8(challenge->view());
        if (parser.isSet(u"out"_s)) {
            const QString file = parser.value(u"out"_s);
            if (const auto written = Files::writeDurably(file, (text + u'\n').toUtf8(), Files::FileAccess::OwnerOnly); !written)
                return terminal.fail(written.error(), file);
            object.insert("file"_L1, file);
            lines.append({u"Challenge"_s, file});
        } else {
            object.insert("challenge"_L1, text);
            lines.append({u"Challenge"_s, text});
        }
    }
    return terminal.done(object, lines);
}

int runLabCaUnregister(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"lab-ca unregister"_s, u"Expects a device no longer. What was issued for it stays."_s);
    addFolderOptions(parser);
    parser.positional(u"NAME"_s, u"Common name (CN) of the device; see lab-ca entities."_s);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    const auto folder = finishedCaFolder(parser);
    if (!folder)
        return terminal.fail(folder.error(), u"the Lab CA"_s);
    const QString name = parser.positionals().first();
    if (const auto removed = LabCa::EntityRegister(*folder).remove(name); !removed)
        return terminal.fail(removed.error(), u"device %1"_s.arg(safeText(name, 64)));
    return terminal.done({{"commonName"_L1, name}}, {{u"Unregistered"_s, safeText(name)}});
}

int runLabCaEntities(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"lab-ca entities"_s, u"Lists the devices that registered mode expects, and which have come."_s);
    addFolderOptions(parser);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    const auto folder = finishedCaFolder(parser);
    if (!folder)
        return terminal.fail(folder.error(), u"the Lab CA"_s);
    const auto entities = LabCa::EntityRegister(*folder).entities();
    if (!entities)
        return terminal.fail(entities.error(), u"the Lab CA in %1"_s.arg(*folder));
    QJsonArray array;
    ResultLines lines;
    for (const LabCa::Entity &entity : *entities) {
        array.append(toJson(entity));
        lines.append({entity.usedAt.isValid() ? u"used"_s : u"expected"_s, safeText(entity.commonName)});
    }
    if (lines.isEmpty())
        lines.append({u"No devices are registered."_s, {}});
    return terminal.done({{"entities"_L1, array}}, lines);
}

int runLabCaProfiles(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(
        u"lab-ca profiles"_s,
        u"Lists the profiles that a request's template name picks: the built-in ones and those of profiles.json in the folder."_s);
    addFolderOptions(parser);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    const auto folder = finishedCaFolder(parser);
    if (!folder)
        return terminal.fail(folder.error(), u"the Lab CA"_s);
    const auto profiles = LabCa::Profiles::ofFolder(*folder);
    if (!profiles)
        return terminal.fail(profiles.error(), u"the Lab CA in %1"_s.arg(*folder));
    QJsonArray array;
    ResultLines lines;
    for (const LabCa::Profile &profile : profiles->all()) {
        QJsonObject object{{"name"_L1, profile.name},
                           {"description"_L1, profile.description},
                           {"isDefault"_L1, &profile == &profiles->defaultProfile()},
                           {"keyUsage"_L1, Pki::toText(profile.keyUsage)},
                           {"extendedKeyUsage"_L1, Pki::toText(profile.extendedKeyUsage)}};
        QString text = safeText(profile.description);
        if (profile.validity) {
            object.insert("validityMinutes"_L1, static_cast<int>(profile.validity->count()));
            text += u" (%1)"_s.arg(LabCa::toText(*profile.validity));
        }
        array.append(object);
        lines.append({safeText(profile.name), text});
    }
    return terminal.done({{"profiles"_L1, array}}, lines);
}

} // namespace Cli
