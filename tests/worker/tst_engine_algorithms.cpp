// SPDX-License-Identifier: GPL-3.0-or-later
// A server's algorithms and method that are set while a transaction is open: its next message is made as they say.
#include "tests/worker/enginebench.h"

#include <QTest>

using namespace Scep;
using namespace TestSupport;
using namespace std::chrono_literals;
using State = TransactionStatus::State;

namespace {

class AlgorithmBench : public EngineBench
{
public:
    AlgorithmBench()
    {
        ca.capabilities = "AES\nDES3\nSHA-256\nSHA-512\nPOSTPKIOperation\n";
        ca.standing = [this](const ReceivedRequest &request) { return ca.pending(request); };
    }
    /// As scepctl does it: the engine that will see the change is another process.
    void change(bool restarts, const std::function<void(EnrollmentServer &)> &change)
    {
        if (restarts)
            stop();
        changeServer(change);
        if (restarts)
            start();
        settle();
    }
    [[nodiscard]] QByteArray lastMethod() const
    {
        for (auto request = network.requests().crbegin(); request != network.requests().crend(); ++request) {
            if (request->operation == "PKIOperation")
                return request->method;
        }
        return {};
    }
};

} // namespace

class TestEngineAlgorithms : public QObject
{
    Q_OBJECT

private slots:
    void theNextMessageIsMadeAsTheSettingsSay_data()
    {
        QTest::addColumn<QString>("setting");
        QTest::addColumn<bool>("restarts");
        for (const char *setting : {"method", "cipher", "digest"}) {
            QTest::addRow("%s, running on", setting) << setting << false;
            QTest::addRow("%s, in another process", setting) << setting << true;
        }
    }
    void theNextMessageIsMadeAsTheSettingsSay()
    {
        QFETCH(QString, setting);
        QFETCH(bool, restarts);
        AlgorithmBench bench;
        QVERIFY(bench.enrollUntil(State::Pending));
        QCOMPARE(bench.lastMethod(), "POST");
        QCOMPARE(bench.ca.received.last().cipher, Pki::Cipher::Aes128);
        QCOMPARE(bench.ca.received.last().digest, Pki::Digest::Sha256);
        bench.change(restarts, [&](EnrollmentServer &server) {
            if (setting == "method")
                server.algorithms.method = HttpMethod::Get;
            else if (setting == "cipher")
                server.algorithms.cipher = Pki::Cipher::Aes256;
            else
                server.algorithms.digest = Pki::Digest::Sha512;
        });
        bench.engine->attemptNow(EngineBench::requestId);
        QTRY_COMPARE(bench.ca.received.size(), 2);
        bench.settle();
        QCOMPARE(bench.ca.received.last().type, MessageType::CertPoll);
        QCOMPARE(bench.lastMethod(), setting == "method" ? "GET" : "POST");
        QCOMPARE(bench.ca.received.last().cipher, setting == "cipher" ? Pki::Cipher::Aes256 : Pki::Cipher::Aes128);
        QCOMPARE(bench.ca.received.last().digest, setting == "digest" ? Pki::Digest::Sha512 : Pki::Digest::Sha256);
        // The journal knows what was sent.
        const Negotiated kept = bench.journal.open.value(EngineBench::requestId).algorithms;
        QCOMPARE(kept.cipher, bench.ca.received.last().cipher);
        QCOMPARE(kept.digest, bench.ca.received.last().digest);
        QCOMPARE(kept.method, setting == "method" ? HttpMethod::Get : HttpMethod::Post);

        // And back again.
        bench.change(restarts, [](EnrollmentServer &server) {
            server.algorithms.cipher.reset();
            server.algorithms.digest.reset();
            server.algorithms.method = HttpMethod::Post;
        });
        bench.engine->attemptNow(EngineBench::requestId);
        QTRY_COMPARE(bench.ca.received.size(), 3);
        QCOMPARE(bench.lastMethod(), "POST");
        QCOMPARE(bench.ca.received.last().cipher, Pki::Cipher::Aes128);
        QCOMPARE(bench.ca.received.last().digest, Pki::Digest::Sha256);
    }

    void whatCannotBeAgreedOnWaitsForAPerson()
    {
        AlgorithmBench bench;
        QVERIFY(bench.enrollUntil(State::Pending));
        bench.changeServer([](EnrollmentServer &server) { server.algorithms.cipher = Pki::Cipher::Des; });
        bench.engine->attemptNow(EngineBench::requestId);
        bench.settle();
        QCOMPARE(bench.errorCode(), ErrorCode::AlgorithmBelowFloor);
        QCOMPARE(bench.status().state, State::Queued);
        bench.pass(2h, 60s);
        QCOMPARE(bench.ca.received.size(), 1);
        QVERIFY(bench.journal.open.contains(EngineBench::requestId)); // nothing is lost
        bench.changeServer([](EnrollmentServer &server) { server.algorithms.cipher = Pki::Cipher::TripleDes; });
        QTRY_COMPARE(bench.ca.received.size(), 2);
        QCOMPARE(bench.ca.received.last().cipher, Pki::Cipher::TripleDes);
        QCOMPARE(bench.ca.received.last().type, MessageType::CertPoll);
    }

    /// That a server refuses POST was learned once; another process need not learn it again.
    void whatWasLearnedOfTheMethodIsKept()
    {
        AlgorithmBench bench;
        bench.network.handle("PKIOperation", [&](const ScriptedRequest &request) {
            return request.method == "POST" ? ScriptedAnswer::http(405, "Method Not Allowed") : bench.ca.answer(request);
        });
        QVERIFY(bench.enrollUntil(State::Pending));
        bench.settle();
        QCOMPARE(bench.lastMethod(), "GET");
        bench.restart();
        bench.settle();
        const int before = bench.operations();
        bench.engine->attemptNow(EngineBench::requestId);
        QTRY_COMPARE(bench.ca.received.size(), 2);
        QCOMPARE(bench.operations(), before + 1);
    }

    /// What could not be stored yet is stored before it is sent, whatever happens to the clock meanwhile.
    void aClockThatIsSetForgetsNoUnsavedChange()
    {
        AlgorithmBench bench;
        QVERIFY(bench.enrollUntil(State::Pending));
        bench.settle();
        ScriptedCa other("Other", bench.clock);
        QList<Pki::Certificate> stored; // the anchor in the journal when the message arrived
        other.standing = [&](const ReceivedRequest &request) {
            for (const Transaction &transaction : std::as_const(bench.journal.open)) {
                if (transaction.id == request.transactionId)
                    stored.append(transaction.roles.anchor);
            }
            return other.issue(request);
        };
        bench.network.clear();
        other.serve(bench.network);
        bench.journal.failNext("update", {ErrorCode::DiskFull, "/srv"});
        bench.changeServer([&](EnrollmentServer &server) { server.anchor = other.anchor(); });
        bench.settle();
        QCOMPARE(bench.errorCode(), ErrorCode::DiskFull);
        QVERIFY(stored.isEmpty());
        bench.clock.setNow(bench.clock.now().addDays(1));
        bench.settle();
        // Another request finds the storage well again, and the first one goes on.
        bench.addRequest({20}, "plc-20");
        bench.engine->enroll({20});
        QVERIFY(bench.waitFor(State::Done, {20}));
        QVERIFY(bench.waitFor(State::Done));
        const Pki::Certificate anchor = other.ca.root.certificate;
        QCOMPARE(stored, QList({anchor, anchor}));
    }

    void otherSettingsLeaveTheMessagesAlone()
    {
        AlgorithmBench bench;
        QVERIFY(bench.enrollUntil(State::Pending));
        const Negotiated before = bench.journal.open.value(EngineBench::requestId).algorithms;
        bench.changeServer([](EnrollmentServer &server) { server.description = "moved to the cellar"; });
        bench.restart();
        bench.engine->attemptNow(EngineBench::requestId);
        QTRY_COMPARE(bench.ca.received.size(), 2);
        QVERIFY(bench.journal.open.value(EngineBench::requestId).algorithms == before);
    }
};

QTEST_GUILESS_MAIN(TestEngineAlgorithms)
#include "tst_engine_algorithms.moc"
