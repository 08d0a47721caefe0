// SPDX-License-Identifier: GPL-3.0-or-later
// What a client sees of each personality beside its CertReps, through the HTTP face.
#include "tests/labca/personalitylab.h"

#include <QTest>

using namespace LabCa;
using TestSupport::must;

namespace {

const QByteArray caCertType("application/x-x509-ca-cert");
const QByteArray caRaType("application/x-x509-ca-ra-cert");

void addRows()
{
    QTest::addColumn<QString>("name");
    for (const QString &name : personalityNames())
        QTest::newRow(qPrintable(name)) << name;
}

} // namespace

class TestPersonality final : public QObject
{
    Q_OBJECT

private slots:
    void areNamed();
    void tellsItsCapabilities_data();
    void tellsItsCapabilities();
    void showsItsCertificates_data();
    void showsItsCertificates();
    void walksTheChainByIndex();
    void takesPostOrNot_data();
    void takesPostOrNot();
    void answersWhatItDoesNotOffer_data();
    void answersWhatItDoesNotOffer();
    void limitsTheQuery();
    void showsAPageWithoutOperation();
    void wantsTheCaNamed();
    void wantsHexadecimalTransactionIds();
    void speaksItsHttpVersion_data();
    void speaksItsHttpVersion();
};

void TestPersonality::areNamed()
{
    QCOMPARE(personalityNames(), (QStringList{"standard", "ndes", "ejbca", "openxpki", "step-ca", "micromdm", "dogtag", "cisco"}));
    for (const Personality &row : personalities())
        QVERIFY(!row.description.isEmpty() && !row.description.contains('\n'));
    QCOMPARE(personalityFromName("NDES")->name, QString("ndes"));
    QVERIFY(!personalityFromName("netscape"));
    QCOMPARE(Personality().capabilities, personalityFromName("standard")->capabilities);
}

void TestPersonality::tellsItsCapabilities_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("body");
    const QByteArray goList("Renewal*SHA-1*SHA-256*AES*DES3*SCEPStandard*POSTPKIOperation");
    const auto row = [](const char *name, int status, const QByteArray &body) { QTest::newRow(name) << QString(name) << status << body; };
    row("standard", 200, "AES\nDES3\nGetNextCACert\nPOSTPKIOperation\nRenewal\nSHA-1\nSHA-256\nSHA-384\nSHA-512\nSCEPStandard\n");
    row("ndes", 200, "POSTPKIOperation\r\nRenewal\r\nSHA-512\r\nSHA-256\r\nSHA-1\r\nDES3\r\n");
    row("ejbca", 200, "POSTPKIOperation\nGetNextCACert\nRenewal\nSHA-512\nSHA-256\nSHA-1\nDES3\nAES\nSCEPStandard\n");
    row("openxpki", 200, "AES\nDES3\nGetNextCACert\nPOSTPKIOperation\nRenewal\nSHA-1\nSHA-256\nSHA-384\nSHA-512\nSCEPStandard\n");
    row("step-ca", 200, QByteArray(goList).replace("*", "\r\n"));
    row("micromdm", 200, QByteArray(goList).replace("*", "\n"));
    row("dogtag", 200, "DES3\nSHA-256\nSHA-512\n");
    row("cisco", 404, "<html><body><h1>404 Not Found</h1></body></html>\n");
}

void TestPersonality::tellsItsCapabilities()
{
    QFETCH(const QString, name);
    QFETCH(const int, status);
    QFETCH(const QByteArray, body);
    const Lab lab(name);
    const RawReply reply = lab.ask("/scep?operation=GetCACaps&message=lab");
    QCOMPARE(reply.status, status);
    QCOMPARE(reply.body, body);
}

void TestPersonality::showsItsCertificates_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QByteArray>("type");
    QTest::addColumn<QString>("expected"); // in this order
    QTest::newRow("standard") << "standard" << caRaType << "issuing root";
    QTest::newRow("ndes") << "ndes" << caRaType << "ra-signing ra-encryption issuing";
    QTest::newRow("ejbca") << "ejbca" << caRaType << "issuing root";
    QTest::newRow("openxpki") << "openxpki" << caRaType << "issuing root ra";
    QTest::newRow("step-ca") << "step-ca" << caRaType << "issuing root";
    QTest::newRow("micromdm") << "micromdm" << caCertType << "issuing";
    QTest::newRow("dogtag") << "dogtag" << caCertType << "issuing";
    QTest::newRow("cisco") << "cisco" << caCertType << "issuing";
}

void TestPersonality::showsItsCertificates()
{
    QFETCH(const QString, name);
    QFETCH(const QByteArray, type);
    QFETCH(const QString, expected);
    const Lab lab(name);
    const RawReply reply = lab.ask("/scep?operation=GetCACert&message=lab");
    QCOMPARE(reply.status, 200);
    QCOMPARE(reply.contentType, type);
    const auto single = Pki::Certificate::fromDer(reply.body);
    const QList<Pki::Certificate> certificates = single ? QList{*single} : must(Pki::SignedData::fromDer(reply.body)).certificates();
    const auto ca = lab.folder.depot.material()->current;
    QStringList names;
    for (const Pki::Certificate &certificate : certificates) {
        if (certificate == ca.issuing)
            names.append("issuing");
        else if (certificate == ca.root)
            names.append("root");
        else if (certificate == ca.raSigning)
            names.append(ca.raKind() == RaKind::One ? "ra" : "ra-signing");
        else
            names.append(certificate == ca.raEncryption ? "ra-encryption" : "?");
    }
    QCOMPARE(names.join(' '), expected);
}

void TestPersonality::walksTheChainByIndex()
{
    const Lab lab("dogtag");
    QCOMPARE(lab.ask("/scep?operation=GetCACert&message=0").body, lab.folder.depot.issuing().der());
    QCOMPARE(lab.ask("/scep?operation=GetCACert&message=1").body, lab.folder.depot.root().der());
    QCOMPARE(lab.ask("/scep?operation=GetCACert&message=2").status, 404);
    QCOMPARE(lab.ask("/scep?operation=GetCACert").body, lab.folder.depot.issuing().der());
}

void TestPersonality::takesPostOrNot_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<int>("status");
    for (const QString name : {"standard", "ndes", "ejbca", "openxpki", "step-ca", "micromdm"})
        QTest::newRow(qPrintable(name)) << name << 200;
    QTest::newRow("dogtag") << "dogtag" << 501;
    QTest::newRow("cisco") << "cisco" << 405;
}

void TestPersonality::takesPostOrNot()
{
    QFETCH(const QString, name);
    QFETCH(const int, status);
    const Lab lab(name);
    const auto device = LabDevice::create("CN=plc-7", challenge);
    const RawReply reply = exchange(lab.face, postRequest(buildMessage(device.pkcsReq(lab.folder.depot)))).value();
    QCOMPARE(reply.status, status);
    QCOMPARE(lab.folder.depot.enrollments()->size(), status == 200 ? 1 : 0);
}

void TestPersonality::answersWhatItDoesNotOffer_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("missing"); // of CertPoll GetCert GetCRL RenewalReq GetNextCACert GetCACertChain
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("type");
    QTest::addColumn<QByteArray>("begins");
    const QByteArray text("text/plain; charset=utf-8");
    QTest::newRow("standard") << "standard" << "" << 200 << QByteArray() << QByteArray();
    QTest::newRow("ndes") << "ndes" << "GetNextCACert GetCACertChain" << 404 << QByteArray("text/html") << QByteArray("<html>");
    QTest::newRow("ejbca") << "ejbca" << "CertPoll GetCert GetCRL" << 200 << QByteArray("application/x-pki-message") << QByteArray();
    QTest::newRow("openxpki") << "openxpki" << "GetCACertChain" << 404 << text << QByteArray("I18N_");
    QTest::newRow("step-ca") << "step-ca" << "CertPoll GetCert GetCRL GetNextCACert GetCACertChain" << 500 << text
                             << QByteArray("not implemented");
    QTest::newRow("micromdm") << "micromdm" << "CertPoll GetCert GetCRL GetNextCACert GetCACertChain" << 500 << text
                              << QByteArray("not implemented");
    QTest::newRow("dogtag") << "dogtag" << "GetCert GetCRL RenewalReq GetNextCACert GetCACertChain" << 500 << QByteArray("text/html")
                            << QByteArray("<html>");
    QTest::newRow("cisco") << "cisco" << "GetCert RenewalReq GetCACertChain" << 404 << QByteArray("text/html") << QByteArray("<html>");
}

void TestPersonality::answersWhatItDoesNotOffer()
{
    QFETCH(const QString, name);
    QFETCH(const QString, missing);
    QFETCH(const int, status);
    QFETCH(const QByteArray, type);
    QFETCH(const QByteArray, begins);
    Lab lab(name);
    QVERIFY(lab.folder.depot.makeNextIssuing());
    const auto device = LabDevice::create("CN=plc-7", challenge);
    const RequestPlan enrolling = device.pkcsReq(lab.folder.depot);
    const Seen enrolled = look(lab.tell(enrolling).body, device);
    const Pki::Certificate certificate = enrolled.handedOut.first();

    RequestPlan query = enrolling;
    query.transactionId = Scep::TransactionId::create(device.key.publicKey());
    query.payload = certificate.issuerAndSerialNumber().der();
    QHash<QString, RawReply> replies;
    replies.insert("CertPoll", lab.tell(device.certPoll(lab.folder.depot)));
    query.type = Scep::MessageType::GetCert;
    replies.insert("GetCert", lab.tell(query));
    query.type = Scep::MessageType::GetCrl;
    replies.insert("GetCRL", lab.tell(query));
    replies.insert("RenewalReq", lab.tell(renewalOf(device, certificate, lab.folder.depot)));
    replies.insert("GetNextCACert", lab.ask("/scep?operation=GetNextCACert"));
    replies.insert("GetCACertChain", lab.ask("/scep?operation=GetCACertChain"));
    const QStringList expected = missing.split(' ', Qt::SkipEmptyParts);
    for (auto reply = replies.cbegin(); reply != replies.cend(); ++reply) {
        if (expected.contains(reply.key())) {
            QCOMPARE(reply->status, status);
            QCOMPARE(reply->contentType, type);
            QVERIFY2(begins.isEmpty() ? reply->body.isEmpty() : reply->body.startsWith(begins), reply->body.constData());
        } else {
            QVERIFY2(reply->status == 200 && !reply->body.isEmpty(), qPrintable(reply.key()));
        }
    }
}

void TestPersonality::limitsTheQuery()
{
    const Lab lab("ndes");
    const auto device = LabDevice::create("CN=plc-7", challenge);
    const RawReply reply = exchange(lab.face, getMessageRequest(buildMessage(device.pkcsReq(lab.folder.depot)))).value();
    QCOMPARE(reply.status, 404);
    QVERIFY(reply.body.contains("404.15"));
    QVERIFY(lab.folder.depot.enrollments()->isEmpty());
    // Others take it.
    const Lab other("standard");
    const RawReply taken = exchange(other.face, getMessageRequest(buildMessage(device.pkcsReq(other.folder.depot)))).value();
    QCOMPARE(look(taken.body, device).status, QString("0"));
}

void TestPersonality::showsAPageWithoutOperation()
{
    const Lab lab("ndes");
    const RawReply page = lab.ask("/certsrv/mscep/mscep.dll");
    QCOMPARE(page.status, 200);
    QCOMPARE(page.contentType, QByteArray("text/html"));
    QVERIFY(page.body.contains("Network Device Enrollment Service"));
    QCOMPARE(Lab("standard").ask("/scep").status, 400);
}

void TestPersonality::wantsTheCaNamed()
{
    const Lab lab("ejbca");
    for (const QByteArray operation : {"GetCACaps", "GetCACert"}) {
        QCOMPARE(lab.ask("/scep?operation=" + operation).status, 400);
        QCOMPARE(lab.ask("/scep?operation=" + operation + "&message=").status, 400);
        QCOMPARE(lab.ask("/scep?operation=" + operation + "&message=lab").status, 200);
    }
}

void TestPersonality::wantsHexadecimalTransactionIds()
{
    const Lab lab("openxpki");
    const auto device = LabDevice::create("CN=plc-7", challenge);
    RequestPlan plan = device.pkcsReq(lab.folder.depot);
    plan.transactionId = must(Scep::TransactionId::fromText("7XXEY-ERLPU-2JDR9"));
    const RawReply reply = lab.tell(plan);
    QCOMPARE(reply.status, 500);
    QVERIFY(reply.body.contains("hexadecimal"));
    QVERIFY(lab.folder.depot.enrollments()->isEmpty());
    const Lab other("standard");
    plan.recipient = other.folder.depot.issuing();
    QCOMPARE(look(other.tell(plan).body, device).status, QString("0"));
}

void TestPersonality::speaksItsHttpVersion_data()
{
    addRows();
}

void TestPersonality::speaksItsHttpVersion()
{
    QFETCH(const QString, name);
    const Lab lab(name);
    const auto socket = connectTo(lab.face);
    socket->write(getRequest("/cgi-bin/pkiclient.exe?operation=GetCACert&message=lab"));
    const auto reply = readReply(*socket);
    QVERIFY(reply);
    QCOMPARE(reply->statusLine, name == "cisco" ? QByteArray("HTTP/1.0 200 OK") : QByteArray("HTTP/1.1 200 OK"));
    if (name == "cisco")
        QTRY_COMPARE(socket->state(), QAbstractSocket::UnconnectedState);
}

QTEST_GUILESS_MAIN(TestPersonality)
#include "tst_personality.moc"
