// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/labca/faultinjector.h"
#include "scep/worker/engine.h"
#include "tests/labca/labdevice.h"
#include "tests/labca/rawclient.h"
#include "tests/support/fakeclock.h"
#include "tests/support/memoryjournal.h"

#include <QNetworkAccessManager>
#include <QTest>

/// Scepter's engine at a Lab CA over a real loopback connection: one that has a personality and faults. Time stands still for the engine.
class LabBench
{
public:
    explicit LabBench(const LabCa::Personality &personality = {}, LabCa::Mode mode = LabCa::Mode::Auto);
    ~LabBench();

    static constexpr Scep::ServerId serverId{1};
    static constexpr Scep::RequestId requestId{10};
    static constexpr auto challenge = "open-sesame";

    void setFaults(const QStringList &texts);
    /// Before the engine starts.
    void changeServer(const std::function<void(Scep::EnrollmentServer &)> &change) { change(journal.serverTable[serverId]); }
    void changeRequest(const std::function<void(Scep::EnrollmentRequest &)> &change) { change(journal.requestTable[requestId]); }

    void start();
    bool enrollUntil(Scep::TransactionStatus::State state);
    bool renewUntil(Scep::TransactionStatus::State state);
    [[nodiscard]] bool waitFor(Scep::TransactionStatus::State state) const;
    /// Lets time pass in steps, and the exchanges that it brings happen.
    void pass(std::chrono::seconds time, std::chrono::seconds step = std::chrono::seconds(60));
    /// No exchange is under way.
    bool settle();

    [[nodiscard]] Scep::TransactionStatus status() const { return engine->status(requestId); }
    [[nodiscard]] std::optional<Pki::ErrorCode> errorCode() const;
    [[nodiscard]] QString notes() const; ///< of the last certificate
    /// What the Lab CA wrote down, "OPERATION: OUTCOME".
    [[nodiscard]] int logged(const QString &operation) const;

    LabCaFolder folder;
    LabCa::Authority authority;
    LabCa::FaultInjector injector;
    LabCa::HttpFace face;
    QStringList log;

    TestSupport::FakeClock clock;
    TestSupport::MemoryJournal journal;
    QNetworkAccessManager network;
    Scep::KeyPool keyPool;
    std::unique_ptr<Scep::Engine> engine;
    QList<Scep::IssuedCertificate> issued;
    QList<Scep::Exchange> exchanges;
    QList<Scep::ServerKnowledge> knowledge;
};

namespace QTest {
template <>
char *toString(const Scep::TransactionStatus::State &state);
template <>
char *toString(const Pki::ErrorCode &code);
} // namespace QTest
