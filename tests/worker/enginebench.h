// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/worker/engine.h"
#include "tests/support/fakeclock.h"
#include "tests/support/memoryjournal.h"
#include "tests/support/scriptedca.h"

#include <QTest>

#include <memory>

namespace TestSupport {

/// An engine on a bench: time that stands still, a journal in memory, a scripted network with a real CA behind it, and a record of
/// everything the engine said. restart() is a crash and a new process on the same journal.
class EngineBench
{
public:
    EngineBench();
    ~EngineBench();

    FakeClock clock;
    MemoryJournal journal;
    ScriptedNetwork network;
    ScriptedCa ca;
    Scep::KeyPool keyPool;
    std::unique_ptr<Scep::Engine> engine;

    static constexpr Scep::ServerId serverId{1};
    static constexpr Scep::RequestId requestId{10};

    /// The usual server (trusted by its root's SHA-256) and one request for "C=SE, O=Lab, CN=plc-7" with a ready key.
    [[nodiscard]] Scep::EnrollmentServer server() const { return journal.serverTable.value(serverId); }
    void changeServer(const std::function<void(Scep::EnrollmentServer &)> &change); ///< in the journal, and the engine if it runs
    Scep::EnrollmentRequest addRequest(Scep::RequestId id, const QString &commonName, Scep::ServerId onServer = serverId);

    void start(); ///< makes and starts an engine
    void stop();  ///< deletes it: the process is gone
    void restart()
    {
        stop();
        start();
    }
    /// start(), enroll the usual request and let it come to `state`. False if it did not.
    bool enrollUntil(Scep::TransactionStatus::State state);
    bool waitFor(Scep::TransactionStatus::State state, Scep::RequestId id = requestId) const;
    /// Lets time pass in steps, with the event loop between them.
    void pass(std::chrono::seconds time, std::chrono::seconds step = std::chrono::seconds(30));
    /// Runs the event loop until nothing is under way.
    void settle();

    [[nodiscard]] Scep::TransactionStatus status(Scep::RequestId id = requestId) const { return engine->status(id); }
    [[nodiscard]] std::optional<Pki::ErrorCode> errorCode(Scep::RequestId id = requestId) const;
    /// Messages about enrollments: without the questions for a CRL that `ca` answered beside them.
    [[nodiscard]] int operations() const { return network.count("PKIOperation") - static_cast<int>(ca.crlRequests.size()); }

    // What the engine said, across restarts
    QList<Scep::TransactionStatus> changes;
    QList<Scep::IssuedCertificate> issued;
    QList<Scep::ServerKnowledge> knowledge;
    QList<Scep::ServerProbe> probes;
    QList<Scep::Exchange> exchanges;
    QList<Scep::Activity> activities;
    QList<Scep::Error> journalErrors;
    QStringList order; ///< "issued" and "status Done", ... as they came

    [[nodiscard]] QList<Scep::TransactionStatus::State> states(Scep::RequestId id = requestId) const;
};

} // namespace TestSupport

namespace QTest {
template <>
char *toString(const Scep::TransactionStatus::State &state);
template <>
char *toString(const Pki::ErrorCode &code);
} // namespace QTest
