// SPDX-License-Identifier: GPL-3.0-or-later
// Replies that are not what they should be: each one shows its error at once and completes nothing; the transaction survives a few.
#include "tests/worker/enginebench.h"

#include <QTest>

using namespace Scep;
using namespace TestSupport;
using namespace std::chrono_literals;
using State = TransactionStatus::State;

class TestEngineReplies : public QObject
{
    Q_OBJECT

private:
    using Spoil = std::function<ScriptedAnswer(EngineBench &, const ReceivedRequest &)>;

    static ScriptedAnswer message(const QByteArray &der) { return ScriptedCa::pkiMessage(der); }

    /// A SUCCESS whose certificate was issued with these peculiarities.
    static ScriptedAnswer special(EngineBench &bench, const ReceivedRequest &request, const CertificateOptions &options)
    {
        const auto csr = must(Pki::CertificationRequest::fromDer(request.payload));
        return bench.ca.deliver(request, bench.ca.ca.issue(csr, bench.clock.now(), options));
    }

    static ReplyPlan plan(EngineBench &bench, const ReceivedRequest &request)
    {
        ReplyPlan reply;
        reply.transactionId = request.transactionId.toText().toLatin1();
        reply.recipientNonce = request.senderNonce.bytes();
        reply.signer = bench.ca.ca.ra;
        return reply;
    }

    static const QList<std::tuple<const char *, ErrorCode, Spoil>> &attacks()
    {
        static const QList<std::tuple<const char *, ErrorCode, Spoil>> list = {
            {"nonce of another message", ErrorCode::NonceMismatch,
             [](EngineBench &bench, const ReceivedRequest &request) {
                 auto reply = bench.ca.success(request, bench.ca.certificateFor(request));
                 reply.recipientNonce = Nonce::create();
                 return message(bench.ca.message(reply));
             }},
            {"another transaction", ErrorCode::TransactionMismatch,
             [](EngineBench &bench, const ReceivedRequest &request) {
                 auto reply = bench.ca.success(request, bench.ca.certificateFor(request));
                 reply.transactionId = must(TransactionId::fromText("00112233445566778899AABBCCDDEEFF"));
                 return message(bench.ca.message(reply));
             }},
            {"not a CertRep", ErrorCode::MessageTypeMismatch,
             [](EngineBench &bench, const ReceivedRequest &request) {
                 auto reply = plan(bench, request);
                 reply.messageType = "19";
                 return message(makeReply(reply));
             }},
            {"unknown status", ErrorCode::StatusUnknown,
             [](EngineBench &bench, const ReceivedRequest &request) {
                 auto reply = plan(bench, request);
                 reply.pkiStatus = "1";
                 return message(makeReply(reply));
             }},
            {"broken signature", ErrorCode::SignatureInvalid,
             [](EngineBench &bench, const ReceivedRequest &request) { return message(withBrokenSignature(bench.ca.issue(request).body)); }},
            {"two signers", ErrorCode::SignerCount,
             [](EngineBench &bench, const ReceivedRequest &request) {
                 return message(withSignersOf(bench.ca.issue(request).body, bench.ca.pending(request).body));
             }},
            {"signer of another CA", ErrorCode::SignerUnknown,
             [](EngineBench &bench, const ReceivedRequest &request) {
                 static const TestCa foreign = TestCa::create("Foreign", bench.clock.now());
                 auto reply = bench.ca.success(request, bench.ca.certificateFor(request));
                 reply.signer = foreign.ra.certificate;
                 return message(must(buildCertRep(reply, foreign.ra.key)));
             }},
            {"signed by a device of the same CA", ErrorCode::SignerUnknown,
             [](EngineBench &bench, const ReceivedRequest &request) {
                 const auto key = rsaKey("neighbour");
                 auto reply = bench.ca.success(request, bench.ca.certificateFor(request));
                 reply.signer = bench.ca.ca.issue(makeRequest("CN=neighbour", key), bench.clock.now());
                 return message(must(buildCertRep(reply, key)));
             }},
            {"foreign public key", ErrorCode::ForeignPublicKey,
             [](EngineBench &bench, const ReceivedRequest &request) {
                 const auto csr = makeRequest("C=SE, O=Lab, CN=plc-7", rsaKey("attacker"));
                 return bench.ca.deliver(request, bench.ca.ca.issue(csr, bench.clock.now()));
             }},
            {"certificate of another CA", ErrorCode::ChainBroken,
             [](EngineBench &bench, const ReceivedRequest &request) {
                 static const TestCa foreign = TestCa::create("Foreign", bench.clock.now());
                 const auto csr = must(Pki::CertificationRequest::fromDer(request.payload));
                 return bench.ca.deliver(request, foreign.issue(csr, bench.clock.now()));
             }},
            {"a CA certificate", ErrorCode::IssuedCertificateIsCa,
             [](EngineBench &bench, const ReceivedRequest &request) {
                 CertificateOptions options;
                 options.isCa = true;
                 return special(bench, request, options);
             }},
            {"an expired certificate", ErrorCode::IssuedCertificateNotInForce,
             [](EngineBench &bench, const ReceivedRequest &request) {
                 CertificateOptions options;
                 options.notBefore = bench.clock.now().addDays(-20);
                 options.notAfter = bench.clock.now().addDays(-10);
                 return special(bench, request, options);
             }},
            {"SUCCESS without an envelope", ErrorCode::ContentRefused,
             [](EngineBench &bench, const ReceivedRequest &request) {
                 auto reply = plan(bench, request);
                 reply.pkiStatus = "0";
                 return message(makeReply(reply));
             }},
            {"truncated", ErrorCode::ReplyMalformed,
             [](EngineBench &bench, const ReceivedRequest &request) {
                 const QByteArray whole = bench.ca.issue(request).body;
                 return message(whole.left(whole.size() / 2));
             }},
            {"an HTML page", ErrorCode::HtmlReply,
             [](EngineBench &, const ReceivedRequest &) {
                 return ScriptedAnswer::ok("<!DOCTYPE html><html><body>Welcome</body></html>", "text/html");
             }},
            {"nothing", ErrorCode::EmptyReply, [](EngineBench &, const ReceivedRequest &) { return message({}); }},
            {"3 MB of nothing", ErrorCode::ReplyTooLarge,
             [](EngineBench &, const ReceivedRequest &) { return message(QByteArray(3 * 1024 * 1024, '0')); }},
        };
        return list;
    }

    static void addRows()
    {
        QTest::addColumn<int>("index");
        for (int i = 0; i < attacks().size(); ++i)
            QTest::newRow(std::get<0>(attacks().at(i))) << i;
    }

private slots:
    void isToldAndCompletesNothing_data() { addRows(); }
    void isToldAndCompletesNothing()
    {
        QFETCH(int, index);
        const auto &[name, expected, spoil] = attacks().at(index);
        EngineBench bench;
        bench.ca.standing = [&bench, spoil = spoil](const ReceivedRequest &request) { return spoil(bench, request); };
        QVERIFY(bench.enrollUntil(State::Retrying));
        QCOMPARE(bench.errorCode(), expected);
        bench.settle();
        QVERIFY(bench.issued.isEmpty());
        QVERIFY(bench.journal.issued.isEmpty());
        QCOMPARE(bench.journal.open.size(), 1); // the key of a sent request is not lost
        QVERIFY(bench.journal.open.value(EngineBench::requestId).key.publicKey() == rsaKey("plc-7").publicKey());
        const auto logged = std::find_if(bench.exchanges.cbegin(), bench.exchanges.cend(),
                                         [](const Exchange &entry) { return entry.operation == Operation::PkiOperation; });
        QVERIFY(logged != bench.exchanges.cend() && logged->error);
        QCOMPARE(logged->error->code, expected);
        // One forged reply does not end the transaction: the honest server's next one does its work.
        bench.ca.standing = [&bench](const ReceivedRequest &request) { return bench.ca.issue(request); };
        bench.engine->attemptNow(EngineBench::requestId);
        QVERIFY(bench.waitFor(State::Done));
        QCOMPARE(bench.ca.received.last().transactionId, bench.ca.received.first().transactionId);
    }

    void alwaysBadRepliesEndTheTransaction()
    {
        EngineBench bench;
        bench.ca.standing = [&bench](const ReceivedRequest &request) {
            return ScriptedCa::pkiMessage(withBrokenSignature(bench.ca.issue(request).body));
        };
        QVERIFY(bench.enrollUntil(State::Retrying));
        bench.pass(3 * 3600s, 60s);
        QCOMPARE(bench.status().state, State::Rejected);
        QCOMPARE(bench.errorCode(), ErrorCode::SignatureInvalid);
        QCOMPARE(bench.operations(), 4);
        QCOMPARE(bench.journal.closed.size(), 1);
        QVERIFY(bench.journal.issued.isEmpty());
    }

    void forgedReplyWhilePendingKeepsItPending()
    {
        EngineBench bench;
        bench.ca.standing = [&bench](const ReceivedRequest &request) { return bench.ca.pending(request); };
        QVERIFY(bench.enrollUntil(State::Pending));
        bench.settle();
        const QByteArray old = bench.exchanges.last().received;
        bench.ca.standing = [&](const ReceivedRequest &) { return ScriptedCa::pkiMessage(old); }; // replayed
        bench.engine->attemptNow(EngineBench::requestId);
        QVERIFY(bench.waitFor(State::Retrying));
        QCOMPARE(bench.errorCode(), ErrorCode::NonceMismatch);
        QCOMPARE(bench.journal.open.value(EngineBench::requestId).phase, Transaction::Phase::Pending);
        bench.ca.standing = [&bench](const ReceivedRequest &request) { return bench.ca.issue(request); };
        bench.engine->attemptNow(EngineBench::requestId);
        QVERIFY(bench.waitFor(State::Done));
    }

    void forgedFailureDoesNotReject()
    {
        EngineBench bench;
        static const TestCa foreign = TestCa::create("Foreign", bench.clock.now());
        bench.ca.standing = [&bench](const ReceivedRequest &request) {
            auto reply = plan(bench, request);
            reply.pkiStatus = "2";
            reply.failInfo = "2";
            reply.signer = foreign.ra;
            return message(makeReply(reply));
        };
        QVERIFY(bench.enrollUntil(State::Retrying));
        QCOMPARE(bench.errorCode(), ErrorCode::SignerUnknown);
        QVERIFY(!bench.status().rejection);
    }

    void pkiMessageInAnHttpErrorCounts()
    {
        EngineBench bench;
        bench.ca.standing = [&bench](const ReceivedRequest &request) {
            ScriptedAnswer answer = bench.ca.refuse(request, FailInfo::BadRequest);
            answer.status = 400;
            return answer;
        };
        QVERIFY(bench.enrollUntil(State::Rejected));
        QCOMPARE(bench.status().rejection->failInfo(), FailInfo::BadRequest);
    }

    void differencesAndNotesArePassedOn()
    {
        EngineBench bench;
        bench.ca.standing = [&bench](const ReceivedRequest &request) {
            const auto csr = makeRequest("O=Renamed, CN=plc-7", rsaKey("plc-7"));
            auto reply = bench.ca.success(request, bench.ca.ca.issue(csr, bench.clock.now()));
            std::get<CertRepTemplate::Success>(reply.body).cipher = Pki::Cipher::Des;
            return ScriptedCa::pkiMessage(bench.ca.message(reply));
        };
        QVERIFY(bench.enrollUntil(State::Done));
        QVERIFY(!bench.issued.first().differences.isEmpty());
        QVERIFY2(bench.issued.first().notes.join('\n').contains("DES"), qPrintable(bench.issued.first().notes.join('\n')));
        QCOMPARE(bench.exchanges.last().notes.isEmpty(), false);
    }
};

QTEST_GUILESS_MAIN(TestEngineReplies)
#include "tst_engine_replies.moc"
