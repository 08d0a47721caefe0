// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/settings.h"

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Pki::ErrorCode;
using Pki::failure;
using Pki::Result;

namespace Cli {

namespace {

struct Unit {
    QLatin1StringView name;
    std::chrono::seconds length;
};
constexpr Unit units[] = {{"d"_L1, 24h}, {"h"_L1, 1h}, {"min"_L1, 1min}, {"s"_L1, 1s}};

} // namespace

QString fieldName(const QString &option)
{
    QString name;
    for (const QString &word : option.split(u'-'))
        name += name.isEmpty() ? word : word.left(1).toUpper() + word.mid(1);
    return name;
}

Result<std::chrono::seconds> durationFromText(const QString &text, std::chrono::seconds least, std::chrono::seconds most)
{
    const QString trimmed = text.trimmed().toLower();
    qsizetype digits = 0;
    while (digits < trimmed.size() && trimmed.at(digits).isDigit())
        ++digits;
    const QString unitName = trimmed.mid(digits).trimmed();
    std::optional<std::chrono::seconds> unit;
    if (unitName.isEmpty())
        unit = 1s;
    for (const Unit &each : units) {
        if (unitName == each.name)
            unit = each.length;
    }
    bool isNumber = false;
    const qlonglong count = trimmed.left(qMin<qsizetype>(digits, 9)).toLongLong(&isNumber);
    if (!unit || !isNumber || digits > 9 || count * *unit < least || count * *unit > most)
        return failure(ErrorCode::InvalidArgument,
                       u"a time from %1 to %2 is needed, as 90s, 15min, 24h or 7d"_s.arg(toText(least), toText(most)));
    return count * *unit;
}

QString toText(std::chrono::seconds duration)
{
    for (const Unit &unit : units) {
        if (duration.count() != 0 && duration % unit.length == 0s)
            return QString::number(duration / unit.length) + unit.name;
    }
    return QString::number(duration.count()) + u's';
}

Result<bool> switchFromText(const QString &text)
{
    const QString word = text.trimmed().toLower();
    if (word == "on"_L1 || word == "yes"_L1 || word == "true"_L1)
        return true;
    if (word == "off"_L1 || word == "no"_L1 || word == "false"_L1)
        return false;
    return failure(ErrorCode::InvalidArgument, u"it takes on or off"_s);
}

QString toText(bool isOn)
{
    return isOn ? u"on"_s : u"off"_s;
}

Result<int> numberFromText(const QString &text, int least, int most)
{
    bool isNumber = false;
    const int number = text.toInt(&isNumber);
    if (!isNumber || number < least || number > most)
        return failure(ErrorCode::InvalidArgument, u"it takes a whole number from %1 to %2"_s.arg(least).arg(most));
    return number;
}

QStringList listFromText(const QString &text)
{
    QStringList list;
    for (const QString &part : text.split(u',')) {
        if (const QString word = part.simplified(); !word.isEmpty() && !list.contains(word))
            list.append(word);
    }
    return list;
}

} // namespace Cli
