// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/error.h"
#include "scep/worker/enrollmentserver.h"

#include <chrono>

namespace Models {

/// What a setting may be, both ends included.
template <typename T>
struct SettingRange {
    T least;
    T most;
    [[nodiscard]] constexpr bool contains(T value) const { return value >= least && value <= most; }
};

/// One table for the window and scepctl: what one of them stores, the other can show and change.
namespace SettingRanges {

using Time = SettingRange<std::chrono::seconds>;
inline constexpr std::chrono::seconds aDay = std::chrono::hours(24);
inline constexpr std::chrono::seconds aYear = 365 * aDay;

inline constexpr Time caCheckInterval{std::chrono::minutes(1), aYear};
inline constexpr Time firstPoll{std::chrono::seconds(1), aYear};
inline constexpr Time longestPoll{std::chrono::seconds(1), aYear};
inline constexpr Time pollingEnd{std::chrono::seconds(1), aYear};
inline constexpr Time retryInterval{std::chrono::seconds(1), aDay};
inline constexpr Time exchangeTimeout{std::chrono::seconds(1), aDay};
inline constexpr Time programTimeout{std::chrono::seconds(1), aDay};   ///< of a delivery's program
inline constexpr Time beforeExpiry{std::chrono::hours(1), 20 * aYear}; ///< whole hours
inline constexpr SettingRange<int> percentOfValidity{0, 99};           ///< 0: off
inline constexpr SettingRange<double> pollGrowth{1, 10};
inline constexpr SettingRange<int> exchangesAtOnce{1, 100};
inline constexpr SettingRange<int> requestsPerMinute{0, 100000}; ///< 0: no limit
inline constexpr SettingRange<int> keptExchanges{1, 1000000};
inline constexpr SettingRange<int> keptExchangeMegabytes{1, 100000};
inline constexpr SettingRange<int> keptExchangeDays{0, 3650}; ///< 0: never dropped for their age
inline constexpr SettingRange<int> keptBinDays{0, 3650};      ///< 0: never emptied by itself
inline constexpr SettingRange<int> keptBackups{0, 1000};      ///< 0: none are made

} // namespace SettingRanges

/// "http://host:port" or "socks5://host:port"; empty: none. User name and password have settings of their own: nobody sees a password that
/// stands in an address. Errors: InvalidUrl.
Pki::Result<QUrl> proxyFromText(const QString &text);

/// The pauses of a poll rule fit each other: first <= longest <= end. Errors: InvalidArgument.
Pki::Result<void> checkPolling(const Scep::PollRule &rule);

} // namespace Models
