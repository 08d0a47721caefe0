// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/client/httpdate.h"

#include <QList>
#include <QTimeZone>

#include <algorithm>
#include <array>

namespace Scep {

namespace {

/// 1..12, 0 for anything else.
int monthNumber(const QByteArray &name)
{
    static constexpr std::array names{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
    const auto found = std::ranges::find(names, name.toLower());
    return found == names.end() ? 0 : static_cast<int>(found - names.begin()) + 1;
}

/// Two digits mean the century that is nearest, not more than 50 years ahead (RFC 9110 5.6.7).
int fullYear(const QByteArray &digits)
{
    const int year = digits.toInt();
    if (digits.size() != 2)
        return year;
    return year + (year < 70 ? 2000 : 1900);
}

} // namespace

QDateTime httpDate(const QByteArray &value)
{
    // "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"
    QByteArray words = value;
    words.replace('-', ' ').replace(',', ' ');
    QList<QByteArray> parts = words.simplified().split(' ');
    if (parts.size() == 5) // asctime: bring it into the order of the others
        parts = {parts.at(0), parts.at(2), parts.at(1), parts.at(4), parts.at(3), QByteArrayLiteral("GMT")};
    if (parts.size() != 6 || (parts.at(5) != "GMT" && parts.at(5) != "UTC"))
        return {};
    const QList<QByteArray> clock = parts.at(4).split(':');
    if (clock.size() != 3)
        return {};
    const QDate date(fullYear(parts.at(3)), monthNumber(parts.at(2)), parts.at(1).toInt());
    const QTime time(clock.at(0).toInt(), clock.at(1).toInt(), std::min(clock.at(2).toInt(), 59)); // 60 is a leap second
    if (!date.isValid() || !time.isValid())
        return {};
    return QDateTime(date, time, QTimeZone(QByteArrayLiteral("UTC"))).toUTC();
}

std::optional<std::chrono::seconds> retryAfter(const QByteArray &value, const QDateTime &now)
{
    constexpr std::chrono::seconds longest = std::chrono::days(365);
    const QByteArray text = value.trimmed();
    if (!text.isEmpty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) {
        bool fits = false;
        const qint64 seconds = text.toLongLong(&fits);
        return fits ? std::min(std::chrono::seconds(seconds), longest) : longest;
    }
    const QDateTime until = httpDate(text);
    if (!until.isValid() || !now.isValid())
        return std::nullopt;
    return std::clamp(std::chrono::seconds(now.secsTo(until)), std::chrono::seconds(0), longest);
}

} // namespace Scep
