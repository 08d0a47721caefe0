// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/worker/enginebench.h"

#include <QMap>
#include <QSet>

namespace TestSupport {

/// A request's life with one sudden death in it. Everything that leaves the process counts as one event: each writing call of the journal
/// and each message that reaches the server. The process dies just before event number `eventsToLive` + 1: a call is then not durable, a
/// message has not arrived; an answer to the message before it is never heard.
///
/// The server remembers across the client's deaths, hands out the same certificate for the same transaction, and counts its one-time
/// challenges.
class LifeBench : public EngineBench
{
public:
    LifeBench();

    /// One step of what the technician and time do, with the state it leads to. act() is called until isReached(), before and after the
    /// death.
    struct Stage {
        std::function<void(LifeBench &)> act;
        std::function<bool(const LifeBench &)> isReached;
    };
    /// Runs all stages. False, with a word on stderr, if one is not reached.
    bool live(const QList<Stage> &stages);

    int eventsToLive = -1; ///< negative: for ever
    QStringList events;    ///< "begin", "> PKCSReq", "update", ...
    bool hasDied = false;
    bool isForgiven = false; ///< for policy: the server's administrator changed his mind

    /// What the server does with a request that it has not answered with a certificate yet; nullopt: it issues.
    std::function<std::optional<ScriptedAnswer>(const Scep::ReceivedRequest &request, int timesSeen)> policy;

    void giveChallenge(); ///< a fresh one-time challenge, unless one is at hand
    [[nodiscard]] int certificateCount() const { return static_cast<int>(journal.issued.size()); }
    [[nodiscard]] bool isOpen() const { return journal.open.contains(requestId); }
    [[nodiscard]] static bool isByCertificate(const Scep::ReceivedRequest &request);

    /// Empty if all is well, else what is wrong: a lost key or certificate, a challenge in two transactions, not exactly one current
    /// certificate.
    [[nodiscard]] QString violation() const;

private:
    [[nodiscard]] bool isDead() const { return journal.isDead(); }
    bool mayHappen(const QString &event);
    ScriptedAnswer receive(const Scep::ReceivedRequest &request);
    void revive();
    void rest();
    void letTimePass();

    QMap<QString, Pki::Certificate> m_issuedByServer;
    QMap<QString, int> m_seen;
    QMap<QByteArray, QSet<QString>> m_challenges; ///< transactions that carried it
    QStringList m_lost;
    int m_challengeCount = 0;
    int m_eventCount = 0;
};

} // namespace TestSupport
