// SPDX-License-Identifier: GPL-3.0-or-later
// Durability: what is on disk when, what a failing disk does, and what the next process makes of it.
#include "tests/worker/enginebench.h"

#include <QTest>

using namespace Scep;
using namespace TestSupport;
using namespace std::chrono_literals;
using State = TransactionStatus::State;

class TestEngineJournal : public QObject
{
    Q_OBJECT

private:
    static Error diskFull() { return {ErrorCode::DiskFull, "the disk is full"}; }

private slots:
    void beginComesBeforeTheFirstByte()
    {
        EngineBench bench;
        int sentAtBegin = -1;
        bench.journal.watcher = [&](const QString &call) {
            if (call == "begin")
                sentAtBegin = bench.operations();
        };
        Transaction stored;
        bench.ca.standing = [&](const ReceivedRequest &request) {
            stored = bench.journal.open.value(EngineBench::requestId); // what a crash right now would leave
            return bench.ca.issue(request);
        };
        QVERIFY(bench.enrollUntil(State::Done));
        QCOMPARE(sentAtBegin, 0);
        const ReceivedRequest sent = bench.ca.received.first();
        QCOMPARE(stored.id, sent.transactionId);
        QCOMPARE(stored.csr.der(), sent.payload);
        QCOMPARE(stored.signer, sent.signer);
        QCOMPARE(stored.type, MessageType::PkcsReq);
        QCOMPARE(stored.phase, Transaction::Phase::Prepared);
        QVERIFY(Pki::belongTogether(stored.signerKey, stored.signer));
        QCOMPARE(stored.key.publicKey(), stored.csr.publicKey());
        QCOMPARE(stored.roles.recipient, bench.ca.ca.ra.certificate);
        QCOMPARE(stored.startedAt, bench.clock.now());
        QCOMPARE(bench.journal.calls, QStringList({"storeKnowledge", "begin", "complete"}));
    }

    void beginFailsNothingIsSent()
    {
        EngineBench bench;
        bench.journal.failNext("begin", diskFull(), 2);
        bench.start();
        bench.engine->enroll(EngineBench::requestId);
        QTRY_COMPARE(bench.journalErrors.size(), 1);
        bench.settle();
        QCOMPARE(bench.status().state, State::Queued);
        QCOMPARE(bench.errorCode(), ErrorCode::DiskFull);
        QVERIFY(bench.status().nextAttemptAt.isValid());
        QCOMPARE(bench.operations(), 0);
        bench.pass(70s, 5s);
        QCOMPARE(bench.operations(), 0);
        QCOMPARE(bench.journalErrors.size(), 2);
        bench.engine->attemptNow(EngineBench::requestId);
        QVERIFY(bench.waitFor(State::Done));
        QCOMPARE(bench.operations(), 1);
    }

    void secretsUnreadableNothingIsSent_data()
    {
        QTest::addColumn<QString>("call");
        for (const char *call : {"challenge", "providedKey", "providedCsr"})
            QTest::newRow(call) << call;
    }
    void secretsUnreadableNothingIsSent()
    {
        QFETCH(QString, call);
        EngineBench bench;
        bench.journal.failNext(call, {ErrorCode::VaultLocked, "the vault is locked"});
        bench.start();
        bench.engine->enroll(EngineBench::requestId);
        QTRY_COMPARE(bench.journalErrors.size(), 1);
        bench.settle();
        QCOMPARE(bench.status().state, State::Queued);
        QCOMPARE(bench.errorCode(), ErrorCode::VaultLocked);
        QCOMPARE(bench.operations(), 0);
        bench.engine->enroll(EngineBench::requestId); // unlocked, and asked again
        QVERIFY(bench.waitFor(State::Done));
    }

    void completeFailsAndIsAskedForAgain()
    {
        EngineBench bench;
        bench.journal.failNext("complete", diskFull());
        QVERIFY(bench.enrollUntil(State::Retrying));
        bench.settle();
        QCOMPARE(bench.errorCode(), ErrorCode::DiskFull);
        QCOMPARE(bench.journalErrors.size(), 1);
        QVERIFY(bench.issued.isEmpty());
        QCOMPARE(bench.journal.open.size(), 1);
        bench.pass(70s, 5s);
        QCOMPARE(bench.status().state, State::Done);
        QCOMPARE(bench.issued.size(), 1);
        QCOMPARE(bench.journal.issued.size(), 1);
        QCOMPARE(bench.ca.received.size(), 2);
        QCOMPARE(bench.ca.received.at(1).transactionId, bench.ca.received.at(0).transactionId);
        QCOMPARE(bench.ca.received.at(1).payload, bench.ca.received.at(0).payload);
        QVERIFY(bench.ca.received.at(1).senderNonce != bench.ca.received.at(0).senderNonce);
    }

    void updateFailsStopsTheTrafficUntilItWorks()
    {
        EngineBench bench;
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.pending(request); };
        bench.journal.failNext("update", diskFull(), 3);
        QVERIFY(bench.enrollUntil(State::Retrying));
        QCOMPARE(bench.errorCode(), ErrorCode::DiskFull);
        bench.engine->attemptNow(EngineBench::requestId);
        bench.settle();
        bench.engine->attemptNow(EngineBench::requestId);
        bench.settle();
        QCOMPARE(bench.operations(), 1); // not a byte while the journal is behind
        QCOMPARE(bench.journalErrors.size(), 3);
        bench.engine->attemptNow(EngineBench::requestId);
        bench.settle();
        QCOMPARE(bench.operations(), 2);
        QCOMPARE(bench.status().state, State::Pending);
        QCOMPARE(bench.journal.open.value(EngineBench::requestId).phase, Transaction::Phase::Pending);
    }

    void closeFailsIsStoredLaterAndNothingMoreIsSent_data()
    {
        QTest::addColumn<bool>("cancels");
        QTest::newRow("rejected") << false;
        QTest::newRow("cancelled") << true;
    }
    void closeFailsIsStoredLaterAndNothingMoreIsSent()
    {
        QFETCH(bool, cancels);
        EngineBench bench;
        bench.ca.standing = [&](const ReceivedRequest &request) {
            return cancels ? bench.ca.pending(request) : bench.ca.refuse(request, FailInfo::BadRequest);
        };
        bench.journal.failNext("close", diskFull());
        if (cancels) {
            QVERIFY(bench.enrollUntil(State::Pending));
            bench.engine->cancel(EngineBench::requestId);
        } else {
            bench.start();
            bench.engine->enroll(EngineBench::requestId);
        }
        QVERIFY(bench.waitFor(State::Retrying));
        QCOMPARE(bench.errorCode(), ErrorCode::DiskFull);
        QCOMPARE(bench.journal.open.size(), 1);
        bench.pass(70s, 5s);
        QCOMPARE(bench.status().state, cancels ? State::Cancelled : State::Rejected);
        QVERIFY(bench.journal.open.isEmpty());
        QCOMPARE(bench.operations(), 1);
    }

    void knowledgeNotStoredIsToldAndNoObstacle()
    {
        EngineBench bench;
        bench.journal.failNext("storeKnowledge", diskFull());
        QVERIFY(bench.enrollUntil(State::Done));
        QCOMPARE(bench.journalErrors.size(), 1);
    }

    void startTellsWhatCannotBeRead_data()
    {
        QTest::addColumn<QString>("call");
        for (const char *call : {"servers", "serverKnowledge", "requests", "openTransactions"})
            QTest::newRow(call) << call;
    }
    void startTellsWhatCannotBeRead()
    {
        QFETCH(QString, call);
        EngineBench bench;
        bench.journal.failNext(call, {ErrorCode::StoreFailure, call});
        Engine engine({bench.network, bench.journal, bench.clock, bench.keyPool});
        const auto started = engine.start();
        QVERIFY(!started);
        QCOMPARE(started.error().code, ErrorCode::StoreFailure);
        QVERIFY(bench.network.requests().isEmpty());
    }

    void resumesWhatWasSentAndNotAnswered()
    {
        EngineBench bench;
        bench.journal.keys.clear(); // a generated key: it must come back from the journal
        bench.journal.requestTable[EngineBench::requestId].keySpec.bits = 1024;
        bench.ca.standing = [](const ReceivedRequest &) { return ScriptedAnswer::hanging(); };
        QVERIFY(bench.enrollUntil(State::Sending));
        QTRY_COMPARE(bench.operations(), 1);
        bench.stop(); // killed after sending
        const Transaction left = bench.journal.open.value(EngineBench::requestId);
        QCOMPARE(left.phase, Transaction::Phase::Prepared);
        bench.changes.clear();
        bench.journal.calls.clear();
        bench.journal.watcher = [](const QString &call) {
            QVERIFY2(call != "providedKey" && call != "challenge" && call != "begin", qPrintable(call));
        };
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.issue(request); };
        bench.start();
        QVERIFY(bench.waitFor(State::Done));
        bench.journal.watcher = {};
        QVERIFY(!bench.states().contains(State::GeneratingKey));
        QCOMPARE(bench.ca.received.size(), 2);
        QCOMPARE(bench.ca.received.at(1).type, MessageType::PkcsReq);
        QCOMPARE(bench.ca.received.at(1).transactionId, left.id);
        QCOMPARE(bench.ca.received.at(1).payload, bench.ca.received.at(0).payload);
        QCOMPARE(bench.ca.received.at(1).signer, bench.ca.received.at(0).signer);
        QVERIFY(bench.ca.received.at(1).senderNonce != bench.ca.received.at(0).senderNonce);
        QCOMPARE(bench.issued.first().key.publicKey(), left.key.publicKey());
        QCOMPARE(bench.network.count("GetCACert"), 1); // known already: a resume needs no fetch
    }

    void resumesWhatIsPending()
    {
        EngineBench bench;
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.pending(request); };
        QVERIFY(bench.enrollUntil(State::Pending));
        bench.settle();
        const QDateTime planned = bench.status().nextAttemptAt;
        bench.restart();
        QCOMPARE(bench.status().state, State::Pending);
        QCOMPARE(bench.status().nextAttemptAt, planned);
        QCOMPARE(bench.status().transactionId, bench.ca.received.first().transactionId.toText());
        bench.settle();
        QCOMPARE(bench.operations(), 1); // its time has not come
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.issue(request); };
        bench.clock.advanceTo(planned);
        QVERIFY(bench.waitFor(State::Done));
        QCOMPARE(bench.ca.received.at(1).type, MessageType::CertPoll);
        QCOMPARE(bench.ca.received.at(1).transactionId, bench.ca.received.at(0).transactionId);
        QVERIFY(Pki::belongTogether(bench.issued.first().key, bench.issued.first().certificate));
        QCOMPARE(bench.network.count("GetCACert"), 1);
    }

    void resumesWhatWasDueWhileNobodyRan()
    {
        EngineBench bench;
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.pending(request); };
        QVERIFY(bench.enrollUntil(State::Pending));
        bench.stop();
        bench.clock.advance(12h);
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.issue(request); };
        bench.start();
        QVERIFY(bench.waitFor(State::Done));
        QCOMPARE(bench.ca.received.size(), 2);
    }

    void resumesAfterTheCertificateWasNotStored()
    {
        EngineBench bench;
        bench.journal.failNext("complete", diskFull());
        QVERIFY(bench.enrollUntil(State::Retrying));
        bench.restart();
        QVERIFY(bench.waitFor(State::Done));
        QCOMPARE(bench.journal.issued.size(), 1);
        QCOMPARE(bench.ca.received.at(1).transactionId, bench.ca.received.at(0).transactionId);
    }

    void resumesATransactionWithoutItsRequest()
    {
        EngineBench bench;
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.pending(request); };
        QVERIFY(bench.enrollUntil(State::Pending));
        bench.stop();
        bench.journal.requestTable.clear();
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.issue(request); };
        bench.start();
        bench.engine->attemptNow(EngineBench::requestId);
        QVERIFY(bench.waitFor(State::Done));
        QCOMPARE(bench.journal.issued.size(), 1);
    }

    void resumeDoesNotTrustKnowledgeOfAnotherAnchor()
    {
        EngineBench bench;
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.pending(request); };
        QVERIFY(bench.enrollUntil(State::Pending));
        bench.stop();
        const TestCa other = TestCa::create("Other", bench.clock.now());
        bench.journal.serverTable[EngineBench::serverId].anchor = {other.root.certificate.fingerprint(), {}};
        bench.start();
        bench.engine->attemptNow(EngineBench::requestId);
        bench.settle();
        QCOMPARE(bench.operations(), 1);
        QCOMPARE(bench.status().state, State::Queued);
        QCOMPARE(bench.errorCode(), ErrorCode::FingerprintMismatch);
        QCOMPARE(bench.journal.open.size(), 1);
    }
};

QTEST_GUILESS_MAIN(TestEngineJournal)
#include "tst_engine_journal.moc"
