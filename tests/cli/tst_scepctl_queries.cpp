// SPDX-License-Identifier: GPL-3.0-or-later

// scepctl get-cert, get-crl, next-ca and renew, with the files they write and the exit status of what goes wrong.

#include "tests/cli/scepctlprogram.h"
#include "tests/cli/wirescepserver.h"
#include "tests/support/opensslprogram.h"

#include <QJsonArray>
#include <QTest>

using namespace TestSupport;
using Scep::ReceivedRequest;
using Test::ScepctlProgram;
using Test::ScepctlResult;
using Test::WireScepServer;

namespace {

/// A device that has a certificate of the server's CA; its files lie beside the program's.
struct Device {
    ScepctlProgram scepctl;
    WireScepServer server;
    Pki::PrivateKey key = rsaKey("cli device", 2048);
    Pki::Certificate certificate;

    Device()
    {
        CertificateOptions options;
        options.subjectAlternativeNames = must(Pki::subjectAlternativeNamesFromText("DNS:dev.lab.example"));
        certificate = server.ca.ca.issue(makeRequest("O=Lab, CN=dev", key), server.clock.now(), options);
        scepctl.write("own.pem", certificate.toPem());
        scepctl.write("own.key", key.toPkcs8Pem().view().toByteArray());
        scepctl.write("foreign.key", rsaKey("cli foreign", 2048).toPkcs8Pem().view().toByteArray());
        server.ca.capabilities += "Renewal\n";
    }
    [[nodiscard]] ScepctlResult ask(const QString &verb, const QStringList &options) const
    {
        return scepctl.run(QStringList{"--json", verb, server.url(), "--fingerprint", server.fingerprint(), "--timeout", "5"} + options);
    }
    [[nodiscard]] QStringList renewal(const QStringList &options = {}) const
    {
        return QStringList{"--json", "renew",   "--url", server.url(), "--fingerprint", server.fingerprint(),
                           "--cert", "own.pem", "--key", "own.key",    "--out",         "out"} +
               options;
    }
    void answerWithCrl(const QList<Pki::RevokedCertificate> &revoked, const Identity &issuer)
    {
        const QDateTime now = server.clock.now();
        const auto crl = must(Pki::issueCrl(issuer.certificate, issuer.key, revoked, now.addDays(-1), now.addDays(1), 7));
        server.ca.standing = [this, crl](const ReceivedRequest &request) {
            Scep::CertRepTemplate reply = server.ca.success(request, {});
            Scep::CertRepTemplate::Success body;
            body.recipient = request.signer;
            body.crls = {crl};
            reply.body = body;
            return ScriptedCa::pkiMessage(server.ca.message(reply));
        };
    }
    void announceNextCa(const QList<Pki::Certificate> &certificates, const Identity &signer)
    {
        Pki::SignOptions options;
        options.certificates = {signer.certificate};
        const QByteArray body = must(Pki::signCms(must(Pki::degenerateCms(certificates)), signer.certificate, signer.key, options));
        server.interceptor = [body](const RawRequest &request) -> std::optional<RawAnswer> {
            if (Test::operationOf(request) != "GetNextCACert")
                return std::nullopt;
            return RawAnswer::http("200 OK", body, "Content-Type: application/x-x509-next-ca-cert\r\n");
        };
    }
};

void verifyError(const ScepctlResult &result, int exitCode, const QString &name)
{
    QVERIFY2(result.exitCode == exitCode, (result.errors + result.output).constData());
    QCOMPARE(result.jsonError().value("code").toString(), name);
    QVERIFY2(result.errors.trimmed().split('\n').last().endsWith('.'), result.errors.constData());
}

} // namespace

class TestScepctlQueries : public QObject
{
    Q_OBJECT

private slots:
    void getCertByFileAndBySerial();
    void getCertGoneWrong();
    void getCrlTellsWhetherRevoked();
    void getCrlGoneWrong();
    void nextCa();
    void nextCaGoneWrong();
    void commandLine_data();
    void commandLine();
    void renewsWithANewKey();
    void renewsWithTheSameKey();
    void renewalByPkcsReq();
    void pendingRenewalIsPolled();
    void renewalGoneWrong();

private:
    Test::OpensslProgram m_openssl;
};

void TestScepctlQueries::getCertByFileAndBySerial()
{
    Device device;
    device.server.ca.standing = [&](const ReceivedRequest &request) { return device.server.ca.deliver(request, device.certificate); };
    ScepctlResult result = device.ask("get-cert", {"--cert", "own.pem", "--out", "fetched.pem"});
    QVERIFY2(result.exitCode == 0, result.errors.constData());
    QCOMPARE(result.json().value("sha256").toString(), device.certificate.fingerprint().toHex());
    QCOMPARE(result.json().value("chain").toArray().size(), 2);
    QCOMPARE(result.json().value("file").toString(), "fetched.pem");
    QCOMPARE(device.scepctl.read("fetched.pem"), device.certificate.toPem());
    QCOMPARE(device.server.ca.received.first().type, Scep::MessageType::GetCert);
    QVERIFY(device.server.ca.received.first().signer.isSelfSigned());

    // By serial number the issuer is the server's issuing CA; here the device vouches for itself.
    result =
        device.ask("get-cert", {"--serial", device.certificate.serialNumber().toDisplay(), "--signer-cert", "own.pem", "--key", "own.key"});
    QVERIFY2(result.exitCode == 0, result.errors.constData());
    const auto about = must(Pki::IssuerAndSerialNumber::fromDer(device.server.ca.received.last().payload));
    QCOMPARE(about, device.certificate.issuerAndSerialNumber());
    QCOMPARE(device.server.ca.received.last().signer, device.certificate);
}

void TestScepctlQueries::getCertGoneWrong()
{
    Device device;
    const auto another = device.server.ca.ca.issue(makeRequest("CN=another", rsaKey("cli another")), device.server.clock.now());
    device.server.ca.standing = [&](const ReceivedRequest &request) { return device.server.ca.deliver(request, another); };
    verifyError(device.ask("get-cert", {"--cert", "own.pem", "--out", "fetched.pem"}), 3, "TransactionMismatch");
    QVERIFY(!device.scepctl.exists("fetched.pem"));
    device.server.ca.standing = [&](const ReceivedRequest &request) {
        return device.server.ca.refuse(request, Scep::FailInfo::BadCertId, "no such certificate");
    };
    const ScepctlResult refused = device.ask("get-cert", {"--cert", "own.pem"});
    verifyError(refused, 4, "Rejected");
    QCOMPARE(refused.jsonError().value("failInfo").toInt(), 4);
    QVERIFY(refused.errors.contains("no such certificate"));
    device.server.ca.standing = [](const ReceivedRequest &) { return ScriptedAnswer::http(500, "Error", "not implemented"); };
    verifyError(device.ask("get-cert", {"--cert", "own.pem"}), 6, "HttpStatus");
    device.server.ca.standing = [&](const ReceivedRequest &request) { return device.server.ca.deliver(request, device.certificate); };
    verifyError(device.ask("get-cert", {"--cert", "own.pem", "--out", "/proc/no/such.pem"}), 8, "FileNotWritable");
    const qsizetype sent = device.server.ca.received.size();
    verifyError(device.ask("get-cert", {"--cert", "own.pem", "--fingerprint", QString(64, 'a')}), 3, "FingerprintMismatch");
    QCOMPARE(device.server.ca.received.size(), sent);
}

void TestScepctlQueries::getCrlTellsWhetherRevoked()
{
    Device device;
    const Identity issuing = device.server.ca.ca.issuing;
    device.answerWithCrl({{device.certificate.serialNumber(), device.server.clock.now(), "keyCompromise"}}, issuing);
    ScepctlResult result = device.ask("get-crl", {"--cert", "own.pem", "--out", "list.crl"});
    QVERIFY2(result.exitCode == 0, result.errors.constData());
    QCOMPARE(result.json().value("isRevoked").toBool(), true);
    QCOMPARE(result.json().value("crls").toArray().size(), 1);
    m_openssl.write("issuing.pem", issuing.certificate.toPem());
    m_openssl.write("list.crl", device.scepctl.read("list.crl"));
    QVERIFY(m_openssl.run({"crl", "-in", "list.crl", "-CAfile", "issuing.pem", "-noout"}).isGood());
    device.answerWithCrl({}, issuing);
    result = device.ask("get-crl", {"--cert", "own.pem"});
    QCOMPARE(result.exitCode, 0);
    QCOMPARE(result.json().value("isRevoked").toBool(true), false);
}

void TestScepctlQueries::getCrlGoneWrong()
{
    Device device;
    const TestCa foreign = TestCa::create("cli foreign");
    device.answerWithCrl({}, foreign.issuing);
    const ScepctlResult result = device.ask("get-crl", {"--cert", "own.pem", "--out", "list.crl"});
    QVERIFY2(result.exitCode == 3 || result.exitCode == 7, result.errors.constData());
    QVERIFY(!device.scepctl.exists("list.crl"));
}

void TestScepctlQueries::nextCa()
{
    Device device;
    const TestCa next = TestCa::create("cli next");
    device.announceNextCa({next.issuing.certificate, next.root.certificate, next.ra.certificate}, device.server.ca.ca.ra);
    ScepctlResult result = device.ask("next-ca", {"--out", "next"});
    QVERIFY2(result.exitCode == 0, result.errors.constData());
    QCOMPARE(result.json().value("hasNextCa").toBool(), true);
    QCOMPARE(result.json().value("isUnderAnchor").toBool(true), false); // a new root: told, and left to a person
    QCOMPARE(result.json().value("certificates").toArray().size(), 3);
    QCOMPARE(device.scepctl.files("next"), QStringList({"issuing.pem", "ra.pem", "root.pem"}));
    QCOMPARE(device.scepctl.read("next/root.pem"), next.root.certificate.toPem());

    device.server.interceptor = [](const RawRequest &request) -> std::optional<RawAnswer> {
        return Test::operationOf(request) == "GetNextCACert" ? std::optional(RawAnswer::http("404 Not Found", "")) : std::nullopt;
    };
    result = device.ask("next-ca", {});
    QCOMPARE(result.exitCode, 0);
    QCOMPARE(result.json().value("hasNextCa").toBool(true), false);
}

void TestScepctlQueries::nextCaGoneWrong()
{
    Device device;
    const TestCa next = TestCa::create("cli next");
    // Signed by the next CA itself: anybody can do that.
    device.announceNextCa({next.issuing.certificate, next.root.certificate}, next.ra);
    verifyError(device.ask("next-ca", {"--out", "next"}), 3, "SignerUnknown");
    QCOMPARE(device.scepctl.files("next"), QStringList());
    device.server.interceptor = [](const RawRequest &request) -> std::optional<RawAnswer> {
        return Test::operationOf(request) == "GetNextCACert" ? std::optional(RawAnswer::http("500 Error", "operation not implemented"))
                                                             : std::nullopt;
    };
    verifyError(device.ask("next-ca", {}), 6, "HttpStatus");
}

void TestScepctlQueries::commandLine_data()
{
    QTest::addColumn<QString>("verb");
    QTest::addColumn<QStringList>("options");
    const QStringList trust{"--fingerprint", QString(64, 'a')};
    const QString url = "http://127.0.0.1:9/";
    QTest::newRow("get-cert: no trust") << "get-cert" << QStringList{url, "--serial", "01"};
    QTest::newRow("get-cert: nothing asked for") << "get-cert" << QStringList{url} + trust;
    QTest::newRow("get-cert: serial is no number") << "get-cert" << QStringList{url, "--serial", "xyz"} + trust;
    QTest::newRow("get-cert: issuer is no name") << "get-cert" << QStringList{url, "--serial", "01", "--issuer", "=="} + trust;
    QTest::newRow("get-crl: signer without key") << "get-crl" << QStringList{url, "--serial", "01", "--signer-cert", "x"} + trust;
    QTest::newRow("get-crl: no URL") << "get-crl" << trust;
    QTest::newRow("next-ca: no trust") << "next-ca" << QStringList{url};
    QTest::newRow("renew: no URL") << "renew" << trust;
    QTest::newRow("renew: no certificate") << "renew" << QStringList{"--url", url, "--key", "k", "--out", "out"} + trust;
    QTest::newRow("renew: no key") << "renew" << QStringList{"--url", url, "--cert", "c", "--out", "out"} + trust;
    QTest::newRow("renew: unknown method") << "renew" << QStringList{"--url", url, "--method", "post"} + trust;
    QTest::newRow("renew: poll interval") << "renew" << QStringList{"--url", url, "--poll-interval", "0"} + trust;
    QTest::newRow("doctor: no URL") << "doctor" << QStringList{};
    QTest::newRow("doctor: bad fingerprint") << "doctor" << QStringList{url, "--fingerprint", "12"};
}

void TestScepctlQueries::commandLine()
{
    QFETCH(QString, verb);
    QFETCH(QStringList, options);
    const ScepctlProgram scepctl;
    const ScepctlResult result = scepctl.run(QStringList{"--json", verb} + options);
    QVERIFY2(result.exitCode == 2, result.errors.constData());
    QCOMPARE(result.errors.trimmed().count('\n'), 0);
    QCOMPARE(result.jsonError().value("exitCode").toInt(), 2);
}

void TestScepctlQueries::renewsWithANewKey()
{
    Device device;
    const ScepctlResult result = device.scepctl.run(device.renewal());
    QVERIFY2(result.exitCode == 0, result.errors.constData());
    QCOMPARE(result.json().value("isRenewal").toBool(), true);
    QCOMPARE(result.json().value("subject").toString(), "O=Lab, CN=dev");
    QCOMPARE(device.scepctl.files("out"), QStringList({"dev.cert.pem", "dev.chain.pem", "dev.key.pem"}));
    const ReceivedRequest sent = device.server.ca.received.first();
    QCOMPARE(sent.type, Scep::MessageType::RenewalReq);
    QCOMPARE(sent.signer, device.certificate);
    const auto csr = must(Pki::CertificationRequest::fromDer(sent.payload));
    QVERIFY(csr.publicKey() != device.certificate.publicKey());
    QCOMPARE(Pki::toText(csr.subjectAlternativeNames()), "DNS:dev.lab.example");
    QVERIFY(!csr.hasChallengePassword());
    const auto key = must(Pki::PrivateKey::fromBytes(device.scepctl.read("out/dev.key.pem")));
    QVERIFY(Pki::belongTogether(key, must(Pki::Certificate::fromPem(device.scepctl.read("out/dev.cert.pem")))));
    // What one had stays where it was.
    QCOMPARE(device.scepctl.read("own.pem"), device.certificate.toPem());
}

void TestScepctlQueries::renewsWithTheSameKey()
{
    Device device;
    const ScepctlResult result = device.scepctl.run(device.renewal({"--reuse-key"}));
    QVERIFY2(result.exitCode == 0, result.errors.constData());
    const auto renewed = must(Pki::Certificate::fromPem(device.scepctl.read("out/dev.cert.pem")));
    QCOMPARE(renewed.publicKey(), device.certificate.publicKey());
    QVERIFY(renewed != device.certificate);
}

void TestScepctlQueries::renewalByPkcsReq()
{
    Device device;
    device.scepctl.write("challenge", "open sesame\n");
    const ScepctlResult result =
        device.scepctl.run(device.renewal({"--method", "pkcsreq", "--challenge-file", "challenge", "--send-challenge"}));
    QVERIFY2(result.exitCode == 0, result.errors.constData());
    const ReceivedRequest sent = device.server.ca.received.first();
    QCOMPARE(sent.type, Scep::MessageType::PkcsReq);
    QCOMPARE(sent.signer, device.certificate);
    QVERIFY(must(Pki::CertificationRequest::fromDer(sent.payload)).hasChallengePassword());
}

void TestScepctlQueries::pendingRenewalIsPolled()
{
    Device device;
    device.server.ca.script.enqueue([&](const ReceivedRequest &request) { return device.server.ca.pending(request); });
    const ScepctlResult pending = device.scepctl.run(device.renewal());
    QVERIFY2(pending.exitCode == 5, pending.errors.constData());
    QCOMPARE(device.scepctl.files("out"), QStringList{"dev.transaction.json"});
    verifyError(device.scepctl.run(device.renewal()), 8, "WorkspaceInUse");

    const ScepctlResult result = device.scepctl.run({"--json", "poll", "--out", "out"});
    QVERIFY2(result.exitCode == 0, result.errors.constData());
    QCOMPARE(result.json().value("transactionId").toString(), pending.jsonError().value("transactionId").toString());
    QCOMPARE(result.json().value("isRenewal").toBool(), true);
    const ReceivedRequest poll = device.server.ca.received.last();
    QCOMPARE(poll.type, Scep::MessageType::CertPoll);
    QCOMPARE(poll.signer, device.certificate); // still the one that asked
    const auto key = must(Pki::PrivateKey::fromBytes(device.scepctl.read("out/dev.key.pem")));
    QVERIFY(Pki::belongTogether(key, must(Pki::Certificate::fromPem(device.scepctl.read("out/dev.cert.pem")))));
}

void TestScepctlQueries::renewalGoneWrong()
{
    Device device;
    QStringList arguments = device.renewal();
    arguments.replace(arguments.indexOf("own.key"), "foreign.key");
    verifyError(device.scepctl.run(arguments), 8, "KeyMismatch");

    CertificateOptions expired;
    expired.notBefore = device.server.clock.now().addDays(-30);
    expired.notAfter = device.server.clock.now().addDays(-1);
    device.scepctl.write("expired.pem",
                         device.server.ca.ca.issue(makeRequest("CN=dev", device.key), device.server.clock.now(), expired).toPem());
    arguments = device.renewal();
    arguments.replace(arguments.indexOf("own.pem"), "expired.pem");
    verifyError(device.scepctl.run(arguments), 4, "CertificateExpired");
    QVERIFY(device.server.ca.received.isEmpty());

    // The same certificate again is no renewal.
    device.server.ca.standing = [&](const ReceivedRequest &request) { return device.server.ca.deliver(request, device.certificate); };
    verifyError(device.scepctl.run(device.renewal({"--reuse-key"})), 4, "OldCertificateReturned");
    QVERIFY(!device.scepctl.exists("out/dev.cert.pem"));
}

QTEST_GUILESS_MAIN(TestScepctlQueries)
#include "tst_scepctl_queries.moc"
