// SPDX-License-Identifier: GPL-3.0-or-later
// GetCert, GetCRL and GetNextCACert: questions that change nothing; and the next CA from its announcement to its use.
#include "tests/worker/enginebench.h"

#include <QSignalSpy>
#include <QTest>

using namespace Scep;
using namespace TestSupport;
using namespace std::chrono_literals;
using State = TransactionStatus::State;
using Trust = ServerKnowledge::Trust;
using Kind = ServerQuery::Kind;

namespace {

class QueryBench : public EngineBench
{
public:
    QueryBench() { ca.capabilities = "AES\nSHA-256\nPOSTPKIOperation\n"; }

    std::optional<QueryResult> ask(ServerQuery query)
    {
        if (!engine)
            start();
        QSignalSpy spy(engine.get(), &Engine::queryFinished);
        query.server = query.server.isNull() ? serverId : query.server;
        query.ticket = 42;
        engine->query(query);
        if (!spy.isEmpty() || !spy.wait(5000) || spy.size() != 1)
            return std::nullopt;
        return spy.first().first().value<QueryResult>();
    }
    std::optional<QueryResult> askFor(const Pki::Certificate &certificate, Kind kind = Kind::Certificate, const Credential &credential = {})
    {
        ServerQuery query;
        query.kind = kind;
        query.about = {certificate.issuer(), certificate.serialNumber()};
        query.credential = credential;
        return ask(query);
    }
    [[nodiscard]] Pki::Certificate device(const QString &name) const
    {
        return ca.ca.issue(makeRequest("CN=" + name, rsaKey(name)), clock.now());
    }
    void answerWithCrls(const QList<Pki::Crl> &crls)
    {
        ca.crl = nullptr;
        ca.standing = [this, crls](const ReceivedRequest &request) {
            CertRepTemplate reply = ca.success(request, {});
            CertRepTemplate::Success body;
            body.recipient = request.signer;
            body.crls = crls;
            reply.body = body;
            return ScriptedCa::pkiMessage(ca.message(reply));
        };
    }
    [[nodiscard]] ServerKnowledge known() const { return journal.knowledgeTable.value(serverId); }

    // -- next CA

    /// Another issuing CA under `root` with its RA, in force from `notBefore` on.
    [[nodiscard]] TestCa nextUnder(const Identity &root, const QDateTime &notBefore) const
    {
        TestCa next = ca.ca;
        next.root = root;
        CertificateOptions options;
        options.isCa = true;
        options.keyUsage = Pki::KeyUsageBit::KeyCertSign | Pki::KeyUsageBit::CrlSign;
        options.notBefore = notBefore;
        options.notAfter = notBefore.addYears(5);
        next.issuing.key = rsaKey("next issuing");
        next.issuing.certificate = makeCertificate("O=Lab, CN=Next Issuing", next.issuing.key.publicKey(), root, clock.now(), options);
        options.isCa = false;
        options.keyUsage = Pki::KeyUsageBit::DigitalSignature | Pki::KeyUsageBit::KeyEncipherment;
        next.ra.key = rsaKey("next ra");
        next.ra.certificate = makeCertificate("O=Lab, CN=Next RA", next.ra.key.publicKey(), next.issuing, clock.now(), options);
        return next;
    }
    static QList<Pki::Certificate> certificatesOf(const TestCa &some)
    {
        return {some.ra.certificate, some.issuing.certificate, some.root.certificate};
    }
    static ScriptedAnswer signedBundle(const QList<Pki::Certificate> &certificates, const Identity &signer,
                                       const QList<Pki::Certificate> &outer = {})
    {
        Pki::SignOptions options;
        options.certificates = QList{signer.certificate} + outer;
        return ScriptedAnswer::ok(must(Pki::signCms(must(Pki::degenerateCms(certificates)), signer.certificate, signer.key, options)),
                                  "application/x-x509-next-ca-cert");
    }
    void announce(const TestCa &next)
    {
        ca.capabilities += "GetNextCACert\n";
        network.answer("GetNextCACert", signedBundle(certificatesOf(next), ca.ca.ra));
    }
    std::optional<QueryResult> askForNextCa()
    {
        ServerQuery query;
        query.kind = Kind::NextCa;
        return ask(query);
    }
};

} // namespace

Q_DECLARE_METATYPE(Scep::QueryResult)

class TestEngineQueries : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase() { qRegisterMetaType<Scep::QueryResult>(); }

    void getCert()
    {
        QueryBench bench;
        const Pki::Certificate wanted = bench.device("neighbour");
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.deliver(request, wanted); };
        const Credential own{bench.device("own"), rsaKey("own")};
        const auto result = bench.askFor(wanted, Kind::Certificate, own);
        QVERIFY(result);
        QVERIFY2(!result->error, result->error ? qPrintable(result->error->detail) : "");
        QCOMPARE(result->ticket, quint64(42));
        QCOMPARE(result->server, EngineBench::serverId);
        QCOMPARE(result->certificates.first(), wanted);
        QCOMPARE(result->certificates.last(), bench.ca.ca.root.certificate);
        const ReceivedRequest sent = bench.ca.received.first();
        QCOMPARE(sent.type, MessageType::GetCert);
        QCOMPARE(sent.signer, own.certificate);
        const auto about = must(Pki::IssuerAndSerialNumber::fromDer(sent.payload));
        QCOMPARE(about.serialNumber, wanted.serialNumber());
        QCOMPARE(about.issuer, wanted.issuer());
        QVERIFY(!bench.journal.calls.contains("begin")); // nothing is journaled
    }

    void getCertWithoutACertificateOfOnesOwn()
    {
        QueryBench bench;
        const Pki::Certificate wanted = bench.device("neighbour");
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.deliver(request, wanted); };
        const auto result = bench.askFor(wanted);
        QVERIFY(result && !result->error);
        QCOMPARE(result->certificates.first(), wanted);
        QVERIFY(bench.ca.received.first().signer.isSelfSigned());
    }

    void getCrl()
    {
        QueryBench bench;
        const Pki::Certificate revoked = bench.device("revoked");
        const QDateTime now = bench.clock.now();
        const auto crl = must(Pki::issueCrl(bench.ca.ca.issuing.certificate, bench.ca.ca.issuing.key,
                                            {{revoked.serialNumber(), now, "keyCompromise"}}, now.addDays(-1), now.addDays(1), 7));
        bench.answerWithCrls({crl});
        const auto result = bench.askFor(revoked, Kind::Crl, {bench.device("own"), rsaKey("own")});
        QVERIFY(result);
        QVERIFY2(!result->error, result->error ? qPrintable(result->error->detail) : "");
        QCOMPARE(bench.ca.received.first().type, MessageType::GetCrl);
        QCOMPARE(result->crls.size(), 1);
        QVERIFY(result->crls.first().find(revoked.serialNumber()).has_value());
        QVERIFY(!result->notes.join('\n').contains("stale"));
    }

    void anOldCrlIsNoted()
    {
        QueryBench bench;
        const QDateTime now = bench.clock.now();
        bench.answerWithCrls(
            {must(Pki::issueCrl(bench.ca.ca.issuing.certificate, bench.ca.ca.issuing.key, {}, now.addDays(-9), now.addDays(-2), 1))});
        const auto result = bench.askFor(bench.device("any"), Kind::Crl, {bench.device("own"), rsaKey("own")});
        QVERIFY(result && !result->error);
        QVERIFY(result->notes.join('\n').contains("stale"));
    }

    void answersThatAreNone_data()
    {
        QTest::addColumn<QString>("how");
        QTest::addColumn<ErrorCode>("expected");
        QTest::newRow("another certificate") << "another" << ErrorCode::TransactionMismatch;
        QTest::newRow("of another CA") << "foreign" << ErrorCode::ChainBroken;
        QTest::newRow("refused") << "refused" << ErrorCode::Rejected;
        QTest::newRow("pending") << "pending" << ErrorCode::StatusUnknown;
        QTest::newRow("not implemented") << "500" << ErrorCode::HttpStatus;
        QTest::newRow("CRL of another CA") << "foreign crl" << ErrorCode::ChainBroken;
        QTest::newRow("signed by a stranger") << "stranger" << ErrorCode::SignerUnknown;
    }
    void answersThatAreNone()
    {
        QFETCH(QString, how);
        QFETCH(ErrorCode, expected);
        QueryBench bench;
        const TestCa foreign = TestCa::create("Foreign", bench.clock.now());
        const Pki::Certificate wanted = bench.device("neighbour");
        bench.ca.standing = [&](const ReceivedRequest &request) {
            if (how == "another")
                return bench.ca.deliver(request, bench.device("somebody else"));
            if (how == "foreign")
                return bench.ca.deliver(request, foreign.issue(makeRequest("CN=neighbour", rsaKey("neighbour")), bench.clock.now()));
            if (how == "refused")
                return bench.ca.refuse(request, FailInfo::BadCertId, "no such certificate");
            if (how == "pending")
                return bench.ca.pending(request);
            if (how == "stranger") {
                auto reply = bench.ca.success(request, wanted);
                reply.signer = foreign.ra.certificate;
                return ScriptedCa::pkiMessage(must(buildCertRep(reply, foreign.ra.key)));
            }
            return ScriptedAnswer::http(500, "Internal Server Error", "not implemented");
        };
        if (how == "foreign crl") {
            const QDateTime now = bench.clock.now();
            bench.answerWithCrls({must(Pki::issueCrl(foreign.issuing.certificate, foreign.issuing.key, {}, now, now.addDays(1), 1))});
        }
        const Kind kind = how == "foreign crl" ? Kind::Crl : Kind::Certificate;
        const auto result = bench.askFor(wanted, kind, {bench.device("own"), rsaKey("own")});
        QVERIFY(result);
        QVERIFY(result->error.has_value());
        QCOMPARE(result->error->code, expected);
        QVERIFY(result->certificates.isEmpty());
        QVERIFY(result->crls.isEmpty());
        QCOMPARE(result->rejection.has_value(), how == "refused");
        bench.settle();
        QCOMPARE(bench.operations(), 1);
    }

    void onlyAConfirmedServerIsAsked_data()
    {
        QTest::addColumn<QString>("what");
        QTest::addColumn<ErrorCode>("expected");
        QTest::newRow("not confirmed") << "anchor" << ErrorCode::CaNotConfirmed;
        QTest::newRow("disabled") << "disabled" << ErrorCode::NotPossibleNow;
        QTest::newRow("unknown") << "unknown" << ErrorCode::InvalidArgument;
        QTest::newRow("not reached") << "dead" << ErrorCode::ConnectionRefused;
        QTest::newRow("about nothing") << "empty" << ErrorCode::InvalidArgument;
    }
    void onlyAConfirmedServerIsAsked()
    {
        QFETCH(QString, what);
        QFETCH(ErrorCode, expected);
        QueryBench bench;
        if (what == "anchor")
            bench.changeServer([](EnrollmentServer &server) { server.anchor = {}; });
        else if (what == "disabled")
            bench.changeServer([](EnrollmentServer &server) { server.isEnabled = false; });
        else if (what == "dead") {
            bench.network.answer("GetCACaps", ScriptedAnswer::failed(QNetworkReply::ConnectionRefusedError));
            bench.network.answer("GetCACert", ScriptedAnswer::failed(QNetworkReply::ConnectionRefusedError));
        }
        ServerQuery query;
        query.server = what == "unknown" ? ServerId{99} : ServerId{};
        if (what != "empty")
            query.about = {bench.device("any").issuer(), bench.device("any").serialNumber()};
        const auto result = bench.ask(query);
        QVERIFY(result);
        QCOMPARE(result->error->code, expected);
        QCOMPARE(bench.operations(), 0);
    }

    void disablingStopsAQuery_data()
    {
        QTest::addColumn<bool>("removes");
        QTest::newRow("disabled") << false;
        QTest::newRow("removed") << true;
    }
    void disablingStopsAQuery()
    {
        QFETCH(bool, removes);
        QueryBench bench;
        bench.ca.standing = [](const ReceivedRequest &) { return ScriptedAnswer::hanging(); };
        bench.start();
        bench.settle();
        QSignalSpy spy(bench.engine.get(), &Engine::queryFinished);
        ServerQuery query;
        query.server = EngineBench::serverId;
        query.about = {bench.device("any").issuer(), bench.device("any").serialNumber()};
        query.credential = {bench.device("own"), rsaKey("own")};
        bench.engine->query(query);
        QTRY_COMPARE(bench.operations(), 1);
        if (removes)
            bench.engine->removeServer(EngineBench::serverId);
        else
            bench.changeServer([](EnrollmentServer &server) { server.isEnabled = false; });
        QTRY_COMPARE(spy.size(), 1);
        QVERIFY(spy.first().first().value<QueryResult>().error.has_value());
        QTRY_COMPARE(bench.network.running(), 0);
    }

    void deleteWhileAsking()
    {
        QueryBench bench;
        bench.ca.standing = [](const ReceivedRequest &) { return ScriptedAnswer::hanging(); };
        bench.start();
        bench.settle();
        ServerQuery query;
        query.server = EngineBench::serverId;
        query.about = {bench.device("any").issuer(), bench.device("any").serialNumber()};
        bench.engine->query(query); // without a credential: a key is being made
        bench.stop();
        bench.start();
        query.credential = {bench.device("own"), rsaKey("own")};
        bench.engine->query(query);
        QTRY_COMPARE(bench.operations(), 1);
        bench.stop();
        QTRY_COMPARE(bench.network.running(), 0);
    }

    // -- the next CA -----------------------------------------------------------------------------------------------------------

    void nextCaIsStagedAndNotUsed()
    {
        QueryBench bench;
        const TestCa current = bench.ca.ca;
        const TestCa next = bench.nextUnder(current.root, bench.clock.now().addDays(30));
        bench.announce(next);
        bench.start();
        bench.settle();
        QCOMPARE(bench.network.count("GetNextCACert"), 1); // by itself, because it is announced
        const ServerKnowledge known = bench.known();
        QCOMPARE(known.nextCa.roles.issuing, next.issuing.certificate);
        QCOMPARE(known.nextCa.roles.recipient, next.ra.certificate);
        QVERIFY(known.nextCa.isUnderAnchor);
        QCOMPARE(known.roles.issuing, current.issuing.certificate);
        QCOMPARE(known.trust, Trust::Confirmed);
        bench.engine->enroll(EngineBench::requestId);
        QVERIFY(bench.waitFor(State::Done));
        QCOMPARE(bench.issued.first().issuers.first(), current.issuing.certificate);
        // Known after a restart; asked for again with the CA certificates.
        bench.restart();
        bench.pass(25h, 3600s);
        QCOMPARE(bench.network.count("GetNextCACert"), 2);
        QCOMPARE(bench.known().nextCa.roles.issuing, next.issuing.certificate);
    }

    void rolloverByGetCaCert()
    {
        QueryBench bench;
        const TestCa current = bench.ca.ca;
        const QDateTime begin = bench.clock.now().addDays(30);
        const TestCa next = bench.nextUnder(current.root, begin);
        bench.announce(next);
        QVERIFY(bench.enrollUntil(State::Done));
        bench.settle();
        const int asked = bench.network.count("GetCACert");
        bench.clock.advanceTo(begin.addSecs(-7200));
        bench.settle();
        // The server switches at the time it announced: looked at then, not when a day is over.
        bench.ca.ca = next;
        bench.network.answer("GetNextCACert", ScriptedAnswer::http(404, "Not Found"));
        bench.clock.advanceTo(begin);
        bench.settle();
        QVERIFY(bench.network.count("GetCACert") > asked);
        QCOMPARE(bench.known().roles.issuing, next.issuing.certificate);
        QVERIFY(bench.known().nextCa.isNull()); // it has come
        bench.addRequest({11}, "plc-8");
        bench.engine->enroll({11});
        QVERIFY(bench.waitFor(State::Done, {11}));
        QCOMPARE(bench.issued.last().issuers.first(), next.issuing.certificate);
    }

    void rolloverByTime_data()
    {
        QTest::addColumn<bool>("isNewRoot");
        QTest::addColumn<bool>("isTurnedOff");
        QTest::newRow("under the confirmed root") << false << false;
        QTest::newRow("never to a new root") << true << false;
        QTest::newRow("never where it was turned off meanwhile") << false << true;
    }
    void rolloverByTime()
    {
        QFETCH(bool, isNewRoot);
        QFETCH(bool, isTurnedOff);
        QueryBench bench;
        // The current issuing CA lives for ten days more.
        CertificateOptions options;
        options.isCa = true;
        options.keyUsage = Pki::KeyUsageBit::KeyCertSign | Pki::KeyUsageBit::CrlSign;
        options.notAfter = bench.clock.now().addDays(10);
        TestCa &current = bench.ca.ca;
        current.issuing.certificate =
            makeCertificate("O=Lab, CN=Short", current.issuing.key.publicKey(), current.root, bench.clock.now(), options);
        CertificateOptions ra;
        ra.keyUsage = Pki::KeyUsageBit::DigitalSignature | Pki::KeyUsageBit::KeyEncipherment;
        current.ra.certificate = makeCertificate("O=Lab, CN=Short RA", current.ra.key.publicKey(), current.issuing, bench.clock.now(), ra);
        const Identity root = isNewRoot ? TestCa::create("New Root", bench.clock.now()).root : current.root;
        const TestCa next = bench.nextUnder(root, bench.clock.now().addDays(5));
        bench.announce(next);
        bench.start();
        bench.settle();
        QCOMPARE(bench.known().nextCa.roles.issuing, next.issuing.certificate);
        bench.changeServer([&](EnrollmentServer &server) { server.followsRollover = !isTurnedOff; });
        // From now on nobody answers GetCACert.
        bench.network.answer("GetCACert", ScriptedAnswer::failed(QNetworkReply::ConnectionRefusedError));
        bench.pass(7 * 24h, 12h);
        QCOMPARE(bench.known().roles.issuing, current.issuing.certificate); // the next one is in force, but the current one still is
        bench.pass(4 * 24h, 12h);
        if (isTurnedOff)
            bench.restart(); // what was stored is judged in the same way
        bench.settle();
        if (isNewRoot || isTurnedOff) {
            QCOMPARE(bench.known().roles.issuing, current.issuing.certificate);
            QCOMPARE(bench.known().nextCa.roles.issuing, next.issuing.certificate);
            return;
        }
        QCOMPARE(bench.known().roles.issuing, next.issuing.certificate);
        QCOMPARE(bench.known().trust, Trust::Confirmed);
        QVERIFY(bench.known().nextCa.isNull());
        bench.ca.ca = next;
        bench.engine->enroll(EngineBench::requestId);
        QVERIFY(bench.waitFor(State::Done));
        QCOMPARE(bench.issued.first().issuers.first(), next.issuing.certificate);
    }

    void aNewRootStopsEverythingUntilItIsConfirmed()
    {
        QueryBench bench;
        const TestCa current = bench.ca.ca;
        TestCa next = TestCa::create("New Root", bench.clock.now());
        bench.announce(next);
        QVERIFY(bench.enrollUntil(State::Done));
        bench.settle();
        QVERIFY(!bench.known().nextCa.isUnderAnchor);
        QCOMPARE(bench.known().nextCa.roles.root, next.root.certificate); // shown, with its fingerprint
        QCOMPARE(bench.known().roles.root, current.root.certificate);
        // The server switches: though the old CA announced and signed it, a new root needs a person.
        bench.ca.ca = next;
        bench.engine->refreshServer(EngineBench::serverId);
        bench.settle();
        QCOMPARE(bench.known().trust, Trust::Refused);
        QCOMPARE(bench.known().lastError->code, ErrorCode::CaChanged);
        const int sent = bench.operations();
        bench.addRequest({11}, "plc-8");
        bench.engine->enroll({11});
        bench.engine->renew(EngineBench::requestId);
        bench.pass(400 * 24h, 20 * 24h); // no renewal either, and no switch by time
        QCOMPARE(bench.operations(), sent);
        QCOMPARE(bench.known().trust, Trust::Refused);
        QCOMPARE(bench.errorCode({11}), ErrorCode::CaChanged);
        bench.changeServer([&](EnrollmentServer &server) { server.anchor = bench.ca.anchor(); });
        QVERIFY(bench.waitFor(State::Done, {11}));
        QCOMPARE(bench.issued.last().issuers.last(), next.root.certificate);
    }

    void nextCaThatIsNone_data()
    {
        QTest::addColumn<QString>("how");
        QTest::addColumn<std::optional<ErrorCode>>("expected");
        const std::optional<ErrorCode> none;
        QTest::newRow("404") << "404" << none;
        QTest::newRow("403") << "403" << none;
        QTest::newRow("an empty reply") << "empty" << none;
        QTest::newRow("500") << "500" << std::optional(ErrorCode::HttpStatus);
        QTest::newRow("not signed") << "unsigned" << std::optional(ErrorCode::SignerCount);
        QTest::newRow("signed by the next CA itself") << "self" << std::optional(ErrorCode::SignerUnknown);
        QTest::newRow("signed by a device of the CA") << "device" << std::optional(ErrorCode::SignerUnknown);
        QTest::newRow("changed on the way") << "changed" << std::optional(ErrorCode::SignatureInvalid);
        QTest::newRow("certificates outside of the signed content") << "outside" << std::optional(ErrorCode::NoUsableCaCertificate);
        QTest::newRow("rubbish") << "rubbish" << std::optional(ErrorCode::ReplyMalformed);
    }
    void nextCaThatIsNone()
    {
        QFETCH(QString, how);
        QFETCH(std::optional<ErrorCode>, expected);
        QueryBench bench;
        const TestCa next = TestCa::create("Hijacker", bench.clock.now());
        const QList<Pki::Certificate> certificates = QueryBench::certificatesOf(next);
        ScriptedAnswer answer = QueryBench::signedBundle(certificates, bench.ca.ca.ra);
        if (how == "404" || how == "403" || how == "500")
            answer = ScriptedAnswer::http(how.toInt(), "No");
        else if (how == "empty")
            answer = ScriptedAnswer::ok({});
        else if (how == "unsigned")
            answer = ScriptedAnswer::ok(must(Pki::degenerateCms(certificates)), "application/x-x509-next-ca-cert");
        else if (how == "self")
            answer = QueryBench::signedBundle(certificates, next.ra);
        else if (how == "device")
            answer = QueryBench::signedBundle(certificates, {bench.device("plc"), rsaKey("plc")});
        else if (how == "changed")
            answer.body = withBrokenSignature(answer.body);
        else if (how == "outside")
            answer = QueryBench::signedBundle({bench.device("plc")}, bench.ca.ca.ra, certificates);
        else if (how == "rubbish")
            answer = ScriptedAnswer::ok("no CMS at all, sorry");
        bench.network.answer("GetNextCACert", answer);
        const auto result = bench.askForNextCa();
        QVERIFY(result);
        QCOMPARE(result->error.has_value(), expected.has_value());
        if (expected)
            QCOMPARE(result->error->code, *expected);
        QVERIFY(!result->nextCa);
        QVERIFY(bench.known().nextCa.isNull());
        QCOMPARE(bench.known().trust, Trust::Confirmed);
    }

    void nextCaOnRequest()
    {
        QueryBench bench;
        const TestCa next = bench.nextUnder(bench.ca.ca.root, bench.clock.now().addDays(30));
        bench.network.answer("GetNextCACert", QueryBench::signedBundle(QueryBench::certificatesOf(next), bench.ca.ca.ra));
        const auto result = bench.askForNextCa(); // not announced, but asked for
        QVERIFY(result && !result->error);
        QCOMPARE(result->nextCa->roles.issuing, next.issuing.certificate);
        QCOMPARE(bench.known().nextCa.roles.issuing, next.issuing.certificate);
    }

    void rolloverCanBeTurnedOff()
    {
        QueryBench bench;
        bench.changeServer([](EnrollmentServer &server) { server.followsRollover = false; });
        bench.announce(bench.nextUnder(bench.ca.ca.root, bench.clock.now().addDays(30)));
        bench.start();
        bench.settle();
        QCOMPARE(bench.network.count("GetNextCACert"), 0);
    }

    void aForgedAnnouncementIsToldAndChangesNothing()
    {
        QueryBench bench;
        const TestCa hijacker = TestCa::create("Hijacker", bench.clock.now());
        bench.ca.capabilities += "GetNextCACert\n";
        bench.network.answer("GetNextCACert", QueryBench::signedBundle(QueryBench::certificatesOf(hijacker), hijacker.ra));
        bench.start();
        bench.settle();
        QVERIFY(bench.known().nextCa.isNull());
        QVERIFY2(bench.known().notes.join('\n').contains("next CA was refused"), qPrintable(bench.known().notes.join('\n')));
        bench.engine->enroll(EngineBench::requestId);
        QVERIFY(bench.waitFor(State::Done));
    }
};

QTEST_GUILESS_MAIN(TestEngineQueries)
#include "tst_engine_queries.moc"
