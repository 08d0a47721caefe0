// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/worker/changeeffects.h"
#include "scep/worker/enginecontext.h"
#include "scep/worker/nextcacheck.h"
#include "scep/worker/servercheck.h"
#include "scep/worker/servergate.h"

namespace Scep {

/// The engine's side of one enrollment server: what is known of it, when it is looked at again, who may talk to it now.
class ServerAgent final : public QObject
{
    Q_OBJECT

public:
    ServerAgent(const EngineContext &context, const EnrollmentServer &server, QObject *parent);

    /// What a former process learned. Before start().
    void restore(const ServerKnowledge &knowledge);
    void start(); ///< checks the server now or when its time comes
    void setServer(const EnrollmentServer &server, ChangeEffects effects);
    void secretsAvailable(); ///< the vault was opened: what the transport needs of it can be read
    void retire();           ///< the server was removed: no more traffic, signals or alarms
    void check();            ///< now; nothing if it is disabled or a check is under way

    [[nodiscard]] const EnrollmentServer &server() const { return m_server; }
    [[nodiscard]] const ServerKnowledge &knowledge() const { return m_knowledge; }
    [[nodiscard]] bool isChecking() const { return m_check != nullptr; }
    [[nodiscard]] bool isAskingForNextCa() const { return m_nextCaCheck != nullptr; }
    /// Enabled and its CA is authenticated: messages may be sent.
    [[nodiscard]] bool isReady() const;
    /// Why it is not ready, as far as that is known; none while it is being asked.
    [[nodiscard]] std::optional<Error> obstacle() const;
    /// When the obstacle is looked at again by itself; invalid: it needs a person.
    [[nodiscard]] QDateTime nextTryAt() const;
    /// A challenge may be prepared for it: it is enabled, somebody confirmed its CA, and nothing speaks against it so far.
    [[nodiscard]] bool isPromising() const;

    [[nodiscard]] ServerGate &gate() { return m_gate; }
    // Learned, and stored with the knowledge.
    void rememberPollingByRequest();
    void rememberRenewal(RenewalStep step);
    void acceptCapabilities();
    void stageNextCa(const NextCa &nextCa);
    void rememberCrl(const CrlKnowledge &crl);

    [[nodiscard]] static QString schedulerKey(ServerId id);

signals:
    void readinessChanged();
    void knowledgeChanged(const Scep::ServerKnowledge &knowledge);
    void journalFailed(const Scep::Error &error);
    void checkingChanged();
    void checked(); ///< a check is over, whatever it brought, the question for the next CA included

private:
    void abortCheck();
    [[nodiscard]] bool lacksSecrets() const;
    void readSecrets();
    bool checkNextCa();                                             ///< false: there is nothing to ask
    [[nodiscard]] QDateTime switchTime(const QDateTime &now) const; ///< when the staged CA may take over; invalid: no such time ahead
    void finishCheck(const ServerAnswers &answers);
    void setKnowledge(const ServerKnowledge &knowledge);
    void plan(std::optional<std::chrono::seconds> retryAfter = std::nullopt);

    const EngineContext &m_context;
    EnrollmentServer m_server;
    ServerKnowledge m_knowledge;
    ServerCheck *m_check = nullptr;
    NextCaCheck *m_nextCaCheck = nullptr;
    int m_failures = 0; ///< checks in a row
    ServerGate m_gate;
};

} // namespace Scep
