// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/worker/transaction.h"

#include <QDebugStateSaver>

namespace Scep {

QDebug operator<<(QDebug debug, TransactionStatus::State state)
{
    const QDebugStateSaver saver(debug);
    const char *name = "?";
    switch (state) {
    case TransactionStatus::State::None:
        name = "None";
        break;
    case TransactionStatus::State::Queued:
        name = "Queued";
        break;
    case TransactionStatus::State::GeneratingKey:
        name = "GeneratingKey";
        break;
    case TransactionStatus::State::Sending:
        name = "Sending";
        break;
    case TransactionStatus::State::Pending:
        name = "Pending";
        break;
    case TransactionStatus::State::Retrying:
        name = "Retrying";
        break;
    case TransactionStatus::State::Rejected:
        name = "Rejected";
        break;
    case TransactionStatus::State::Cancelled:
        name = "Cancelled";
        break;
    case TransactionStatus::State::Done:
        name = "Done";
        break;
    }
    debug.noquote().nospace() << name;
    return debug;
}

} // namespace Scep
