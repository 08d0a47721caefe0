// SPDX-License-Identifier: GPL-3.0-or-later
// Devices with EC keys: who gets a certificate, and that nobody is issued one that he cannot be sent.
#include "scep/labca/entityregister.h"
#include "scep/protocol/certificatequery.h"
#include "tests/labca/personalitylab.h"

#include <QTest>

using namespace LabCa;
using TestSupport::must;

namespace {

LabDevice ecDevice(const QByteArray &secret = challenge)
{
    LabDevice device;
    device.key = TestSupport::ecKey("ec-device");
    device.request = TestSupport::makeRequest("CN=plc-7", device.key, {}, secret);
    device.signer = {must(Scep::createRequestSigner(device.request.subject(), device.key, QDateTime::currentDateTimeUtc())), device.key};
    device.transactionId = Scep::TransactionId::create(device.key.publicKey());
    return device;
}

using Kind = Pki::RecipientInfo::Kind;

} // namespace

class TestEcKeys final : public QObject
{
    Q_OBJECT

private slots:
    void areServed_data();
    void areServed();
    void areRefusedBeforeAnythingIsStored_data();
    void areRefusedBeforeAnythingIsStored();
    void keepTheirOneTimeChallenge();
    void areRefusedToo_data();
    void areRefusedToo();
};

void TestEcKeys::areServed_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<Pki::Cipher>("asked");
    QTest::addColumn<Kind>("kind");
    QTest::newRow("standard, AES") << "standard" << Pki::Cipher::Aes128 << Kind::Password;
    QTest::newRow("standard, 3DES") << "standard" << Pki::Cipher::TripleDes << Kind::Password;
    QTest::newRow("openxpki") << "openxpki" << Pki::Cipher::Aes256 << Kind::Password;
    QTest::newRow("dogtag") << "dogtag" << Pki::Cipher::Aes128 << Kind::Password;
    QTest::newRow("ndes") << "ndes" << Pki::Cipher::Aes128 << Kind::KeyAgreement;
    QTest::newRow("ndes, DES asked") << "ndes" << Pki::Cipher::Des << Kind::KeyAgreement;
}

void TestEcKeys::areServed()
{
    QFETCH(const QString, name);
    QFETCH(const Pki::Cipher, asked);
    QFETCH(const Kind, kind);
    const Lab lab(name);
    const LabDevice device = ecDevice();
    RequestPlan plan = device.pkcsReq(lab.folder.depot);
    plan.cipher = asked;
    const RawReply reply = lab.tell(plan);
    QCOMPARE(reply.status, 200);
    const Pki::SignedData message = must(Pki::SignedData::fromDer(reply.body));
    const Pki::EnvelopedData envelope = must(Pki::EnvelopedData::fromDer(*message.content()));
    QCOMPARE(envelope.recipients().first().kind, kind);
    const QByteArray bundle = must(kind == Kind::Password ? envelope.decryptWithPassword(Pki::SecretBytes(challenge))
                                                          : envelope.decrypt(device.key, device.signer.certificate));
    QCOMPARE(must(Pki::SignedData::fromDer(bundle)).certificates().first().publicKey(), device.key.publicKey());
    QCOMPARE(must(lab.folder.depot.enrollments()).first().state, Enrollment::State::Issued);
}

void TestEcKeys::areRefusedBeforeAnythingIsStored_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<Pki::Cipher>("asked");
    QTest::addColumn<Mode>("mode");
    for (const Personality &personality : personalities()) {
        if (personality.replyCipher != Pki::Cipher::Des)
            continue;
        for (const Mode mode : {Mode::Auto, Mode::Approve})
            QTest::addRow("%s, %s", qPrintable(personality.name), mode == Mode::Auto ? "auto" : "approve")
                << personality.name << Pki::Cipher::Aes128 << mode;
    }
    QTest::newRow("standard, DES asked") << "standard" << Pki::Cipher::Des << Mode::Auto;
}

void TestEcKeys::areRefusedBeforeAnythingIsStored()
{
    QFETCH(const QString, name);
    QFETCH(const Pki::Cipher, asked);
    QFETCH(const Mode, mode);
    const Lab lab(name, mode);
    const LabDevice device = ecDevice();
    RequestPlan plan = device.pkcsReq(lab.folder.depot);
    plan.cipher = asked;
    const RawReply reply = lab.tell(plan);
    QCOMPARE(reply.status, 200);
    const Seen seen = look(reply.body, device);
    QCOMPARE(seen.status + seen.failInfo, QString("20")); // FAILURE, badAlg
    const QString why("a key of type EC P-256 cannot receive the reply, which would be in DES: use an RSA key, or a better cipher");
    QCOMPARE(seen.failInfoText, lab.personality.sendsFailInfoText ? why : QString());
    QVERIFY(must(lab.folder.depot.enrollments()).isEmpty());
}

void TestEcKeys::keepTheirOneTimeChallenge()
{
    const Lab lab("ejbca", Mode::Registered);
    EntityRegister entities(lab.folder.path());
    QVERIFY(entities.add("plc-7", Pki::SecretBytes(challenge), false, QDateTime::currentDateTimeUtc()));
    const LabDevice device = ecDevice();
    QCOMPARE(look(lab.tell(device.pkcsReq(lab.folder.depot)).body, device).failInfo, QString("0"));
    QVERIFY(!(*entities.find("plc-7"))->usedAt.isValid());
    // With an RSA key it is good for a certificate still.
    const LabDevice rsa = LabDevice::create("CN=plc-7", challenge);
    QCOMPARE(look(lab.tell(rsa.pkcsReq(lab.folder.depot)).body, rsa).status, QString("0"));
}

void TestEcKeys::areRefusedToo_data()
{
    QTest::addColumn<Scep::MessageType>("type");
    QTest::newRow("GetCRL") << Scep::MessageType::GetCrl;
    QTest::newRow("GetCert") << Scep::MessageType::GetCert;
}

/// What asks without changing anything gets a reply, not an HTTP error.
void TestEcKeys::areRefusedToo()
{
    QFETCH(const Scep::MessageType, type);
    const Lab lab("standard");
    const LabDevice device = ecDevice();
    RequestPlan plan = device.pkcsReq(lab.folder.depot);
    plan.cipher = Pki::Cipher::Des;
    plan.type = type;
    plan.payload = Scep::issuerAndSerialNumberDer(lab.folder.depot.issuing().subject(), lab.folder.depot.issuing().serialNumber());
    const RawReply reply = lab.tell(plan);
    QCOMPARE(reply.status, 200);
    QCOMPARE(look(reply.body, device).failInfo, QString("0"));
}

QTEST_GUILESS_MAIN(TestEcKeys)
#include "tst_eckeys.moc"
