// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/worker/ids.h"

#include <QDateTime>

namespace Scep {

/// What the engine is doing right now, for the status bar: data, not text.
struct Activity {
    enum class Kind { Idle, Probing, CheckingServer, GeneratingKey, Sending, Polling };
    Kind kind = Kind::Idle;
    ServerId server;
    RequestId request;
    int runningExchanges = 0;
    QDateTime nextDue; ///< for Idle: when the next thing happens; invalid: nothing planned
    friend bool operator==(const Activity &, const Activity &) = default;
};

} // namespace Scep
