// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/worker/enginebench.h"

namespace TestSupport {

inline constexpr Scep::ServerId deadId{2};

/// Many requests, and a server that may be dead.
class CrowdBench : public EngineBench
{
public:
    /// Requests number 100, 101, ..., with one key for all: keys are not what is tested here.
    void addCrowd(int count, Scep::ServerId server = serverId, qint64 first = 100)
    {
        for (int i = 0; i < count; ++i) {
            const Scep::RequestId id{first + i};
            addRequest(id, QString("device-%1").arg(id.value), server);
            journal.keys.insert(id, rsaKey("crowd"));
            crowd.append(id);
        }
    }
    [[nodiscard]] int countOf(Scep::TransactionStatus::State state) const
    {
        return static_cast<int>(std::ranges::count_if(crowd, [&](Scep::RequestId id) { return engine->status(id).state == state; }));
    }
    void addDeadServer()
    {
        Scep::EnrollmentServer dead = server();
        dead.id = deadId;
        dead.label = "dead";
        dead.url = QUrl("http://dead.example/scep");
        journal.serverTable.insert(deadId, dead);
        network.handle("PKIOperation", [this](const ScriptedRequest &request) {
            if (request.url.host() == "dead.example" && isDead) {
                ++triesOfDead;
                return ScriptedAnswer::failed(QNetworkReply::ConnectionRefusedError);
            }
            atOnce = std::max(atOnce, network.running() + 1);
            return ca.answer(request);
        });
    }
    QList<Scep::RequestId> crowd;
    bool isDead = true;
    int triesOfDead = 0;
    int atOnce = 0;
};

} // namespace TestSupport
