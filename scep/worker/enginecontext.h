// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/worker/clock.h"
#include "scep/worker/exchanger.h"
#include "scep/worker/journal.h"
#include "scep/worker/keypool.h"
#include "scep/worker/scheduler.h"
#include "scep/worker/storehealth.h"

#include <QRandomGenerator>

namespace Scep {

/// What the parts of the engine share. All of it outlives them.
struct EngineContext {
    Exchanger &exchanger;
    Journal &journal;
    Clock &clock;
    KeyPool &keyPool;
    Scheduler &scheduler;
    StoreHealth &health;

    /// In [-1, 1): spreads the polls of many devices that were switched on together.
    static double jitter() { return QRandomGenerator::global()->generateDouble() * 2 - 1; }
};

} // namespace Scep
