// SPDX-License-Identifier: GPL-3.0-or-later

// kill -9 at the worst moments: a new process finishes the same transaction with the same key.

#include "tests/cli/scepctlprogram.h"
#include "tests/cli/wirescepserver.h"

#include <QDir>
#include <QTest>

using Test::ScepctlProgram;
using Test::ScepctlResult;
using Test::WireScepServer;

class TestScepctlResume : public QObject
{
    Q_OBJECT

private slots:
    void afterSending();
    void whilePending();
    void whenTheResultCannotBeWritten();
    void whenTheBundleCannotBeWritten();

private:
    [[nodiscard]] static QStringList enroll(const WireScepServer &server)
    {
        return {"enroll", "--url",     server.url(), "--fingerprint", server.fingerprint(), "--subject", "CN=dev", "--out",
                "out",    "--timeout", "50"};
    }
    /// The finished enrollment belongs to the transaction and the key of `first`.
    static void verifyFinished(const ScepctlProgram &scepctl, const ScepctlResult &result, const Scep::ReceivedRequest &first)
    {
        QVERIFY2(result.exitCode == 0, result.errors.constData());
        QCOMPARE(result.json().value("transactionId").toString(), first.transactionId.toText());
        const auto key = Pki::PrivateKey::fromBytes(scepctl.read("out/dev.key.pem"));
        QVERIFY(key.has_value());
        QCOMPARE(key->publicKey(), first.signer.publicKey());
        QVERIFY(Pki::belongTogether(*key, *Pki::Certificate::fromPem(scepctl.read("out/dev.cert.pem"))));
        QCOMPARE(scepctl.files("out"), QStringList({"dev.cert.pem", "dev.chain.pem", "dev.key.pem"}));
    }
};

void TestScepctlResume::afterSending()
{
    ScepctlProgram scepctl;
    WireScepServer server;
    // The server has the request, its answer never arrives.
    server.interceptor = [&](const RawRequest &request) -> std::optional<RawAnswer> {
        if (Test::operationOf(request) != "PKIOperation" || !server.ca.received.isEmpty())
            return std::nullopt;
        const auto read = Scep::readPkiRequest(request.body, server.ca.ca.ra.certificate, server.ca.ca.ra.key);
        if (read)
            server.ca.received.append(*read);
        return RawAnswer::bytesThenStall();
    };
    const auto process = scepctl.start(enroll(server));
    QTRY_COMPARE_WITH_TIMEOUT(server.ca.received.size(), 1, 30000);
    process->kill();
    QCOMPARE(ScepctlProgram::wait(*process).exitCode, -1);
    QCOMPARE(scepctl.files("out"), QStringList{"dev.transaction.json"});

    const ScepctlResult result = scepctl.run({"--json", "poll", "--out", "out"});
    verifyFinished(scepctl, result, server.ca.received.first());
    QCOMPARE(server.ca.received.size(), 2);
    QCOMPARE(server.ca.received.at(1).payload, server.ca.received.at(0).payload); // the same CSR
    QVERIFY(server.ca.received.at(1).senderNonce != server.ca.received.at(0).senderNonce);
}

void TestScepctlResume::whilePending()
{
    ScepctlProgram scepctl;
    WireScepServer server;
    server.ca.script.enqueue([&](const Scep::ReceivedRequest &request) { return server.ca.pending(request); });
    const auto process = scepctl.start(enroll(server) + QStringList{"--wait", "3600"});
    QVERIFY(QTest::qWaitFor([&] { return process->readAllStandardError().contains("Pending"); }, 30000));
    process->kill();
    QCOMPARE(ScepctlProgram::wait(*process).exitCode, -1);

    const ScepctlResult result = scepctl.run({"--json", "poll", "--out", "out"});
    verifyFinished(scepctl, result, server.ca.received.first());
    QCOMPARE(server.ca.received.size(), 2);
    QCOMPARE(server.ca.received.at(1).type, Scep::MessageType::CertPoll);
}

void TestScepctlResume::whenTheResultCannotBeWritten()
{
    ScepctlProgram scepctl;
    WireScepServer server;
    // A folder stands where the certificate should go: the reply is good, its place is not.
    QVERIFY(QDir().mkpath(scepctl.path("out/dev.cert.pem")));
    const ScepctlResult refused = scepctl.run(enroll(server));
    QCOMPARE(refused.exitCode, 8);
    QVERIFY(scepctl.exists("out/dev.transaction.json"));
    QVERIFY(QDir().rmdir(scepctl.path("out/dev.cert.pem")));
    verifyFinished(scepctl, scepctl.run({"--json", "poll", "--out", "out"}), server.ca.received.first());
}

void TestScepctlResume::whenTheBundleCannotBeWritten()
{
    ScepctlProgram scepctl;
    WireScepServer server;
    scepctl.write("password", "of the bundle\n");
    const QStringList bundle{"--p12", "out/dev.p12", "--p12-password-file", "password"};
    server.ca.script.enqueue([&](const Scep::ReceivedRequest &request) { return server.ca.pending(request); });
    const ScepctlResult pending = scepctl.run(QStringList{"--json"} + enroll(server) + bundle);
    QCOMPARE(pending.exitCode, 5);
    const QString next = "scepctl poll --out out --label dev --p12 out/dev.p12"; // else the bundle would be forgotten
    QVERIFY(pending.jsonError().value("nextStep").toString().contains(next));

    // Its place is taken after it was looked at.
    server.interceptor = [&](const RawRequest &) {
        QDir().mkpath(scepctl.path("out/dev.p12"));
        return std::nullopt;
    };
    const ScepctlResult refused = scepctl.run(QStringList{"--json", "poll", "--out", "out"} + bundle);
    QCOMPARE(refused.exitCode, 8);
    QVERIFY2(refused.errors.contains("was issued"), refused.errors.constData());
    QVERIFY(refused.jsonError().value("nextStep").toString().contains(next));
    QVERIFY(scepctl.exists("out/dev.transaction.json"));

    server.interceptor = {};
    QVERIFY(QDir().rmdir(scepctl.path("out/dev.p12")));
    QCOMPARE(scepctl.run(QStringList{"poll", "--out", "out"} + bundle).exitCode, 0);
    QCOMPARE(scepctl.files("out"), QStringList({"dev.cert.pem", "dev.chain.pem", "dev.key.pem", "dev.p12"}));
}

QTEST_GUILESS_MAIN(TestScepctlResume)
#include "tst_scepctl_resume.moc"
