// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/authority.h"

#include "scep/protocol/certificatequery.h"
#include "tests/labca/labdevice.h"
#include "tests/support/opensslprogram.h"

#include <QTest>

using namespace LabCa;
using Scep::FailInfo;
using Scep::MessageType;
using TestSupport::Identity;
using TestSupport::must;

namespace {

/// A Lab CA, a device with its request, and what else a refusal may need.
struct Scene {
    LabCaFolder lab;
    Policy policy;
    LabDevice device = LabDevice::create(QStringLiteral("CN=plc-7"), "s3cret");
    RequestPlan plan;
    QDateTime now = QDateTime::currentDateTimeUtc();

    explicit Scene(const CaDescription &description)
        : lab(description)
    {
        policy.challenge = Pki::SecretBytes(QByteArrayView("s3cret"));
        policy.renewal.afterPercent = 0;
        plan = device.pkcsReq(lab.depot);
    }

    /// An authority of the policy as it is now, for what must have happened before.
    [[nodiscard]] Authority authority()
    {
        Policy copy;
        copy.mode = policy.mode;
        copy.challenge = policy.challenge.clone(); // the scene keeps its own
        copy.renewal = policy.renewal;
        copy.refusesUnknownProfiles = policy.refusesUnknownProfiles;
        copy.personality = policy.personality;
        return Authority(lab.depot, std::move(copy), [this] { return now; });
    }
    /// The device has its certificate.
    Pki::Certificate enroll()
    {
        Authority before = authority();
        return issuedCertificate(post(before, buildMessage(plan)), device, lab.depot, plan);
    }
    /// The request is renewed by `type`, under the device's certificate, for its second key.
    void renewBy(MessageType type, const QString &subject = QStringLiteral("CN=plc-7"))
    {
        const Pki::Certificate first = enroll();
        const LabDevice former = device;
        device = LabDevice::create(subject, {}, {}, QStringLiteral("device-2"));
        plan = device.pkcsReq(lab.depot);
        plan.type = type;
        plan.signer = {first, former.key};
    }
    void request(const QString &subject, const QByteArray &challenge, const QString &names = {})
    {
        device = LabDevice::create(subject, challenge, names);
        plan = device.pkcsReq(lab.depot);
    }
};

using Change = std::function<void(Scene &)>;

Identity signerOf(const QString &subject, const Pki::PrivateKey &key)
{
    return TestSupport::makeSelfSigned(subject, key, QDateTime::currentDateTimeUtc());
}

} // namespace

/// Every refusal of the Lab CA, with the failInfo of RFC 8894 3.2.1.4.4 and words for people; and that nothing is issued.
class TestAuthorityRefusals final : public QObject
{
    Q_OBJECT

private slots:
    void refuses_data();
    void refuses();
    void tellsWhomTheEnvelopeIsFor_data();
    void tellsWhomTheEnvelopeIsFor();
};

void TestAuthorityRefusals::refuses_data()
{
    QTest::addColumn<FailInfo>("failInfo");
    QTest::addColumn<QString>("text");
    QTest::addColumn<Change>("change");

    const auto row = [](const char *name, FailInfo info, const char *text, const Change &change) {
        QTest::newRow(name) << info << QString::fromUtf8(text) << change;
    };
    // Algorithms
    row("EC signer, no challenge known", FailInfo::BadAlg,
        "a key of type EC P-256 cannot receive the reply without a challenge: use an RSA key", [](Scene &scene) {
            scene.policy.challenge = {};
            scene.request("CN=plc-7", {});
            scene.plan.signer = signerOf("CN=plc-7", TestSupport::ecKey("device"));
        });
    row("EC signer, a poll would have no challenge", FailInfo::BadAlg,
        "a key of type EC P-256 cannot receive the reply without a challenge: use an RSA key", [](Scene &scene) {
            scene.policy.challenge = {};
            scene.policy.mode = Mode::Approve;
            scene.plan.signer = signerOf("CN=plc-7", TestSupport::ecKey("device"));
        });
    row("weak key", FailInfo::BadAlg, "a key of type RSA 768 is too weak: use 2048 bits", [](Scene &scene) {
        const Test::OpensslProgram openssl;
        const auto weak = must(Pki::PrivateKey::fromBytes(openssl.output({"genrsa", "768"})));
        scene.plan.payload = TestSupport::makeRequest("CN=plc-7", weak, {}, "s3cret").der();
    });
    row("MD5", FailInfo::BadAlg, "the digest algorithm MD5 is not accepted", [](Scene &scene) { scene.plan.digest = Pki::Digest::Md5; });
    // Messages
    row("PKCS#10 not signed by its key", FailInfo::BadMessageCheck, "the signature of the PKCS#10 is wrong",
        [](Scene &scene) { scene.plan.payload.back() = static_cast<char>(scene.plan.payload.back() ^ 1); });
    row("for another CA", FailInfo::BadMessageCheck, "the envelope cannot be opened with this server's key: it is for another CA or RA",
        [](Scene &scene) { scene.plan.recipient = TestSupport::TestCa::create().issuing.certificate; });
    row("no PKCS#10", FailInfo::BadRequest, "the request holds no PKCS#10", [](Scene &scene) { scene.plan.payload = "hello"; });
    // Challenges
    row("challenge missing", FailInfo::BadRequest, "the challenge password is missing",
        [](Scene &scene) { scene.request("CN=plc-7", {}); });
    row("challenge wrong", FailInfo::BadRequest, "the challenge password is wrong",
        [](Scene &scene) { scene.request("CN=plc-7", "guessed"); });
    // Names and profiles
    row("no name", FailInfo::BadRequest, "the request names neither a subject nor a subjectAltName", [](Scene &scene) {
        Pki::CertificationRequestTemplate form;
        form.challengePassword = Pki::SecretBytes(QByteArrayView("s3cret"));
        scene.plan.payload = must(Pki::CertificationRequest::create(form, scene.device.key)).der();
    });
    row("unknown profile", FailInfo::BadRequest, "there is no profile \"Switch\" here", [](Scene &scene) {
        scene.policy.refusesUnknownProfiles = true;
        Pki::CertificationRequestTemplate form;
        form.subject = scene.device.request.subject();
        form.templateName = "Switch";
        form.challengePassword = Pki::SecretBytes(QByteArrayView("s3cret"));
        scene.plan.payload = must(Pki::CertificationRequest::create(form, scene.device.key)).der();
    });
    // Transactions
    row("transaction of another request", FailInfo::BadRequest, "the transactionID belongs to another request", [](Scene &scene) {
        scene.enroll();
        const Scep::TransactionId id = scene.plan.transactionId;
        scene.request("CN=plc-8", "s3cret");
        scene.plan.transactionId = id;
    });
    row("transaction of another key", FailInfo::BadRequest, "the transactionID belongs to the request of another key", [](Scene &scene) {
        scene.enroll();
        scene.plan.signer = signerOf("CN=plc-7", TestSupport::rsaKey("thief"));
    });
    row("rejected by a person", FailInfo::BadRequest, "not our device", [](Scene &scene) {
        scene.policy.mode = Mode::Approve;
        Authority before = scene.authority();
        QCOMPARE(send(before, scene.device, scene.lab.depot, scene.plan), QString("pending"));
        QVERIFY(scene.lab.depot.reject(scene.plan.transactionId, "not our device"));
    });
    row("rejected without a reason", FailInfo::BadRequest, "the request was rejected", [](Scene &scene) {
        scene.policy.mode = Mode::Approve;
        Authority before = scene.authority();
        QCOMPARE(send(before, scene.device, scene.lab.depot, scene.plan), QString("pending"));
        QVERIFY(scene.lab.depot.reject(scene.plan.transactionId, {}));
    });
    // Registered mode
    row("not registered", FailInfo::BadRequest, "\"plc-7\" is not registered here",
        [](Scene &scene) { scene.policy.mode = Mode::Registered; });
    row("registered, no common name", FailInfo::BadRequest, "the request has no common name: nobody is registered without one",
        [](Scene &scene) {
            scene.policy.mode = Mode::Registered;
            scene.request("O=Lab", "s3cret");
        });
    row("registered, challenge missing", FailInfo::BadRequest, "the challenge password is missing", [](Scene &scene) {
        scene.policy.mode = Mode::Registered;
        must(EntityRegister(scene.lab.path()).add("plc-7", {}, false, scene.now));
        scene.request("CN=plc-7", {});
    });
    row("registered, challenge wrong", FailInfo::BadRequest, "the challenge password is wrong", [](Scene &scene) {
        scene.policy.mode = Mode::Registered;
        must(EntityRegister(scene.lab.path()).add("plc-7", {}, false, scene.now));
    });
    row("registered, challenge used", FailInfo::BadRequest, "the challenge password was used already", [](Scene &scene) {
        scene.policy.mode = Mode::Registered;
        must(EntityRegister(scene.lab.path()).add("plc-7", scene.policy.challenge, false, scene.now));
        scene.enroll();
        scene.device = LabDevice::create("CN=plc-7", "s3cret", {}, "device-2");
        scene.plan = scene.device.pkcsReq(scene.lab.depot);
    });
    row("registered, poll", FailInfo::BadRequest, "there is nothing to poll for here: requests are granted or refused at once",
        [](Scene &scene) {
            scene.policy.mode = Mode::Registered;
            scene.plan = scene.device.certPoll(scene.lab.depot);
        });
    // Renewal
    row("renewal under nobody's certificate", FailInfo::BadRequest, "the certificate that signs the renewal was not issued here",
        [](Scene &scene) { scene.plan.type = MessageType::RenewalReq; });
    row("renewal too early", FailInfo::BadRequest, "the certificate can be renewed from ", [](Scene &scene) {
        scene.policy.renewal.afterPercent = 50;
        scene.renewBy(MessageType::RenewalReq);
    });
    row("renewal by PKCSReq too early", FailInfo::BadRequest, "the certificate can be renewed from ", [](Scene &scene) {
        scene.policy.renewal.afterPercent = 50;
        scene.renewBy(MessageType::PkcsReq);
    });
    row("renewal by PKCSReq too early, wrong challenge", FailInfo::BadRequest, "the challenge password is wrong", [](Scene &scene) {
        scene.policy.renewal.afterPercent = 50;
        scene.renewBy(MessageType::PkcsReq);
        scene.device.request = TestSupport::makeRequest("CN=plc-7", scene.device.key, {}, "guessed");
        scene.plan.payload = scene.device.request.der();
    });
    row("renewal of another name", FailInfo::BadRequest, "the renewal names another subject than the certificate that signs it",
        [](Scene &scene) { scene.renewBy(MessageType::RenewalReq, "CN=plc-8"); });
    row("renewal with the same key", FailInfo::BadRequest, "a renewal needs a new key here", [](Scene &scene) {
        scene.policy.renewal.allowsSameKey = false;
        const Pki::Certificate first = scene.enroll();
        scene.request("CN=plc-7", {});
        scene.plan.transactionId = must(Scep::TransactionId::fromText("ABCDEF01"));
        scene.plan.type = MessageType::RenewalReq;
        scene.plan.signer = {first, scene.device.key};
    });
    row("renewal of a revoked one", FailInfo::BadRequest, "the certificate that signs the renewal is revoked", [](Scene &scene) {
        const Scep::TransactionId id = scene.plan.transactionId;
        scene.renewBy(MessageType::RenewalReq);
        QVERIFY(scene.lab.depot.revoke(id, "superseded", scene.now));
    });
    row("renewal of an expired one", FailInfo::BadRequest,
        "the certificate that signs the renewal has expired: enroll anew with a challenge", [](Scene &scene) {
            scene.renewBy(MessageType::RenewalReq);
            scene.now = scene.plan.signer.certificate.notAfter().addSecs(1);
        });
    // Polls and queries
    row("poll of nothing", FailInfo::BadCertId, "no request with this transactionID is known",
        [](Scene &scene) { scene.plan = scene.device.certPoll(scene.lab.depot); });
    row("poll of another subject", FailInfo::BadCertId, "issuer and subject do not fit the transactionID", [](Scene &scene) {
        scene.enroll();
        scene.plan = scene.device.certPoll(scene.lab.depot);
        scene.plan.payload =
            Scep::issuerAndSubjectDer(scene.lab.depot.issuing().subject(), must(Pki::DistinguishedName::fromText("CN=plc-8")));
    });
    row("poll without its content", FailInfo::BadRequest, "the poll holds no IssuerAndSubject", [](Scene &scene) {
        scene.plan = scene.device.certPoll(scene.lab.depot);
        scene.plan.payload = QByteArray("hello");
    });
    row("poll with another key", FailInfo::BadRequest, "the poll is not signed with the key of the request", [](Scene &scene) {
        scene.enroll();
        scene.plan = scene.device.certPoll(scene.lab.depot);
        scene.plan.signer = signerOf("CN=plc-7", TestSupport::rsaKey("thief"));
    });
    row("GetCert without its content", FailInfo::BadRequest, "GetCert holds no IssuerAndSerialNumber",
        [](Scene &scene) { scene.plan.type = MessageType::GetCert; });
    row("GetCert of nothing", FailInfo::BadCertId, "no certificate with serial number ", [](Scene &scene) {
        scene.plan.type = MessageType::GetCert;
        scene.plan.payload = Scep::issuerAndSerialNumberDer(scene.lab.depot.issuing().subject(), scene.lab.depot.root().serialNumber());
    });
    row("GetCRL without its content", FailInfo::BadRequest, "GetCRL holds no IssuerAndSerialNumber",
        [](Scene &scene) { scene.plan.type = MessageType::GetCrl; });
    row("GetCRL of another issuer", FailInfo::BadCertId, "certificates of this issuer have no CRL here", [](Scene &scene) {
        scene.plan.type = MessageType::GetCrl;
        scene.plan.payload =
            Scep::issuerAndSerialNumberDer(must(Pki::DistinguishedName::fromText("CN=Other CA")), scene.lab.depot.root().serialNumber());
    });
}

void TestAuthorityRefusals::refuses()
{
    QFETCH(const FailInfo, failInfo);
    QFETCH(const QString, text);
    QFETCH(const Change, change);
    Scene scene(quickCa());
    change(scene);
    if (QTest::currentTestFailed())
        return;
    const auto before = must(scene.lab.depot.enrollments());
    Authority authority = scene.authority();
    LogEntry log;
    const HttpResponse response = post(authority, buildMessage(scene.plan), &log);
    QCOMPARE(response.status, 200);
    const QString said = outcome(response, scene.device, scene.lab.depot, scene.plan);
    QVERIFY2(said.startsWith(Scep::displayName(failInfo) + ": " + text), qPrintable(said));
    QVERIFY2(log.outcome.startsWith("FAILURE " + Scep::displayName(failInfo)), qPrintable(log.outcome));
    QVERIFY(!log.outcome.contains("s3cret") && !log.outcome.contains("guessed"));
    const auto after = must(scene.lab.depot.enrollments());
    QCOMPARE(after.size(), before.size());
    for (qsizetype i = 0; i < after.size(); ++i)
        QCOMPARE(after[i].certificate, before[i].certificate);
}

void TestAuthorityRefusals::tellsWhomTheEnvelopeIsFor_data()
{
    QTest::addColumn<int>("ra");
    QTest::addColumn<QString>("recipient");
    QTest::addColumn<QString>("text");
    const QString plain("the envelope cannot be opened with this server's key");
    QTest::newRow("the CA's, but there is an RA") << int(RaKind::Split) << "issuing"
                                                  << "the envelope is for the CA's certificate, but here the RA's receives";
    QTest::newRow("the CA's, one RA certificate") << int(RaKind::One) << "issuing"
                                                  << "the envelope is for the CA's certificate, but here the RA's receives";
    QTest::newRow("the RA's that signs") << int(RaKind::Split) << "ra-signing"
                                         << "the envelope is for the RA certificate that signs, not for the one that receives";
    QTest::newRow("another CA's") << int(RaKind::None) << "other" << plain + ": it is for another CA or RA, serial number ";
    QTest::newRow("the same name and serial, another key") << int(RaKind::None) << "imitated" << plain;
}

void TestAuthorityRefusals::tellsWhomTheEnvelopeIsFor()
{
    QFETCH(const int, ra);
    QFETCH(const QString, recipient);
    QFETCH(const QString, text);
    CaDescription description = quickCa();
    description.ra = RaKind(ra);
    Scene scene(description);
    const auto ca = scene.lab.depot.material();
    if (recipient == "issuing")
        scene.plan.recipient = ca->current.issuing;
    else if (recipient == "ra-signing")
        scene.plan.recipient = ca->current.raSigning;
    else if (recipient == "other")
        scene.plan.recipient = TestSupport::TestCa::create().issuing.certificate;
    else {
        Pki::CertificateTemplate form;
        form.subject = ca->current.issuing.subject();
        form.issuer = ca->current.issuing.issuer();
        form.serialNumber = ca->current.issuing.serialNumber();
        form.publicKey = TestSupport::rsaKey("imitation").publicKey();
        form.notBefore = scene.now;
        form.notAfter = scene.now.addDays(1);
        const Identity issuer = signerOf("CN=Imitator", TestSupport::rsaKey("imitator"));
        scene.plan.recipient = must(Pki::issueCertificate(form, issuer.key, issuer.certificate));
    }
    const QString plain("the envelope cannot be opened with this server's key");
    Authority authority = scene.authority();
    const QString said = send(authority, scene.device, scene.lab.depot, scene.plan);
    QVERIFY2(said.startsWith("badMessageCheck: " + text), qPrintable(said));
    QCOMPARE(text == plain ? said : QString(), text == plain ? "badMessageCheck: " + plain : QString());
}

QTEST_GUILESS_MAIN(TestAuthorityRefusals)
#include "tst_authority_refusals.moc"
