// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/authority.h"

#include "scep/pki/cmsrecipients.h"
#include "scep/protocol/cacertificates.h"
#include "scep/protocol/capabilities.h"
#include "tests/labca/labdevice.h"
#include "tests/support/opensslprogram.h"

#include <QDir>
#include <QDirIterator>
#include <QElapsedTimer>
#include <QTest>

using namespace LabCa;
using Scep::MessageType;
using TestSupport::Identity;
using TestSupport::must;

namespace {

Policy policyWith(const QByteArray &challenge, Mode mode = Mode::Auto)
{
    Policy policy;
    policy.challenge = Pki::SecretBytes(challenge);
    policy.mode = mode;
    return policy;
}

/// A self-signed signer for any key and name: what a sloppy or hostile client may travel under.
Identity signerOf(const QString &subject, const Pki::PrivateKey &key)
{
    return TestSupport::makeSelfSigned(subject, key, QDateTime::currentDateTimeUtc());
}

HttpResponse get(Authority &authority, const QString &operation, const QByteArray &message = {}, LogEntry *log = nullptr)
{
    return authority.handle({.isPost = false, .path = "/scep", .operation = operation, .message = message}, log);
}

/// What can be said of a reply without the checks of a client: the request may have been too broken for those.
bool isRefusal(const HttpResponse &response)
{
    if (response.status == 400)
        return !response.body.isEmpty();
    return response.status == 200 && !response.body.contains(must(Pki::DistinguishedName::fromText("CN=never issued")).der());
}

} // namespace

class TestAuthority final : public QObject
{
    Q_OBJECT

private slots:
    void announcesWhatIsServed();
    void sendsCaCertificates_data();
    void sendsCaCertificates();
    void answersOtherOperations_data();
    void answersOtherOperations();
    void issues();
    void grantsUsages_data();
    void grantsUsages();
    void neverOutlivesTheIssuingCa();
    void mirrorsAlgorithms_data();
    void mirrorsAlgorithms();
    void readsGetMessages_data();
    void readsGetMessages();
    void checksTheChallenge_data();
    void checksTheChallenge();
    void refusesBadRequests_data();
    void refusesBadRequests();
    void refusesWeakKeys();
    void refusesBrokenMessages_data();
    void refusesBrokenMessages();
    void survivesTruncation();
    void survivesDamage();
    void answersTheSameRequestAgain();
    void refusesAnotherRequestOfThatTransaction();
    void approvesAndRejects();
    void acceptsAResentRequestAsPoll();
    void refusesBadPolls_data();
    void refusesBadPolls();
    void servesASignerWithAnotherKey();
    void issuesAnewWhenTheCertificateHasEnded();
    void storesBeforeItSends();
    void keepsNoChallenge();
    void isAsQuickWithManyEnrollments();
};

void TestAuthority::announcesWhatIsServed()
{
    LabCaFolder lab;
    Authority authority(lab.depot, {});
    const HttpResponse response = get(authority, "GetCACaps");
    QCOMPARE(response.status, 200);
    QVERIFY(response.contentType.startsWith("text/plain"));
    QCOMPARE(response.body, authority.capabilities());
    const auto capabilities = Scep::Capabilities::fromBody(response.body);
    using enum Scep::Capabilities::Keyword;
    for (const auto keyword : {Aes, Des3, GetNextCaCert, PostPkiOperation, Renewal, Sha1, Sha256, Sha384, Sha512, ScepStandard})
        QVERIFY2(capabilities.has(keyword), qPrintable(Scep::displayName(keyword)));
    for (const auto keyword : {Des, Md5, Update})
        QVERIFY2(!capabilities.has(keyword), qPrintable(Scep::displayName(keyword)));
    QVERIFY(capabilities.unknown().isEmpty());
}

void TestAuthority::sendsCaCertificates_data()
{
    QTest::addColumn<bool>("full");
    QTest::addColumn<QByteArray>("contentType");
    QTest::addColumn<int>("count");
    QTest::newRow("chain") << true << QByteArray("application/x-x509-ca-ra-cert") << 2;
    QTest::newRow("issuing CA alone") << false << QByteArray("application/x-x509-ca-cert") << 1;
}

void TestAuthority::sendsCaCertificates()
{
    QFETCH(const bool, full);
    QFETCH(const int, count);
    LabCaFolder lab;
    Policy policy;
    policy.sendsFullChain = full;
    Authority authority(lab.depot, std::move(policy));
    const HttpResponse response = get(authority, "GetCACert", "any alias");
    QCOMPARE(response.status, 200);
    QTEST(response.contentType, "contentType");
    const auto parsed = Scep::parseCaCertificates(response.body, QString::fromLatin1(response.contentType));
    QVERIFY(parsed);
    QCOMPARE(parsed->certificates.size(), count);
    QVERIFY(parsed->leniencies.isEmpty());
    QVERIFY(parsed->certificates.contains(lab.depot.issuing()));
    QCOMPARE(parsed->certificates.contains(lab.depot.root()), full);
}

void TestAuthority::answersOtherOperations_data()
{
    QTest::addColumn<bool>("isPost");
    QTest::addColumn<QString>("operation");
    QTest::addColumn<QByteArray>("message");
    QTest::addColumn<int>("status");
    QTest::newRow("none") << false << "" << QByteArray() << 400;
    QTest::newRow("unknown") << false << "GetMeIn" << QByteArray() << 404;
    QTest::newRow("no next CA") << false << "GetNextCACert" << QByteArray() << 404;
    QTest::newRow("of drafts") << false << "GetCACertificates" << QByteArray() << 404;
    QTest::newRow("POST of what is fetched") << true << "GetCACaps" << QByteArray("x") << 405;
    QTest::newRow("GET without message") << false << "PKIOperation" << QByteArray() << 400;
    QTest::newRow("GET that is not base64") << false << "PKIOperation" << QByteArray("%%%") << 400;
    QTest::newRow("GET with a cut quantum") << false << "PKIOperation" << QByteArray("MIIBx") << 400;
    QTest::newRow("empty POST") << true << "PKIOperation" << QByteArray() << 400;
    QTest::newRow("text") << true << "PKIOperation" << QByteArray("hello, CA") << 400;
    QTest::newRow("empty SEQUENCE") << true << "PKIOperation" << QByteArray("\x30\x00", 2) << 400;
    QTest::newRow("3 MiB") << true << "PKIOperation" << QByteArray(3 << 20, '0') << 400;
    QTest::newRow("nested 100000 deep") << true << "PKIOperation" << QByteArray("\x30\x80").repeated(100'000) << 400;
    QTest::newRow("length beyond the end") << true << "PKIOperation" << QByteArray("\x30\x84\x7F\xFF\xFF\xFF", 6) << 400;
}

void TestAuthority::answersOtherOperations()
{
    QFETCH(const bool, isPost);
    QFETCH(const QString, operation);
    QFETCH(const QByteArray, message);
    LabCaFolder lab;
    Authority authority(lab.depot, {});
    LogEntry log;
    const HttpResponse response = authority.handle({.isPost = isPost, .path = "/scep", .operation = operation, .message = message}, &log);
    QTEST(response.status, "status");
    QVERIFY(response.contentType.startsWith("text/plain"));
    QVERIFY(response.body.trimmed().size() > 5);
    QVERIFY(response.body.size() < 500);
    QVERIFY2(log.outcome.startsWith(QString("HTTP %1").arg(response.status)), qPrintable(log.outcome));
    QVERIFY(lab.depot.enrollments()->isEmpty());
}

void TestAuthority::issues()
{
    LabCaFolder lab;
    const QDateTime now = QDateTime::currentDateTimeUtc();
    Authority authority(lab.depot, policyWith("s3cret"), [now] { return now; });
    const auto device = LabDevice::create("C=SE, O=Lab, CN=plc-7", "s3cret", "DNS:plc-7.lab.example, IP:192.0.2.7");
    const RequestPlan plan = device.pkcsReq(lab.depot);
    LogEntry log;
    const HttpResponse response = post(authority, buildMessage(plan), &log);
    QCOMPARE(outcome(response, device, lab.depot, plan), QString("issued"));

    const Pki::Certificate certificate = issuedCertificate(response, device, lab.depot, plan);
    QCOMPARE(certificate.subject(), device.request.subject());
    QCOMPARE(certificate.publicKey(), device.key.publicKey());
    QCOMPARE(certificate.subjectAlternativeNames(), device.request.subjectAlternativeNames());
    QCOMPARE(certificate.issuer(), lab.depot.issuing().subject());
    QVERIFY(!certificate.isCa());
    QCOMPARE(certificate.notBefore(), QDateTime::fromSecsSinceEpoch(now.addSecs(-300).toSecsSinceEpoch(), Qt::UTC));
    QCOMPARE(certificate.notAfter(), QDateTime::fromSecsSinceEpoch(now.addDays(365).toSecsSinceEpoch(), Qt::UTC));
    QVERIFY(certificate.serialNumber().bytes().size() >= 14); // 127 random bits: shorter than this once in 2^15
    QVERIFY(certificate.serialNumber().bytes().size() <= 16);

    QCOMPARE(log.at, now);
    QCOMPARE(log.operation, QString("PKIOperation PKCSReq"));
    QCOMPARE(log.transactionId, plan.transactionId.toText());
    QCOMPARE(log.subject, QString("C=SE, O=Lab, CN=plc-7"));
    QCOMPARE(log.outcome, "issued " + certificate.serialNumber().toHex());
    const auto stored = lab.depot.find(plan.transactionId);
    QCOMPARE((*stored)->state, Enrollment::State::Issued);
    QCOMPARE((*stored)->certificate, certificate);

    const Test::OpensslProgram openssl;
    openssl.write("root.pem", lab.depot.root().toPem());
    openssl.write("issuing.pem", lab.depot.issuing().toPem());
    openssl.write("leaf.pem", certificate.toPem());
    const auto verified = openssl.run({"verify", "-x509_strict", "-CAfile", "root.pem", "-untrusted", "issuing.pem", "leaf.pem"});
    QVERIFY2(verified.isGood(), verified.errors.constData());
}

void TestAuthority::grantsUsages_data()
{
    QTest::addColumn<QString>("askedUsage"); // empty: not asked
    QTest::addColumn<QString>("askedExtended");
    QTest::addColumn<QString>("usage");
    QTest::addColumn<QString>("extended");
    const QString both("digitalSignature, keyEncipherment");
    QTest::newRow("nothing asked") << "" << "" << both << "clientAuth,serverAuth";
    QTest::newRow("one of each") << "digitalSignature" << "serverAuth" << "digitalSignature" << "serverAuth";
    QTest::newRow("more than is given") << "keyEncipherment,keyCertSign" << "clientAuth,codeSigning" << "keyEncipherment" << "clientAuth";
    QTest::newRow("only what is not given") << "keyCertSign,cRLSign" << "codeSigning" << both << "clientAuth,serverAuth";
}

void TestAuthority::grantsUsages()
{
    QFETCH(const QString, askedUsage);
    QFETCH(const QString, askedExtended);
    QFETCH(const QString, usage);
    QFETCH(const QString, extended);
    LabCaFolder lab;
    Authority authority(lab.depot, {});
    auto device = LabDevice::create("CN=plc-7");
    Pki::CertificationRequestTemplate form;
    form.subject = device.request.subject();
    form.templateName = "Switch";
    if (!askedUsage.isEmpty())
        form.keyUsage = must(Pki::keyUsageFromText(askedUsage));
    if (!askedExtended.isEmpty())
        form.extendedKeyUsage = must(Pki::extendedKeyUsageFromText(askedExtended));
    device.request = must(Pki::CertificationRequest::create(form, device.key));
    const RequestPlan plan = device.pkcsReq(lab.depot);
    const auto certificate = issuedCertificate(post(authority, buildMessage(plan)), device, lab.depot, plan);
    QCOMPARE(certificate.keyUsage(), std::optional(must(Pki::keyUsageFromText(usage))));
    QCOMPARE(certificate.extendedKeyUsage(), must(Pki::extendedKeyUsageFromText(extended)));
    QCOMPARE(certificate.templateName(), QString("Switch"));
    QVERIFY(!certificate.isCa());
}

void TestAuthority::neverOutlivesTheIssuingCa()
{
    LabCaFolder lab;
    Policy policy;
    policy.validityDays = 20'000;
    QDateTime now = QDateTime::currentDateTimeUtc();
    Authority authority(lab.depot, std::move(policy), [&now] { return now; });
    const auto device = LabDevice::create("CN=plc-7");
    const RequestPlan plan = device.pkcsReq(lab.depot);
    const auto certificate = issuedCertificate(post(authority, buildMessage(plan)), device, lab.depot, plan);
    QCOMPARE(certificate.notAfter(), lab.depot.issuing().notAfter());

    now = lab.depot.issuing().notAfter().addSecs(1);
    const auto late = LabDevice::create("CN=plc-8");
    const HttpResponse response = post(authority, buildMessage(late.pkcsReq(lab.depot)));
    QCOMPARE(response.status, 500);
    QVERIFY(response.body.contains("not in force"));
    QVERIFY(!lab.depot.find(late.transactionId)->has_value());
}

void TestAuthority::mirrorsAlgorithms_data()
{
    QTest::addColumn<Pki::Digest>("digest");
    QTest::addColumn<Pki::Cipher>("cipher");
    QTest::addColumn<Pki::KeyTransport>("transport");
    using enum Pki::KeyTransport;
    QTest::newRow("SHA-256, AES-128") << Pki::Digest::Sha256 << Pki::Cipher::Aes128 << RsaPkcs1;
    QTest::newRow("SHA-512, AES-256") << Pki::Digest::Sha512 << Pki::Cipher::Aes256 << RsaPkcs1;
    QTest::newRow("SHA-384, AES-192") << Pki::Digest::Sha384 << Pki::Cipher::Aes192 << RsaPkcs1;
    QTest::newRow("SHA-1, 3DES") << Pki::Digest::Sha1 << Pki::Cipher::TripleDes << RsaPkcs1;
    QTest::newRow("DES of old clients") << Pki::Digest::Sha1 << Pki::Cipher::Des << RsaPkcs1;
    QTest::newRow("OAEP, SHA-1") << Pki::Digest::Sha256 << Pki::Cipher::Aes128 << RsaOaepSha1;
    QTest::newRow("OAEP, SHA-256") << Pki::Digest::Sha256 << Pki::Cipher::Aes128 << RsaOaepSha256;
}

void TestAuthority::mirrorsAlgorithms()
{
    QFETCH(const Pki::Digest, digest);
    QFETCH(const Pki::Cipher, cipher);
    QFETCH(const Pki::KeyTransport, transport);
    LabCaFolder lab;
    Authority authority(lab.depot, {});
    const auto device = LabDevice::create("CN=plc-7");
    RequestPlan plan = device.pkcsReq(lab.depot);
    plan.digest = digest;
    plan.cipher = cipher;
    plan.keyTransport = transport;
    const HttpResponse response = post(authority, buildMessage(plan));
    QCOMPARE(outcome(response, device, lab.depot, plan), QString("issued"));
    const auto reply = must(Pki::SignedData::fromDer(response.body));
    QCOMPARE(reply.signers().first().digest, std::optional(digest));
    const auto envelope = must(Pki::EnvelopedData::fromDer(reply.content().value()));
    QCOMPARE(envelope.contentCipher(), std::optional(cipher));
    const QString keyEncryption = envelope.recipients().first().keyEncryptionAlgorithm.toText();
    QCOMPARE(Pki::keyTransportUsed(reply.content().value()), std::optional(transport));
    QCOMPARE(keyEncryption, transport == Pki::KeyTransport::RsaPkcs1 ? QString("1.2.840.113549.1.1.1") : QString("1.2.840.113549.1.1.7"));
}

void TestAuthority::readsGetMessages_data()
{
    QTest::addColumn<QByteArray>("search");
    QTest::addColumn<QByteArray>("replacement");
    QTest::addColumn<int>("lineLength");
    QTest::newRow("as it should be") << QByteArray() << QByteArray() << 0;
    QTest::newRow("plus that became a blank") << QByteArray("+") << QByteArray(" ") << 0;
    QTest::newRow("lines of Cisco") << QByteArray() << QByteArray("\n") << 64;
    QTest::newRow("lines with CR LF") << QByteArray() << QByteArray("\r\n") << 76;
    QTest::newRow("without padding") << QByteArray("=") << QByteArray() << 0;
}

void TestAuthority::readsGetMessages()
{
    QFETCH(const QByteArray, search);
    QFETCH(const QByteArray, replacement);
    QFETCH(const int, lineLength);
    LabCaFolder lab;
    Authority authority(lab.depot, {});
    const auto device = LabDevice::create("CN=plc-7");
    const RequestPlan plan = device.pkcsReq(lab.depot);
    QByteArray text = buildMessage(plan).toBase64();
    if (!search.isEmpty())
        text.replace(search, replacement);
    for (int at = lineLength; lineLength > 0 && at < text.size(); at += lineLength + int(replacement.size()))
        text.insert(at, replacement);
    QCOMPARE(outcome(get(authority, "PKIOperation", text), device, lab.depot, plan), QString("issued"));
}

void TestAuthority::checksTheChallenge_data()
{
    QTest::addColumn<QByteArray>("wanted");
    QTest::addColumn<QByteArray>("given");
    QTest::addColumn<QString>("expected");
    const QString wrong("badRequest: the challenge password is wrong");
    QTest::newRow("right") << QByteArray("s3cret") << QByteArray("s3cret") << "issued";
    QTest::newRow("right, not ASCII") << QByteArray("sch\xC3\xB6n") << QByteArray("sch\xC3\xB6n") << "issued";
    QTest::newRow("wrong") << QByteArray("s3cret") << QByteArray("s3creT") << wrong;
    QTest::newRow("beginning") << QByteArray("s3cret") << QByteArray("s3cre") << wrong;
    QTest::newRow("longer") << QByteArray("s3cret") << QByteArray("s3cret ") << wrong;
    QTest::newRow("missing") << QByteArray("s3cret") << QByteArray() << "badRequest: the challenge password is missing";
    QTest::newRow("any") << QByteArray() << QByteArray("whatever") << "issued";
    QTest::newRow("none wanted, none given") << QByteArray() << QByteArray() << "issued";
}

void TestAuthority::checksTheChallenge()
{
    QFETCH(const QByteArray, wanted);
    QFETCH(const QByteArray, given);
    QFETCH(const QString, expected);
    LabCaFolder lab;
    for (const Mode mode : {Mode::Auto, Mode::Approve}) {
        Authority authority(lab.depot, policyWith(wanted, mode));
        const auto device = LabDevice::create("CN=plc-7", given);
        const RequestPlan plan = device.pkcsReq(lab.depot);
        LogEntry log;
        const QString said = outcome(post(authority, buildMessage(plan), &log), device, lab.depot, plan);
        QCOMPARE(said, expected == "issued" && mode == Mode::Approve ? QString("pending") : expected);
        QCOMPARE(lab.depot.find(plan.transactionId)->has_value(), expected == "issued");
        if (expected != "issued")
            QVERIFY2(log.outcome.startsWith("FAILURE badRequest"), qPrintable(log.outcome));
        for (const QByteArray &secret : {wanted, given})
            QVERIFY(secret.isEmpty() || !log.outcome.toUtf8().contains(secret));
    }
}

void TestAuthority::refusesBadRequests_data()
{
    using Change = std::function<void(RequestPlan &, LabDevice &)>;
    QTest::addColumn<Change>("change");
    QTest::addColumn<QString>("expected");
    const auto asType = [](MessageType type) { return Change([type](RequestPlan &plan, LabDevice &) { plan.type = type; }); };
    QTest::newRow("RenewalReq") << asType(MessageType::RenewalReq)
                                << "badRequest: the certificate that signs the renewal was not issued here";
    QTest::newRow("GetCert") << asType(MessageType::GetCert) << "badRequest: GetCert holds no IssuerAndSerialNumber";
    QTest::newRow("GetCRL") << asType(MessageType::GetCrl) << "badRequest: GetCRL holds no IssuerAndSerialNumber";
    QTest::newRow("no PKCS#10") << Change([](RequestPlan &plan, LabDevice &) { plan.payload = "hello"; })
                                << "badRequest: the request holds no PKCS#10";
    QTest::newRow("a certificate") << Change([](RequestPlan &plan, LabDevice &device) { plan.payload = device.signer.certificate.der(); })
                                   << "badRequest: the request holds no PKCS#10";
    QTest::newRow("bytes behind the PKCS#10") << Change([](RequestPlan &plan, LabDevice &) { plan.payload += "x"; })
                                              << "badRequest: the request holds no PKCS#10";
    QTest::newRow("PKCS#10 signed by another key")
        << Change([](RequestPlan &plan, LabDevice &) { plan.payload.back() = static_cast<char>(plan.payload.back() ^ 1); })
        << "badMessageCheck: the signature of the PKCS#10 is wrong";
    QTest::newRow("EC signer cannot receive") << Change([](RequestPlan &plan, LabDevice &) {
        plan.signer = signerOf("CN=plc-7", TestSupport::ecKey("device"));
    }) << "badAlg: a key of type EC P-256 cannot receive the reply without a challenge: use an RSA key";
    QTest::newRow("names nothing") << Change([](RequestPlan &plan, LabDevice &device) {
        plan.payload = must(Pki::CertificationRequest::create({}, device.key)).der();
    }) << "badRequest: the request names neither a subject nor a subjectAltName";
}

void TestAuthority::refusesBadRequests()
{
    QFETCH(const std::function<void(RequestPlan &, LabDevice &)>, change);
    QFETCH(const QString, expected);
    LabCaFolder lab;
    Authority authority(lab.depot, {});
    auto device = LabDevice::create("CN=plc-7");
    RequestPlan plan = device.pkcsReq(lab.depot);
    change(plan, device);
    LogEntry log;
    QCOMPARE(outcome(post(authority, buildMessage(plan), &log), device, lab.depot, plan), expected);
    QVERIFY2(log.outcome.startsWith("FAILURE "), qPrintable(log.outcome));
    QCOMPARE(log.transactionId, plan.transactionId.toText());
    QVERIFY(lab.depot.enrollments()->isEmpty());
}

void TestAuthority::refusesWeakKeys()
{
    // Scepter makes no such key itself.
    const Test::OpensslProgram openssl;
    const auto weak = must(Pki::PrivateKey::fromBytes(openssl.output({"genrsa", "768"})));
    LabCaFolder lab;
    Authority authority(lab.depot, {});
    auto device = LabDevice::create("CN=plc-7");
    device.request = TestSupport::makeRequest("CN=plc-7", weak);
    RequestPlan plan = device.pkcsReq(lab.depot);
    const QString expected("badAlg: a key of type RSA 768 is too weak: use 2048 bits");
    QCOMPARE(send(authority, device, lab.depot, plan), expected);
    plan.signer = signerOf("CN=plc-7", weak);
    QCOMPARE(send(authority, device, lab.depot, plan), expected);
    QVERIFY(lab.depot.enrollments()->isEmpty());
}

void TestAuthority::refusesBrokenMessages_data()
{
    using Change = std::function<QByteArray(const QByteArray &message, const QByteArray &other)>;
    QTest::addColumn<Change>("change");
    QTest::addColumn<QString>("expected");
    QTest::newRow("two signers") << Change([](const QByteArray &message, const QByteArray &other) {
        return TestSupport::withSignersOf(message, other);
    }) << "HTTP 400 not exactly one signer with signed attributes";
    QTest::newRow("signature") << Change([](const QByteArray &message, const QByteArray &) {
        return TestSupport::withBrokenSignature(message);
    }) << "badMessageCheck: the signature does not verify";
    QTest::newRow("envelope of another message") << Change([](const QByteArray &message, const QByteArray &other) {
        return TestSupport::withContent(message, must(Pki::SignedData::fromDer(other)).content().value());
    }) << "badMessageCheck: the signature does not verify";
    QTest::newRow("no envelope") << Change([](const QByteArray &message, const QByteArray &) {
        return TestSupport::withContent(message, QByteArray());
    }) << "badMessageCheck: the signature does not verify";
    QTest::newRow("bytes behind") << Change([](const QByteArray &message, const QByteArray &) { return message + "x"; }) << "HTTP 400";
    QTest::newRow("changed messageType") << Change([](const QByteArray &message, const QByteArray &) {
        return TestSupport::withReplacedBytes(message, Pki::printableStringDer("19"), Pki::printableStringDer("17"));
    }) << "badMessageCheck: the signature does not verify";
}

void TestAuthority::refusesBrokenMessages()
{
    QFETCH(const std::function<QByteArray(const QByteArray &, const QByteArray &)>, change);
    QFETCH(const QString, expected);
    LabCaFolder lab;
    Authority authority(lab.depot, {});
    const auto device = LabDevice::create("CN=plc-7");
    const RequestPlan plan = device.pkcsReq(lab.depot);
    const QByteArray other = buildMessage(LabDevice::create("CN=plc-8").pkcsReq(lab.depot));
    const QString said = outcome(post(authority, change(buildMessage(plan), other)), device, lab.depot, plan);
    QVERIFY2(said.startsWith(expected), qPrintable(said));
    QVERIFY(lab.depot.enrollments()->isEmpty());
}

void TestAuthority::survivesTruncation()
{
    LabCaFolder lab;
    Authority authority(lab.depot, {});
    const QByteArray message = buildMessage(LabDevice::create("CN=never issued").pkcsReq(lab.depot));
    for (qsizetype length = 0; length < message.size(); length += 1 + length / 40) {
        const HttpResponse response = post(authority, message.left(length));
        QCOMPARE(response.status, 400);
        QVERIFY(!response.body.isEmpty());
    }
    QVERIFY(lab.depot.enrollments()->isEmpty());
}

void TestAuthority::survivesDamage()
{
    LabCaFolder lab;
    // A wrong challenge: whatever the damage does, nothing is to be issued.
    Authority authority(lab.depot, policyWith("right"));
    const QByteArray message = buildMessage(LabDevice::create("CN=never issued", "wrong").pkcsReq(lab.depot));
    for (qsizetype at = 0; at < message.size(); at += 3) {
        QByteArray damaged = message;
        damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
        QVERIFY2(isRefusal(post(authority, damaged)), qPrintable(QString("byte %1").arg(at)));
    }
    QVERIFY(lab.depot.enrollments()->isEmpty());
}

void TestAuthority::answersTheSameRequestAgain()
{
    LabCaFolder lab;
    Authority authority(lab.depot, policyWith("s3cret"));
    const auto device = LabDevice::create("CN=plc-7", "s3cret");
    RequestPlan plan = device.pkcsReq(lab.depot);
    const QByteArray message = buildMessage(plan);
    const auto first = issuedCertificate(post(authority, message), device, lab.depot, plan);
    // A lost reply: the same bytes (a replay looks no different), then the same request under a fresh nonce, then a poll.
    QCOMPARE(issuedCertificate(post(authority, message), device, lab.depot, plan), first);
    plan.senderNonce = Scep::Nonce::create();
    QCOMPARE(issuedCertificate(post(authority, buildMessage(plan)), device, lab.depot, plan), first);
    const RequestPlan poll = device.certPoll(lab.depot);
    QCOMPARE(issuedCertificate(post(authority, buildMessage(poll)), device, lab.depot, poll), first);
    QCOMPARE(lab.depot.enrollments()->size(), 1);
    // A restarted server knows it too.
    auto reopened = must(Depot::open(lab.path()));
    Authority restarted(reopened, policyWith("s3cret"));
    QCOMPARE(issuedCertificate(post(restarted, buildMessage(plan)), device, lab.depot, plan), first);
}

void TestAuthority::refusesAnotherRequestOfThatTransaction()
{
    LabCaFolder lab;
    for (const Mode mode : {Mode::Approve, Mode::Auto}) {
        Authority authority(lab.depot, policyWith({}, mode));
        const auto device = LabDevice::create("CN=plc-7");
        QCOMPARE(send(authority, device, lab.depot, device.pkcsReq(lab.depot)),
                 mode == Mode::Auto ? QString("issued") : QString("pending"));

        auto other = LabDevice::create("CN=plc-8");
        other.transactionId = device.transactionId;
        QCOMPARE(send(authority, other, lab.depot, other.pkcsReq(lab.depot)),
                 QString("badRequest: the transactionID belongs to another request"));
        // Somebody who got hold of the CSR, but not of its key.
        RequestPlan stolen = device.pkcsReq(lab.depot);
        stolen.signer = signerOf("CN=plc-7", TestSupport::rsaKey("thief"));
        QCOMPARE(send(authority, device, lab.depot, stolen),
                 QString("badRequest: the transactionID belongs to the request of another key"));
        QCOMPARE((*lab.depot.find(device.transactionId))->subject().commonName(), QString("plc-7"));
    }
}

void TestAuthority::approvesAndRejects()
{
    LabCaFolder lab;
    Authority authority(lab.depot, policyWith("s3cret", Mode::Approve));
    const auto good = LabDevice::create("CN=good", "s3cret");
    const auto bad = LabDevice::create("CN=bad", "s3cret", {}, "other device");
    for (const LabDevice *device : {&good, &bad}) {
        QCOMPARE(send(authority, *device, lab.depot, device->pkcsReq(lab.depot)), QString("pending"));
        QCOMPARE(send(authority, *device, lab.depot, device->certPoll(lab.depot)), QString("pending"));
    }
    // A person decides in another process.
    auto desk = must(Depot::open(lab.path()));
    QCOMPARE(desk.enrollments()->size(), 2);
    QVERIFY(desk.approve(good.transactionId));
    QVERIFY(desk.reject(bad.transactionId, "not our device"));

    const RequestPlan poll = good.certPoll(lab.depot);
    LogEntry log;
    const HttpResponse response = post(authority, buildMessage(poll), &log);
    QCOMPARE(outcome(response, good, lab.depot, poll), QString("issued"));
    QCOMPARE(log.operation, QString("PKIOperation CertPoll"));
    QCOMPARE(log.subject, QString("CN=good"));
    const auto certificate = issuedCertificate(response, good, lab.depot, poll);
    QCOMPARE((*desk.find(good.transactionId))->state, Enrollment::State::Issued);
    QCOMPARE((*desk.find(good.transactionId))->certificate, certificate);
    const RequestPlan again = good.certPoll(lab.depot);
    QCOMPARE(issuedCertificate(post(authority, buildMessage(again)), good, lab.depot, again), certificate);

    QCOMPARE(send(authority, bad, lab.depot, bad.certPoll(lab.depot)), QString("badRequest: not our device"));
    QCOMPARE(send(authority, bad, lab.depot, bad.pkcsReq(lab.depot)), QString("badRequest: not our device"));
    QVERIFY((*desk.find(bad.transactionId))->certificate.isNull());
}

void TestAuthority::acceptsAResentRequestAsPoll()
{
    LabCaFolder lab;
    Authority authority(lab.depot, policyWith("s3cret", Mode::Approve));
    auto device = LabDevice::create("CN=plc-7", "s3cret");
    QCOMPARE(send(authority, device, lab.depot, device.pkcsReq(lab.depot)), QString("pending"));
    const QDateTime receivedAt = (*lab.depot.find(device.transactionId))->receivedAt;
    // scepclient wraps the same CSR under a new self-signed certificate each time.
    device.signer = signerOf("CN=plc-7", device.key);
    QCOMPARE(send(authority, device, lab.depot, device.pkcsReq(lab.depot)), QString("pending"));
    QCOMPARE((*lab.depot.find(device.transactionId))->receivedAt, receivedAt);
    QVERIFY(lab.depot.approve(device.transactionId));
    QCOMPARE(send(authority, device, lab.depot, device.pkcsReq(lab.depot)), QString("issued"));
    QCOMPARE(lab.depot.enrollments()->size(), 1);
}

void TestAuthority::refusesBadPolls_data()
{
    using Change = std::function<void(RequestPlan &, const Depot &)>;
    QTest::addColumn<Change>("change");
    QTest::addColumn<QString>("expected");
    const auto named = [](const QString &text) { return must(Pki::DistinguishedName::fromText(text)); };
    const QString mismatch("badCertId: issuer and subject do not fit the transactionID");
    QTest::newRow("unknown transaction") << Change([](RequestPlan &plan, const Depot &) {
        plan.transactionId = must(Scep::TransactionId::fromText("NOBODY"));
    }) << "badCertId: no request with this transactionID is known";
    QTest::newRow("other issuer") << Change([named](RequestPlan &plan, const Depot &) {
        plan.payload = Scep::issuerAndSubjectDer(named("CN=Other CA"), named("CN=plc-7"));
    }) << mismatch;
    QTest::newRow("the issuing CA's issuer") << Change([named](RequestPlan &plan, const Depot &depot) {
        plan.payload = Scep::issuerAndSubjectDer(depot.issuing().issuer(), named("CN=plc-7"));
    }) << mismatch;
    QTest::newRow("other subject") << Change([named](RequestPlan &plan, const Depot &depot) {
        plan.payload = Scep::issuerAndSubjectDer(depot.issuing().subject(), named("CN=plc-8"));
    }) << mismatch;
    QTest::newRow("other key") << Change([](RequestPlan &plan, const Depot &) {
        plan.signer = signerOf("CN=plc-7", TestSupport::rsaKey("thief"));
    }) << "badRequest: the poll is not signed with the key of the request";
    QTest::newRow("no IssuerAndSubject") << Change([](RequestPlan &plan, const Depot &) { plan.payload = QByteArray("\x30\x00", 2); })
                                         << "badRequest: the poll holds no IssuerAndSubject";
}

void TestAuthority::refusesBadPolls()
{
    QFETCH(const std::function<void(RequestPlan &, const Depot &)>, change);
    QFETCH(const QString, expected);
    LabCaFolder lab;
    Authority authority(lab.depot, policyWith({}, Mode::Approve));
    const auto device = LabDevice::create("CN=plc-7");
    QCOMPARE(send(authority, device, lab.depot, device.pkcsReq(lab.depot)), QString("pending"));
    QVERIFY(lab.depot.approve(device.transactionId));
    RequestPlan poll = device.certPoll(lab.depot);
    change(poll, lab.depot);
    QCOMPARE(send(authority, device, lab.depot, poll), expected);
    QCOMPARE((*lab.depot.find(device.transactionId))->state, Enrollment::State::Approved);
    QCOMPARE(send(authority, device, lab.depot, device.certPoll(lab.depot)), QString("issued"));
}

void TestAuthority::servesASignerWithAnotherKey()
{
    // macOS signs with a key and a name of its own; an EC key gets its certificate this way too.
    LabCaFolder lab;
    Authority authority(lab.depot, policyWith({}, Mode::Approve));
    auto device = LabDevice::create("CN=plc-7");
    device.signer = signerOf("CN=MDM SCEP SIGNER", TestSupport::rsaKey("signer"));
    device.request = TestSupport::makeRequest("CN=plc-7", TestSupport::ecKey("device"));
    QCOMPARE(send(authority, device, lab.depot, device.pkcsReq(lab.depot)), QString("pending"));
    QVERIFY(lab.depot.approve(device.transactionId));
    const RequestPlan poll = device.certPoll(lab.depot);
    const auto certificate = issuedCertificate(post(authority, buildMessage(poll)), device, lab.depot, poll);
    QCOMPARE(certificate.publicKey(), TestSupport::ecKey("device").publicKey());
    QCOMPARE(certificate.keyUsage(), std::optional<Pki::KeyUsage>(Pki::KeyUsageBit::DigitalSignature));
}

void TestAuthority::issuesAnewWhenTheCertificateHasEnded()
{
    // Clients that derive the transactionID from the key send the same one when they enrol again years later.
    LabCaFolder lab;
    QDateTime now = QDateTime::currentDateTimeUtc().addDays(-100);
    Policy policy = policyWith("s3cret");
    policy.validityDays = 99;
    // The CA is younger than that clock: let it begin.
    now = qMax(now, lab.depot.issuing().notBefore());
    Authority authority(lab.depot, std::move(policy), [&now] { return now; });
    const auto device = LabDevice::create("CN=plc-7", "s3cret");
    QCOMPARE(send(authority, device, lab.depot, device.pkcsReq(lab.depot)), QString("issued"));
    const auto first = (*lab.depot.find(device.transactionId))->certificate;
    now = first.notAfter().addSecs(1);
    QCOMPARE(post(authority, buildMessage(device.pkcsReq(lab.depot))).status, 200);
    const auto second = (*lab.depot.find(device.transactionId))->certificate;
    QVERIFY(second.serialNumber() != first.serialNumber());
    QVERIFY(second.isValidAt(now));
}

void TestAuthority::storesBeforeItSends()
{
    LabCaFolder lab;
    Authority authority(lab.depot, {});
    QVERIFY(QDir(lab.path() + "/enrollments").removeRecursively());
    QFile inTheWay(lab.path() + "/enrollments");
    QVERIFY(inTheWay.open(QIODevice::WriteOnly));
    inTheWay.close();
    const auto device = LabDevice::create("CN=plc-7");
    LogEntry log;
    const HttpResponse response = post(authority, buildMessage(device.pkcsReq(lab.depot)), &log);
    QCOMPARE(response.status, 500);
    QVERIFY(response.contentType.startsWith("text/plain"));
    QVERIFY2(log.outcome.startsWith("HTTP 500"), qPrintable(log.outcome));
    QVERIFY(inTheWay.remove());
    QVERIFY(QDir().mkdir(lab.path() + "/enrollments"));
    QCOMPARE(send(authority, device, lab.depot, device.pkcsReq(lab.depot)), QString("issued"));
}

void TestAuthority::keepsNoChallenge()
{
    LabCaFolder lab;
    const QByteArray challenge("Vm9yIGRlbSBHZXNldHo-unmistakable");
    for (const Mode mode : {Mode::Auto, Mode::Approve}) {
        Authority authority(lab.depot, policyWith(challenge, mode));
        const auto device = LabDevice::create("CN=plc-7", challenge);
        LogEntry log;
        post(authority, buildMessage(device.pkcsReq(lab.depot)), &log);
        QVERIFY(lab.depot.find(device.transactionId)->has_value());
        for (const QString &text : {log.operation, log.subject, log.outcome, log.transactionId})
            QVERIFY(!text.contains(QString::fromLatin1(challenge)));
    }
    int files = 0;
    QDirIterator every(lab.path(), QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
    while (every.hasNext()) {
        QFile file(every.next());
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray bytes = file.readAll();
        ++files;
        // In the clear, or within DER that was written as base64 (at any of its three alignments).
        QVERIFY(!bytes.contains(challenge));
        for (int shift = 0; shift < 3; ++shift)
            QVERIFY(!bytes.contains((QByteArray(shift, 'x') + challenge).toBase64().mid(4, 32)));
    }
    QVERIFY(files >= 6);
}

void TestAuthority::isAsQuickWithManyEnrollments()
{
    LabCaFolder lab;
    Authority authority(lab.depot, {});
    const auto averageOf = [&](int count) {
        QList<QByteArray> messages;
        for (int i = 0; i < count; ++i)
            messages.append(buildMessage(LabDevice::create("CN=plc-7").pkcsReq(lab.depot)));
        QElapsedTimer timer;
        timer.start();
        for (const QByteArray &message : messages)
            post(authority, message);
        return double(timer.nsecsElapsed()) / 1e6 / count;
    };
    averageOf(5);
    const double few = averageOf(20);
    const QByteArray sample = [&] {
        QDirIterator every(lab.path() + "/enrollments", QDir::Files);
        QFile file(every.next());
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }();
    QVERIFY(!sample.isEmpty());
    for (int i = 0; i < 1000; ++i) {
        QFile file(QString("%1/enrollments/%2.json").arg(lab.path()).arg(i));
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write(sample) == sample.size());
    }
    const double many = averageOf(20);
    qInfo("one PKCSReq: %.2f ms in an empty folder, %.2f ms beside a thousand others", few, many);
    // Reading a thousand files would add far more than this; the disk's own moods are less.
    QVERIFY2(many < few * 3 + 10, qPrintable(QString("%1 ms, was %2 ms").arg(many).arg(few)));
}

QTEST_GUILESS_MAIN(TestAuthority)
#include "tst_authority.moc"
