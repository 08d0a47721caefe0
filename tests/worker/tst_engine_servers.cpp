// SPDX-License-Identifier: GPL-3.0-or-later
// Servers: probe, trust, capabilities, refresh, enabling and removing, several at once, activity.
#include "tests/worker/enginebench.h"

#include <QTest>

using namespace Scep;
using namespace TestSupport;
using namespace std::chrono_literals;
using State = TransactionStatus::State;
using Trust = ServerKnowledge::Trust;

class TestEngineServers : public QObject
{
    Q_OBJECT

private slots:
    void probe()
    {
        EngineBench bench;
        bench.journal.serverTable.clear();
        bench.start();
        ProbeRequest request;
        request.ticket = 77;
        request.url = QUrl("http://ca.example/scep");
        request.caIdentifier = "lab ca";
        bench.engine->probe(request);
        QTRY_COMPARE(bench.probes.size(), 1);
        const ServerProbe &probe = bench.probes.first();
        QCOMPARE(probe.ticket, quint64(77));
        QVERIFY(!probe.error);
        QVERIFY(probe.capabilities.has(Capabilities::Keyword::Aes));
        QCOMPARE(probe.offered.certificates.size(), 3);
        QCOMPARE(probe.toConfirm, bench.ca.ca.root.certificate);
        QVERIFY(probe.roles.has_value());
        QCOMPARE(probe.roles->recipient, bench.ca.ca.ra.certificate);
        QVERIFY(!probe.rolesError);
        QCOMPARE(bench.operations(), 0);
        QVERIFY(bench.journal.calls.isEmpty());
        QVERIFY(bench.network.requests().first().url.toEncoded().contains("message=lab%20ca"));
    }

    void probeOfNoServer_data()
    {
        QTest::addColumn<int>("networkError");
        QTest::addColumn<ErrorCode>("expected");
        QTest::newRow("refused") << int(QNetworkReply::ConnectionRefusedError) << ErrorCode::ConnectionRefused;
        QTest::newRow("not resolved") << int(QNetworkReply::HostNotFoundError) << ErrorCode::HostNotFound;
        QTest::newRow("HTML") << 0 << ErrorCode::HtmlReply;
    }
    void probeOfNoServer()
    {
        QFETCH(int, networkError);
        QFETCH(ErrorCode, expected);
        EngineBench bench;
        bench.journal.serverTable.clear();
        const auto answer = networkError != 0 ? ScriptedAnswer::failed(static_cast<QNetworkReply::NetworkError>(networkError))
                                              : ScriptedAnswer::ok("<html><body>It works</body></html>", "text/html");
        bench.network.answer("GetCACaps", answer);
        bench.network.answer("GetCACert", answer);
        bench.start();
        bench.engine->probe({1, QUrl("http://ca.example/"), {}, {}});
        QTRY_COMPARE(bench.probes.size(), 1);
        QVERIFY(bench.probes.first().error.has_value());
        QCOMPARE(bench.probes.first().error->code, expected);
        QVERIFY(bench.probes.first().toConfirm.isNull());
    }

    void probeWithoutCapabilitiesIsOnlyANote_data()
    {
        QTest::addColumn<bool>("answers");
        QTest::newRow("404") << true;
        QTest::newRow("no answer") << false;
    }
    void probeWithoutCapabilitiesIsOnlyANote()
    {
        QFETCH(bool, answers);
        EngineBench bench;
        bench.journal.serverTable.clear();
        bench.network.answer("GetCACaps", answers ? ScriptedAnswer::http(404, "Not Found")
                                                  : ScriptedAnswer::failed(QNetworkReply::RemoteHostClosedError));
        bench.start();
        bench.engine->probe({1, QUrl("http://ca.example/"), {}, {}});
        QTRY_COMPARE(bench.probes.size(), 1);
        QVERIFY(!bench.probes.first().error);
        QVERIFY(bench.probes.first().capabilities.isEmpty());
        QVERIFY(!bench.probes.first().notes.isEmpty());
        QCOMPARE(bench.probes.first().toConfirm, bench.ca.ca.root.certificate);
    }

    void serverIsFetchedAsSoonAsItIsApplied()
    {
        EngineBench bench;
        bench.start();
        bench.settle();
        QCOMPARE(bench.knowledge.size(), 1);
        const ServerKnowledge known = bench.knowledge.first();
        QCOMPARE(known.trust, Trust::Confirmed);
        QCOMPARE(known.roles.issuing, bench.ca.ca.issuing.certificate);
        QCOMPARE(known.lastContact, bench.clock.now());
        QVERIFY(!known.lastError);
        QCOMPARE(bench.journal.knowledgeTable.value(EngineBench::serverId).trust, Trust::Confirmed);
        bench.restart();
        bench.settle();
        QCOMPARE(bench.network.count("GetCACert"), 1); // known: nothing fetched
        bench.pass(23h, 3600s);
        QCOMPARE(bench.network.count("GetCACert"), 1);
        bench.pass(2h, 600s);
        QCOMPARE(bench.network.count("GetCACert"), 2);
    }

    void nothingIsSentToAnUnconfirmedServer()
    {
        EngineBench bench;
        bench.changeServer([](EnrollmentServer &server) { server.anchor = {}; });
        QVERIFY(bench.enrollUntil(State::Queued));
        bench.settle();
        QCOMPARE(bench.errorCode(), ErrorCode::CaNotConfirmed);
        QCOMPARE(bench.knowledge.last().trust, Trust::NotConfirmed);
        QCOMPARE(bench.journal.recorded.last().error->code, ErrorCode::CaNotConfirmed);
        bench.engine->attemptNow(EngineBench::requestId);
        bench.pass(3 * 24h, 3600s);
        QCOMPARE(bench.operations(), 0);
        // The technician confirms: it goes on by itself.
        bench.changeServer([&](EnrollmentServer &server) { server.anchor = bench.ca.anchor(); });
        QVERIFY(bench.waitFor(State::Done));
    }

    void wrongFingerprintSendsNothingEver()
    {
        EngineBench bench;
        bench.changeServer([](EnrollmentServer &server) { server.anchor = {must(Pki::Fingerprint::fromText(QString(64, 'a'))), {}}; });
        QVERIFY(bench.enrollUntil(State::Queued));
        bench.settle();
        QCOMPARE(bench.errorCode(), ErrorCode::FingerprintMismatch);
        QCOMPARE(bench.knowledge.last().trust, Trust::Refused);
        QCOMPARE(bench.knowledge.last().lastError->code, ErrorCode::FingerprintMismatch);
        bench.engine->attemptNow(EngineBench::requestId);
        bench.settle();
        bench.engine->enroll(EngineBench::requestId);
        bench.settle();
        bench.pass(3 * 24h, 3600s);
        QCOMPARE(bench.operations(), 0);
        QVERIFY(!bench.journal.calls.contains("begin"));
    }

    void anchorCertificateWorksLikeAFingerprint()
    {
        EngineBench bench;
        bench.changeServer([&](EnrollmentServer &server) { server.anchor = {{}, bench.ca.ca.root.certificate}; });
        QVERIFY(bench.enrollUntil(State::Done));
        bench.restart();
        bench.settle();
        QCOMPARE(bench.network.count("GetCACert"), 1);
    }

    void changedCaStopsOpenTransactions()
    {
        EngineBench bench;
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.pending(request); };
        QVERIFY(bench.enrollUntil(State::Pending));
        bench.settle();
        const TestCa genuine = bench.ca.ca;
        bench.ca.ca = TestCa::create("Impostor", bench.clock.now());
        bench.engine->refreshServer(EngineBench::serverId);
        bench.settle();
        QCOMPARE(bench.knowledge.last().trust, Trust::Refused);
        QCOMPARE(bench.knowledge.last().lastError->code, ErrorCode::CaChanged);
        QCOMPARE(bench.errorCode(), ErrorCode::CaChanged);
        QCOMPARE(bench.status().state, State::Queued);
        const int sent = bench.operations();
        bench.pass(2 * 24h, 3600s);
        bench.engine->attemptNow(EngineBench::requestId);
        bench.settle();
        bench.restart();
        bench.settle();
        QCOMPARE(bench.operations(), sent);
        QCOMPARE(bench.journal.open.size(), 1); // nothing is lost
        QCOMPARE(bench.errorCode(), ErrorCode::CaChanged);
        // The genuine CA is back.
        bench.ca.ca = genuine;
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.issue(request); };
        bench.engine->attemptNow(EngineBench::requestId);
        QVERIFY(bench.waitFor(State::Done));
    }

    void newIntermediateUnderTheSameRootIsAdopted()
    {
        EngineBench bench;
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.pending(request); };
        QVERIFY(bench.enrollUntil(State::Pending));
        bench.settle();
        const TestCa former = bench.ca.ca;
        CertificateOptions options;
        options.isCa = true;
        options.keyUsage = Pki::KeyUsageBit::KeyCertSign | Pki::KeyUsageBit::CrlSign;
        TestCa &ca = bench.ca.ca;
        ca.issuing.key = rsaKey("second issuing");
        ca.issuing.certificate =
            makeCertificate("O=Lab, CN=Second Issuing", ca.issuing.key.publicKey(), ca.root, bench.clock.now(), options);
        CertificateOptions raOptions;
        raOptions.keyUsage = Pki::KeyUsageBit::DigitalSignature | Pki::KeyUsageBit::KeyEncipherment;
        ca.ra.key = rsaKey("second ra");
        ca.ra.certificate = makeCertificate("O=Lab, CN=Second RA", ca.ra.key.publicKey(), ca.issuing, bench.clock.now(), raOptions);
        bench.engine->refreshServer(EngineBench::serverId);
        bench.settle();
        QCOMPARE(bench.knowledge.last().trust, Trust::Confirmed);
        QVERIFY(!bench.knowledge.last().notes.isEmpty());
        // The queue's certificate still comes from the former issuing CA, the message goes to the new RA.
        bench.ca.standing = [&](const ReceivedRequest &request) {
            const auto csr = must(Pki::CertificationRequest::fromDer(bench.ca.received.first().payload));
            return bench.ca.deliver(request, former.issue(csr, bench.clock.now()));
        };
        bench.engine->attemptNow(EngineBench::requestId);
        QVERIFY(bench.waitFor(State::Done));
        QCOMPARE(bench.issued.first().issuers.first(), former.issuing.certificate);
    }

    // The reply comes from somebody unknown: before the next try the certificates are fetched, and then he is known.
    void aReplacedRaIsLookedUpAfterItsFirstReply()
    {
        EngineBench bench;
        bench.start();
        bench.settle();
        const TestCa former = bench.ca.ca;
        CertificateOptions options;
        options.keyUsage = Pki::KeyUsageBit::DigitalSignature | Pki::KeyUsageBit::KeyEncipherment;
        TestCa replaced = former;
        replaced.ra.key = rsaKey("replaced ra");
        replaced.ra.certificate =
            makeCertificate("O=Lab, CN=Replaced RA", replaced.ra.key.publicKey(), former.issuing, bench.clock.now(), options);
        bench.ca.script.enqueue([&](const ReceivedRequest &request) { // still reads what is encrypted to the former RA
            bench.ca.ca = replaced;
            return bench.ca.issue(request);
        });
        bench.engine->enroll(EngineBench::requestId);
        QVERIFY(bench.waitFor(State::Retrying));
        QCOMPARE(bench.errorCode(), ErrorCode::SignerUnknown);
        bench.settle();
        QCOMPARE(bench.network.count("GetCACert"), 2);
        QCOMPARE(bench.knowledge.last().roles.recipient, replaced.ra.certificate);
        bench.pass(70s, 5s);
        QCOMPARE(bench.status().state, State::Done);
        QCOMPARE(bench.operations(), 2);
    }

    // Servers from before RFC 8894 send the issuing CA alone, and the way to the root under another operation.
    void anIntermediateAloneIsCompletedByGetCaCertChain_data()
    {
        QTest::addColumn<QByteArray>("capabilities");
        QTest::addColumn<bool>("hasChain");
        QTest::addColumn<int>("asked");
        QTest::addColumn<Trust>("trust");
        QTest::newRow("chain") << QByteArray("DES3\nSHA-1\n") << true << 1 << Trust::Confirmed;
        QTest::newRow("no chain") << QByteArray("DES3\nSHA-1\n") << false << 1 << Trust::Refused;
        QTest::newRow("RFC 8894 has no such operation") << QByteArray("SCEPStandard\n") << true << 0 << Trust::Refused;
    }
    void anIntermediateAloneIsCompletedByGetCaCertChain()
    {
        QFETCH(QByteArray, capabilities);
        QFETCH(bool, hasChain);
        QFETCH(int, asked);
        QFETCH(Trust, trust);
        EngineBench bench;
        bench.ca.capabilities = capabilities;
        const TestCa &ca = bench.ca.ca;
        bench.network.answer("GetCACert", ScriptedAnswer::ok(ca.issuing.certificate.der(), "application/x-x509-ca-cert"));
        bench.network.answer("GetCACertChain",
                             hasChain ? ScriptedAnswer::ok(must(Pki::degenerateCms({ca.root.certificate, ca.issuing.certificate})),
                                                           "application/x-x509-ca-ra-cert-chain")
                                      : ScriptedAnswer::http(400, "Bad Request", "unknown operation"));
        bench.start();
        bench.settle();
        QCOMPARE(bench.network.count("GetCACertChain"), asked);
        QCOMPARE(bench.knowledge.last().trust, trust);
        if (trust == Trust::Confirmed) {
            QCOMPARE(bench.knowledge.last().roles.issuing, ca.issuing.certificate);
            QCOMPARE(bench.knowledge.last().roles.root, ca.root.certificate);
        }
        QCOMPARE(bench.knowledge.last().notes.join('\n').contains("GetCACertChain"), asked == 1);
        QCOMPARE(bench.operations(), 0);
    }

    void shrunkenCapabilitiesAreNoted()
    {
        EngineBench bench;
        bench.start();
        bench.settle();
        bench.ca.capabilities = "SHA-256\nPOSTPKIOperation\nDES3\n";
        bench.engine->refreshServer(EngineBench::serverId);
        bench.settle();
        QCOMPARE(bench.knowledge.last().trust, Trust::Confirmed);
        QVERIFY2(bench.knowledge.last().notes.join('\n').contains("AES"), qPrintable(bench.knowledge.last().notes.join('\n')));
    }

    // A warning that is gone at the next look would be none: all that was ever announced is remembered, until somebody accepts the loss.
    void shrunkenCapabilitiesStayNotedUntilAccepted()
    {
        EngineBench bench;
        bench.start();
        bench.settle();
        const auto isNoted = [&] { return bench.knowledge.last().notes.join('\n').contains("announces less than before"); };
        QVERIFY(!isNoted());
        bench.ca.capabilities = "SHA-256\nPOSTPKIOperation\nDES3\n";
        for (int look = 0; look < 3; ++look) {
            bench.engine->refreshServer(EngineBench::serverId);
            bench.settle();
            QVERIFY(isNoted());
            bench.restart();
        }
        bench.engine->acceptCapabilities(EngineBench::serverId);
        QVERIFY(!isNoted());
        bench.engine->refreshServer(EngineBench::serverId);
        bench.settle();
        QVERIFY(!isNoted());
        // What comes back and goes again is a loss again.
        bench.ca.capabilities += "AES\n";
        bench.engine->refreshServer(EngineBench::serverId);
        bench.settle();
        QVERIFY(!isNoted());
        bench.ca.capabilities = "SHA-256\nPOSTPKIOperation\nDES3\n";
        bench.engine->refreshServer(EngineBench::serverId);
        bench.settle();
        QVERIFY(isNoted());
    }

    void shrinkingBelowTheServersFloorSendsNothing()
    {
        EngineBench bench;
        bench.changeServer([](EnrollmentServer &server) { server.algorithms.allowSha1 = false; });
        bench.start();
        bench.settle();
        bench.ca.capabilities = "SHA-1\nDES3\nPOSTPKIOperation\n";
        bench.engine->refreshServer(EngineBench::serverId);
        bench.settle();
        bench.engine->enroll(EngineBench::requestId);
        QVERIFY(bench.waitFor(State::Rejected));
        QCOMPARE(bench.errorCode(), ErrorCode::AlgorithmBelowFloor);
        QCOMPARE(bench.operations(), 0);
    }

    void silencedCapabilitiesDoNotWeakenAKnownServer()
    {
        EngineBench bench;
        bench.start();
        bench.settle();
        bench.network.answer("GetCACaps", ScriptedAnswer::http(404, "Not Found", "nothing here"));
        bench.engine->refreshServer(EngineBench::serverId);
        bench.settle();
        QVERIFY(bench.knowledge.last().notes.join('\n').contains("GetCACaps"));
        bench.engine->enroll(EngineBench::requestId);
        QVERIFY(bench.waitFor(State::Done));
        QCOMPARE(bench.ca.received.last().cipher, Pki::Cipher::Aes128);
        QCOMPARE(bench.network.requests().last().method, QByteArray("POST"));
    }

    void capabilitiesRefusedMeansAnAncientServer()
    {
        EngineBench bench;
        bench.network.answer("GetCACaps", ScriptedAnswer::http(404, "Not Found", "nothing here"));
        QVERIFY(bench.enrollUntil(State::Done));
        QCOMPARE(bench.network.requests().last().method, QByteArray("GET"));
        QCOMPARE(bench.ca.received.last().cipher, Pki::Cipher::TripleDes);
        QVERIFY(!bench.knowledge.first().notes.isEmpty());
    }

    void capabilitiesNotReachedIsAFailure()
    {
        EngineBench bench;
        bench.network.answer("GetCACaps", ScriptedAnswer::failed(QNetworkReply::RemoteHostClosedError));
        QVERIFY(bench.enrollUntil(State::Retrying));
        QVERIFY(bench.knowledge.last().lastError.has_value());
        QCOMPARE(bench.operations(), 0);
        bench.ca.serve(bench.network);
        bench.pass(70s, 5s);
        QCOMPARE(bench.status().state, State::Done);
    }

    void algorithmsBelowTheFloorAreRefused()
    {
        EngineBench bench;
        bench.ca.capabilities = "MD5\nDES\n";
        bench.changeServer([](EnrollmentServer &server) {
            server.algorithms.digest = Pki::Digest::Md5;
            server.algorithms.cipher = Pki::Cipher::Des;
        });
        QVERIFY(bench.enrollUntil(State::Rejected));
        QCOMPARE(bench.errorCode(), ErrorCode::AlgorithmBelowFloor);
        QCOMPARE(bench.operations(), 0);
    }

    void serverNotReachedIsRetriedBeforeATransactionBegins()
    {
        EngineBench bench;
        bench.network.answer("GetCACaps", ScriptedAnswer::failed(QNetworkReply::ConnectionRefusedError));
        bench.network.answer("GetCACert", ScriptedAnswer::failed(QNetworkReply::ConnectionRefusedError));
        QVERIFY(bench.enrollUntil(State::Retrying));
        bench.settle();
        QCOMPARE(bench.errorCode(), ErrorCode::ConnectionRefused);
        QVERIFY(bench.status().nextAttemptAt >= bench.clock.now().addSecs(54));
        QVERIFY(bench.status().nextAttemptAt <= bench.clock.now().addSecs(66));
        bench.pass(70s, 5s);
        QCOMPARE(bench.network.count("GetCACert"), 2);
        bench.ca.serve(bench.network);
        bench.engine->attemptNow(EngineBench::requestId);
        QVERIFY(bench.waitFor(State::Done));
    }

    void failingRefreshDoesNotStopAKnownServer()
    {
        EngineBench bench;
        bench.start();
        bench.settle();
        bench.network.answer("GetCACert", ScriptedAnswer::http(500, "No"));
        bench.engine->refreshServer(EngineBench::serverId);
        bench.settle();
        QCOMPARE(bench.knowledge.last().trust, Trust::Confirmed);
        QCOMPARE(bench.knowledge.last().lastError->code, ErrorCode::HttpStatus);
        bench.engine->enroll(EngineBench::requestId);
        QVERIFY(bench.waitFor(State::Done));
    }

    void clockSkewIsTold()
    {
        EngineBench bench;
        const QByteArray date = QLocale::c().toString(bench.clock.now().addSecs(600), "ddd, dd MMM yyyy HH:mm:ss").toLatin1() + " GMT";
        bench.network.answer("GetCACaps", ScriptedAnswer::ok(bench.ca.capabilities).withHeader("Date", date));
        bench.start();
        bench.settle();
        QVERIFY(bench.knowledge.last().clockSkew.has_value());
        QCOMPARE(bench.knowledge.last().clockSkew->count(), 600);
    }

    void disabledServerHasNoTraffic()
    {
        EngineBench bench;
        bench.changeServer([](EnrollmentServer &server) { server.isEnabled = false; });
        QVERIFY(bench.enrollUntil(State::Queued));
        bench.engine->refreshServer(EngineBench::serverId);
        bench.engine->attemptNow(EngineBench::requestId);
        bench.pass(2 * 24h, 3600s);
        QVERIFY(bench.network.requests().isEmpty());
        QVERIFY(!bench.status().error);
        bench.changeServer([](EnrollmentServer &server) { server.isEnabled = true; });
        QVERIFY(bench.waitFor(State::Done));
    }

    void disablingOrRemovingStopsTrafficAtOnce_data()
    {
        QTest::addColumn<bool>("removes");
        QTest::newRow("disabled") << false;
        QTest::newRow("removed") << true;
    }
    void disablingOrRemovingStopsTrafficAtOnce()
    {
        QFETCH(bool, removes);
        EngineBench bench;
        bench.ca.standing = [](const ReceivedRequest &) { return ScriptedAnswer::hanging(); };
        QVERIFY(bench.enrollUntil(State::Sending));
        QTRY_COMPARE(bench.network.running(), 1);
        const EnrollmentServer usual = bench.server();
        if (removes)
            bench.engine->removeServer(EngineBench::serverId);
        else
            bench.changeServer([](EnrollmentServer &server) { server.isEnabled = false; });
        QCOMPARE(bench.status().state, State::Queued);
        QVERIFY(!bench.status().error);
        QTRY_COMPARE(bench.network.running(), 0);
        bench.pass(2 * 24h, 3600s);
        QCOMPARE(bench.operations(), 1);
        QCOMPARE(bench.journal.open.size(), 1);
        // It comes back and the same transaction goes on.
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.issue(request); };
        bench.engine->setServer(usual);
        QVERIFY(bench.waitFor(State::Done));
        QCOMPARE(bench.ca.received.at(1).transactionId, bench.ca.received.at(0).transactionId);
    }

    void removedDuringItsCheck()
    {
        EngineBench bench;
        bench.network.answer("GetCACert", ScriptedAnswer::hanging());
        bench.start();
        QTRY_COMPARE(bench.network.running(), 1);
        bench.engine->removeServer(EngineBench::serverId);
        QTRY_COMPARE(bench.network.running(), 0);
        QVERIFY(bench.knowledge.isEmpty());
    }

    void changedUrlForgetsWhatWasLearned()
    {
        EngineBench bench;
        bench.start();
        bench.settle();
        bench.changeServer([](EnrollmentServer &server) { server.url = QUrl("http://other.example/scep"); });
        QCOMPARE(bench.journal.knowledgeTable.value(EngineBench::serverId).trust, Trust::NotAsked);
        bench.settle();
        QCOMPARE(bench.knowledge.last().trust, Trust::Confirmed);
        QCOMPARE(bench.network.requests().last().url.host(), QString("other.example"));
    }

    void deadServerDoesNotSlowAnother()
    {
        EngineBench bench;
        const ServerId dead{2};
        EnrollmentServer server = bench.server();
        server.id = dead;
        server.url = QUrl("http://dead.example/scep");
        bench.journal.serverTable.insert(dead, server);
        for (const char *operation : {"GetCACaps", "GetCACert", "PKIOperation"}) {
            bench.network.handle(operation, [&](const ScriptedRequest &request) {
                return request.url.host() == "dead.example" ? ScriptedAnswer::hanging() : bench.ca.answer(request);
            });
        }
        for (int i = 0; i < 6; ++i)
            bench.addRequest({20 + i}, QString("dead-%1").arg(i % 2), dead);
        bench.start();
        for (int i = 0; i < 6; ++i)
            bench.engine->enroll({20 + i});
        bench.engine->enroll(EngineBench::requestId);
        QVERIFY(bench.waitFor(State::Done));
        QVERIFY(bench.status(RequestId{20}).isOpen());
        QCOMPARE(bench.status(RequestId{20}).state, State::Queued);
    }

    void fourAtOnceAtOneServer()
    {
        EngineBench bench;
        bench.start();
        bench.settle();
        bench.ca.standing = [](const ReceivedRequest &) { return ScriptedAnswer::hanging(); };
        for (int i = 0; i < 9; ++i) {
            bench.addRequest({30 + i}, QString("plc-%1").arg(i % 3));
            bench.engine->enroll({30 + i});
        }
        QTRY_COMPARE(bench.network.running(), 4);
        QTRY_COMPARE(bench.journal.open.size(), 9); // durable though they wait
        QCOMPARE(bench.network.running(), 4);
        // The ones that leave make room, whichever they are: who is ready first is sent first.
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.issue(request); };
        QList<RequestId> waiting;
        for (int i = 0; i < 9; ++i) {
            const RequestId id{30 + i};
            if (bench.status(id).state == State::Sending)
                bench.engine->cancel(id);
            else
                waiting.append(id);
        }
        QCOMPARE(waiting.size(), 5);
        for (const RequestId id : waiting)
            QVERIFY(bench.waitFor(State::Done, id));
        QCOMPARE(bench.issued.size(), 5);
    }

    void activityTellsWhatGoesOn()
    {
        EngineBench bench;
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.pending(request); };
        QVERIFY(bench.enrollUntil(State::Pending));
        bench.settle();
        QList<Activity::Kind> kinds;
        for (const Activity &activity : std::as_const(bench.activities))
            kinds.append(activity.kind);
        QVERIFY(kinds.contains(Activity::Kind::CheckingServer));
        QVERIFY(kinds.contains(Activity::Kind::Sending));
        QCOMPARE(kinds.last(), Activity::Kind::Idle);
        QCOMPARE(bench.engine->activity().nextDue, bench.status().nextAttemptAt);
        QCOMPARE(bench.engine->activity().runningExchanges, 0);
        bench.ca.standing = [](const ReceivedRequest &) { return ScriptedAnswer::hanging(); };
        bench.engine->attemptNow(EngineBench::requestId);
        const Activity polling = bench.engine->activity();
        QCOMPARE(polling.kind, Activity::Kind::Polling);
        QCOMPARE(polling.request, EngineBench::requestId);
        QCOMPARE(polling.server, EngineBench::serverId);
        QCOMPARE(polling.runningExchanges, 1);
        QTRY_COMPARE(bench.activities.last(), polling);
    }
};

QTEST_GUILESS_MAIN(TestEngineServers)
#include "tst_engine_servers.moc"
