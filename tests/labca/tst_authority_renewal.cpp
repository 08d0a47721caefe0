// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/protocol/certificatequery.h"
#include "scep/protocol/nextca.h"
#include "tests/labca/labdevice.h"
#include "tests/support/opensslprogram.h"

#include <QDir>
#include <QTest>

using LabCa::Authority;
using LabCa::Mode;
using LabCa::Policy;
using Scep::MessageType;
using TestSupport::must;

/// Renewal, GetCert, GetCRL and rollover: what the Lab CA does for devices that have a certificate.
class TestAuthorityRenewal final : public QObject
{
    Q_OBJECT

private slots:
    void renews_data();
    void renews();
    void refusesRenewal_data();
    void refusesRenewal();
    void earlyPkcsReqKeepsTheRules_data();
    void earlyPkcsReqKeepsTheRules();
    void renewalNeedsNoPerson();
    void foreignCertificateMakesNoRenewal();
    void handsOutCertificates();
    void handsOutCrls();
    void announcesItsCapabilities();
    void answersChainRequests();
    void announcesTheNextCaAndSwitches();
    void ecKeysGetTheirReplyByChallenge();

private:
    static Policy policy(Mode mode = Mode::Auto, int renewAfterPercent = 0)
    {
        Policy made;
        made.mode = mode;
        made.challenge = Pki::SecretBytes(QByteArrayView("secret"));
        made.renewal.afterPercent = renewAfterPercent;
        return made;
    }
    /// A device with its first certificate.
    static Pki::Certificate enroll(Authority &authority, const LabCa::Depot &depot, const LabDevice &device)
    {
        const RequestPlan plan = device.pkcsReq(depot);
        return issuedCertificate(post(authority, buildMessage(plan)), device, depot, plan);
    }
    /// The request of `next`, signed with the certificate of `current`.
    static RequestPlan renewal(const LabCa::Depot &depot, const LabDevice &next, const LabDevice &current,
                               const Pki::Certificate &certificate, MessageType type)
    {
        RequestPlan plan = next.pkcsReq(depot);
        plan.type = type;
        plan.signer = {certificate, current.key};
        return plan;
    }
};

void TestAuthorityRenewal::renews_data()
{
    QTest::addColumn<MessageType>("type");
    QTest::addColumn<QString>("newKey");
    QTest::newRow("RenewalReq, new key") << MessageType::RenewalReq << "device-2";
    QTest::newRow("RenewalReq, same key") << MessageType::RenewalReq << "device";
    QTest::newRow("PKCSReq under the certificate, new key") << MessageType::PkcsReq << "device-2";
    QTest::newRow("PKCSReq under the certificate, same key") << MessageType::PkcsReq << "device";
}

void TestAuthorityRenewal::renews()
{
    QFETCH(const MessageType, type);
    QFETCH(const QString, newKey);
    LabCaFolder ca;
    Authority authority(ca.depot, policy());
    const LabDevice device = LabDevice::create("CN=plc-7,O=Lab", "secret");
    const Pki::Certificate first = enroll(authority, ca.depot, device);
    LabDevice next = LabDevice::create("CN=plc-7,O=Lab", {}, {}, newKey); // no challenge
    next.transactionId = must(Scep::TransactionId::fromText("ABCDEF01"));
    const RequestPlan plan = renewal(ca.depot, next, device, first, type);
    const Pki::Certificate second = issuedCertificate(post(authority, buildMessage(plan)), next, ca.depot, plan);
    QVERIFY(second != first);
    QVERIFY(second.serialNumber() != first.serialNumber());
    QCOMPARE(second.publicKey(), next.key.publicKey());
    QCOMPARE(second.subject(), first.subject());
    QCOMPARE(must(ca.depot.enrollments()).size(), 2);
}

void TestAuthorityRenewal::refusesRenewal_data()
{
    QTest::addColumn<QString>("change");
    QTest::addColumn<QString>("expected");
    QTest::newRow("too early") << "early" << "badRequest: the certificate can be renewed from ";
    QTest::newRow("expired") << "expired" << "badRequest: the certificate that signs the renewal has expired";
    QTest::newRow("revoked") << "revoked" << "badRequest: the certificate that signs the renewal is revoked";
    QTest::newRow("other subject") << "subject" << "badRequest: the renewal names another subject";
    QTest::newRow("same key, not allowed") << "key" << "badRequest: a renewal needs a new key here";
    QTest::newRow("self-signed") << "selfsigned" << "badRequest: the certificate that signs the renewal was not issued here";
    QTest::newRow("same name and serial, another CA")
        << "foreign" << "badRequest: the certificate that signs the renewal was not issued here";
}

void TestAuthorityRenewal::refusesRenewal()
{
    QFETCH(const QString, change);
    QFETCH(const QString, expected);
    LabCaFolder ca;
    QDateTime now = QDateTime::currentDateTimeUtc();
    Policy rules = policy(Mode::Auto, change == "early" ? 50 : 0);
    rules.renewal.allowsSameKey = change != "key";
    Authority authority(ca.depot, std::move(rules), [&now] { return now; });
    const LabDevice device = LabDevice::create("CN=plc-7", "secret");
    const Pki::Certificate first = enroll(authority, ca.depot, device);
    LabDevice next = LabDevice::create(change == "subject" ? "CN=plc-8" : "CN=plc-7", {}, {}, change == "key" ? "device" : "device-2");
    next.transactionId = must(Scep::TransactionId::fromText("ABCDEF01"));
    RequestPlan plan = renewal(ca.depot, next, device, first, MessageType::RenewalReq);
    if (change == "revoked")
        QVERIFY(ca.depot.revoke(device.transactionId, "superseded", now));
    if (change == "selfsigned")
        plan.signer = next.signer;
    if (change == "foreign") {
        Pki::CertificateTemplate form;
        form.subject = first.subject();
        form.issuer = first.issuer();
        form.serialNumber = first.serialNumber();
        form.publicKey = device.key.publicKey();
        form.notBefore = first.notBefore();
        form.notAfter = first.notAfter();
        const TestSupport::Identity other =
            TestSupport::makeSelfSigned("CN=Other", TestSupport::rsaKey("other"), QDateTime::currentDateTimeUtc());
        plan.signer.certificate = must(Pki::issueCertificate(form, other.key, other.certificate));
    }
    const QByteArray message = buildMessage(plan);
    if (change == "expired")
        now = first.notAfter().addSecs(1);
    const QString said = outcome(post(authority, message), next, ca.depot, plan);
    QVERIFY2(said.startsWith(expected), qPrintable(said));
    QCOMPARE(must(ca.depot.enrollments()).size(), 1);
}

void TestAuthorityRenewal::earlyPkcsReqKeepsTheRules_data()
{
    QTest::addColumn<QString>("change");
    QTest::addColumn<QByteArray>("challenge"); ///< of the policy and of the request
    QTest::addColumn<QString>("expected");
    for (const QByteArray &challenge : {QByteArray(), QByteArray("secret")}) {
        const char *with = challenge.isEmpty() ? "no challenge" : "challenge";
        QTest::addRow("only early, %s", with) << "" << challenge << "issued";
        QTest::addRow("another name, %s", with) << "subject" << challenge << "issued"; // a request like any other
        QTest::addRow("revoked, %s", with) << "revoked" << challenge << "badRequest: the certificate that signs the renewal is revoked";
        QTest::addRow("same key, %s", with) << "key" << challenge << "badRequest: a renewal needs a new key here";
    }
}

/// A PKCSReq before its signer can be renewed is a new request, but not one that what is revoked could make.
void TestAuthorityRenewal::earlyPkcsReqKeepsTheRules()
{
    QFETCH(const QString, change);
    QFETCH(const QByteArray, challenge);
    QFETCH(const QString, expected);
    LabCaFolder ca;
    Policy rules;
    rules.challenge = Pki::SecretBytes(challenge);
    rules.renewal.afterPercent = 50;
    rules.renewal.allowsSameKey = change != "key";
    Authority authority(ca.depot, std::move(rules));
    const LabDevice device = LabDevice::create("CN=plc-7", challenge);
    const Pki::Certificate first = enroll(authority, ca.depot, device);
    LabDevice next =
        LabDevice::create(change == "subject" ? "CN=plc-8" : "CN=plc-7", challenge, {}, change == "key" ? "device" : "device-2");
    next.transactionId = must(Scep::TransactionId::fromText("ABCDEF01"));
    if (change == "revoked")
        QVERIFY(ca.depot.revoke(device.transactionId, "keyCompromise", QDateTime::currentDateTimeUtc()));
    QCOMPARE(send(authority, next, ca.depot, renewal(ca.depot, next, device, first, MessageType::PkcsReq)), expected);
    QCOMPARE(must(ca.depot.enrollments()).size(), expected == "issued" ? 2 : 1);
}

void TestAuthorityRenewal::renewalNeedsNoPerson()
{
    LabCaFolder ca;
    Authority authority(ca.depot, policy(Mode::Approve));
    const LabDevice device = LabDevice::create("CN=plc-7", "secret");
    const RequestPlan plan = device.pkcsReq(ca.depot);
    QCOMPARE(send(authority, device, ca.depot, plan), QString("pending"));
    QVERIFY(ca.depot.approve(device.transactionId));
    const Pki::Certificate first = issuedCertificate(post(authority, buildMessage(plan)), device, ca.depot, plan);
    LabDevice next = LabDevice::create("CN=plc-7", {}, {}, "device-2");
    QCOMPARE(send(authority, next, ca.depot, renewal(ca.depot, next, device, first, MessageType::RenewalReq)), QString("issued"));
}

void TestAuthorityRenewal::foreignCertificateMakesNoRenewal()
{
    // RFC 8894 2.3: a first PKCSReq may travel under a certificate of another CA; the challenge decides then.
    LabCaFolder ca;
    Authority authority(ca.depot, policy());
    const TestSupport::Identity root =
        TestSupport::makeSelfSigned("CN=Maker of the device", TestSupport::rsaKey("other"), QDateTime::currentDateTimeUtc());
    const LabDevice wrong = LabDevice::create("CN=plc-7", "guessed");
    const LabDevice right = LabDevice::create("CN=plc-7", "secret");
    Pki::CertificateTemplate form;
    form.subject = right.request.subject();
    form.publicKey = right.key.publicKey();
    form.notBefore = QDateTime::currentDateTimeUtc().addDays(-1);
    form.notAfter = QDateTime::currentDateTimeUtc().addDays(1);
    const Pki::Certificate ofMaker = must(Pki::issueCertificate(form, root.key, root.certificate));
    QCOMPARE(send(authority, wrong, ca.depot, renewal(ca.depot, wrong, wrong, ofMaker, MessageType::PkcsReq)),
             QString("badRequest: the challenge password is wrong"));
    QCOMPARE(send(authority, right, ca.depot, renewal(ca.depot, right, right, ofMaker, MessageType::PkcsReq)), QString("issued"));
}

namespace {

/// A GetCert or GetCRL of `device`, and what was answered.
struct Query {
    RequestPlan plan;
    Scep::Result<Scep::CertRep> reply;
};

Query ask(Authority &authority, const LabCa::Depot &depot, const LabDevice &device, const Pki::Certificate &signer, MessageType type,
          const Pki::IssuerAndSerialNumber &about)
{
    Query query;
    query.plan = device.pkcsReq(depot);
    query.plan.type = type;
    query.plan.transactionId = must(Scep::TransactionId::fromText("0123456789"));
    query.plan.payload = Scep::issuerAndSerialNumberDer(about.issuer, about.serialNumber);
    query.plan.signer = {signer, device.key};
    const LabCa::HttpResponse response = post(authority, buildMessage(query.plan));
    if (response.status != 200)
        qFatal("HTTP %d", response.status);
    const Scep::CaCertificates offered{{depot.issuing(), depot.root()}, Scep::CaCertificates::Form::DegenerateSignedData, {}};
    Scep::CertRepContext context;
    context.transactionId = query.plan.transactionId;
    context.senderNonce = query.plan.senderNonce;
    context.now = QDateTime::currentDateTimeUtc();
    context.roles = must(Scep::chooseRoles(offered, depot.root(), context.now));
    context.signer = signer;
    context.signerKey = device.key;
    query.reply = Scep::processCertRep(response.body, context);
    return query;
}

} // namespace

void TestAuthorityRenewal::handsOutCertificates()
{
    LabCaFolder ca;
    Authority authority(ca.depot, policy());
    const LabDevice device = LabDevice::create("CN=plc-7", "secret");
    const Pki::Certificate first = enroll(authority, ca.depot, device);
    const Query found = ask(authority, ca.depot, device, first, MessageType::GetCert, first.issuerAndSerialNumber());
    QVERIFY2(found.reply, qPrintable(found.reply ? QString() : found.reply.error().detail));
    QVERIFY(std::holds_alternative<Scep::IssuedReply>(*found.reply));
    const auto &issued = std::get<Scep::IssuedReply>(*found.reply);
    QVERIFY(issued.certificate == first || issued.extras.contains(first));

    Pki::IssuerAndSerialNumber nobody = first.issuerAndSerialNumber();
    nobody.serialNumber = ca.depot.root().serialNumber();
    const Query missing = ask(authority, ca.depot, device, first, MessageType::GetCert, nobody);
    QVERIFY(std::holds_alternative<Scep::RejectedReply>(*missing.reply));
    QCOMPARE(std::get<Scep::RejectedReply>(*missing.reply).rejection.failInfo(), Scep::FailInfo::BadCertId);
}

void TestAuthorityRenewal::handsOutCrls()
{
    LabCaFolder ca;
    Authority authority(ca.depot, policy());
    const LabDevice device = LabDevice::create("CN=plc-7", "secret");
    const LabDevice other = LabDevice::create("CN=plc-8", "secret", {}, "device-2");
    const Pki::Certificate first = enroll(authority, ca.depot, device);
    enroll(authority, ca.depot, other);
    const QDateTime at = QDateTime::currentDateTimeUtc();
    QVERIFY(ca.depot.revoke(other.transactionId, "keyCompromise", at));
    QVERIFY(!ca.depot.revoke(other.transactionId, "keyCompromise", at)); // once
    QVERIFY(!ca.depot.revoke(device.transactionId, "boredom", at));

    const Query query = ask(authority, ca.depot, device, first, MessageType::GetCrl, first.issuerAndSerialNumber());
    QVERIFY2(query.reply, qPrintable(query.reply ? QString() : query.reply.error().detail));
    QVERIFY(std::holds_alternative<Scep::IssuedReply>(*query.reply));
    const QList<Pki::Crl> crls = std::get<Scep::IssuedReply>(*query.reply).crls;
    QCOMPARE(crls.size(), 1);
    QVERIFY(crls.first().isSignedBy(ca.depot.issuing()));
    QCOMPARE(crls.first().revoked().size(), 1);
    QCOMPARE(crls.first().revoked().first().reason, QString("keyCompromise"));
    QVERIFY(crls.first().find(must(ca.depot.find(other.transactionId))->certificate.serialNumber()));
    QVERIFY(crls.first().nextUpdate() > at.addDays(6));

    // Another program's opinion.
    const Test::OpensslProgram openssl;
    openssl.write("crl.pem", crls.first().toPem());
    openssl.write("ca.pem", ca.depot.issuing().toPem());
    const auto verified = openssl.run({"crl", "-in", "crl.pem", "-CAfile", "ca.pem", "-noout"});
    QVERIFY2(verified.isGood() && verified.errors.contains("verify OK"), verified.errors.constData());
}

void TestAuthorityRenewal::announcesItsCapabilities()
{
    LabCaFolder ca;
    Authority authority(ca.depot, policy());
    const auto announced = Scep::Capabilities::fromBody(authority.capabilities());
    for (const char *word : {"Renewal", "GetNextCACert", "POSTPKIOperation", "AES", "SHA-256", "SCEPStandard"})
        QVERIFY2(announced.lines().contains(QString(word)), word);
}

void TestAuthorityRenewal::answersChainRequests()
{
    LabCaFolder ca;
    Authority authority(ca.depot, policy());
    const LabCa::HttpResponse response = authority.handle({.isPost = false, .path = "/scep", .operation = "GetCACertChain", .message = {}});
    QCOMPARE(response.status, 200);
    QCOMPARE(response.contentType, QByteArray("application/x-x509-ca-ra-cert-chain"));
    const auto chain = must(Scep::parseCaCertificates(response.body, QString::fromLatin1(response.contentType)));
    QCOMPARE(chain.certificates.size(), 2);
    QVERIFY(chain.certificates.contains(ca.depot.root()));
}

void TestAuthorityRenewal::announcesTheNextCaAndSwitches()
{
    LabCaFolder ca;
    Authority authority(ca.depot, policy());
    const auto nextCa = [&] { return authority.handle({.isPost = false, .path = "/scep", .operation = "GetNextCACert", .message = {}}); };
    QCOMPARE(nextCa().status, 404);
    const LabDevice device = LabDevice::create("CN=plc-7", "secret");
    const Pki::Certificate first = enroll(authority, ca.depot, device);
    const Pki::Certificate before = ca.depot.issuing();

    // Another process makes it and switches; the serving one follows.
    LabCa::Depot keeper = must(LabCa::Depot::open(ca.path()));
    QVERIFY(!keeper.switchToNextIssuing());
    QVERIFY(keeper.makeNextIssuing(quickCa()));
    QVERIFY(!keeper.makeNextIssuing(quickCa()));
    const LabCa::HttpResponse announced = nextCa();
    QCOMPARE(announced.status, 200);
    const QDateTime now = QDateTime::currentDateTimeUtc();
    const Scep::CaCertificates offered{{before, ca.depot.root()}, Scep::CaCertificates::Form::DegenerateSignedData, {}};
    const Scep::CaRoles roles = must(Scep::chooseRoles(offered, ca.depot.root(), now));
    const auto staged = Scep::processNextCa(announced.body, roles, now);
    QVERIFY2(staged, qPrintable(staged ? QString() : staged.error().detail));
    QVERIFY(staged->offered.certificates.contains(keeper.nextIssuing()));
    QVERIFY(keeper.nextIssuing().subject() != before.subject());
    QCOMPARE(ca.depot.issuing(), before); // announced, not in force

    QVERIFY(keeper.switchToNextIssuing());
    QCOMPARE(nextCa().status, 404);
    QCOMPARE(ca.depot.issuing(), keeper.issuing());
    QVERIFY(ca.depot.issuing() != before);
    QCOMPARE(ca.depot.retiredIssuing(), QList{before});

    // What the former CA issued can be renewed by the new one.
    LabDevice next = LabDevice::create("CN=plc-7", {}, {}, "device-2");
    const RequestPlan plan = renewal(ca.depot, next, device, first, MessageType::RenewalReq);
    const Pki::Certificate second = issuedCertificate(post(authority, buildMessage(plan)), next, ca.depot, plan);
    QVERIFY(second.isSignedBy(ca.depot.issuing()));
}

void TestAuthorityRenewal::ecKeysGetTheirReplyByChallenge()
{
    LabCaFolder ca;
    Authority authority(ca.depot, policy());
    LabDevice device;
    device.key = must(Pki::PrivateKey::generate({Pki::KeySpec::Algorithm::Ec, 256}));
    device.request = TestSupport::makeRequest("CN=plc-ec", device.key, {}, "secret");
    device.signer = {must(Scep::createRequestSigner(device.request.subject(), device.key, QDateTime::currentDateTimeUtc())), device.key};
    device.transactionId = Scep::TransactionId::create(device.key.publicKey());
    const RequestPlan plan = device.pkcsReq(ca.depot);
    const LabCa::HttpResponse response = post(authority, buildMessage(plan));
    QCOMPARE(response.status, 200);
    const QDateTime now = QDateTime::currentDateTimeUtc();
    const Scep::CaCertificates offered{{ca.depot.issuing(), ca.depot.root()}, Scep::CaCertificates::Form::DegenerateSignedData, {}};
    const Pki::SecretBytes challenge{QByteArrayView("secret")};
    const Pki::SecretBytes wrong{QByteArrayView("guessed")};
    Scep::CertRepContext context;
    context.transactionId = plan.transactionId;
    context.senderNonce = plan.senderNonce;
    context.roles = must(Scep::chooseRoles(offered, ca.depot.root(), now));
    context.publicKey = device.key.publicKey();
    context.subject = device.request.subject();
    context.signer = device.signer.certificate;
    context.signerKey = device.key;
    context.challenge = &challenge;
    context.now = now;
    const auto reply = Scep::processCertRep(response.body, context);
    QVERIFY2(reply, qPrintable(reply ? QString() : reply.error().detail));
    QVERIFY(std::holds_alternative<Scep::IssuedReply>(*reply));
    QCOMPARE(std::get<Scep::IssuedReply>(*reply).certificate.publicKey(), device.key.publicKey());
    context.challenge = &wrong;
    QVERIFY(!Scep::processCertRep(response.body, context));

    // Where any challenge will do, it is the one of the request.
    context.challenge = &challenge;
    Policy open = policy();
    open.challenge = {};
    Authority unguarded(ca.depot, std::move(open));
    LabDevice second = device;
    second.request = TestSupport::makeRequest("CN=plc-ec", device.key, {}, "secret");
    second.transactionId = must(Scep::TransactionId::fromText("SECOND"));
    const RequestPlan withChallenge = second.pkcsReq(ca.depot);
    context.transactionId = withChallenge.transactionId;
    context.senderNonce = withChallenge.senderNonce;
    const auto granted = Scep::processCertRep(post(unguarded, buildMessage(withChallenge)).body, context);
    QVERIFY(granted && std::holds_alternative<Scep::IssuedReply>(*granted));

    // Without a challenge nobody could open the reply: refused before anything is issued.
    second.request = TestSupport::makeRequest("CN=plc-ec", device.key);
    second.transactionId = must(Scep::TransactionId::fromText("THIRD"));
    const RequestPlan without = second.pkcsReq(ca.depot);
    context.transactionId = without.transactionId;
    context.senderNonce = without.senderNonce;
    context.challenge = nullptr;
    const auto answer = Scep::processCertRep(post(unguarded, buildMessage(without)).body, context);
    QVERIFY(answer && std::holds_alternative<Scep::RejectedReply>(*answer));
    QCOMPARE(std::get<Scep::RejectedReply>(*answer).rejection.failInfo(), Scep::FailInfo::BadAlg);
    QVERIFY(!must(ca.depot.find(without.transactionId)));
}

QTEST_GUILESS_MAIN(TestAuthorityRenewal)
#include "tst_authority_renewal.moc"
