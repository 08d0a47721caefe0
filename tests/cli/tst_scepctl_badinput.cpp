// SPDX-License-Identifier: GPL-3.0-or-later

// Bad input of every kind gets its exit status, one line that says what to do, and leaves no partial file.

#include "tests/cli/scepctlprogram.h"
#include "tests/cli/wirescepserver.h"

#include <QDir>
#include <QJsonDocument>
#include <QTcpServer>
#include <QTest>

using Scep::ReceivedRequest;
using Test::ScepctlProgram;
using Test::ScepctlResult;
using Test::WireScepServer;

using Attack = std::function<QByteArray(WireScepServer &server, const ReceivedRequest &request)>;
using Interception = std::function<std::optional<RawAnswer>(const RawRequest &)>;
Q_DECLARE_METATYPE(Attack)
Q_DECLARE_METATYPE(Interception)

namespace {

Interception answerTo(const QByteArray &operation, const RawAnswer &answer)
{
    return [=](const RawRequest &request) { return Test::operationOf(request) == operation ? std::optional(answer) : std::nullopt; };
}

/// A reply that is right in everything but what `change` spoils.
QByteArray spoiled(WireScepServer &server, const ReceivedRequest &request, const std::function<void(Scep::CertRepTemplate &)> &change)
{
    Scep::CertRepTemplate reply = server.ca.success(request, server.ca.certificateFor(request));
    change(reply);
    return server.ca.message(reply);
}

QByteArray good(WireScepServer &server, const ReceivedRequest &request)
{
    return spoiled(server, request, [](Scep::CertRepTemplate &) {});
}

/// A SUCCESS with any content.
QByteArray withEnvelope(WireScepServer &server, const ReceivedRequest &request, const QByteArray &content)
{
    TestSupport::ReplyPlan plan;
    plan.transactionId = request.transactionId.toText().toLatin1();
    plan.recipientNonce = request.senderNonce.bytes();
    plan.pkiStatus = QByteArray("0");
    plan.content = content;
    plan.signer = server.ca.ca.ra;
    return TestSupport::makeReply(plan);
}

} // namespace

class TestScepctlBadInput : public QObject
{
    Q_OBJECT

private slots:
    void commandLine_data();
    void commandLine();
    void localTrouble_data();
    void localTrouble();
    void requestOfTheDevice_data();
    void requestOfTheDevice();
    void notReached_data();
    void notReached();
    void transport_data();
    void transport();
    void forgedReply_data();
    void forgedReply();
    void wrongFingerprintSendsNothing();
    void wrongChallengeSaysTheServersReason();
    void fullDiskKeepsTheKey();
    void noSecretIsPrinted();

private:
    [[nodiscard]] static QStringList enroll(const WireScepServer &server)
    {
        return {"--json", "enroll",  "--url", server.url(), "--fingerprint",    server.fingerprint(), "--subject", "CN=dev",
                "--key",  "key.pem", "--out", "out",        "--challenge-file", "challenge",          "--timeout", "2"};
    }
    static void prepare(const ScepctlProgram &scepctl)
    {
        scepctl.write("challenge", "the-challenge-word\n");
        scepctl.write("key.pem", TestSupport::rsaKey("badinput", 2048).toPkcs8Pem().view().toByteArray());
    }
    /// One line for people that ends in what to do, and the same code in JSON.
    static void verifyOneClearLine(const ScepctlResult &result, int exitCode, const QString &name)
    {
        QVERIFY2(result.exitCode == exitCode, (result.errors + result.output).constData());
        const QList<QByteArray> lines = result.errors.trimmed().split('\n');
        QVERIFY2(lines.last().startsWith("scepctl: "), result.errors.constData());
        QVERIFY2(lines.last().size() > 40 && lines.last().endsWith('.'), lines.last().constData());
        QCOMPARE(result.jsonError().value("code").toString(), name);
        QVERIFY(!result.jsonError().value("nextStep").toString().isEmpty());
    }
};

void TestScepctlBadInput::commandLine_data()
{
    QTest::addColumn<QStringList>("arguments");
    const QStringList usual{"enroll", "--url", "http://127.0.0.1:9/", "--fingerprint", QString(64, 'a'), "--out", "out"};
    QTest::newRow("no verb") << QStringList{};
    QTest::newRow("unknown verb") << QStringList{"enrol"};
    QTest::newRow("unknown option") << usual + QStringList{"--subject", "CN=x", "--colour", "red"};
    QTest::newRow("no URL") << QStringList{"enroll", "--subject", "CN=x", "--out", "out"};
    QTest::newRow("file URL") << QStringList{"ca", "file:///etc/passwd"};
    QTest::newRow("no trust") << QStringList{"enroll", "--url", "http://127.0.0.1:9/", "--subject", "CN=x", "--out", "out"};
    QTest::newRow("no subject") << usual;
    QTest::newRow("malformed DN") << usual + QStringList{"--subject", "CN=a,,O=b"};
    QTest::newRow("unknown DN attribute") << usual + QStringList{"--subject", "XYZ=a"};
    QTest::newRow("long country") << usual + QStringList{"--subject", "CN=x,C=Sweden"};
    QTest::newRow("malformed IP") << usual + QStringList{"--subject", "CN=x", "--san", "IP:300.1.1.1"};
    QTest::newRow("malformed DNS name") << usual + QStringList{"--subject", "CN=x", "--san", "DNS:a..b"};
    QTest::newRow("unknown key type") << usual + QStringList{"--subject", "CN=x", "--key-type", "rsa:777"};
    QTest::newRow("unknown cipher") << usual + QStringList{"--subject", "CN=x", "--cipher", "rot13"};
    QTest::newRow("DES without opt-in") << usual + QStringList{"--subject", "CN=x", "--cipher", "des-cbc"};
    QTest::newRow("unknown key transport") << usual + QStringList{"--subject", "CN=x", "--key-transport", "pss"};
    QTest::newRow("short fingerprint") << QStringList{
        "enroll", "--url", "http://127.0.0.1:9/", "--fingerprint", "abcd", "--subject", "CN=x", "--out", "out"};
    QTest::newRow("wait is no number") << usual + QStringList{"--subject", "CN=x", "--wait", "soon"};
    QTest::newRow("empty subject") << usual + QStringList{"--subject", ""};
    QTest::newRow("EC key without a challenge") << usual + QStringList{"--subject", "CN=x", "--key-type", "ec:P-256"};
    QTest::newRow("p12 without password") << usual + QStringList{"--subject", "CN=x", "--p12", "x.p12"};
}

void TestScepctlBadInput::commandLine()
{
    QFETCH(QStringList, arguments);
    const ScepctlProgram scepctl;
    const ScepctlResult result = scepctl.run(QStringList{"--json"} + arguments);
    QVERIFY2(result.exitCode == 2, result.errors.constData());
    QCOMPARE(result.errors.trimmed().count('\n'), 0);
    QCOMPARE(result.jsonError().value("exitCode").toInt(), 2);
    QCOMPARE(scepctl.files("out"), QStringList());
}

void TestScepctlBadInput::localTrouble_data()
{
    QTest::addColumn<QStringList>("options");
    QTest::addColumn<QString>("name");
    QTest::newRow("key file missing") << QStringList{"--key", "no-such.pem"} << "FileNotFound";
    QTest::newRow("key file is a folder") << QStringList{"--key", "/"} << "FileNotReadable";
    QTest::newRow("key file is garbage") << QStringList{"--key", "garbage"} << "NotRecognised";
    QTest::newRow("key needs a pass phrase") << QStringList{"--key", "encrypted.pem"} << "PassphraseRequired";
    QTest::newRow("wrong pass phrase") << QStringList{"--key", "encrypted.pem", "--key-passphrase-file", "challenge"} << "WrongPassphrase";
    QTest::newRow("challenge file missing") << QStringList{"--challenge-file", "no-such"} << "FileNotFound";
    QTest::newRow("output below a file") << QStringList{"--out", "garbage/out"} << "FileNotWritable";
    QTest::newRow("output in a system folder") << QStringList{"--out", "/proc/out"} << "FileNotWritable";
    const QStringList password{"--p12-password-file", "challenge"};
    QTest::newRow("p12 in no folder") << password + QStringList{"--p12", "no-such/dev.p12"} << "FileNotWritable";
    QTest::newRow("p12 is a folder") << password + QStringList{"--p12", "/tmp"} << "FileNotWritable";
    QTest::newRow("p12 in a system folder") << password + QStringList{"--p12", "/proc/dev.p12"} << "FileNotWritable";
    QTest::newRow("CA file is garbage") << QStringList{"--fingerprint", "", "--ca-file", "garbage"} << "InvalidArgument";
}

void TestScepctlBadInput::localTrouble()
{
    QFETCH(QStringList, options);
    QFETCH(QString, name);
    const ScepctlProgram scepctl;
    prepare(scepctl);
    scepctl.write("garbage", "this is no key\n");
    scepctl.write("encrypted.pem", *TestSupport::rsaKey("badinput", 2048).toEncryptedPkcs8Pem(Pki::SecretBytes(QByteArrayView("other"))));
    WireScepServer server;
    verifyOneClearLine(scepctl.run(enroll(server) + options), name == "InvalidArgument" ? 2 : 8, name);
    QCOMPARE(server.server.requests().size(), 0); // found before anything is sent
    QVERIFY(!scepctl.exists("out") && !scepctl.exists("no-such"));
}

void TestScepctlBadInput::requestOfTheDevice_data()
{
    QTest::addColumn<QStringList>("options");
    QTest::newRow("subject") << QStringList{"--subject", "CN=other"};
    QTest::newRow("alternative names") << QStringList{"--san", "DNS:other.example"};
    QTest::newRow("key type") << QStringList{"--key-type", "rsa:3072"};
    QTest::newRow("profile") << QStringList{"--profile-name", "tls"};
    QTest::newRow("encoding of the profile") << QStringList{"--profile-encoding", "bmp"};
    QTest::newRow("key usage") << QStringList{"--key-usage", "digitalSignature"};
    QTest::newRow("extended key usage") << QStringList{"--extended-key-usage", "clientAuth"};
    QTest::newRow("challenge") << QStringList{"--challenge-file", "challenge"};
}

void TestScepctlBadInput::requestOfTheDevice()
{
    QFETCH(QStringList, options);
    const ScepctlProgram scepctl;
    prepare(scepctl);
    scepctl.write("dev.csr", TestSupport::makeRequest("CN=dev", TestSupport::rsaKey("badinput", 2048)).toPem());
    WireScepServer server;
    const QStringList enrollment{"--json", "enroll",  "--url", server.url(), "--fingerprint", server.fingerprint(),
                                 "--csr",  "dev.csr", "--out", "out"};
    const ScepctlResult refused = scepctl.run(enrollment + options);
    verifyOneClearLine(refused, 2, "InvalidArgument");
    QVERIFY2(refused.errors.contains(options.first().toLatin1()) && refused.errors.contains("device"), refused.errors.constData());
    QCOMPARE(server.server.requests().size(), 0);
    QVERIFY(!scepctl.exists("out"));
    // Without it the same goes well, and nobody is told of a key that the device has already.
    const ScepctlResult sent = scepctl.run(enrollment);
    QVERIFY2(sent.exitCode == 0, sent.errors.constData());
    QVERIFY2(!sent.errors.contains("Generating the key"), sent.errors.constData());
}

void TestScepctlBadInput::notReached_data()
{
    QTest::addColumn<QString>("url");
    QTest::addColumn<QString>("name");
    QTest::newRow("connection refused") << "http://127.0.0.1:1/scep" << "ConnectionRefused";
    QTest::newRow("unknown host") << "http://no-such-host.invalid/scep" << "HostNotFound"; // RFC 6761 6.4
}

void TestScepctlBadInput::notReached()
{
    QFETCH(QString, url);
    QFETCH(QString, name);
    const ScepctlProgram scepctl;
    prepare(scepctl);
    const WireScepServer server;
    QStringList arguments = enroll(server);
    arguments[arguments.indexOf("--timeout") + 1] = "20";
    arguments[arguments.indexOf("--url") + 1] = url;
    verifyOneClearLine(scepctl.run(arguments), 6, name);
    QVERIFY(!scepctl.exists("out"));
}

void TestScepctlBadInput::transport_data()
{
    QTest::addColumn<Interception>("interception");
    QTest::addColumn<int>("exitCode");
    QTest::addColumn<QString>("name");
    const RawAnswer html = RawAnswer::http("200 OK", "<html><body>Welcome to IIS</body></html>", "Content-Type: text/html\r\n");
    QTest::newRow("HTML instead of the CA certificate") << answerTo("GetCACert", html) << 7 << "HtmlReply";
    QTest::newRow("HTML instead of a CertRep") << answerTo("PKIOperation", html) << 7 << "HtmlReply";
    QTest::newRow("404") << answerTo("GetCACert", RawAnswer::http("404 Not Found", "no such page")) << 6 << "HttpStatus";
    QTest::newRow("500") << answerTo("PKIOperation", RawAnswer::http("500 Internal Server Error", "boom")) << 6 << "HttpStatus";
    QTest::newRow("empty reply") << answerTo("PKIOperation", RawAnswer::http("200 OK", "")) << 7 << "EmptyReply";
    QTest::newRow("stalled server") << answerTo("PKIOperation", RawAnswer::bytesThenStall()) << 6 << "Timeout";
    QTest::newRow("connection closed") << answerTo("PKIOperation", RawAnswer::bytesThenClose({})) << 6 << "NetworkFailure";
    QTest::newRow("body shorter than announced")
        << answerTo("PKIOperation", RawAnswer::bytesThenClose("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n0\x82")) << 6
        << "NetworkFailure";
    QTest::newRow("oversized body") << answerTo("PKIOperation", RawAnswer::http("200 OK", QByteArray(10 * 1024 * 1024, '0'))) << 7
                                    << "ReplyTooLarge";
    QTest::newRow("redirect to another host") << answerTo("GetCACert",
                                                          RawAnswer::http("302 Found", "", "Location: http://192.0.2.1/scep\r\n"))
                                              << 6 << "RedirectRefused";
}

void TestScepctlBadInput::transport()
{
    QFETCH(Interception, interception);
    QFETCH(int, exitCode);
    QFETCH(QString, name);
    const ScepctlProgram scepctl;
    prepare(scepctl);
    WireScepServer server;
    server.interceptor = interception;
    verifyOneClearLine(scepctl.run(enroll(server)), exitCode, name);
    // A request that may have reached the server is kept with its key; before that there is nothing to keep.
    QCOMPARE(scepctl.files("out"), server.count("PKIOperation") > 0 ? QStringList{"dev.transaction.json"} : QStringList());
}

void TestScepctlBadInput::forgedReply_data()
{
    QTest::addColumn<Attack>("attack");
    QTest::addColumn<int>("exitCode");
    QTest::addColumn<QString>("name");
    const auto row = [](const char *tag, int exitCode, const char *name, Attack attack) {
        QTest::newRow(tag) << std::move(attack) << exitCode << QString(name);
    };
    row("truncated", 7, "ReplyMalformed", [](auto &server, auto &request) { return good(server, request).chopped(100); });
    row("wrong nonce", 3, "NonceMismatch", [](auto &server, auto &request) {
        return spoiled(server, request, [](Scep::CertRepTemplate &reply) { reply.recipientNonce = Scep::Nonce::create(); });
    });
    row("wrong transactionID", 3, "TransactionMismatch", [](auto &server, auto &request) {
        return spoiled(server, request,
                       [](Scep::CertRepTemplate &reply) { reply.transactionId = *Scep::TransactionId::fromText(QString(40, 'A')); });
    });
    row("wrong messageType", 3, "MessageTypeMismatch", [](auto &server, auto &request) {
        TestSupport::ReplyPlan plan;
        plan.transactionId = request.transactionId.toText().toLatin1();
        plan.recipientNonce = request.senderNonce.bytes();
        plan.messageType = QByteArray("19");
        plan.signer = server.ca.ca.ra;
        return TestSupport::makeReply(plan);
    });
    row("two signers", 3, "SignerCount",
        [](auto &server, auto &request) { return TestSupport::withSignersOf(good(server, request), good(server, request)); });
    row("unknown signer", 3, "SignerUnknown", [](auto &server, auto &request) {
        // A device of the same CA: it chains, and still must not answer for the CA.
        const Pki::PrivateKey key = TestSupport::rsaKey("other device");
        Scep::CertRepTemplate reply = server.ca.success(request, server.ca.certificateFor(request));
        reply.signer = server.ca.ca.issue(TestSupport::makeRequest("CN=other", key), server.clock.now());
        return TestSupport::must(Scep::buildCertRep(reply, key));
    });
    row("bad signature", 3, "SignatureInvalid",
        [](auto &server, auto &request) { return TestSupport::withBrokenSignature(good(server, request)); });
    row("foreign public key", 3, "ForeignPublicKey", [](auto &server, auto &request) {
        const auto foreign = server.ca.ca.issue(TestSupport::makeRequest("CN=dev", TestSupport::rsaKey("foreign")), server.clock.now());
        return server.ca.message(server.ca.success(request, foreign));
    });
    row("nested signedData", 3, "ContentRefused", [](auto &server, auto &request) {
        return withEnvelope(server, request, TestSupport::must(Pki::degenerateCms({server.ca.certificateFor(request)})));
    });
    row("AEAD content", 3, "ContentRefused", [](auto &server, auto &request) {
        // The OID of AES-128-CBC becomes that of AES-128-GCM (the last arc: 2 -> 6).
        const QByteArray envelope = TestSupport::makeEnvelope({server.ca.certificateFor(request)}, request.signer);
        return withEnvelope(server, request,
                            TestSupport::withReplacedBytes(envelope, QByteArray::fromHex("0609608648016503040102"),
                                                           QByteArray::fromHex("0609608648016503040106")));
    });
    row("CA certificate issued", 3, "IssuedCertificateIsCa", [](auto &server, auto &request) {
        const auto csr = TestSupport::must(Pki::CertificationRequest::fromDer(request.payload));
        TestSupport::CertificateOptions options;
        options.isCa = true;
        return server.ca.message(server.ca.success(request, server.ca.ca.issue(csr, server.clock.now(), options)));
    });
}

void TestScepctlBadInput::forgedReply()
{
    QFETCH(Attack, attack);
    QFETCH(int, exitCode);
    QFETCH(QString, name);
    const ScepctlProgram scepctl;
    prepare(scepctl);
    WireScepServer server;
    server.ca.standing = [&](const ReceivedRequest &request) { return server.ca.pkiMessage(attack(server, request)); };
    verifyOneClearLine(scepctl.run(enroll(server)), exitCode, name);
    QCOMPARE(scepctl.files("out"), QStringList{"dev.transaction.json"}); // no certificate, and the key is not lost
    // The honest server comes back: the same transaction ends well.
    server.ca.standing = [&](const ReceivedRequest &request) { return server.ca.issue(request); };
    QCOMPARE(scepctl.run({"poll", "--out", "out"}).exitCode, 0);
}

void TestScepctlBadInput::wrongFingerprintSendsNothing()
{
    const ScepctlProgram scepctl;
    prepare(scepctl);
    WireScepServer server;
    QStringList arguments = enroll(server);
    arguments.replaceInStrings(server.fingerprint(), QString(64, '0'));
    verifyOneClearLine(scepctl.run(arguments), 3, "FingerprintMismatch");
    QCOMPARE(server.count("PKIOperation"), 0);
    QVERIFY(!scepctl.exists("out"));

    // Neither is anything left of a deeper folder; but what was there stays.
    QVERIFY(QDir().mkpath(scepctl.path("plant")));
    QStringList deeper = arguments;
    deeper[deeper.indexOf("--out") + 1] = "plant/line/1";
    QCOMPARE(scepctl.run(deeper).exitCode, 3);
    QCOMPARE(scepctl.files("plant"), QStringList());
    QVERIFY(scepctl.exists("plant"));
}

void TestScepctlBadInput::wrongChallengeSaysTheServersReason()
{
    const ScepctlProgram scepctl;
    prepare(scepctl);
    WireScepServer server;
    server.ca.standing = [&](const ReceivedRequest &request) {
        return server.ca.refuse(request, Scep::FailInfo::BadRequest, "challenge <b>unknown</b>");
    };
    const ScepctlResult result = scepctl.run(enroll(server));
    verifyOneClearLine(result, 4, "Rejected");
    QVERIFY(result.errors.contains("challenge <b>unknown</b>"));
    QCOMPARE(result.jsonError().value("failInfo").toInt(), 2);
}

void TestScepctlBadInput::fullDiskKeepsTheKey()
{
    ScepctlProgram scepctl;
    prepare(scepctl);
    WireScepServer server;
    scepctl.setFileSizeLimit(1000);
    verifyOneClearLine(scepctl.run(enroll(server)), 8, "DiskFull");
    QCOMPARE(server.count("PKIOperation"), 0); // what cannot be kept is not sent
    QCOMPARE(scepctl.files("out"), QStringList());
}

void TestScepctlBadInput::noSecretIsPrinted()
{
    const ScepctlProgram scepctl;
    prepare(scepctl);
    WireScepServer server;
    server.ca.script.enqueue([&](const ReceivedRequest &request) { return server.ca.pending(request); });
    const ScepctlResult pending = scepctl.run(enroll(server) + QStringList{"--verbose"});
    QCOMPARE(pending.exitCode, 5);
    QVERIFY(pending.errors.contains("PKIOperation")); // it did tell of every exchange
    const ScepctlResult polled = scepctl.run({"poll", "--out", "out", "--verbose"});
    QCOMPARE(polled.exitCode, 0);
    QVERIFY(polled.errors.contains("PKIOperation"));

    const QByteArray challenge = "the-challenge-word";
    QList<QByteArray> secrets{challenge, challenge.toHex(), "PRIVATE KEY"};
    for (int shift = 0; shift < 3; ++shift) // as it would look inside a longer text in base64
        secrets.append((QByteArray(shift, '.') + challenge).toBase64().mid(4, 18));
    for (const QByteArray &line : scepctl.read("key.pem").split('\n')) {
        if (line.size() == 64)
            secrets.append({line, QByteArray::fromBase64(line).toHex()});
    }
    QVERIFY(secrets.size() > 30);
    for (const QByteArray &secret : std::as_const(secrets)) {
        const QByteArray words = pending.errors + pending.output + polled.errors + polled.output;
        QVERIFY2(!words.contains(secret), secret.constData());
    }
}

QTEST_GUILESS_MAIN(TestScepctlBadInput)
#include "tst_scepctl_badinput.moc"
