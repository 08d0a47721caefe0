// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/records/loggedexchange.h"
#include "models/records/records.h"

#include <QCache>

namespace Models {

class Store;

/// What an exchange says, read from its messages. They are not needed any more afterwards: the entry is without them.
LoggedExchange logged(const Scep::Exchange &exchange);

/// Reads the log of a store, each entry once: what was logged never changes, and a list of it is asked for with every new exchange.
/// Worker thread.
class ExchangeLogReader
{
public:
    explicit ExchangeLogReader(Store &store);
    Result<ExchangeLogPage> read(const ExchangeLogQuery &query);

private:
    const LoggedExchange *entry(qint64 id); ///< null: it went meanwhile
    Store &m_store;
    QCache<qint64, LoggedExchange> m_known;
};

} // namespace Models
