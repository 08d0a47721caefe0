// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/verb.h"
#include "models/records/records.h"

#include <QJsonObject>

#include <functional>

namespace Cli {

/// A server as it will be stored.
struct ServerDraft {
    Scep::EnrollmentServer server;
    Models::Extras extras;
};
/// A request as it will be stored. The label of its server is no setting: it needs the store.
struct RequestDraft {
    Scep::EnrollmentRequest request;
    Models::Extras extras;
    std::optional<Models::Delivery> delivery;
};

/// One setting of a server or a request: as `add` and `edit` read it, as `show` prints it. What print() makes, read() understands.
template <typename Draft>
struct Setting {
    QString name; ///< of the option
    QString valueName;
    QString help;
    std::function<QString(const Draft &)> print;
    std::function<Pki::Result<void>(Draft &, const QString &)> read;
};
const QList<Setting<ServerDraft>> &serverSettings();
const QList<Setting<RequestDraft>> &requestSettings();

/// "ca-ident" -> "caIdent": the field of an option in JSON.
QString fieldName(const QString &option);

template <typename Draft>
void addSettings(VerbParser &parser, const QList<Setting<Draft>> &settings)
{
    for (const Setting<Draft> &setting : settings)
        parser.option(setting.name, setting.help, setting.valueName);
}

/// Sets what the command line names. Errors name the option.
template <typename Draft>
Pki::Result<void> readSettings(const VerbParser &parser, const QList<Setting<Draft>> &settings, Draft &draft)
{
    for (const Setting<Draft> &setting : settings) {
        if (!parser.isSet(setting.name))
            continue;
        if (const auto read = setting.read(draft, parser.value(setting.name)); !read)
            return Pki::failure(read.error().code, QStringLiteral("--%1: %2").arg(setting.name, read.error().detail));
    }
    return {};
}

/// Sets one back to what it is in a new draft. Errors: InvalidArgument (there is no such setting, or it has no default).
template <typename Draft>
Pki::Result<void> resetSetting(const QList<Setting<Draft>> &settings, const QString &name, Draft &draft)
{
    for (const Setting<Draft> &setting : settings) {
        if (setting.name == name)
            return setting.read(draft, setting.print(Draft{}));
    }
    return Pki::failure(Pki::ErrorCode::InvalidArgument, QStringLiteral("there is no setting “%1” to reset").arg(name));
}

template <typename Draft>
QJsonObject settingsToJson(const QList<Setting<Draft>> &settings, const Draft &draft)
{
    QJsonObject object;
    for (const Setting<Draft> &setting : settings)
        object.insert(fieldName(setting.name), setting.print(draft));
    return object;
}

/// As "name  value", those that say nothing left out.
template <typename Draft>
ResultLines settingsToLines(const QList<Setting<Draft>> &settings, const Draft &draft)
{
    ResultLines lines;
    for (const Setting<Draft> &setting : settings) {
        if (const QString text = setting.print(draft); !text.isEmpty())
            lines.append({setting.name, Models::safeText(text)});
    }
    return lines;
}

/// The names of the settings in which two drafts differ.
template <typename Draft>
QStringList changedSettings(const QList<Setting<Draft>> &settings, const Draft &before, const Draft &after)
{
    QStringList names;
    for (const Setting<Draft> &setting : settings) {
        if (setting.print(before) != setting.print(after))
            names.append(setting.name);
    }
    return names;
}

// Values

/// "90s", "15min", "24h", "7d"; a bare number is seconds. Errors: InvalidArgument.
Pki::Result<std::chrono::seconds> durationFromText(const QString &text, std::chrono::seconds least, std::chrono::seconds most);
QString toText(std::chrono::seconds duration); ///< in the largest unit that fits
Pki::Result<bool> switchFromText(const QString &text);
QString toText(bool isOn); ///< "on", "off"
Pki::Result<int> numberFromText(const QString &text, int least, int most);
/// "a, b" without blanks, each once.
QStringList listFromText(const QString &text);

} // namespace Cli
