// SPDX-License-Identifier: GPL-3.0-or-later
// kill -9 between each pair of steps, then a new process on the same journal. The table below is what each life consists of when nobody
// dies, and is itself checked (lifeIsAsInTheTable); every life is then lived once for each of its gaps with a death in it.
//
//   life                        what it consists of: journal calls, and messages (>)
//   enroll                      storeKnowledge begin > PKCSReq complete
//   enroll pending              ... update > CertPoll update > CertPoll complete
//   unreachable, rubbish first  ... > PKCSReq update > PKCSReq complete
//   rejected, enrolled anew     ... > PKCSReq close begin > PKCSReq complete
//   cancelled, enrolled anew    ... > PKCSReq update close begin > PKCSReq complete
//   renewal, pending, busy      storeKnowledge begin > RenewalReq [update > ...] complete storeKnowledge
//   down the ladder [pending]   storeKnowledge begin > RenewalReq replace > PKCSReq replace > PKCSReq [update > CertPoll ...] complete
//   renewal rejected            storeKnowledge begin > RenewalReq replace > PKCSReq close begin > RenewalReq complete storeKnowledge
//   expired                     storeKnowledge begin > PKCSReq complete
//   another subject             recordStatus begin > PKCSReq complete
//   three renewals              the same thrice; what worked is remembered once
//
// Every writing call of Journal occurs in one of them; everyCallOccurs() sees to that.
#include "tests/worker/lifebench.h"

#include <QTest>

using namespace Scep;
using namespace TestSupport;
using State = TransactionStatus::State;
using Stage = LifeBench::Stage;

namespace {

struct Life {
    QString name;
    QString events; ///< after the beginning is over
    std::function<QList<Stage>(LifeBench &)> prepare;
};

std::function<bool(const LifeBench &)> certificates(int count)
{
    return [count](const LifeBench &bench) { return bench.certificateCount() >= count && !bench.isOpen(); };
}

/// Nothing to do: it begins by itself, with the challenge that is at hand.
Stage enrolls()
{
    return {[](LifeBench &) {}, certificates(1)};
}

/// A person begins it, with a fresh challenge, whenever nothing is open.
Stage personEnrolls(int count)
{
    return {[](LifeBench &bench) {
                if (bench.status().isOpen())
                    return;
                bench.giveChallenge();
                bench.engine->enroll(EngineBench::requestId);
            },
            certificates(count)};
}

/// Time comes to the renewal, which begins by itself.
Stage renews(int count)
{
    return {[](LifeBench &) {}, certificates(count)};
}

Stage isRejected()
{
    return {[](LifeBench &) {},
            [](const LifeBench &bench) { return !bench.isOpen() && bench.journal.waiting.contains(EngineBench::requestId); }};
}

std::optional<ScriptedAnswer> pendingTwice(LifeBench &bench, const ReceivedRequest &request, int timesSeen)
{
    return timesSeen < 2 ? std::optional(bench.ca.pending(request)) : std::nullopt;
}

const QString enrolled = "storeKnowledge begin > PKCSReq complete ";

QList<Life> lives()
{
    const auto refusedUnlessFresh = [](LifeBench &bench, const ReceivedRequest &request) {
        return LifeBench::isByCertificate(request) ? std::optional(bench.ca.refuse(request, FailInfo::BadRequest)) : std::nullopt;
    };
    return {
        {"enroll", enrolled.trimmed(), [](LifeBench &) { return QList{enrolls()}; }},
        {"enroll pending", "storeKnowledge begin > PKCSReq update > CertPoll update > CertPoll complete",
         [](LifeBench &bench) {
             bench.policy = [&](const ReceivedRequest &request, int seen) { return pendingTwice(bench, request, seen); };
             return QList{enrolls()};
         }},
        {"unreachable at first", "storeKnowledge begin > PKCSReq update > PKCSReq complete",
         [](LifeBench &bench) {
             bench.policy = [](const ReceivedRequest &, int seen) {
                 return seen == 0 ? std::optional(ScriptedAnswer::http(503, "Busy")) : std::nullopt;
             };
             return QList{enrolls()};
         }},
        {"rubbish at first", "storeKnowledge begin > PKCSReq update > PKCSReq complete",
         [](LifeBench &bench) {
             bench.policy = [](const ReceivedRequest &, int seen) {
                 return seen == 0 ? std::optional(ScriptedCa::pkiMessage("rubbish")) : std::nullopt;
             };
             return QList{enrolls()};
         }},
        {"rejected, enrolled anew", "storeKnowledge begin > PKCSReq close begin > PKCSReq complete",
         [](LifeBench &bench) {
             const auto refusals = std::make_shared<QSet<QString>>();
             bench.policy = [&bench, refusals](const ReceivedRequest &request, int) -> std::optional<ScriptedAnswer> {
                 if (refusals->isEmpty() || refusals->contains(request.transactionId.toText())) {
                     refusals->insert(request.transactionId.toText());
                     return bench.ca.refuse(request, FailInfo::BadRequest);
                 }
                 return std::nullopt;
             };
             return QList{isRejected(), personEnrolls(1)};
         }},
        {"cancelled, enrolled anew", "storeKnowledge begin > PKCSReq update close begin > PKCSReq complete",
         [](LifeBench &bench) {
             bench.policy = [&bench](const ReceivedRequest &request, int) {
                 return bench.journal.closed.isEmpty() ? std::optional(bench.ca.pending(request)) : std::nullopt;
             };
             const Stage isPending{
                 [](LifeBench &) {},
                 [](const LifeBench &b) { return b.journal.open.value(EngineBench::requestId).phase == Transaction::Phase::Pending; }};
             const Stage isCancelled{[](LifeBench &b) { b.engine->cancel(EngineBench::requestId); },
                                     [](const LifeBench &b) { return !b.journal.closed.isEmpty(); }};
             return QList{isPending, isCancelled, personEnrolls(1)};
         }},
        {"renewal", enrolled + "storeKnowledge begin > RenewalReq complete storeKnowledge",
         [](LifeBench &) { return QList{enrolls(), renews(2)}; }},
        {"renewal pending", enrolled + "storeKnowledge begin > RenewalReq update > CertPoll update > CertPoll complete storeKnowledge",
         [](LifeBench &bench) {
             bench.policy = [&](const ReceivedRequest &request, int seen) {
                 return bench.certificateCount() > 0 ? pendingTwice(bench, request, seen) : std::nullopt;
             };
             return QList{enrolls(), renews(2)};
         }},
        {"renewal down the ladder",
         enrolled + "storeKnowledge begin > RenewalReq replace > PKCSReq replace > PKCSReq complete storeKnowledge",
         [refusedUnlessFresh](LifeBench &bench) {
             bench.policy = [&, refusedUnlessFresh](const ReceivedRequest &request, int) { return refusedUnlessFresh(bench, request); };
             const Stage hasChallenge{[](LifeBench &b) { b.giveChallenge(); }, [](const LifeBench &b) { return b.certificateCount() > 0; }};
             const Stage isReady{[](LifeBench &b) { b.giveChallenge(); },
                                 [](const LifeBench &b) { return b.journal.challenges.contains(EngineBench::requestId); }};
             return QList{hasChallenge, isReady, renews(2)};
         }},
        {"renewal down the ladder, pending at the end",
         enrolled + "storeKnowledge begin > RenewalReq replace > PKCSReq replace > PKCSReq update > CertPoll update > CertPoll complete "
                    "storeKnowledge",
         [refusedUnlessFresh](LifeBench &bench) {
             bench.policy = [&, refusedUnlessFresh](const ReceivedRequest &request, int seen) {
                 if (const auto refused = refusedUnlessFresh(bench, request))
                     return refused;
                 return bench.certificateCount() > 0 ? pendingTwice(bench, request, seen) : std::nullopt;
             };
             const Stage isReady{[](LifeBench &b) { b.giveChallenge(); },
                                 [](const LifeBench &b) { return b.journal.challenges.contains(EngineBench::requestId); }};
             return QList{enrolls(), isReady, renews(2)};
         }},
        {"renewal rejected, renewed by a person",
         enrolled + "storeKnowledge begin > RenewalReq replace > PKCSReq close begin > RenewalReq complete storeKnowledge",
         [](LifeBench &bench) {
             bench.policy = [&bench](const ReceivedRequest &request, int) -> std::optional<ScriptedAnswer> {
                 if (bench.certificateCount() == 0 || bench.isForgiven)
                     return std::nullopt;
                 return bench.ca.refuse(request, FailInfo::BadRequest);
             };
             const Stage isForgiven{[](LifeBench &b) { b.isForgiven = true; }, // the server's administrator, in a moment
                                    [](const LifeBench &b) { return b.isForgiven; }};
             const Stage personRenews{[](LifeBench &b) {
                                          if (!b.status().isOpen())
                                              b.engine->renew(EngineBench::requestId);
                                      },
                                      certificates(2)};
             return QList{enrolls(), isRejected(), isForgiven, personRenews};
         }},
        {"renewal unreachable at first", enrolled + "storeKnowledge begin > RenewalReq update > RenewalReq complete storeKnowledge",
         [](LifeBench &bench) {
             bench.policy = [&bench](const ReceivedRequest &, int seen) {
                 return bench.certificateCount() > 0 && seen == 0 ? std::optional(ScriptedAnswer::http(503, "Busy")) : std::nullopt;
             };
             return QList{enrolls(), renews(2)};
         }},
        {"expired, enrolled anew", enrolled + "storeKnowledge begin > PKCSReq complete",
         [](LifeBench &) {
             const Stage isExpired{[](LifeBench &b) {
                                       b.stop();
                                       b.clock.advance(std::chrono::hours(24 * 400));
                                       b.start();
                                   },
                                   certificates(2)};
             return QList{enrolls(), isExpired};
         }},
        {"another subject", enrolled + "recordStatus begin > PKCSReq complete",
         [](LifeBench &) {
             const Stage isChanged{[](LifeBench &b) {
                                       EnrollmentRequest &request = b.journal.requestTable[EngineBench::requestId];
                                       if (request.subject.toText().contains("plc-77"))
                                           return;
                                       request.subject = must(Pki::DistinguishedName::fromText("CN=plc-77"));
                                       b.engine->setRequest(request);
                                   },
                                   certificates(2)};
             return QList{enrolls(), isChanged};
         }},
        {"three renewals",
         enrolled + "storeKnowledge begin > RenewalReq complete storeKnowledge storeKnowledge begin > RenewalReq complete "
                    "storeKnowledge begin > RenewalReq complete",
         [](LifeBench &) { return QList{enrolls(), renews(4)}; }},
    };
}

} // namespace

class TestEngineKill : public QObject
{
    Q_OBJECT

private:
    static void tableRows()
    {
        QTest::addColumn<int>("life");
        QTest::addColumn<int>("deathAfter");
    }

private slots:
    void lifeIsAsInTheTable_data()
    {
        tableRows();
        const auto all = lives();
        for (int life = 0; life < all.size(); ++life)
            QTest::newRow(qPrintable(all.at(life).name)) << life << -1;
    }
    void lifeIsAsInTheTable()
    {
        QFETCH(int, life);
        const Life lived = lives().at(life);
        LifeBench bench;
        bench.giveChallenge();
        const QList<Stage> stages = lived.prepare(bench);
        QVERIFY(bench.live(stages));
        QCOMPARE(bench.violation(), QString());
        QCOMPARE(bench.events.join(" "), lived.events);
    }

    void everyCallOccurs()
    {
        QString all;
        for (const Life &life : lives())
            all += life.events + " ";
        for (const char *call : {"begin ", "update ", "replace ", "complete ", "close ", "recordStatus ", "storeKnowledge "})
            QVERIFY2(all.contains(call), call);
    }

    void killedBetweenEachPairOfSteps_data()
    {
        tableRows();
        const auto all = lives();
        for (int life = 0; life < all.size(); ++life) {
            QStringList events;
            for (const QString &word : all.at(life).events.split(' ')) {
                if (!events.isEmpty() && events.last() == ">")
                    events.last() += " " + word;
                else
                    events.append(word);
            }
            for (int count = 0; count < events.size(); ++count)
                QTest::addRow("%s: before %d. %s", qPrintable(all.at(life).name), count + 1, qPrintable(events.at(count))) << life << count;
        }
    }
    void killedBetweenEachPairOfSteps()
    {
        QFETCH(int, life);
        QFETCH(int, deathAfter);
        LifeBench bench;
        bench.giveChallenge();
        const QList<Stage> stages = lives().at(life).prepare(bench);
        bench.eventsToLive = deathAfter;
        QVERIFY(bench.live(stages));
        QVERIFY(bench.hasDied);
        QCOMPARE(bench.violation(), QString());
    }
};

QTEST_GUILESS_MAIN(TestEngineKill)
#include "tst_engine_kill.moc"
