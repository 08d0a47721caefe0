// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/authority.h"

#include "scep/pki/cmsrecipients.h"
#include "tests/labca/labdevice.h"
#include "tests/support/opensslprogram.h"

#include <QTest>

#include <atomic>
#include <thread>
#include <vector>

using namespace LabCa;
using Scep::MessageType;
using TestSupport::must;

namespace {

Policy policyOf(Mode mode, const QByteArray &challenge = {})
{
    Policy policy;
    policy.mode = mode;
    policy.challenge = Pki::SecretBytes(challenge);
    policy.renewal.afterPercent = 0;
    return policy;
}

LabDevice deviceWithProfile(const QString &subject, const QString &profile, const QString &names = {})
{
    LabDevice device = LabDevice::create(subject);
    Pki::CertificationRequestTemplate form;
    form.subject = device.request.subject();
    form.templateName = profile;
    if (!names.isEmpty())
        form.subjectAlternativeNames = must(Pki::subjectAlternativeNamesFromText(names));
    device.request = must(Pki::CertificationRequest::create(form, device.key));
    return device;
}

/// A self-signed EC device, and what it can read of a reply.
struct EcDevice {
    LabDevice device;

    explicit EcDevice(const QByteArray &challenge)
    {
        device.key = TestSupport::ecKey("ec device");
        device.request = TestSupport::makeRequest("CN=plc-ec", device.key, {}, challenge);
        device.signer = {must(Scep::createRequestSigner(device.request.subject(), device.key, QDateTime::currentDateTimeUtc())),
                         device.key};
        device.transactionId = Scep::TransactionId::create(device.key.publicKey());
    }
};

} // namespace

/// Registered mode, profiles, where CRLs are to be had, what an approval is good for, and many threads at once.
class TestAuthorityModes final : public QObject
{
    Q_OBJECT

private slots:
    void registeredIsGrantedOnce();
    void registeredSurvivesACrashBeforeTheCertificate();
    void registeredRenewsWithoutChallenge();
    void registeredEcKeysUseTheirOwnChallenge();
    void ecKeysMayAgree();
    void issuesByProfile_data();
    void issuesByProfile();
    void renewsUnderTheNameThatWasAsked();
    void issuesForMinutes();
    void namesItsCrl();
    void approvalOutlivesTrouble();
    void approvalServesARequestThatWaits();
    void approvalIsForItsKeyOnly();
    void earlyPkcsReqIsARequest();
    void answersAsTheFormerCa();
    void caInReply_data();
    void caInReply();
    void changesItsPolicy();
    void servesManyThreads();
    void oneCertificateForManyThreads();
};

void TestAuthorityModes::registeredIsGrantedOnce()
{
    LabCaFolder lab;
    Authority authority(lab.depot, policyOf(Mode::Registered, "not looked at"));
    EntityRegister entities(lab.path());
    QVERIFY(entities.add("plc-7", Pki::SecretBytes(QByteArrayView("one time")), false, QDateTime::currentDateTimeUtc()));
    const auto device = LabDevice::create("O=Lab, CN=plc-7", "one time");
    const RequestPlan plan = device.pkcsReq(lab.depot);
    const Pki::Certificate first = issuedCertificate(post(authority, buildMessage(plan)), device, lab.depot, plan);
    QCOMPARE((*entities.find("plc-7"))->usedBy, plan.transactionId.toText());
    // The reply was lost: the same again.
    RequestPlan again = plan;
    again.senderNonce = Scep::Nonce::create();
    QCOMPARE(issuedCertificate(post(authority, buildMessage(again)), device, lab.depot, again), first);
    // Another request with the challenge, also of the same device, is not.
    const auto other = LabDevice::create("O=Lab, CN=plc-7", "one time", {}, "device-2");
    QCOMPARE(send(authority, other, lab.depot, other.pkcsReq(lab.depot)), QString("badRequest: the challenge password was used already"));
    QCOMPARE(must(lab.depot.enrollments()).size(), 1);
}

void TestAuthorityModes::registeredSurvivesACrashBeforeTheCertificate()
{
    LabCaFolder lab;
    EntityRegister entities(lab.path());
    QVERIFY(entities.add("plc-7", Pki::SecretBytes(QByteArrayView("one time")), false, QDateTime::currentDateTimeUtc()));
    const auto device = LabDevice::create("CN=plc-7", "one time");
    const RequestPlan plan = device.pkcsReq(lab.depot);
    {
        Authority authority(lab.depot, policyOf(Mode::Registered));
        QCOMPARE(send(authority, device, lab.depot, plan), QString("issued"));
    }
    // As if the power had failed between the two: the challenge is used up, the certificate not stored.
    QDir enrollments(lab.path() + "/enrollments");
    for (const QString &file : enrollments.entryList({"*.json"}))
        QVERIFY(enrollments.remove(file));
    Depot reopened = must(Depot::open(lab.path()));
    Authority restarted(reopened, policyOf(Mode::Registered));
    const auto thief = LabDevice::create("CN=plc-7", "one time", {}, "thief");
    QCOMPARE(send(restarted, thief, reopened, thief.pkcsReq(reopened)), QString("badRequest: the challenge password was used already"));
    QCOMPARE(send(restarted, device, reopened, plan), QString("issued"));
}

void TestAuthorityModes::registeredRenewsWithoutChallenge()
{
    LabCaFolder lab;
    Authority authority(lab.depot, policyOf(Mode::Registered));
    EntityRegister entities(lab.path());
    QVERIFY(entities.add("plc-7", Pki::SecretBytes(QByteArrayView("one time")), false, QDateTime::currentDateTimeUtc()));
    const auto device = LabDevice::create("CN=plc-7", "one time");
    const RequestPlan plan = device.pkcsReq(lab.depot);
    const Pki::Certificate first = issuedCertificate(post(authority, buildMessage(plan)), device, lab.depot, plan);
    for (const MessageType type : {MessageType::RenewalReq, MessageType::PkcsReq}) {
        const auto next = LabDevice::create("CN=plc-7", {}, {}, type == MessageType::PkcsReq ? "device-2" : "device-3");
        RequestPlan renewal = next.pkcsReq(lab.depot);
        renewal.type = type;
        renewal.signer = {first, device.key};
        QCOMPARE(send(authority, next, lab.depot, renewal), QString("issued"));
    }
}

void TestAuthorityModes::registeredEcKeysUseTheirOwnChallenge()
{
    LabCaFolder lab;
    Authority authority(lab.depot, policyOf(Mode::Registered, "the policy's"));
    EntityRegister entities(lab.path());
    QVERIFY(entities.add("plc-ec", Pki::SecretBytes(QByteArrayView("one time")), false, QDateTime::currentDateTimeUtc()));
    const EcDevice ec("one time");
    const RequestPlan plan = ec.device.pkcsReq(lab.depot);
    const HttpResponse response = post(authority, buildMessage(plan));
    QCOMPARE(response.status, 200);
    const auto envelope = must(Pki::EnvelopedData::fromDer(must(Pki::SignedData::fromDer(response.body)).content().value()));
    QCOMPARE(envelope.recipients().first().kind, Pki::RecipientInfo::Kind::Password);
    QVERIFY(envelope.decryptWithPassword(Pki::SecretBytes(QByteArrayView("one time"))));
    QVERIFY(!envelope.decryptWithPassword(Pki::SecretBytes(QByteArrayView("the policy's"))));
}

void TestAuthorityModes::ecKeysMayAgree()
{
    LabCaFolder lab;
    Policy policy = policyOf(Mode::Auto);
    policy.personality.agreesOnKeys = true;
    Authority authority(lab.depot, std::move(policy));
    const EcDevice ec({}); // no challenge is needed then
    for (const Pki::Cipher cipher : {Pki::Cipher::Aes128, Pki::Cipher::Aes256, Pki::Cipher::TripleDes}) {
        RequestPlan plan = ec.device.pkcsReq(lab.depot);
        plan.cipher = cipher;
        const HttpResponse response = post(authority, buildMessage(plan));
        QCOMPARE(outcome(response, ec.device, lab.depot, plan), QString("issued"));
        const QByteArray content = must(Pki::SignedData::fromDer(response.body)).content().value();
        const auto envelope = must(Pki::EnvelopedData::fromDer(content));
        QCOMPARE(envelope.recipients().size(), 1);
        QCOMPARE(envelope.recipients().first().kind, Pki::RecipientInfo::Kind::KeyAgreement);
        QCOMPARE(envelope.contentCipher(), std::optional(cipher));
        // Another program's opinion.
        const Test::OpensslProgram openssl;
        openssl.write("reply.der", content);
        openssl.write("signer.pem", ec.device.signer.certificate.toPem());
        openssl.write("key.pem", ec.device.key.toPkcs8Pem().view().toByteArray());
        const auto opened = openssl.run(
            {"cms", "-decrypt", "-inform", "DER", "-in", "reply.der", "-recip", "signer.pem", "-inkey", "key.pem", "-out", "/dev/null"});
        QVERIFY2(opened.isGood(), opened.errors.constData());
    }
    QVERIFY(!Pki::encryptCmsByKeyAgreement("x", lab.depot.issuing(), Pki::Cipher::Aes128));
}

void TestAuthorityModes::issuesByProfile_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("extended");
    QTest::addColumn<QString>("subject");
    QTest::addColumn<qint64>("minutes");
    QTest::addColumn<QString>("log");
    const qint64 year = 365 * 24 * 60;
    QTest::newRow("none") << "" << "clientAuth, serverAuth" << "O=Maker, CN=plc-7.lab.example" << year << "";
    QTest::newRow("tls-client") << "tls-client" << "clientAuth" << "O=Maker, CN=plc-7.lab.example" << year << ", profile tls-client";
    QTest::newRow("tls-server, other case") << "TLS-Server" << "serverAuth" << "O=Maker, CN=plc-7.lab.example" << year
                                            << ", profile tls-server";
    QTest::newRow("unknown") << "Switch" << "clientAuth, serverAuth" << "O=Maker, CN=plc-7.lab.example" << year
                             << ", profile tls-both, because there is no \"Switch\"";
    QTest::newRow("of the file") << "plant" << "serverAuth" << "C=SE, O=Plant, CN=plc-7.lab.example" << qint64(90)
                                 << ", profile plant, subject: O=Plant instead of O=Maker, subject: C=SE put in, subjectAltName: "
                                    "DNS:plc-7.lab.example put in";
}

void TestAuthorityModes::issuesByProfile()
{
    QFETCH(const QString, name);
    QFETCH(const QString, extended);
    QFETCH(const qint64, minutes);
    QFETCH(const QString, log);
    LabCaFolder lab;
    Policy policy = policyOf(Mode::Auto);
    policy.profiles = must(Profiles::fromJson(R"([{"name": "plant", "extendedKeyUsage": ["serverAuth"], "validityMinutes": 90,
        "replaced": {"O": "Plant"}, "added": {"C": "SE"}, "addsDnsNameOfCommonName": true}])"));
    const QDateTime now = QDateTime::currentDateTimeUtc();
    Authority authority(lab.depot, std::move(policy), [now] { return now; });
    const LabDevice device = deviceWithProfile("O=Maker, CN=plc-7.lab.example", name);
    LogEntry entry;
    const RequestPlan plan = device.pkcsReq(lab.depot);
    const auto certificate = issuedCertificate(post(authority, buildMessage(plan), &entry), device, lab.depot, plan);
    QCOMPARE(certificate.extendedKeyUsage().size(), must(Pki::extendedKeyUsageFromText(extended)).size());
    for (const Pki::Oid &oid : must(Pki::extendedKeyUsageFromText(extended)))
        QVERIFY(certificate.extendedKeyUsage().contains(oid));
    QTEST(certificate.subject().toText(), "subject");
    QCOMPARE(certificate.templateName(), name);
    QCOMPARE(certificate.notAfter().toSecsSinceEpoch(), now.addSecs(minutes * 60).toSecsSinceEpoch());
    QCOMPARE(Pki::toText(certificate.subjectAlternativeNames()), name == "plant" ? QString("DNS:plc-7.lab.example") : QString());
    QCOMPARE(entry.outcome, "issued " + certificate.serialNumber().toHex() + log);
    QCOMPARE(entry.subject, QString("O=Maker, CN=plc-7.lab.example")); // as asked
}

void TestAuthorityModes::renewsUnderTheNameThatWasAsked()
{
    LabCaFolder lab;
    Policy policy = policyOf(Mode::Auto, "s3cret");
    policy.profiles = must(Profiles::fromJson(R"([{"name": "tls-both", "replaced": {"O": "Plant"}}])"));
    Authority authority(lab.depot, std::move(policy));
    const auto device = LabDevice::create("O=Maker, CN=plc-7", "s3cret");
    const RequestPlan plan = device.pkcsReq(lab.depot);
    const auto first = issuedCertificate(post(authority, buildMessage(plan)), device, lab.depot, plan);
    QCOMPARE(first.subject().toText(), QString("O=Plant, CN=plc-7"));
    for (const QString subject : {"O=Maker, CN=plc-7", "O=Plant, CN=plc-7", "O=Else, CN=plc-7"}) {
        const auto next = LabDevice::create(subject, {}, {}, "device of " + subject);
        RequestPlan renewal = next.pkcsReq(lab.depot);
        renewal.type = MessageType::RenewalReq;
        renewal.signer = {first, device.key};
        QCOMPARE(send(authority, next, lab.depot, renewal) == "issued", !subject.contains("Else"));
    }
}

void TestAuthorityModes::issuesForMinutes()
{
    LabCaFolder lab;
    Policy policy = policyOf(Mode::Auto);
    policy.setValidity(std::chrono::minutes(1));
    policy.renewal.afterPercent = 50;
    QDateTime now = QDateTime::currentDateTimeUtc();
    Authority authority(lab.depot, std::move(policy), [&now] { return now; });
    const auto device = LabDevice::create("CN=plc-7");
    const RequestPlan plan = device.pkcsReq(lab.depot);
    const auto first = issuedCertificate(post(authority, buildMessage(plan)), device, lab.depot, plan);
    QCOMPARE(first.notAfter().toSecsSinceEpoch(), now.addSecs(60).toSecsSinceEpoch());
    QVERIFY(first.notBefore() <= now);
    // Not renewable at once: most of its life is still before it.
    const auto next = LabDevice::create("CN=plc-7", {}, {}, "device-2");
    RequestPlan renewal = next.pkcsReq(lab.depot);
    renewal.type = MessageType::RenewalReq;
    renewal.signer = {first, device.key};
    const QByteArray message = buildMessage(renewal);
    QVERIFY(outcome(post(authority, message), next, lab.depot, renewal).startsWith("badRequest: the certificate can be renewed from "));
    now = now.addSecs(40);
    QCOMPARE(outcome(post(authority, message), next, lab.depot, renewal), QString("issued"));
}

void TestAuthorityModes::namesItsCrl()
{
    LabCaFolder lab;
    Authority authority(lab.depot, policyOf(Mode::Auto));
    const auto unnamed = LabDevice::create("CN=plc-6");
    const RequestPlan plain = unnamed.pkcsReq(lab.depot);
    QVERIFY(issuedCertificate(post(authority, buildMessage(plain)), unnamed, lab.depot, plain).crlDistributionPoints().isEmpty());

    authority.publishAt({.baseUrl = QUrl("http://127.0.0.1:8080/scep"), .alias = "plant"});
    const auto device = LabDevice::create("CN=plc-7", {}, {}, "device-2");
    const RequestPlan plan = device.pkcsReq(lab.depot);
    const auto certificate = issuedCertificate(post(authority, buildMessage(plan)), device, lab.depot, plan);
    const QStringList points = certificate.crlDistributionPoints();
    QCOMPARE(points.size(), 1);
    QVERIFY2(QRegularExpression("^http://127\\.0\\.0\\.1:8080/crl/plant-[0-9a-f]{8}\\.crl$").match(points.first()).hasMatch(),
             qPrintable(points.first()));
    const QStringList issuers = certificate.authorityInformationUrls();
    QCOMPARE(issuers.size(), 1);
    QVERIFY2(issuers.first().startsWith("CA issuers: http://127.0.0.1:8080/ca/plant-"), qPrintable(issuers.first()));

    const auto fileOf = [](const QString &url) { return url.section('/', -1); };
    const auto crlNow = [&] {
        const auto response = authority.publishedFile(true, fileOf(points.first()));
        if (!response || response->status != 200 || response->contentType != "application/pkix-crl")
            qFatal("no CRL");
        return must(Pki::Crl::fromDer(response->body));
    };
    QVERIFY(crlNow().revoked().isEmpty());
    const Pki::Certificate issuer = lab.depot.issuing();
    const auto published = authority.publishedFile(false, fileOf(issuers.first()));
    QCOMPARE(published->contentType, QByteArray("application/pkix-cert"));
    QCOMPARE(published->body, issuer.der());
    QVERIFY(!authority.publishedFile(true, fileOf(issuers.first())));
    QVERIFY(!authority.publishedFile(true, "other.crl"));

    // After a rollover the certificate still finds its own issuer and its own CRL, and what it is revoked by.
    QVERIFY(lab.depot.makeNextIssuing());
    QVERIFY(lab.depot.switchToNextIssuing());
    QVERIFY(lab.depot.revoke(plan.transactionId, "keyCompromise", QDateTime::currentDateTimeUtc()));
    const Pki::Crl crl = crlNow();
    QVERIFY(crl.isSignedBy(issuer));
    QVERIFY(!crl.isSignedBy(lab.depot.issuing()));
    QCOMPARE(crl.find(certificate.serialNumber())->reason, QString("keyCompromise"));
    QVERIFY(crl.nextUpdate().isValid());
    QCOMPARE(authority.publishedFile(false, fileOf(issuers.first()))->body, issuer.der());
    const auto current = authority.publishedFile(true, "plant.crl");
    QVERIFY(must(Pki::Crl::fromDer(current->body)).isSignedBy(lab.depot.issuing()));
    QVERIFY(must(Pki::Crl::fromDer(current->body)).revoked().isEmpty());
}

void TestAuthorityModes::approvalOutlivesTrouble()
{
    LabCaFolder lab;
    Policy policy = policyOf(Mode::Approve);
    // A profile that leaves no valid name: what the person approved cannot be issued.
    policy.profiles = must(Profiles::fromJson(R"([{"name": "tls-both", "added": {"L": ")" + QByteArray(128, 'x') + R"("}}])"));
    Authority authority(lab.depot, std::move(policy));
    auto device = LabDevice::create("CN=plc-7");
    const RequestPlan plan = device.pkcsReq(lab.depot);
    QCOMPARE(send(authority, device, lab.depot, plan), QString("pending"));
    QVERIFY(lab.depot.approve(device.transactionId));
    QDateTime now = lab.depot.issuing().notAfter().addSecs(1);
    Authority late(lab.depot, policyOf(Mode::Approve), [&now] { return now; });
    // The issuing CA is over; the client is told to come back, and nothing of the approval is lost.
    const QByteArray message = buildMessage(device.certPoll(lab.depot));
    QCOMPARE(post(late, message).status, 500);
    const auto stored = must(lab.depot.find(device.transactionId));
    QCOMPARE(stored->state, Enrollment::State::Approved);
    QVERIFY2(stored->issuingTrouble.contains("not in force"), qPrintable(stored->issuingTrouble));

    // A new PKCSReq, with a transactionID and nonces of its own, also to a restarted server: no second approval.
    now = QDateTime::currentDateTimeUtc();
    Depot reopened = must(Depot::open(lab.path()));
    Authority restarted(reopened, policyOf(Mode::Approve), [&now] { return now; });
    const LabDevice again = LabDevice::create("CN=plc-7");
    QVERIFY(again.transactionId != device.transactionId);
    const RequestPlan second = again.pkcsReq(reopened);
    const Pki::Certificate certificate = issuedCertificate(post(restarted, buildMessage(second)), again, reopened, second);
    QCOMPARE(must(reopened.find(again.transactionId))->certificate, certificate);
    const auto former = must(reopened.find(device.transactionId));
    QCOMPARE(former->state, Enrollment::State::Rejected);
    QVERIFY(former->rejectionReason.contains(again.transactionId.toText()));
    // It was good for one certificate.
    const LabDevice third = LabDevice::create("CN=plc-7");
    QCOMPARE(send(restarted, third, reopened, third.pkcsReq(reopened)), QString("pending"));
}

void TestAuthorityModes::approvalServesARequestThatWaits()
{
    LabCaFolder lab;
    QDateTime now = QDateTime::currentDateTimeUtc();
    Authority authority(lab.depot, policyOf(Mode::Approve), [&now] { return now; });
    const auto first = LabDevice::create("CN=plc-7");
    const auto second = LabDevice::create("CN=plc-7"); // the same key, another transaction
    for (const LabDevice *device : {&first, &second})
        QCOMPARE(send(authority, *device, lab.depot, device->pkcsReq(lab.depot)), QString("pending"));
    QVERIFY(lab.depot.approve(first.transactionId));
    const QByteArray poll = buildMessage(first.certPoll(lab.depot));
    now = lab.depot.issuing().notAfter().addSecs(1);
    QCOMPARE(post(authority, poll).status, 500);
    now = QDateTime::currentDateTimeUtc();
    // Whichever of the two asks first has it, and only that one.
    const auto stranger = LabDevice::create("CN=plc-9");
    QCOMPARE(send(authority, stranger, lab.depot, stranger.pkcsReq(lab.depot)), QString("pending"));
    QCOMPARE(must(lab.depot.find(first.transactionId))->state, Enrollment::State::Approved);
    QCOMPARE(send(authority, second, lab.depot, second.pkcsReq(lab.depot)), QString("issued"));
    QCOMPARE(must(lab.depot.find(first.transactionId))->state, Enrollment::State::Rejected);
    QVERIFY(send(authority, first, lab.depot, first.certPoll(lab.depot)).startsWith("badRequest: the request "));
}

void TestAuthorityModes::approvalIsForItsKeyOnly()
{
    LabCaFolder lab;
    QDateTime now = QDateTime::currentDateTimeUtc();
    Authority authority(lab.depot, policyOf(Mode::Approve), [&now] { return now; });
    const auto device = LabDevice::create("CN=plc-7");
    QCOMPARE(send(authority, device, lab.depot, device.pkcsReq(lab.depot)), QString("pending"));
    QVERIFY(lab.depot.approve(device.transactionId));
    const QByteArray poll = buildMessage(device.certPoll(lab.depot));
    now = lab.depot.issuing().notAfter().addSecs(1);
    QCOMPARE(post(authority, poll).status, 500);
    now = QDateTime::currentDateTimeUtc();
    for (const LabDevice &other : {LabDevice::create("CN=plc-7", {}, {}, "thief"), LabDevice::create("CN=plc-8")})
        QCOMPARE(send(authority, other, lab.depot, other.pkcsReq(lab.depot)), QString("pending"));
    // The device's own poll still gets it.
    const RequestPlan again = device.certPoll(lab.depot);
    QCOMPARE(send(authority, device, lab.depot, again), QString("issued"));
    QVERIFY(must(lab.depot.find(device.transactionId))->issuingTrouble.isEmpty());
}

void TestAuthorityModes::earlyPkcsReqIsARequest()
{
    // EJBCA: only past half of the validity is a PKCSReq under the old certificate a renewal; before, its challenge counts.
    LabCaFolder lab;
    Policy policy = policyOf(Mode::Approve, "s3cret");
    policy.renewal.afterPercent = 50;
    QDateTime now = QDateTime::currentDateTimeUtc();
    Authority authority(lab.depot, std::move(policy), [&now] { return now; });
    const auto device = LabDevice::create("CN=plc-7", "s3cret");
    const RequestPlan plan = device.pkcsReq(lab.depot);
    QCOMPARE(send(authority, device, lab.depot, plan), QString("pending"));
    QVERIFY(lab.depot.approve(device.transactionId));
    const auto first = issuedCertificate(post(authority, buildMessage(plan)), device, lab.depot, plan);
    const auto early = LabDevice::create("CN=plc-7", "s3cret", {}, "device-2");
    RequestPlan asRequest = early.pkcsReq(lab.depot);
    asRequest.signer = {first, device.key};
    QCOMPARE(send(authority, early, lab.depot, asRequest), QString("pending")); // a person decides
    const auto late = LabDevice::create("CN=plc-7", {}, {}, "device-3");
    RequestPlan asRenewal = late.pkcsReq(lab.depot);
    asRenewal.signer = {first, device.key};
    const QByteArray message = buildMessage(asRenewal);
    now = now.addDays(200);
    const auto answer = post(authority, message);
    QCOMPARE(answer.status, 200);
    QCOMPARE(must(lab.depot.find(late.transactionId))->state, Enrollment::State::Issued);
}

void TestAuthorityModes::answersAsTheFormerCa()
{
    for (const RaKind ra : {RaKind::None, RaKind::Split}) {
        CaDescription description = quickCa();
        description.ra = ra;
        LabCaFolder lab(description);
        Authority authority(lab.depot, policyOf(Mode::Approve));
        const auto device = LabDevice::create("CN=plc-7");
        QCOMPARE(send(authority, device, lab.depot, device.pkcsReq(lab.depot)), QString("pending"));
        const RequestPlan poll = device.certPoll(lab.depot); // of a client that knows nothing of what follows
        const auto before = lab.depot.material();
        QVERIFY(lab.depot.makeNextIssuing());
        QVERIFY(lab.depot.switchToNextIssuing());
        QVERIFY(lab.depot.approve(device.transactionId));
        const HttpResponse response = post(authority, buildMessage(poll));
        const auto message = must(Pki::SignedData::fromDer(response.body));
        QVERIFY(message.verifySigner(0, before->current.replySigner()));
        const auto issued = must(lab.depot.find(device.transactionId))->certificate;
        QVERIFY(issued.isSignedBy(lab.depot.issuing()));
        // The client that has meanwhile fetched the new CA.
        QCOMPARE(send(authority, device, lab.depot, device.certPoll(lab.depot)), QString("issued"));
    }
}

void TestAuthorityModes::caInReply_data()
{
    QTest::addColumn<bool>("includes");
    QTest::newRow("with") << true;
    QTest::newRow("without") << false;
}

void TestAuthorityModes::caInReply()
{
    QFETCH(const bool, includes);
    LabCaFolder lab;
    Policy policy = policyOf(Mode::Auto);
    policy.includesCaInReply = includes;
    Authority authority(lab.depot, std::move(policy));
    const auto device = LabDevice::create("CN=plc-7");
    const RequestPlan plan = device.pkcsReq(lab.depot);
    const HttpResponse response = post(authority, buildMessage(plan));
    const auto envelope = must(Pki::EnvelopedData::fromDer(must(Pki::SignedData::fromDer(response.body)).content().value()));
    const auto bundle = must(Pki::SignedData::fromDer(must(envelope.decrypt(device.key, device.signer.certificate))));
    QCOMPARE(bundle.certificates().size(), includes ? 2 : 1);
    QCOMPARE(bundle.certificates().contains(lab.depot.issuing()), includes);
}

void TestAuthorityModes::changesItsPolicy()
{
    LabCaFolder lab;
    Authority authority(lab.depot, policyOf(Mode::Auto, "first"));
    const auto device = LabDevice::create("CN=plc-7", "second");
    QCOMPARE(send(authority, device, lab.depot, device.pkcsReq(lab.depot)), QString("badRequest: the challenge password is wrong"));
    authority.setPolicy(policyOf(Mode::Approve, "second"));
    QCOMPARE(authority.policy()->mode, Mode::Approve);
    QCOMPARE(send(authority, device, lab.depot, device.pkcsReq(lab.depot)), QString("pending"));
}

void TestAuthorityModes::servesManyThreads()
{
    LabCaFolder lab;
    Authority authority(lab.depot, policyOf(Mode::Auto, "s3cret"));
    constexpr int threadCount = 4;
    constexpr int each = 15;
    QList<LabDevice> devices;
    QList<RequestPlan> plans;
    QList<QByteArray> messages;
    for (int i = 0; i < threadCount * each; ++i) {
        devices.append(LabDevice::create(QString("CN=plc-%1").arg(i), i % 5 == 0 ? "wrong" : "s3cret", {}, QString("key %1").arg(i % 8)));
        plans.append(devices.last().pkcsReq(lab.depot));
        messages.append(buildMessage(plans.last()));
    }
    std::vector<HttpResponse> responses(messages.size());
    std::vector<std::thread> threads;
    for (int t = 0; t < threadCount; ++t) {
        threads.emplace_back([&, t] {
            for (int i = t; i < messages.size(); i += threadCount)
                responses[static_cast<std::size_t>(i)] = post(authority, messages[i]);
        });
    }
    // Meanwhile a person looks at the list, and the CA rolls over.
    QVERIFY(lab.depot.enrollments());
    for (std::thread &thread : threads)
        thread.join();
    QSet<QByteArray> serials;
    for (int i = 0; i < messages.size(); ++i) {
        const QString said = outcome(responses[static_cast<std::size_t>(i)], devices[i], lab.depot, plans[i]);
        QCOMPARE(said, i % 5 == 0 ? QString("badRequest: the challenge password is wrong") : QString("issued"));
        if (i % 5 != 0)
            serials.insert(must(lab.depot.find(plans[i].transactionId))->certificate.serialNumber().bytes());
    }
    QCOMPARE(serials.size(), threadCount * each * 4 / 5);
    QCOMPARE(must(lab.depot.enrollments()).size(), serials.size());
}

void TestAuthorityModes::oneCertificateForManyThreads()
{
    // The same request several times at once, also through a second depot on the folder, as another process has it.
    LabCaFolder lab;
    Depot beside = must(Depot::open(lab.path()));
    Authority first(lab.depot, policyOf(Mode::Auto));
    Authority second(beside, policyOf(Mode::Auto));
    const auto device = LabDevice::create("CN=plc-7");
    const RequestPlan plan = device.pkcsReq(lab.depot);
    const QByteArray message = buildMessage(plan);
    std::vector<HttpResponse> responses(8);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < responses.size(); ++i)
        threads.emplace_back([&, i] { responses[i] = post(i % 2 ? first : second, message); });
    for (std::thread &thread : threads)
        thread.join();
    const Pki::Certificate certificate = must(lab.depot.find(plan.transactionId))->certificate;
    for (const HttpResponse &response : responses)
        QCOMPARE(issuedCertificate(response, device, lab.depot, plan), certificate);
}

QTEST_GUILESS_MAIN(TestAuthorityModes)
#include "tst_authority_modes.moc"
