// SPDX-License-Identifier: GPL-3.0-or-later
// When renewals begin by themselves and when they must not: rules that exceed the validity, and the way out after a refusal.
#include "tests/worker/enginebench.h"

#include <QTest>

using namespace Scep;
using namespace TestSupport;
using namespace std::chrono_literals;
using State = TransactionStatus::State;

namespace {

class RuleBench : public EngineBench
{
public:
    RuleBench()
    {
        ca.capabilities = "AES\nSHA-256\nPOSTPKIOperation\nRenewal\n";
        journal.requestTable[requestId].reusesKeyOnRenewal = true;
    }
    /// Certificates that live so long, dated back by `backdated`.
    void issueFor(std::chrono::seconds life, std::chrono::seconds backdated = 0s)
    {
        ca.standing = [this, life, backdated](const ReceivedRequest &request) {
            CertificateOptions options;
            options.notBefore = clock.now().addSecs(-backdated.count());
            options.notAfter = options.notBefore.addSecs(life.count());
            return ca.deliver(request, ca.ca.issue(must(Pki::CertificationRequest::fromDer(request.payload)), clock.now(), options));
        };
    }
    void refuse()
    {
        ca.standing = [this](const ReceivedRequest &request) { return ca.refuse(request, FailInfo::BadAlg); };
    }
    void accept()
    {
        ca.standing = [this](const ReceivedRequest &request) { return ca.issue(request); };
    }
};

} // namespace

class TestEngineRenewalRules : public QObject
{
    Q_OBJECT

private slots:
    void noRuleRenewsWithoutEnd_data()
    {
        using Kind = RenewalRule::Kind;
        QTest::addColumn<RenewalRule>("rule");
        QTest::addColumn<std::chrono::seconds>("life");
        QTest::addColumn<std::chrono::seconds>("backdated");
        QTest::addColumn<std::chrono::seconds>("leastPause");
        QTest::addColumn<bool>("isNoted");
        const auto row = [](const char *name, Kind kind, int value, std::chrono::seconds life, std::chrono::seconds backdated,
                            std::chrono::seconds leastPause, bool isNoted) {
            QTest::newRow(name) << RenewalRule{kind, value} << life << backdated << leastPause << isNoted;
        };
        row("2 hours before the end of 3 minutes", Kind::HoursBeforeExpiry, 2, 180s, 0s, 90s, true);
        row("48 hours before the end of a day", Kind::HoursBeforeExpiry, 48, 24h, 0s, 12h, true);
        row("48 hours of a day, dated back", Kind::HoursBeforeExpiry, 48, 24h, 1h, 11h, true);
        row("23 hours of a day, dated back so that the threshold has passed", Kind::HoursBeforeExpiry, 23, 24h, 2h, 2h, false);
        row("1 percent of ten minutes", Kind::PercentOfValidity, 1, 600s, 0s, 60s, false);
        row("50 percent, dated back beyond that", Kind::PercentOfValidity, 50, 2h, 90min, 180s, false);
    }
    void noRuleRenewsWithoutEnd()
    {
        QFETCH(RenewalRule, rule);
        QFETCH(std::chrono::seconds, life);
        QFETCH(std::chrono::seconds, backdated);
        QFETCH(std::chrono::seconds, leastPause);
        QFETCH(bool, isNoted);
        RuleBench bench;
        bench.journal.requestTable[EngineBench::requestId].renewal = rule;
        bench.issueFor(life, backdated);
        QVERIFY(bench.enrollUntil(State::Done));
        bench.settle();
        QCOMPARE(bench.journal.issued.size(), 1); // not due at once
        for (int round = 0; round < 8; ++round) {
            const QDateTime due = bench.engine->renewalDueAt(EngineBench::requestId);
            QVERIFY2(due.isValid(), qPrintable(bench.status().error.value_or(Error{}).detail));
            // The same after a new start: it follows from what is kept.
            bench.restart();
            QCOMPARE(bench.engine->renewalDueAt(EngineBench::requestId), due);
            bench.clock.advanceTo(due);
            bench.settle();
        }
        QCOMPARE(bench.journal.issued.size(), 9);
        for (qsizetype i = 1; i < bench.journal.issued.size(); ++i) {
            const IssuedCertificate &former = bench.journal.issued.at(i - 1);
            const IssuedCertificate &next = bench.journal.issued.at(i);
            QVERIFY2(former.receivedAt.secsTo(next.receivedAt) >= leastPause.count(),
                     qPrintable(QString::number(former.receivedAt.secsTo(next.receivedAt))));
            QVERIFY(next.receivedAt < former.certificate.notAfter());
            QCOMPARE(next.notes.join('\n').contains("more than the certificate lives"), isNoted);
        }
    }

    void aRefusedRenewalIsTriedAgainWhenAPersonSaysSo_data()
    {
        QTest::addColumn<QString>("how");
        QTest::newRow("rejected") << "rejected";
        QTest::newRow("rejected, in another process") << "restart";
        QTest::newRow("cancelled") << "cancelled";
        QTest::newRow("rejected, expired meanwhile") << "expired";
    }
    void aRefusedRenewalIsTriedAgainWhenAPersonSaysSo()
    {
        QFETCH(QString, how);
        RuleBench bench;
        QVERIFY(bench.enrollUntil(State::Done));
        bench.settle();
        const Pki::Certificate former = bench.journal.current.value(EngineBench::requestId).certificate;
        if (how == "cancelled")
            bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.pending(request); };
        else
            bench.refuse();
        bench.clock.advanceTo(bench.engine->renewalDueAt(EngineBench::requestId));
        QVERIFY(bench.waitFor(how == "cancelled" ? State::Pending : State::Rejected));
        if (how == "cancelled")
            bench.engine->cancel(EngineBench::requestId);
        bench.settle();
        bench.accept();
        bench.ca.received.clear();
        bench.pass(5 * 24h, 24h);
        QVERIFY(bench.ca.received.isEmpty()); // it stands still
        if (how == "restart")
            bench.restart();
        if (how == "expired")
            bench.clock.advanceTo(former.notAfter().addSecs(1));
        bench.settle();
        bench.engine->attemptNow(EngineBench::requestId);
        QVERIFY(bench.waitFor(State::Done));
        bench.settle();
        QCOMPARE(bench.ca.received.size(), 1);
        QCOMPARE(bench.ca.received.first().signer == former, how != "expired");
        // And from now on by itself again.
        QVERIFY(bench.engine->renewalDueAt(EngineBench::requestId) > bench.clock.now());
    }

    void nothingIsAttemptedWhereNothingWas()
    {
        RuleBench bench;
        bench.start();
        bench.settle();
        bench.engine->attemptNow(EngineBench::requestId);
        bench.settle();
        QCOMPARE(bench.operations(), 0);
        QCOMPARE(bench.status().state, State::None);
    }
};

Q_DECLARE_METATYPE(std::chrono::seconds)

QTEST_GUILESS_MAIN(TestEngineRenewalRules)
#include "tst_engine_renewalrules.moc"
