// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/service/exchangelog.h"

#include "models/service/errortext.h"
#include "models/store/store.h"
#include "scep/protocol/messagesummary.h"

using namespace Qt::StringLiterals;

namespace Models {
namespace {

using Outcome = LoggedExchange::Outcome;

struct Texts {
    Q_DECLARE_TR_FUNCTIONS(Models::ExchangeLog)
};

QString kindOf(const Scep::MessageSummary &summary)
{
    return summary.type ? Scep::displayName(*summary.type) : safeText(summary.typeText, 40);
}

void judgeReply(LoggedExchange &entry, const QByteArray &received)
{
    const auto reply = Scep::summarise(received);
    if (!reply || !reply->status) {
        entry.answer = Texts::tr("HTTP %1").arg(entry.exchange.httpStatus);
        return;
    }
    entry.answer = Scep::displayName(*reply->status);
    switch (*reply->status) {
    case Scep::PkiStatus::Success:
        break;
    case Scep::PkiStatus::Pending:
        entry.outcome = Outcome::Pending;
        break;
    case Scep::PkiStatus::Failure:
        entry.outcome = Outcome::Rejected;
        if (reply->rejection)
            entry.answer += u": "_s + safeText(Scep::toText(*reply->rejection), 200);
        break;
    }
}

} // namespace

LoggedExchange logged(const Scep::Exchange &exchange)
{
    LoggedExchange entry;
    entry.exchange = exchange;
    entry.exchange.sent.clear();
    entry.exchange.received.clear();
    entry.size = exchange.sent.size() + exchange.received.size();
    entry.message = Scep::wireName(exchange.operation);
    const bool isMessage = exchange.operation == Scep::Operation::PkiOperation;
    if (isMessage) {
        if (const auto sent = Scep::summarise(exchange.sent))
            entry.message = kindOf(*sent);
    }
    if (exchange.error) {
        entry.outcome = Outcome::Failed;
        entry.answer = explain(*exchange.error, {}).what;
        while (entry.answer.endsWith(u'.'))
            entry.answer.chop(1); // a cell, no sentence
        // What the CA itself said goes before what we think of it.
        if (exchange.error->code == ErrorCode::Rejected)
            judgeReply(entry, exchange.received);
        return entry;
    }
    if (isMessage)
        judgeReply(entry, exchange.received);
    else
        entry.answer = Texts::tr("answered");
    return entry;
}

ExchangeLogReader::ExchangeLogReader(Store &store)
    : m_store(store)
    , m_known(5000)
{}

const LoggedExchange *ExchangeLogReader::entry(qint64 id)
{
    if (const LoggedExchange *known = m_known.object(id))
        return known;
    const auto whole = m_store.exchange(id);
    if (!whole)
        return nullptr; // the log is bounded
    m_known.insert(id, new LoggedExchange(logged(*whole)));
    return m_known.object(id);
}

Result<ExchangeLogPage> ExchangeLogReader::read(const ExchangeLogQuery &query)
{
    ExchangeLogPage page;
    ExchangeQuery part = query.exchanges;
    const int wanted = part.most;
    part.most = wanted + 1; // one more, to know whether there is more
    for (;;) {
        const auto rows = m_store.exchanges(part);
        if (!rows)
            return std::unexpected(rows.error());
        for (const ExchangeRow &row : *rows) {
            const LoggedExchange *found = entry(row.exchange.id);
            if (found == nullptr || (query.outcome && found->outcome != *query.outcome))
                continue;
            if (page.entries.size() == wanted) {
                page.isLast = false;
                return page;
            }
            page.entries.append(*found);
        }
        if (rows->size() < part.most)
            return page;
        part.before = rows->last().exchange.id;
    }
}

} // namespace Models
