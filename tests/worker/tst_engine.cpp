// SPDX-License-Identifier: GPL-3.0-or-later
// The life of a transaction: success, pending, rejection, transport trouble, cancel.
#include "tests/support/opensslprogram.h"
#include "tests/worker/enginebench.h"

#include <QTest>

using namespace Scep;
using namespace TestSupport;
using namespace std::chrono_literals;
using State = TransactionStatus::State;

class TestEngine : public QObject
{
    Q_OBJECT

private:
    static void answerPending(EngineBench &bench)
    {
        bench.ca.standing = [&bench](const ReceivedRequest &request) { return bench.ca.pending(request); };
    }
    static void answerIssued(EngineBench &bench)
    {
        bench.ca.standing = [&bench](const ReceivedRequest &request) { return bench.ca.issue(request); };
    }

private slots:
    void success()
    {
        EngineBench bench;
        QVERIFY(bench.enrollUntil(State::Done));
        bench.settle();
        QCOMPARE(bench.issued.size(), 1);
        const IssuedCertificate &got = bench.issued.first();
        QCOMPARE(got.request, EngineBench::requestId);
        QCOMPARE(got.server, EngineBench::serverId);
        QCOMPARE(got.certificate.subject().toText(), QString("C=SE, O=Lab, CN=plc-7"));
        QVERIFY(Pki::belongTogether(got.key, got.certificate));
        QCOMPARE(got.issuers, QList<Pki::Certificate>({bench.ca.ca.issuing.certificate, bench.ca.ca.root.certificate}));
        QCOMPARE(got.receivedAt, bench.clock.now());
        QCOMPARE(got.transactionId, bench.ca.received.first().transactionId.toText());
        QCOMPARE(bench.journal.issued.size(), 1);
        QVERIFY(bench.journal.open.isEmpty());
        QVERIFY(bench.journalErrors.isEmpty());
        QCOMPARE(bench.operations(), 1);
        QCOMPARE(bench.network.count("GetCACaps"), 1);
        QCOMPARE(bench.network.count("GetCACert"), 1);
        // Durable before it is told, told before it is done.
        QCOMPARE(bench.order.last(), QString("status Done"));
        QCOMPARE(bench.order.at(bench.order.size() - 2), QString("issued"));
        QCOMPARE(bench.states(), QList<State>({State::Queued, State::Sending, State::Done}));
    }

    void whatIsSentIsWhatWasAskedFor()
    {
        EngineBench bench;
        QVERIFY(bench.enrollUntil(State::Done));
        const ReceivedRequest sent = bench.ca.received.first();
        QCOMPARE(sent.type, MessageType::PkcsReq);
        QCOMPARE(sent.cipher, Pki::Cipher::Aes128);
        QCOMPARE(sent.digest, Pki::Digest::Sha256);
        const auto csr = must(Pki::CertificationRequest::fromDer(sent.payload));
        QCOMPARE(csr.subject().toText(), QString("C=SE, O=Lab, CN=plc-7"));
        QVERIFY(csr.challengePassword() == Pki::SecretBytes(QByteArrayView("open sesame")));
        QCOMPARE(sent.signer.subject(), csr.subject());
        QCOMPARE(sent.signer.publicKey(), csr.publicKey());
        QCOMPARE(bench.network.requests().last().method, QByteArray("POST"));
    }

    void pendingThenPolledThenIssued()
    {
        EngineBench bench;
        answerPending(bench);
        QVERIFY(bench.enrollUntil(State::Pending));
        bench.settle();
        QCOMPARE(bench.journal.open.value(EngineBench::requestId).phase, Transaction::Phase::Pending);
        const TransactionStatus waiting = bench.status();
        QVERIFY(waiting.nextAttemptAt >= bench.clock.now().addSecs(54));
        QVERIFY(waiting.nextAttemptAt <= bench.clock.now().addSecs(66));
        QCOMPARE(waiting.polls, 0);
        bench.pass(50s);
        QCOMPARE(bench.operations(), 1); // not before its time
        bench.pass(20s);
        QCOMPARE(bench.operations(), 2);
        QCOMPARE(bench.ca.received.last().type, MessageType::CertPoll);
        QCOMPARE(bench.status().polls, 1);
        answerIssued(bench);
        bench.pass(100s);
        QCOMPARE(bench.status().state, State::Done);
        QCOMPARE(bench.issued.size(), 1);
        QCOMPARE(bench.ca.received.size(), 3);
        for (const ReceivedRequest &request : std::as_const(bench.ca.received)) {
            QCOMPARE(request.transactionId, bench.ca.received.first().transactionId);
            QCOMPARE(request.signer, bench.ca.received.first().signer);
        }
        QVERIFY(bench.ca.received.at(1).senderNonce != bench.ca.received.at(0).senderNonce);
        QVERIFY(bench.ca.received.at(2).senderNonce != bench.ca.received.at(1).senderNonce);
        const auto poll = must(issuerAndSubjectFromDer(bench.ca.received.last().payload));
        QCOMPARE(poll.issuer, bench.ca.ca.issuing.certificate.subject());
        QCOMPARE(poll.subject.toText(), QString("C=SE, O=Lab, CN=plc-7"));
    }

    void attemptNowPollsWithoutWaiting()
    {
        EngineBench bench;
        answerPending(bench);
        QVERIFY(bench.enrollUntil(State::Pending));
        bench.settle();
        answerIssued(bench);
        bench.engine->attemptNow(EngineBench::requestId);
        QVERIFY(bench.waitFor(State::Done));
    }

    void pollingEnds()
    {
        EngineBench bench;
        bench.changeServer([](EnrollmentServer &server) { server.polling = {60s, 1.5, 300s, 1000s}; });
        answerPending(bench);
        QVERIFY(bench.enrollUntil(State::Pending));
        bench.pass(990s);
        QCOMPARE(bench.status().state, State::Pending);
        bench.pass(60s, 10s);
        QCOMPARE(bench.status().state, State::Rejected);
        QCOMPARE(bench.errorCode(), ErrorCode::PollingEnded);
        QCOMPARE(bench.journal.closed.size(), 1);
        const int sent = bench.operations();
        QVERIFY2(sent >= 5 && sent <= 10, qPrintable(QString::number(sent)));
        bench.pass(7200s, 600s);
        QCOMPARE(bench.operations(), sent);
    }

    void rejectedByTheServer()
    {
        EngineBench bench;
        bench.ca.standing = [&bench](const ReceivedRequest &request) {
            return bench.ca.refuse(request, FailInfo::BadRequest, "wrong challenge");
        };
        QVERIFY(bench.enrollUntil(State::Rejected));
        QCOMPARE(bench.errorCode(), ErrorCode::Rejected);
        QVERIFY(bench.status().rejection.has_value());
        QCOMPARE(bench.status().rejection->failInfo(), FailInfo::BadRequest);
        QCOMPARE(bench.status().rejection->failInfoText, QString("wrong challenge"));
        QCOMPARE(bench.journal.closed.size(), 1);
        QVERIFY(bench.issued.isEmpty());
        bench.pass(3600s * 24 * 2, 3600s);
        QCOMPARE(bench.operations(), 1); // no retry until somebody acts
        answerIssued(bench);
        bench.engine->enroll(EngineBench::requestId);
        QVERIFY(bench.waitFor(State::Done));
        QVERIFY(bench.ca.received.at(0).transactionId != bench.ca.received.at(1).transactionId);
    }

    void transportTroubleIsRetriedWithBackOff()
    {
        EngineBench bench;
        bench.ca.standing = [](const ReceivedRequest &) { return ScriptedAnswer::failed(QNetworkReply::RemoteHostClosedError); };
        QVERIFY(bench.enrollUntil(State::Retrying));
        bench.settle();
        QVERIFY(bench.status().error.has_value());
        const QDateTime first = bench.status().nextAttemptAt;
        QVERIFY(first >= bench.clock.now().addSecs(54) && first <= bench.clock.now().addSecs(66));
        bench.pass(70s, 5s);
        QCOMPARE(bench.operations(), 2);
        const qint64 second = bench.clock.now().secsTo(bench.status().nextAttemptAt);
        QVERIFY2(second > 90, qPrintable(QString::number(second)));
        QCOMPARE(bench.journal.open.value(EngineBench::requestId).transportFailures, 2);
        QCOMPARE(bench.journal.open.value(EngineBench::requestId).polls, 0);
        // No end for a request the server may have: past every poll rule it still tries, once an hour.
        bench.pass(3600s * 24 * 8, 3600s);
        QCOMPARE(bench.status().state, State::Retrying);
        answerIssued(bench);
        bench.pass(2 * 3600s, 600s);
        QCOMPARE(bench.status().state, State::Done);
        for (const ReceivedRequest &request : std::as_const(bench.ca.received)) {
            QCOMPARE(request.transactionId, bench.ca.received.first().transactionId);
            QCOMPARE(request.payload, bench.ca.received.first().payload); // the same CSR: the server may have it already
        }
        QSet<QByteArray> nonces;
        for (const ReceivedRequest &request : std::as_const(bench.ca.received))
            nonces.insert(request.senderNonce.bytes());
        QCOMPARE(nonces.size(), bench.ca.received.size());
    }

    void transportErrors_data()
    {
        QTest::addColumn<int>("status");
        QTest::addColumn<int>("networkError");
        QTest::addColumn<ErrorCode>("expected");
        QTest::newRow("404") << 404 << 0 << ErrorCode::HttpStatus;
        QTest::newRow("500") << 500 << 0 << ErrorCode::HttpStatus;
        QTest::newRow("refused") << 0 << int(QNetworkReply::ConnectionRefusedError) << ErrorCode::ConnectionRefused;
        QTest::newRow("not resolved") << 0 << int(QNetworkReply::HostNotFoundError) << ErrorCode::HostNotFound;
    }
    void transportErrors()
    {
        QFETCH(int, status);
        QFETCH(int, networkError);
        QFETCH(ErrorCode, expected);
        EngineBench bench;
        bench.ca.standing = [&](const ReceivedRequest &) {
            return status != 0 ? ScriptedAnswer::http(status, "No", "sorry")
                               : ScriptedAnswer::failed(static_cast<QNetworkReply::NetworkError>(networkError));
        };
        QVERIFY(bench.enrollUntil(State::Retrying));
        QCOMPARE(bench.errorCode(), expected);
        answerIssued(bench);
        bench.engine->attemptNow(EngineBench::requestId);
        QVERIFY(bench.waitFor(State::Done));
    }

    void stalledServerEndsInATimeout()
    {
        EngineBench bench;
        bench.changeServer([](EnrollmentServer &server) { server.transport.timeout = 50ms; });
        bench.ca.standing = [](const ReceivedRequest &) { return ScriptedAnswer::hanging(); };
        QVERIFY(bench.enrollUntil(State::Retrying));
        QCOMPARE(bench.errorCode(), ErrorCode::Timeout);
    }

    void retryAfterIsHonoured()
    {
        EngineBench bench;
        bench.ca.standing = [](const ReceivedRequest &) {
            return ScriptedAnswer::http(503, "Busy", "later").withHeader("Retry-After", "1200");
        };
        QVERIFY(bench.enrollUntil(State::Retrying));
        QCOMPARE(bench.status().nextAttemptAt, bench.clock.now().addSecs(1200));
    }

    void retryAfterOfAPendingIsHonoured()
    {
        EngineBench bench;
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.pending(request).withHeader("Retry-After", "7200"); };
        QVERIFY(bench.enrollUntil(State::Pending));
        bench.settle();
        QCOMPARE(bench.status().nextAttemptAt, bench.clock.now().addSecs(7200));
        // A shorter one makes nobody poll faster than the rule says.
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.pending(request).withHeader("Retry-After", "1"); };
        bench.engine->attemptNow(EngineBench::requestId);
        bench.settle();
        QVERIFY(bench.status().nextAttemptAt >= bench.clock.now().addSecs(54));
    }

    void transportTroubleWhilePendingIsNoPoll()
    {
        EngineBench bench;
        bench.changeServer([](EnrollmentServer &server) { server.polling.end = 3600s; });
        answerPending(bench);
        QVERIFY(bench.enrollUntil(State::Pending));
        bench.ca.standing = [](const ReceivedRequest &) { return ScriptedAnswer::failed(QNetworkReply::RemoteHostClosedError); };
        bench.pass(200s);
        QCOMPARE(bench.status().state, State::Retrying);
        QCOMPARE(bench.status().polls, 0);
        bench.pass(2 * 3600s, 60s); // polling has an end though
        QCOMPARE(bench.errorCode(), ErrorCode::PollingEnded);
    }

    void badCertIdMeansTheRequestOnceMore()
    {
        EngineBench bench;
        bench.ca.script.enqueue([&](const ReceivedRequest &request) { return bench.ca.pending(request); });
        bench.ca.script.enqueue([&](const ReceivedRequest &request) { return bench.ca.refuse(request, FailInfo::BadCertId); });
        QVERIFY(bench.enrollUntil(State::Pending));
        bench.settle();
        bench.engine->attemptNow(EngineBench::requestId);
        QVERIFY(bench.waitFor(State::Done));
        QCOMPARE(bench.ca.received.size(), 3);
        QCOMPARE(bench.ca.received.at(1).type, MessageType::CertPoll);
        QCOMPARE(bench.ca.received.at(2).type, MessageType::PkcsReq);
        QCOMPARE(bench.ca.received.at(2).payload, bench.ca.received.at(0).payload);
        QCOMPARE(bench.ca.received.at(2).transactionId, bench.ca.received.at(0).transactionId);
    }

    void badCertIdTwiceIsARejection()
    {
        EngineBench bench;
        bench.ca.standing = [&](const ReceivedRequest &request) {
            return request.type == MessageType::CertPoll ? bench.ca.refuse(request, FailInfo::BadCertId) : bench.ca.pending(request);
        };
        QVERIFY(bench.enrollUntil(State::Pending));
        bench.pass(600s);
        QCOMPARE(bench.status().state, State::Rejected);
        QCOMPARE(bench.status().rejection->failInfo(), FailInfo::BadCertId);
        int requests = 0;
        for (const ReceivedRequest &request : std::as_const(bench.ca.received))
            requests += request.type == MessageType::PkcsReq ? 1 : 0;
        QCOMPARE(requests, 2);
    }

    void badCertIdToTheRequestItselfIsARejection()
    {
        EngineBench bench;
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.refuse(request, FailInfo::BadCertId); };
        QVERIFY(bench.enrollUntil(State::Rejected));
        QCOMPARE(bench.operations(), 1);
    }

    void serverWithoutCertPollIsPolledByRequest_data()
    {
        QTest::addColumn<int>("status");
        QTest::newRow("400") << 400;
        QTest::newRow("500") << 500;
        QTest::newRow("501") << 501;
    }
    void serverWithoutCertPollIsPolledByRequest()
    {
        QFETCH(int, status);
        EngineBench bench;
        bench.ca.capabilities = "AES\nSHA-256\n"; // GET: a 501 is not taken for a refused POST
        int polls = 0;
        bench.ca.standing = [&](const ReceivedRequest &request) {
            if (request.type == MessageType::CertPoll) {
                ++polls;
                return ScriptedAnswer::http(status, "No", "not implemented");
            }
            return bench.ca.pending(request);
        };
        QVERIFY(bench.enrollUntil(State::Pending));
        bench.pass(70s, 10s);
        QCOMPARE(bench.status().state, State::Pending);
        QCOMPARE(bench.status().polls, 1);
        QCOMPARE(polls, 1);
        bench.pass(1000s);
        QCOMPARE(polls, 1); // learned
        QVERIFY(bench.status().polls > 2);
        // and learned for the server, not only for this transaction
        bench.addRequest({11}, "plc-8");
        bench.engine->enroll({11});
        QVERIFY(bench.waitFor(State::Pending, {11}));
        bench.pass(200s);
        QCOMPARE(polls, 1);
        // and beyond a restart
        QVERIFY(bench.journal.knowledgeTable.value(EngineBench::serverId).pollsByRequest);
        bench.restart();
        bench.addRequest({12}, "plc-9");
        bench.engine->enroll({12});
        QVERIFY(bench.waitFor(State::Pending, {12}));
        bench.pass(200s);
        QCOMPARE(polls, 1);
    }

    void cancelInEveryState_data()
    {
        QTest::addColumn<QString>("state");
        for (const char *state : {"queued", "key", "sending", "pending", "polling", "retrying", "done"})
            QTest::newRow(state) << state;
    }
    void cancelInEveryState()
    {
        QFETCH(QString, state);
        EngineBench bench;
        bool isOpenInJournal = true;
        if (state == "queued") {
            bench.changeServer([](EnrollmentServer &server) { server.anchor = {}; });
            QVERIFY(bench.enrollUntil(State::Queued));
            bench.settle();
            isOpenInJournal = false;
        } else if (state == "key") {
            bench.journal.keys.clear();
            bench.journal.requestTable[EngineBench::requestId].keySpec.bits = 4096;
            QVERIFY(bench.enrollUntil(State::GeneratingKey));
            isOpenInJournal = false;
        } else if (state == "sending") {
            bench.ca.standing = [](const ReceivedRequest &) { return ScriptedAnswer::hanging(); };
            QVERIFY(bench.enrollUntil(State::Sending));
            QTRY_COMPARE(bench.network.running(), 1);
        } else if (state == "pending") {
            answerPending(bench);
            QVERIFY(bench.enrollUntil(State::Pending));
        } else if (state == "polling") {
            answerPending(bench);
            QVERIFY(bench.enrollUntil(State::Pending));
            bench.settle();
            bench.ca.standing = [](const ReceivedRequest &) { return ScriptedAnswer::hanging(); };
            bench.engine->attemptNow(EngineBench::requestId);
            QTRY_COMPARE(bench.operations(), 2);
        } else if (state == "retrying") {
            bench.ca.standing = [](const ReceivedRequest &) { return ScriptedAnswer::http(500, "No"); };
            QVERIFY(bench.enrollUntil(State::Retrying));
        } else {
            QVERIFY(bench.enrollUntil(State::Done));
            bench.engine->cancel(EngineBench::requestId);
            QCOMPARE(bench.status().state, State::Done); // what is done is done
            return;
        }
        const int sent = bench.operations();
        bench.engine->cancel(EngineBench::requestId);
        QCOMPARE(bench.status().state, State::Cancelled);
        QVERIFY(!bench.status().error);
        bench.engine->cancel(EngineBench::requestId); // idempotent
        QVERIFY(bench.journal.open.isEmpty());
        QCOMPARE(bench.journal.closed.size(), isOpenInJournal ? 1 : 0);
        QTRY_COMPARE(bench.network.running(), 0);
        bench.pass(3 * 3600s, 600s);
        QCOMPARE(bench.operations(), sent);
        QCOMPARE(bench.status().state, State::Cancelled);
        QVERIFY(bench.issued.isEmpty());
        // A new one may begin.
        answerIssued(bench);
        bench.changeServer([&](EnrollmentServer &server) { server.anchor = bench.ca.anchor(); });
        bench.journal.keys.insert(EngineBench::requestId, rsaKey("plc-7"));
        bench.engine->enroll(EngineBench::requestId);
        QVERIFY(bench.waitFor(State::Done));
    }

    void cancelFromASlotIsSafe()
    {
        EngineBench bench;
        bench.start();
        connect(bench.engine.get(), &Engine::transactionChanged, this, [&](const TransactionStatus &status) {
            if (status.state == State::Sending)
                bench.engine->cancel(EngineBench::requestId);
        });
        bench.engine->enroll(EngineBench::requestId);
        QVERIFY(bench.waitFor(State::Cancelled));
        bench.settle();
        QVERIFY(bench.issued.isEmpty());
    }

    void removedRequestIsForgotten()
    {
        EngineBench bench;
        answerPending(bench);
        QVERIFY(bench.enrollUntil(State::Pending));
        bench.settle();
        bench.engine->removeRequest(EngineBench::requestId);
        QCOMPARE(bench.status().state, State::None);
        bench.pass(3600s, 600s);
        QCOMPARE(bench.operations(), 1);
        bench.engine->enroll(EngineBench::requestId);
        QCOMPARE(bench.changes.last().error->code, ErrorCode::InvalidArgument);
    }

    void secondEnrollWhileOpenSendsNothing()
    {
        EngineBench bench;
        answerPending(bench);
        QVERIFY(bench.enrollUntil(State::Pending));
        bench.settle();
        bench.engine->enroll(EngineBench::requestId);
        bench.settle();
        QCOMPARE(bench.operations(), 1);
    }

    void keyIsGeneratedWhenNoneIsGiven()
    {
        EngineBench bench;
        bench.journal.keys.clear();
        bench.journal.requestTable[EngineBench::requestId].keySpec.bits = 1024;
        QVERIFY(bench.enrollUntil(State::Done));
        QVERIFY(bench.states().contains(State::GeneratingKey));
        QCOMPARE(bench.issued.first().key.spec().bits, 1024);
        QVERIFY(Pki::belongTogether(bench.issued.first().key, bench.issued.first().certificate));
    }

    void csrOfTheDeviceTravelsUnderAThrowAwaySigner()
    {
        EngineBench bench;
        const auto deviceKey = rsaKey("device");
        bench.journal.keys.clear();
        const auto csr = makeRequest("CN=device", deviceKey);
        bench.journal.requestsOfDevices.insert(EngineBench::requestId, csr);
        QVERIFY(bench.enrollUntil(State::Done));
        const ReceivedRequest sent = bench.ca.received.first();
        QCOMPARE(sent.payload, csr.der());
        QCOMPARE(sent.signer.subject().toText(), QString("CN=device"));
        QVERIFY(sent.signer.publicKey() != deviceKey.publicKey());
        QVERIFY(bench.issued.first().key.isNull());
        QCOMPARE(bench.issued.first().certificate.publicKey(), deviceKey.publicKey());
    }

    void keysThatCannotDecryptNeedAChallenge_data()
    {
        QTest::addColumn<QString>("how");
        for (const char *how : {"generated", "provided"})
            QTest::newRow(how) << how;
    }
    void keysThatCannotDecryptNeedAChallenge()
    {
        QFETCH(QString, how);
        EngineBench bench;
        bench.journal.keys.clear();
        bench.journal.challenges.clear();
        if (how == "generated")
            bench.journal.requestTable[EngineBench::requestId].keySpec = {Pki::KeySpec::Algorithm::Ec, 256};
        else
            bench.journal.keys.insert(EngineBench::requestId, ecKey("ec"));
        QVERIFY(bench.enrollUntil(State::Rejected));
        QCOMPARE(bench.errorCode(), ErrorCode::UnsupportedAlgorithm);
        QVERIFY(!bench.status().error->detail.isEmpty());
        bench.settle();
        QCOMPARE(bench.operations(), 0);
        QCOMPARE(bench.journal.recorded.last().state, State::Rejected);
    }

    // RFC 8894 3.1: the reply to a key that cannot decrypt is encrypted with the challenge.
    void ecKeyEnrolsWithTheChallengeAsSecret_data()
    {
        QTest::addColumn<bool>("restarts");
        QTest::newRow("at once") << false;
        QTest::newRow("after a crash") << true;
    }
    void ecKeyEnrolsWithTheChallengeAsSecret()
    {
        QFETCH(bool, restarts);
        EngineBench bench;
        bench.journal.keys.clear();
        bench.journal.requestTable[EngineBench::requestId].keySpec = {Pki::KeySpec::Algorithm::Ec, 256};
        const Pki::SecretBytes challenge(QByteArrayView("open sesame"));
        const auto answer = [&](const ReceivedRequest &request) {
            auto reply = bench.ca.success(request, bench.ca.certificateFor(request));
            auto body = std::get<CertRepTemplate::Success>(reply.body);
            body.password = &challenge;
            reply.body = body;
            return ScriptedCa::pkiMessage(bench.ca.message(reply));
        };
        bench.ca.standing = answer;
        if (restarts) {
            answerPending(bench);
            QVERIFY(bench.enrollUntil(State::Pending));
            bench.stop();
            bench.ca.standing = answer;
            bench.start();
            bench.engine->attemptNow(EngineBench::requestId);
            QVERIFY(bench.waitFor(State::Done));
        } else {
            QVERIFY(bench.enrollUntil(State::Done));
        }
        QVERIFY(!bench.issued.first().key.publicKey().isRsa());
        QVERIFY(Pki::belongTogether(bench.issued.first().key, bench.issued.first().certificate));
        QCOMPARE(bench.ca.received.first().signer.publicKey(), bench.issued.first().certificate.publicKey());
    }

    void ecReplyUnderAnotherSecretIsNotOpened()
    {
        EngineBench bench;
        bench.journal.keys.insert(EngineBench::requestId, ecKey("ec"));
        const Pki::SecretBytes other(QByteArrayView("open barley"));
        bench.ca.standing = [&](const ReceivedRequest &request) {
            auto reply = bench.ca.success(request, bench.ca.certificateFor(request));
            auto body = std::get<CertRepTemplate::Success>(reply.body);
            body.password = &other;
            reply.body = body;
            return ScriptedCa::pkiMessage(bench.ca.message(reply));
        };
        QVERIFY(bench.enrollUntil(State::Retrying));
        QCOMPARE(bench.errorCode(), ErrorCode::DecryptionFailed);
        QVERIFY(bench.issued.isEmpty());
    }

    // Some servers answer an EC key by key agreement: nothing but the key is needed to read it.
    void ecKeyReadsAReplyByKeyAgreement()
    {
        EngineBench bench;
        bench.journal.keys.insert(EngineBench::requestId, ecKey("ec"));
        const Test::OpensslProgram openssl;
        bench.ca.standing = [&](const ReceivedRequest &request) {
            openssl.write("recipient.pem", request.signer.toPem());
            ReplyPlan plan;
            plan.transactionId = request.transactionId.toText().toLatin1();
            plan.recipientNonce = request.senderNonce.bytes();
            plan.pkiStatus = "0";
            plan.signer = bench.ca.ca.ra;
            plan.content = openssl.output({"cms", "-encrypt", "-binary", "-aes128", "-outform", "DER", "recipient.pem"},
                                          must(Pki::degenerateCms({bench.ca.certificateFor(request)})));
            return ScriptedCa::pkiMessage(makeReply(plan));
        };
        QVERIFY(bench.enrollUntil(State::Done));
        QVERIFY(Pki::belongTogether(bench.issued.first().key, bench.issued.first().certificate));
        QVERIFY(!bench.issued.first().key.publicKey().isRsa());
    }

    // The device keeps an EC key; what must be able to decrypt is only the throw-away key the messages travel under.
    void ecCsrOfADeviceNeedsNoChallenge()
    {
        EngineBench bench;
        bench.journal.keys.clear();
        bench.journal.challenges.clear();
        bench.journal.requestsOfDevices.insert(EngineBench::requestId, makeRequest("CN=device", ecKey("ec")));
        QVERIFY(bench.enrollUntil(State::Done));
        QVERIFY(bench.issued.first().key.isNull());
        QCOMPARE(bench.issued.first().certificate.publicKey(), ecKey("ec").publicKey());
    }

    void keyAndCsrMustFit()
    {
        EngineBench bench;
        bench.journal.requestsOfDevices.insert(EngineBench::requestId, makeRequest("CN=device", rsaKey("device")));
        QVERIFY(bench.enrollUntil(State::Rejected));
        QCOMPARE(bench.errorCode(), ErrorCode::KeyMismatch);
    }

    void transactionIdMayBeGiven()
    {
        EngineBench bench;
        bench.journal.requestTable[EngineBench::requestId].transactionIdOverride = "7XXEY-ERLPU-2JDR9";
        QVERIFY(bench.enrollUntil(State::Done));
        QCOMPARE(bench.ca.received.first().transactionId.toText(), QString("7XXEY-ERLPU-2JDR9"));
        QCOMPARE(bench.issued.first().transactionId, QString("7XXEY-ERLPU-2JDR9"));
    }

    void refusedPostIsRemembered()
    {
        EngineBench bench;
        int posts = 0;
        bench.network.handle("PKIOperation", [&](const ScriptedRequest &request) {
            if (request.method == "POST") {
                ++posts;
                return ScriptedAnswer::http(405, "Method Not Allowed");
            }
            return bench.ca.answer(request);
        });
        answerPending(bench);
        QVERIFY(bench.enrollUntil(State::Pending));
        bench.pass(200s);
        QCOMPARE(posts, 1);
        QVERIFY(bench.status().polls >= 1);
    }

    void exchangesAreLoggedWithoutTheMessageInTheUrl()
    {
        EngineBench bench;
        bench.ca.capabilities = "AES\nSHA-256\n"; // GET
        QVERIFY(bench.enrollUntil(State::Done));
        bench.settle();
        QCOMPARE(bench.exchanges.size(), 3);
        QCOMPARE(bench.journal.exchanges.size(), 3);
        const Exchange &last = bench.exchanges.last();
        QCOMPARE(last.operation, Operation::PkiOperation);
        QCOMPARE(last.method, HttpMethod::Get);
        QCOMPARE(last.url, QUrl("http://ca.example/scep?operation=PKIOperation"));
        QCOMPARE(last.request, EngineBench::requestId);
        QCOMPARE(last.server, EngineBench::serverId);
        QCOMPARE(last.sent, bench.network.requests().last().pkiMessage());
        QVERIFY(!last.received.isEmpty());
        QCOMPARE(last.httpStatus, 200);
        QVERIFY(!last.error);
        for (const Exchange &exchange : std::as_const(bench.exchanges)) {
            QVERIFY(!exchange.sent.contains("open sesame"));
            QVERIFY(!exchange.received.contains("open sesame"));
        }
    }

    void deleteWhileRunning_data()
    {
        QTest::addColumn<int>("turns");
        for (int turns : {0, 1, 2, 3, 4, 6, 8})
            QTest::addRow("after %d turns", turns) << turns;
    }
    void deleteWhileRunning()
    {
        QFETCH(int, turns);
        EngineBench bench;
        for (int i = 0; i < 8; ++i)
            bench.addRequest({100 + i}, QString("plc-%1").arg(i % 3));
        bench.journal.keys.remove(RequestId{100}); // one waits for a key
        bench.start();
        for (int i = 0; i < 8; ++i)
            bench.engine->enroll({100 + i});
        for (int i = 0; i < turns; ++i)
            QCoreApplication::processEvents();
        bench.stop();
        QCoreApplication::processEvents();
        QCOMPARE(bench.network.running(), 0);
    }
};

QTEST_GUILESS_MAIN(TestEngine)
#include "tst_engine.moc"
