// SPDX-License-Identifier: GPL-3.0-or-later
// Damaged, oversized and replayed messages: nothing of it crashes the Lab CA or gets a certificate that was not asked for.
#include "tests/labca/forgery.h"
#include "tests/labca/rawclient.h"
#include "tests/support/opensslprogram.h"

#include <QTest>

using namespace LabCa;
using TestSupport::DerNode;
using TestSupport::must;

namespace {

constexpr qsizetype step = 16;

/// The device's CSR with its challengePassword in another string type, signed anew.
QByteArray withChallenge(const Target &target, quint8 tag, const QByteArray &value)
{
    DerNode csr = DerNode::fromDer(target.plan.payload);
    DerNode &attributes = csr.children[0].children[3];
    const QByteArray challengeOid = QByteArray::fromHex("2a864886f70d010907");
    for (DerNode &one : attributes.children) {
        if (one.children.at(0).content == challengeOid)
            one.children[1].children = {DerNode{tag, value, {}}};
    }
    const Test::OpensslProgram openssl;
    openssl.write("tbs.der", csr.children.at(0).toDer());
    openssl.write("key.pem", target.device.key.toPkcs8Pem().view().toByteArray());
    openssl.output({"dgst", "-sha256", "-sign", "key.pem", "-out", "signature", "tbs.der"});
    csr.children[2].content = QByteArray(1, '\0') + openssl.read("signature");
    return csr.toDer();
}

} // namespace

class TestHostileRequests final : public QObject
{
    Q_OBJECT

private slots:
    void surviveEveryChangedByte_data();
    void surviveEveryChangedByte();
    void surviveEveryChangedByteOfTheCsr();
    void surviveEveryEnd();
    void areRefusedByTheirSize_data();
    void areRefusedByTheirSize();
    void readChallengesInEveryEncoding_data();
    void readChallengesInEveryEncoding();
    void getNothingByReplay();
};

void TestHostileRequests::surviveEveryChangedByte_data()
{
    QTest::addColumn<int>("change");
    QTest::newRow("lowest bit") << 0x01;
    QTest::newRow("a middle bit") << 0x20;
    QTest::newRow("highest bit") << 0x80;
    QTest::newRow("all bits") << 0xff;
}

void TestHostileRequests::surviveEveryChangedByte()
{
    Target target;
    QFETCH(const int, change);
    int refused = 0;
    int accepted = 0;
    const qsizetype size = buildMessage(target.plan).size();
    for (qsizetype at = 0; at < size; at += step) {
        // A transaction of its own for each: the same id would be a poll.
        target.plan.transactionId = Scep::TransactionId::create(target.device.key.publicKey());
        QByteArray message = buildMessage(target.plan);
        message[at] = static_cast<char>(message.at(at) ^ change);
        const HttpResponse response = post(target.authority, message);
        QVERIFY(response.status == 200 || response.status == 400);
        const auto enrollments = must(target.lab.depot.enrollments());
        if (enrollments.size() == accepted) {
            ++refused;
            continue;
        }
        // What the signature does not cover may change, as the dates in the throw-away certificate: then it is the honest request.
        ++accepted;
        QCOMPARE(enrollments.size(), accepted);
        for (const Enrollment &one : enrollments) {
            QCOMPARE(one.certificate.publicKey(), target.device.key.publicKey());
            QCOMPARE(one.subject(), target.device.request.subject());
            QCOMPARE(one.subjectAlternativeNames(), target.device.request.subjectAlternativeNames());
        }
    }
    QVERIFY2(refused > accepted * 5, qPrintable(QString("%1 refused, %2 accepted").arg(refused).arg(accepted)));
}

void TestHostileRequests::surviveEveryChangedByteOfTheCsr()
{
    Target target;
    // The attacker is a device that may sign and encrypt what it likes: only the CSR's own signature is left.
    const QByteArray csr = target.plan.payload;
    for (qsizetype at = 0; at < csr.size(); ++at) {
        Forgery forgery = target.honest();
        QByteArray changed = csr;
        changed[at] = static_cast<char>(changed.at(at) ^ 0x04);
        forgery.content = target.envelope(changed);
        const QString said = target.say(forgery.message());
        QVERIFY2(said.startsWith("badMessageCheck: ") || said.startsWith("badRequest: ") || said.startsWith("badAlg: "),
                 qPrintable(QString("byte %1: %2").arg(at).arg(said)));
    }
    QCOMPARE(target.enrollmentCount(), 0);
    QCOMPARE(target.say(target.honest().message()), QString("issued"));
}

void TestHostileRequests::surviveEveryEnd()
{
    Target target;
    const QByteArray message = buildMessage(target.plan);
    for (qsizetype end = 0; end < message.size(); end += step)
        QVERIFY(target.say(message.left(end)).startsWith("HTTP 400"));
    for (const QByteArray &more : {QByteArray(1, '\0'), QByteArray(1000, 'x'), message})
        QVERIFY(target.say(message + more).startsWith("HTTP 400"));
    QCOMPARE(target.enrollmentCount(), 0);
    QCOMPARE(target.say(message), QString("issued"));
}

void TestHostileRequests::areRefusedByTheirSize_data()
{
    QTest::addColumn<qint64>("bytes");
    QTest::addColumn<int>("status");
    QTest::newRow("just below the limit") << qint64(2 * 1024 * 1024) << 400;
    QTest::newRow("just above") << qint64(2 * 1024 * 1024 + 1) << 413;
    QTest::newRow("10 MB") << qint64(10'000'000) << 413;
}

void TestHostileRequests::areRefusedByTheirSize()
{
    Target target;
    QFETCH(const qint64, bytes);
    QFETCH(const int, status);
    HttpFace face(target.authority);
    QVERIFY(face.listen());
    // A message that is good but for what follows it.
    QByteArray message = buildMessage(target.plan);
    message.append(bytes - message.size(), '\0');
    const auto reply = exchange(face, postRequest(message));
    QVERIFY(reply);
    QCOMPARE(reply->status, status);
    QCOMPARE(target.enrollmentCount(), 0);
}

void TestHostileRequests::readChallengesInEveryEncoding_data()
{
    QTest::addColumn<int>("tag");
    QTest::addColumn<QByteArray>("value");
    QTest::addColumn<QString>("expected");
    QByteArray bmp;
    for (const char character : challenge)
        bmp += QByteArray(1, '\0') + character;
    const QString wrong("badRequest: the challenge password is wrong");
    QTest::newRow("PrintableString") << 0x13 << challenge << "issued";
    QTest::newRow("UTF8String") << 0x0c << challenge << "issued";
    QTest::newRow("T61String") << 0x14 << challenge << "issued";
    QTest::newRow("IA5String") << 0x16 << challenge << "issued";
    QTest::newRow("BMPString") << 0x1e << bmp << "issued";
    QTest::newRow("PrintableString, wrong") << 0x13 << QByteArray("open-sesam") << wrong;
    QTest::newRow("UTF8String, wrong") << 0x0c << QByteArray("open-sesame\0", 12) << wrong;
    QTest::newRow("T61String, wrong") << 0x14 << QByteArray("Open-sesame") << wrong;
    QTest::newRow("IA5String, wrong") << 0x16 << QByteArray("") << "badRequest: the challenge password is";
    QTest::newRow("BMPString, wrong") << 0x1e << bmp.chopped(2) << wrong;
    QTest::newRow("BMPString of odd length") << 0x1e << bmp.chopped(1) << "badRequest: ";
    QTest::newRow("ASCII in a BMPString") << 0x1e << challenge << "badRequest: ";
    QTest::newRow("broken UTF-8") << 0x0c << QByteArray("\xff\xfe\x80") << "badRequest: the challenge password is";
    QTest::newRow("OCTET STRING") << 0x04 << challenge << "badRequest: the challenge password is";
    QTest::newRow("INTEGER") << 0x02 << QByteArray("\x01") << "badRequest: the challenge password is";
}

void TestHostileRequests::readChallengesInEveryEncoding()
{
    Target target;
    QFETCH(const int, tag);
    QFETCH(const QByteArray, value);
    QFETCH(const QString, expected);
    Forgery forgery = target.honest();
    forgery.content = target.envelope(withChallenge(target, static_cast<quint8>(tag), value));
    const QString said = target.say(forgery.message());
    QVERIFY2(said.startsWith(expected), qPrintable(said));
    QCOMPARE(target.enrollmentCount(), expected == "issued" ? 1 : 0);
}

void TestHostileRequests::getNothingByReplay()
{
    Target target;
    const QByteArray message = buildMessage(target.plan);
    const HttpResponse first = post(target.authority, message);
    const Pki::Certificate certificate = issuedCertificate(first, target.device, target.lab.depot, target.plan);
    // The same bytes are the same request: the same certificate, readable by the same key only (RFC 8894 2.5.1).
    for (int i = 0; i < 3; ++i)
        QCOMPARE(issuedCertificate(post(target.authority, message), target.device, target.lab.depot, target.plan), certificate);
    QCOMPARE(target.enrollmentCount(), 1);

    // Somebody else wraps the captured envelope into a message of his own: he cannot read the CSR, and gets no certificate for his key.
    const auto thief = LabDevice::create("CN=plc-7", {}, {}, "thief");
    Forgery stolen = target.honest();
    stolen.content = must(Pki::SignedData::fromDer(message)).content().value();
    stolen.signer = thief.signer;
    stolen.embedded = {thief.signer.certificate};
    stolen.set(Scep::Oids::transactionId, Pki::printableStringDer(thief.transactionId.toText().toLatin1()));
    const HttpResponse response = post(target.authority, stolen.message());
    const auto enrollments = must(target.lab.depot.enrollments());
    for (const Enrollment &one : enrollments)
        QVERIFY(one.certificate.isNull() || one.certificate.publicKey() == target.device.key.publicKey());
    // Under the victim's transactionID he is told nothing.
    stolen.set(Scep::Oids::transactionId, Pki::printableStringDer(target.plan.transactionId.toText().toLatin1()));
    RequestPlan plan = target.plan;
    plan.signer = thief.signer;
    QCOMPARE(outcome(post(target.authority, stolen.message()), thief, target.lab.depot, plan),
             QString("badRequest: the transactionID belongs to the request of another key"));

    // A message of another CA's client.
    LabCaFolder other;
    Authority elsewhere(other.depot, {});
    QVERIFY(outcome(post(elsewhere, message), target.device, other.depot, target.plan).startsWith("badMessageCheck"));
    QVERIFY(must(other.depot.enrollments()).isEmpty());
}

QTEST_GUILESS_MAIN(TestHostileRequests)
#include "tst_hostilerequests.moc"
