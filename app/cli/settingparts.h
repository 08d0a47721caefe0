// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// For the two tables of settings: the usual kinds of setting, each from a way to the member.

#include "app/cli/settings.h"

namespace Cli {

template <typename Draft, typename Member>
Setting<Draft> textSetting(const QString &name, const QString &help, Member member)
{
    return {name, QStringLiteral("text"), help, [member](const Draft &draft) -> QString { return member(draft); },
            [member](Draft &draft, const QString &text) -> Pki::Result<void> {
                member(draft) = text.trimmed();
                return {};
            }};
}

template <typename Draft, typename Member>
Setting<Draft> switchSetting(const QString &name, const QString &help, Member member)
{
    return {name, QStringLiteral("on|off"), help, [member](const Draft &draft) { return toText(bool(member(draft))); },
            [member](Draft &draft, const QString &text) -> Pki::Result<void> {
                const auto isOn = switchFromText(text);
                if (!isOn)
                    return std::unexpected(isOn.error());
                member(draft) = *isOn;
                return {};
            }};
}

template <typename Draft, typename Member>
Setting<Draft> numberSetting(const QString &name, const QString &help, int least, int most, Member member)
{
    return {name, QStringLiteral("number"), help, [member](const Draft &draft) { return QString::number(member(draft)); },
            [member, least, most](Draft &draft, const QString &text) -> Pki::Result<void> {
                const auto number = numberFromText(text, least, most);
                if (!number)
                    return std::unexpected(number.error());
                member(draft) = *number;
                return {};
            }};
}

template <typename Draft, typename Member>
Setting<Draft> durationSetting(const QString &name, const QString &help, std::chrono::seconds least, std::chrono::seconds most,
                               Member member)
{
    return {name, QStringLiteral("time"), help,
            [member](const Draft &draft) { return toText(std::chrono::duration_cast<std::chrono::seconds>(member(draft))); },
            [member, least, most](Draft &draft, const QString &text) -> Pki::Result<void> {
                const auto duration = durationFromText(text, least, most);
                if (!duration)
                    return std::unexpected(duration.error());
                member(draft) = *duration;
                return {};
            }};
}

/// One of several words.
template <typename Value>
using Words = QList<std::pair<QString, Value>>;

template <typename Draft, typename Value, typename Member>
Setting<Draft> choiceSetting(const QString &name, const QString &help, const Words<Value> &words, Member member)
{
    QStringList names;
    for (const auto &[word, value] : words)
        names.append(word);
    return {name, names.join(u'|'), help,
            [member, words](const Draft &draft) {
                for (const auto &[word, value] : words) {
                    if (member(draft) == value)
                        return word;
                }
                return QString();
            },
            [member, words, names](Draft &draft, const QString &text) -> Pki::Result<void> {
                for (const auto &[word, value] : words) {
                    if (word.compare(text.trimmed(), Qt::CaseInsensitive) == 0) {
                        member(draft) = value;
                        return {};
                    }
                }
                return Pki::failure(Pki::ErrorCode::InvalidArgument, QStringLiteral("it takes %1").arg(names.join(QStringLiteral(", "))));
            }};
}

/// A list of words, separated by commas.
template <typename Draft, typename Member>
Setting<Draft> tagsSetting(Member member)
{
    return {QStringLiteral("tags"), QStringLiteral("list"), QStringLiteral("Words to find it by, separated by commas."),
            [member](const Draft &draft) { return member(draft).join(QStringLiteral(",")); },
            [member](Draft &draft, const QString &text) -> Pki::Result<void> {
                member(draft) = listFromText(text);
                return {};
            }};
}

/// What `parse` makes of the text.
template <typename Draft, typename Member, typename Parse, typename Print>
Setting<Draft> parsedSetting(const QString &name, const QString &valueName, const QString &help, Member member, Parse parse, Print print)
{
    return {name, valueName, help, [member, print](const Draft &draft) -> QString { return print(member(draft)); },
            [member, parse](Draft &draft, const QString &text) -> Pki::Result<void> {
                auto value = parse(text);
                if (!value)
                    return std::unexpected(value.error());
                member(draft) = std::move(*value);
                return {};
            }};
}

} // namespace Cli
