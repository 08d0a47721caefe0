// SPDX-License-Identifier: GPL-3.0-or-later
// Scepter renews at a real server: scepserver of micromdm (package scep), which wants its challenge in renewals too.
#include "scep/worker/engine.h"
#include "tests/interop/scepserverprogram.h"
#include "tests/support/memoryjournal.h"
#include "tests/support/opensslprogram.h"
#include "tests/support/testca.h"

#include <QNetworkAccessManager>
#include <QTest>

using TestSupport::must;
using State = Scep::TransactionStatus::State;
using Step = Scep::RenewalStep;

Q_DECLARE_METATYPE(Scep::RenewalMethod)

class TestInteropRenewal final : public QObject
{
    Q_OBJECT

private slots:
    void renews_data();
    void renews();

private:
    static constexpr Scep::ServerId serverId{1};
    static constexpr Scep::RequestId requestId{1};
};

void TestInteropRenewal::renews_data()
{
    QTest::addColumn<Scep::RenewalMethod>("method");
    QTest::addColumn<bool>("sendsChallenge");
    QTest::addColumn<bool>("hasChallenge");
    QTest::addColumn<std::optional<Step>>("expected"); // none: refused
    using Method = Scep::RenewalMethod;
    QTest::newRow("RenewalReq") << Method::Automatic << true << true << std::optional(Step::RenewalReq);
    QTest::newRow("PKCSReq signed by the old certificate") << Method::PkcsReq << true << true << std::optional(Step::PkcsReqByCertificate);
    QTest::newRow("down the ladder to a fresh PKCSReq") << Method::Automatic << false << true << std::optional(Step::FreshPkcsReq);
    QTest::newRow("without a challenge it is refused") << Method::Automatic << true << false << std::optional<Step>();
}

void TestInteropRenewal::renews()
{
    QFETCH(Scep::RenewalMethod, method);
    QFETCH(bool, sendsChallenge);
    QFETCH(bool, hasChallenge);
    QFETCH(std::optional<Step>, expected);
    const Test::OpensslProgram openssl;
    ScepServerProgram program(openssl.path({}));
    QVERIFY2(program.start(), program.complaint().constData());
    const auto ca = must(Pki::Certificate::fromPem(openssl.read("depot/ca.pem")));

    TestSupport::MemoryJournal journal;
    Scep::EnrollmentServer server;
    server.id = serverId;
    server.label = "scepserver";
    server.url = program.url();
    server.anchor.fingerprint = ca.fingerprint();
    server.renewalMethod = method;
    server.sendsChallengeOnRenewal = sendsChallenge;
    journal.serverTable.insert(serverId, server);
    Scep::EnrollmentRequest request;
    request.id = requestId;
    request.label = "plc-7";
    request.server = serverId;
    request.subject = must(Pki::DistinguishedName::fromText("C=SE, O=Lab, CN=plc-7"));
    journal.requestTable.insert(requestId, request);
    journal.challenges.insert(requestId, ScepServerProgram::challenge().toUtf8());

    QNetworkAccessManager network;
    Scep::SystemClock clock;
    Scep::KeyPool keyPool;
    Scep::Engine engine({network, journal, clock, keyPool});
    QVERIFY(engine.start());
    const auto comesTo = [&](State state) { return QTest::qWaitFor([&] { return engine.status(requestId).state == state; }, 30'000); };
    engine.enroll(requestId);
    QVERIFY(comesTo(State::Done));
    const Scep::IssuedCertificate former = journal.current.value(requestId);

    if (hasChallenge)
        journal.challenges.insert(requestId, ScepServerProgram::challenge().toUtf8());
    engine.renew(requestId);
    QVERIFY(comesTo(expected ? State::Done : State::Rejected));
    QCOMPARE(journal.knowledgeTable.value(serverId).renewalStep, expected);
    const Scep::IssuedCertificate current = journal.current.value(requestId);
    QVERIFY(Pki::belongTogether(current.key, current.certificate));
    QCOMPARE(current.certificate != former.certificate, expected.has_value());
    QCOMPARE(current.key.publicKey() != former.key.publicKey(), expected.has_value());
    QCOMPARE(journal.issued.size(), expected ? 2 : 1);
    openssl.write("renewed.pem", current.certificate.toPem());
    const auto verified = openssl.run({"verify", "-CAfile", "depot/ca.pem", "renewed.pem"});
    QVERIFY2(verified.isGood(), verified.errors.constData());
}

QTEST_GUILESS_MAIN(TestInteropRenewal)
#include "tst_interop_renewal.moc"
