// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/protocol/certrep.h"
#include "scep/worker/serveragent.h"
#include "scep/worker/serverquery.h"

#include <QPointer>

namespace Scep {

/// One ServerQuery from its beginning to its answer. Waits while the server is being asked for its CA certificates; nothing but the two
/// unauthenticated Get operations ever goes to a server that is not confirmed. No second attempt: whoever asked may ask again.
///
/// start() once; finished() once, from the event loop. Deleting it cancels silently.
class QueryRunner final : public QObject
{
    Q_OBJECT

public:
    QueryRunner(const EngineContext &context, ServerQuery query, QObject *parent);
    /// `agent` null: there is no such server. It may go before the answer is there.
    void start(ServerAgent *agent);
    void serverChanged(); ///< its readiness
    [[nodiscard]] ServerId server() const { return m_query.server; }

signals:
    void finished(const Scep::QueryResult &result);

private:
    void advance();
    void takeKey();
    void sendMessage();
    void askForNextCa();
    void receiveMessage(const ExchangeOutcome &outcome, Exchange entry);
    void receiveNextCa(const ExchangeOutcome &outcome, Exchange entry);
    [[nodiscard]] std::optional<Error> check(const IssuedReply &reply);
    void end(const std::optional<Error> &error = std::nullopt);

    const EngineContext &m_context;
    ServerQuery m_query;
    QPointer<ServerAgent> m_agent;
    QueryResult m_result;
    CertRepContext m_expected;
    QPointer<ExchangeJob> m_job;
    QPointer<NextCaCheck> m_nextCaCheck;
    bool m_isMakingKey = false;
    bool m_isSending = false;
    bool m_hasEnded = false;
};

} // namespace Scep
