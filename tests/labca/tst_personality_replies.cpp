// SPDX-License-Identifier: GPL-3.0-or-later
// What the CertReps of each personality look like, through the HTTP face, byte for byte where it matters.
#include "tests/labca/personalitylab.h"
#include "tests/support/opensslprogram.h"

#include <QTest>

using namespace LabCa;
using TestSupport::must;

namespace {

const char *const sha256WithRsa = "1.2.840.113549.1.1.11";
const char *const sha1WithRsa = "1.2.840.113549.1.1.5";
const char *const rsaEncryption = "1.2.840.113549.1.1.1";

} // namespace

class TestPersonalityReplies final : public QObject
{
    Q_OBJECT

private slots:
    void grants_data();
    void grants();
    void refuses_data();
    void refuses();
    void pends_data();
    void pends();
    void answersWhatItCannotRead_data();
    void answersWhatItCannotRead();
    void renews_data();
    void renews();
    void mirrorsAlgorithmsOrNot_data();
    void mirrorsAlgorithmsOrNot();
    void hidesBadAlg();
    void pendsForEverWhateverWasDecided_data();
    void pendsForEverWhateverWasDecided();
    void agreesOnKeysWithEcRequesters();
};

void TestPersonalityReplies::grants_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<int>("embedded");  // beside the signature
    QTest::addColumn<int>("handedOut"); // within the envelope
    QTest::addColumn<Pki::Cipher>("cipher");
    QTest::addColumn<Pki::Digest>("digest");
    QTest::addColumn<QString>("signature");
    QTest::addColumn<int>("nonceBytes");
    using Pki::Cipher;
    using Pki::Digest;
    QTest::newRow("standard") << "standard" << 1 << 2 << Cipher::Aes128 << Digest::Sha256 << rsaEncryption << 16;
    QTest::newRow("ndes") << "ndes" << 0 << 2 << Cipher::TripleDes << Digest::Sha256 << rsaEncryption << 16;
    QTest::newRow("ejbca") << "ejbca" << 0 << 2 << Cipher::Des << Digest::Sha256 << sha256WithRsa << 16;
    QTest::newRow("openxpki") << "openxpki" << 1 << 2 << Cipher::Aes128 << Digest::Sha256 << sha256WithRsa << 16;
    QTest::newRow("step-ca") << "step-ca" << 2 << 1 << Cipher::Des << Digest::Sha256 << sha256WithRsa << 16;
    QTest::newRow("micromdm") << "micromdm" << 2 << 1 << Cipher::Des << Digest::Sha1 << sha1WithRsa << 16;
    QTest::newRow("dogtag") << "dogtag" << 1 << 1 << Cipher::TripleDes << Digest::Sha256 << rsaEncryption << 8;
    QTest::newRow("cisco") << "cisco" << 1 << 2 << Cipher::Des << Digest::Sha1 << rsaEncryption << 16;
}

void TestPersonalityReplies::grants()
{
    QFETCH(const QString, name);
    QFETCH(const int, embedded);
    QFETCH(const int, handedOut);
    QFETCH(const Pki::Cipher, cipher);
    QFETCH(const Pki::Digest, digest);
    QFETCH(const QString, signature);
    QFETCH(const int, nonceBytes);
    const Lab lab(name);
    const auto device = LabDevice::create("CN=plc-7", challenge);
    const RequestPlan plan = device.pkcsReq(lab.folder.depot);
    const RawReply reply = lab.tell(plan);
    QCOMPARE(reply.status, 200);
    QCOMPARE(reply.contentType, QByteArray("application/x-pki-message"));
    const Seen seen = look(reply.body, device);
    QCOMPARE(seen.status, QString("0"));
    QCOMPARE(seen.message.certificates().size(), embedded);
    QCOMPARE(seen.handedOut.size(), handedOut);
    QCOMPARE(seen.handedOut.first().publicKey(), device.key.publicKey());
    if (embedded == 2)
        QCOMPARE(seen.message.certificates().first(), seen.handedOut.first()); // the issued one before the signer
    QCOMPARE(seen.envelope->contentCipher(), std::optional(cipher));
    QCOMPARE(seen.signer.digest, std::optional(digest));
    QCOMPARE(seen.signer.signatureAlgorithm.toText(), signature);
    const auto ca = lab.folder.depot.material()->current;
    QCOMPARE(seen.signer.signerId, ca.replySigner().issuerAndSerialNumber());
    QVERIFY(seen.message.verifySigner(0, ca.replySigner()));
    QCOMPARE(must(Pki::octetStringFromDer(*seen.value(Scep::Oids::recipientNonce))), plan.senderNonce.bytes().left(nonceBytes));
    QCOMPARE(seen.text(Scep::Oids::ndesDisposition), name == "ndes" ? QString("Issued") : QString());
    QVERIFY(!seen.value(Scep::Oids::ndesError));
}

void TestPersonalityReplies::refuses_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("failInfo");
    QTest::addColumn<bool>("hasText");
    QTest::addColumn<QString>("hresult");
    QTest::addColumn<QString>("content"); // of the outer message, in hex; "absent"
    QTest::newRow("standard") << "standard" << "2" << true << "" << "absent";
    QTest::newRow("ndes") << "ndes" << "2" << false << "-2147024809" << "00";
    QTest::newRow("ejbca") << "ejbca" << "2" << true << "" << "";
    QTest::newRow("openxpki") << "openxpki" << "2" << true << "" << "absent";
    QTest::newRow("step-ca") << "step-ca" << "2" << true << "" << "absent";
    QTest::newRow("micromdm") << "micromdm" << "2" << false << "" << "absent";
    QTest::newRow("dogtag") << "dogtag" << "7" << false << "" << "absent";
    QTest::newRow("cisco") << "cisco" << "2" << false << "" << "absent";
}

void TestPersonalityReplies::refuses()
{
    QFETCH(const QString, name);
    QFETCH(const QString, failInfo);
    QFETCH(const bool, hasText);
    QFETCH(const QString, hresult);
    QFETCH(const QString, content);
    const Lab lab(name);
    const auto device = LabDevice::create("CN=plc-7", "guessed");
    const Seen seen = look(lab.tell(device.pkcsReq(lab.folder.depot)).body, device);
    QCOMPARE(seen.status, QString("2"));
    QCOMPARE(seen.failInfo, failInfo);
    QCOMPARE(seen.failInfoText, hasText ? QString("the challenge password is wrong") : QString());
    QCOMPARE(seen.text(Scep::Oids::ndesError), hresult);
    const auto octets = seen.message.content();
    QCOMPARE(octets ? QString::fromLatin1(octets->toHex()) : QString("absent"), content);
    QVERIFY(lab.folder.depot.enrollments()->isEmpty());
}

void TestPersonalityReplies::pends_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("status");
    for (const QString &name : personalityNames())
        QTest::newRow(qPrintable(name)) << name << (name == "dogtag" ? "0" : "3");
}

void TestPersonalityReplies::pends()
{
    QFETCH(const QString, name);
    QFETCH(const QString, status);
    const Lab lab(name, Mode::Approve);
    const auto device = LabDevice::create("CN=plc-7", challenge);
    const Seen seen = look(lab.tell(device.pkcsReq(lab.folder.depot)).body, device);
    QCOMPARE(seen.status, status);
    QVERIFY(!seen.envelope);
    QCOMPARE(seen.message.content(), lab.personality.refusalContent);
    QVERIFY(!seen.value(Scep::Oids::failInfo));
}

void TestPersonalityReplies::answersWhatItCannotRead_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<int>("unreadable");    // no pkiMessage at all
    QTest::addColumn<int>("undecryptable"); // for another recipient; 200: FAILURE badMessageCheck
    for (const QString name : {"standard", "ndes", "dogtag", "cisco"})
        QTest::newRow(qPrintable(name)) << name << 400 << 200;
    QTest::newRow("ejbca") << "ejbca" << 200 << 200; // with nothing in it
    for (const QString name : {"openxpki", "step-ca", "micromdm"})
        QTest::newRow(qPrintable(name)) << name << 500 << 500;
}

void TestPersonalityReplies::answersWhatItCannotRead()
{
    QFETCH(const QString, name);
    QFETCH(const int, unreadable);
    QFETCH(const int, undecryptable);
    const Lab lab(name);
    const RawReply first = lab.tell("this is no message");
    QCOMPARE(first.status, unreadable);
    QCOMPARE(first.body.isEmpty(), name == "ejbca");
    QVERIFY(!first.body.startsWith("\x30"));

    const auto device = LabDevice::create("CN=plc-7", challenge);
    RequestPlan plan = device.pkcsReq(lab.folder.depot);
    plan.recipient = device.signer.certificate;
    const RawReply second = lab.tell(plan);
    QCOMPARE(second.status, undecryptable);
    if (undecryptable == 200) {
        QCOMPARE(look(second.body, device).failInfo, QString("1"));
    } else {
        QCOMPARE(second.contentType, QByteArray("text/plain; charset=utf-8"));
        QVERIFY(second.body.contains("cannot be opened"));
    }
    QVERIFY(lab.folder.depot.enrollments()->isEmpty());
}

void TestPersonalityReplies::renews_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<Scep::MessageType>("type");
    QTest::addColumn<QByteArray>("password");
    QTest::addColumn<QString>("expected"); // "issued", "the same", or the failInfo
    const auto renewal = Scep::MessageType::RenewalReq;
    const auto pkcsReq = Scep::MessageType::PkcsReq;
    QTest::newRow("standard") << "standard" << renewal << QByteArray() << "issued";
    QTest::newRow("ejbca") << "ejbca" << renewal << QByteArray() << "issued";
    QTest::newRow("ndes gives the old one for the old key") << "ndes" << renewal << QByteArray() << "the same";
    QTest::newRow("openxpki loses the PKCS#10") << "openxpki" << renewal << QByteArray() << "2";
    QTest::newRow("openxpki by PKCSReq") << "openxpki" << pkcsReq << QByteArray() << "issued";
    QTest::newRow("step-ca without a challenge") << "step-ca" << renewal << QByteArray() << "2";
    QTest::newRow("step-ca with a challenge") << "step-ca" << renewal << challenge << "issued";
    QTest::newRow("micromdm without a challenge") << "micromdm" << renewal << QByteArray() << "2";
    QTest::newRow("micromdm with a challenge") << "micromdm" << renewal << challenge << "issued";
    QTest::newRow("dogtag by PKCSReq") << "dogtag" << pkcsReq << QByteArray() << "issued";
    QTest::newRow("cisco by PKCSReq") << "cisco" << pkcsReq << QByteArray() << "issued";
}

void TestPersonalityReplies::renews()
{
    QFETCH(const QString, name);
    QFETCH(const Scep::MessageType, type);
    QFETCH(const QByteArray, password);
    QFETCH(const QString, expected);
    const Lab lab(name);
    const auto device = LabDevice::create("CN=plc-7", challenge);
    const Pki::Certificate certificate = look(lab.tell(device.pkcsReq(lab.folder.depot)).body, device).handedOut.first();
    const auto again = LabDevice::create("CN=plc-7", password);
    const RequestPlan plan = renewalOf(again, certificate, lab.folder.depot, type);
    LabDevice reader = again;
    reader.signer = plan.signer;
    const Seen seen = look(lab.tell(plan).body, reader);
    if (expected == "issued" || expected == "the same") {
        QCOMPARE(seen.status, QString("0"));
        QCOMPARE(seen.handedOut.first() == certificate, expected == "the same");
    } else {
        QCOMPARE(seen.status, QString("2"));
        QCOMPARE(seen.failInfo, expected);
    }
    // With a key of its own NDES issues, too.
    if (expected == "the same") {
        const auto fresh = LabDevice::create("CN=plc-7", {}, {}, "fresh");
        RequestPlan other = renewalOf(fresh, certificate, lab.folder.depot);
        other.signer = {certificate, device.key};
        QCOMPARE(look(lab.tell(other).body, reader).handedOut.first().publicKey(), fresh.key.publicKey());
    }
}

void TestPersonalityReplies::mirrorsAlgorithmsOrNot_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<Pki::Cipher>("cipher");
    QTest::addColumn<Pki::Digest>("digest");
    QTest::newRow("standard") << "standard" << Pki::Cipher::Aes256 << Pki::Digest::Sha512;
    QTest::newRow("openxpki") << "openxpki" << Pki::Cipher::Aes256 << Pki::Digest::Sha512;
    QTest::newRow("ndes") << "ndes" << Pki::Cipher::TripleDes << Pki::Digest::Sha512;
    QTest::newRow("micromdm") << "micromdm" << Pki::Cipher::Des << Pki::Digest::Sha1;
}

void TestPersonalityReplies::mirrorsAlgorithmsOrNot()
{
    QFETCH(const QString, name);
    QFETCH(const Pki::Cipher, cipher);
    QFETCH(const Pki::Digest, digest);
    const Lab lab(name);
    const auto device = LabDevice::create("CN=plc-7", challenge);
    RequestPlan plan = device.pkcsReq(lab.folder.depot);
    plan.cipher = Pki::Cipher::Aes256;
    plan.digest = Pki::Digest::Sha512;
    plan.keyTransport = Pki::KeyTransport::RsaOaepSha256;
    const Seen seen = look(lab.tell(plan).body, device);
    QCOMPARE(seen.envelope->contentCipher(), std::optional(cipher));
    QCOMPARE(seen.signer.digest, std::optional(digest));
    QCOMPARE(seen.envelope->recipients().first().keyEncryptionAlgorithm.toText(), QString("1.2.840.113549.1.1.7"));
}

void TestPersonalityReplies::hidesBadAlg()
{
    // A key that is too weak is badAlg everywhere else. Scepter makes no such key itself.
    const Test::OpensslProgram openssl;
    const auto weak = must(Pki::PrivateKey::fromBytes(openssl.output({"genrsa", "768"})));
    const auto ask = [&](const QString &name) {
        const Lab lab(name);
        auto device = LabDevice::create("CN=plc-7");
        device.request = TestSupport::makeRequest("CN=plc-7", weak, {}, challenge);
        return look(lab.tell(device.pkcsReq(lab.folder.depot)).body, device);
    };
    const Seen plain = ask("standard");
    QCOMPARE(plain.status + plain.failInfo, QString("20"));
    const Seen hidden = ask("openxpki");
    QCOMPARE(hidden.status + hidden.failInfo, QString("3"));
}

void TestPersonalityReplies::pendsForEverWhateverWasDecided_data()
{
    QTest::addColumn<QByteArray>("given");
    QTest::addColumn<QString>("usual");
    QTest::newRow("granted") << challenge << "issued";
    QTest::newRow("refused") << QByteArray("guessed") << "badRequest: the challenge password is wrong";
}

void TestPersonalityReplies::pendsForEverWhateverWasDecided()
{
    QFETCH(const QByteArray, given);
    QFETCH(const QString, usual);
    LabCaFolder lab;
    Authority authority(lab.depot, Lab::policy({}, Mode::Auto));
    const auto device = LabDevice::create("CN=plc-7", given);
    const RequestPlan plan = device.pkcsReq(lab.depot);
    const auto ask = [&](const QList<Fault> &faults) {
        const HttpRequest request{
            .isPost = true, .path = "/scep", .operation = "PKIOperation", .message = buildMessage(plan), .faults = faults};
        return outcome(authority.handle(request), device, lab.depot, plan);
    };
    QCOMPARE(ask({Fault::PendingForEver}), QString("pending"));
    QCOMPARE(ask({}), usual);
}

void TestPersonalityReplies::agreesOnKeysWithEcRequesters()
{
    const Lab lab("ndes");
    LabDevice device;
    device.key = TestSupport::ecKey("ec-device");
    device.request = TestSupport::makeRequest("CN=plc-7", device.key, {}, challenge);
    device.signer = {must(Scep::createRequestSigner(device.request.subject(), device.key, QDateTime::currentDateTimeUtc())), device.key};
    device.transactionId = Scep::TransactionId::create(device.key.publicKey());
    const Seen seen = look(lab.tell(device.pkcsReq(lab.folder.depot)).body, device);
    QCOMPARE(seen.envelope->recipients().first().kind, Pki::RecipientInfo::Kind::KeyAgreement);
    QCOMPARE(seen.handedOut.first().publicKey(), device.key.publicKey());
}

QTEST_GUILESS_MAIN(TestPersonalityReplies)
#include "tst_personality_replies.moc"
