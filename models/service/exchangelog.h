// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/records/loggedexchange.h"
#include "models/records/records.h"

namespace Models {

class Store;

/// What an exchange says, read from its messages. They are not needed any more afterwards: the entry is without them.
LoggedExchange logged(const Scep::Exchange &exchange);

/// As many as the query wants, decoded one by one. Worker thread.
Result<ExchangeLogPage> readExchangeLog(Store &store, const ExchangeLogQuery &query);

} // namespace Models
