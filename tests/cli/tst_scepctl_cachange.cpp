// SPDX-License-Identifier: GPL-3.0-or-later

// Another CA answers at the address of an open transaction: it is told, and the new CA gets no message of ours.

#include "tests/cli/scepctlprogram.h"
#include "tests/cli/wirescepserver.h"

#include <QTest>

using Scep::ReceivedRequest;
using Test::ScepctlProgram;
using Test::ScepctlResult;
using Test::WireScepServer;

class TestScepctlCaChange : public QObject
{
    Q_OBJECT

private slots:
    void changedCaSendsNothing();
    void changedCaEndsTheWaiting();

private:
    [[nodiscard]] static QStringList enroll(const WireScepServer &server)
    {
        return {"--json",    "enroll", "--url", server.url(), "--fingerprint", server.fingerprint(),
                "--subject", "CN=dev", "--key", "key.pem",    "--out",         "out"};
    }
    static void verifyChanged(const ScepctlResult &result)
    {
        QVERIFY2(result.exitCode == 3, (result.errors + result.output).constData());
        QCOMPARE(result.jsonError().value("code").toString(), "CaChanged");
        const QString nextStep = result.jsonError().value("nextStep").toString();
        QVERIFY2(nextStep.contains("out/dev.transaction.json") && nextStep.contains("fingerprint"), qPrintable(nextStep));
    }
};

void TestScepctlCaChange::changedCaSendsNothing()
{
    const ScepctlProgram scepctl;
    scepctl.write("key.pem", TestSupport::rsaKey("cachange", 2048).toPkcs8Pem().view().toByteArray());
    WireScepServer server;
    server.ca.standing = [&](const ReceivedRequest &request) { return server.ca.pending(request); };
    QCOMPARE(scepctl.run(enroll(server)).exitCode, 5);
    QCOMPARE(server.count("PKIOperation"), 1);
    // Another CA answers at the same address: it gets nothing, not even what it could not decrypt.
    const TestSupport::TestCa former = std::exchange(server.ca.ca, TestSupport::TestCa::create("Other"));
    for (int round = 0; round < 2; ++round) {
        const ScepctlResult result = scepctl.run({"--json", "poll", "--out", "out"});
        verifyChanged(result);
        QCOMPARE(server.count("PKIOperation"), 1);
        QVERIFY(scepctl.exists("out/dev.transaction.json"));
    }
    // It was the wrong server for a while: the transaction is as good as before.
    server.ca.ca = former;
    server.ca.standing = [&](const ReceivedRequest &request) { return server.ca.issue(request); };
    QCOMPARE(scepctl.run({"poll", "--out", "out"}).exitCode, 0);
}

void TestScepctlCaChange::changedCaEndsTheWaiting()
{
    const ScepctlProgram scepctl;
    scepctl.write("key.pem", TestSupport::rsaKey("cachange", 2048).toPkcs8Pem().view().toByteArray());
    WireScepServer server;
    // While it is waited, another CA comes and answers in its own name.
    server.ca.standing = [&](const ReceivedRequest &request) {
        const ScriptedAnswer answer = server.ca.pending(request);
        server.ca.ca = TestSupport::TestCa::create("Other");
        server.interceptor = [&](const RawRequest &raw) -> std::optional<RawAnswer> {
            TestSupport::ReplyPlan plan;
            plan.transactionId = QByteArray("unknown");
            plan.recipientNonce = QByteArray(16, 'n');
            plan.signer = server.ca.ca.ra;
            return Test::operationOf(raw) == "PKIOperation" ? std::optional(RawAnswer::http("200 OK", TestSupport::makeReply(plan)))
                                                            : std::nullopt;
        };
        return answer;
    };
    verifyChanged(scepctl.run(enroll(server) + QStringList{"--wait", "50", "--poll-interval", "1"}));
    QCOMPARE(scepctl.files("out"), QStringList{"dev.transaction.json"});
}

QTEST_GUILESS_MAIN(TestScepctlCaChange)
#include "tst_scepctl_cachange.moc"
