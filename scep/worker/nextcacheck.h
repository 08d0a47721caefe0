// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/protocol/nextca.h"
#include "scep/worker/enginecontext.h"

namespace Scep {

struct NextCaAnswer {
    std::optional<Error> error;
    std::optional<NextCa> nextCa; ///< absent without an error: the server has none
    QStringList notes;
};

/// Asks one server for the CA that will follow (GetNextCACert, RFC 8894 4.7) and judges the answer by the current one.
///
/// start() once; finished() once, from the event loop. Deleting it cancels silently.
class NextCaCheck final : public QObject
{
    Q_OBJECT

public:
    NextCaCheck(const EngineContext &context, QObject *parent);
    /// `knowledge` is confirmed: its roles are what the answer must be signed by.
    void start(const EnrollmentServer &server, const ServerKnowledge &knowledge);

signals:
    void finished(const Scep::NextCaAnswer &answer);

private:
    void receive(const ExchangeOutcome &outcome, Exchange entry);

    const EngineContext &m_context;
    CaRoles m_roles;
};

/// The roles of the certificates that the current CA announced, and whether they hang on its anchor. Pure.
/// Errors: NoUsableCaCertificate, ChainBroken.
Result<NextCa> judgeNextCa(const NextCaMessage &message, const CaRoles &current, const QDateTime &now);

/// What is known once the staged CA has taken over by time: the current one expired, the staged one is in force and hangs on the anchor.
/// Before that, for a new root, and where the server's setting is not to follow, `knowledge` as it is. Pure.
ServerKnowledge withNextCaInForce(const EnrollmentServer &server, const ServerKnowledge &knowledge, const QDateTime &now);

} // namespace Scep
