// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/records/storerecords.h"

namespace Models {

/// An entry of the exchange log with what its messages say, as far as that can be read without a key.
struct LoggedExchange {
    enum class Outcome {
        Good,     ///< an answer to a question, or SUCCESS
        Pending,  ///< the CA waits for a person
        Rejected, ///< FAILURE, with the CA's reason
        Failed,   ///< no answer, or one that could not be used
    };
    Scep::Exchange exchange; ///< sent and received are empty
    qint64 size = 0;         ///< of both, in bytes
    QString message;         ///< "PKCSReq", "GetCACert"
    QString answer;          ///< "SUCCESS", "FAILURE: badRequest", why it failed
    Outcome outcome = Outcome::Good;
};

/// Which of them.
struct ExchangeLogQuery {
    ExchangeQuery exchanges = {};
    std::optional<LoggedExchange::Outcome> outcome = {}; ///< nullopt: any

    friend bool operator==(const ExchangeLogQuery &, const ExchangeLogQuery &) = default;
};

/// Newest first.
struct ExchangeLogPage {
    QList<LoggedExchange> entries;
    bool isLast = true; ///< nothing older fits the query
};

} // namespace Models
