// SPDX-License-Identifier: GPL-3.0-or-later
// scepclient (package scep), strongSwan's pki (package strongswan-pki) and certmonger's scep-submit at a Lab CA that runs in this program.
#include "tests/interop/foreignprogram.h"
#include "tests/interop/labserver.h"

#include <QTest>

#include <algorithm>

using namespace LabCa;
using TestSupport::must;

namespace {

const QByteArray challenge = LabServer::challenge();
const QString scepSubmit("/usr/lib/certmonger/scep-submit");

QByteArray brokenIntoLines(const QByteArray &base64)
{
    QByteArray lines;
    for (qsizetype at = 0; at < base64.size(); at += 64)
        lines += base64.mid(at, 64) + '\n';
    return lines;
}

} // namespace

class TestForeignClients final : public QObject
{
    Q_OBJECT

private slots:
    void scepclientEnrols();
    void scepclientIsToldNo();
    void scepclientSendsAgainWhilePending();
    void scepclientRenews();
    void strongSwanReadsTheCaCertificates();
    void strongSwanEnrols_data();
    void strongSwanEnrols();
    void strongSwanIsToldNo();
    void strongSwanPolls_data();
    void strongSwanPolls();
    void strongSwanRenews();
    void certmongerReadsTheServer();
    void certmongerCarriesAMessage();

private:
    static QStringList scepclientArguments(const LabServer &lab, const QString &password = QString::fromLatin1(challenge));
    static QStringList strongSwanArguments(const LabServer &lab, const QString &password = QString::fromLatin1(challenge));
};

QStringList TestForeignClients::scepclientArguments(const LabServer &lab, const QString &password)
{
    return {"-server-url", lab.url,  "-private-key", "key.pem",   "-certificate",  "cert.pem",
            "-challenge",  password, "-cn",          "foreign-1", "-organization", "lab"};
}

QStringList TestForeignClients::strongSwanArguments(const LabServer &lab, const QString &password)
{
    return {"--scep",     "--url",     lab.url,        "--in",        "key.pem",      "--dn",        "C=SE, O=lab, CN=foreign-2",
            "--password", password,    "--cacert-enc", "issuing.der", "--cacert-sig", "issuing.der", "--cacert",
            "root.der",   "--outform", "pem"};
}

void TestForeignClients::scepclientEnrols()
{
    LabServer lab(Mode::Auto);
    ForeignProgram scepclient("scepclient", "scep", lab.folder());
    QVERIFY2(scepclient.run(scepclientArguments(lab)) == 0, scepclient.everything().constData());
    QCOMPARE(lab.complaint("cert.pem", "key.pem"), QString());
    const auto certificate = must(Pki::Certificate::fromPem(lab.openssl.read("cert.pem")));
    QCOMPARE(certificate.subject().commonName(), QString("foreign-1"));
    QVERIFY(!certificate.isCa());
    QCOMPARE(lab.count("PKIOperation PKCSReq"), 1);
    QCOMPARE(lab.lastOutcome(), "issued " + certificate.serialNumber().toHex());
}

void TestForeignClients::scepclientIsToldNo()
{
    LabServer lab(Mode::Auto);
    ForeignProgram scepclient("scepclient", "scep", lab.folder());
    const int code = scepclient.run(scepclientArguments(lab, "guessed"));
    QVERIFY2(code > 0, scepclient.everything().constData());
    QVERIFY2(scepclient.everything().contains("failInfo: badRequest"), scepclient.everything().constData());
    QVERIFY(!QFile::exists(lab.openssl.path("cert.pem")));
    QVERIFY2(lab.lastOutcome().contains("challenge password is wrong"), qPrintable(lab.lastOutcome()));
    QVERIFY(lab.desk().enrollments()->isEmpty());
}

void TestForeignClients::scepclientSendsAgainWhilePending()
{
    LabServer lab(Mode::Approve);
    ForeignProgram scepclient("scepclient", "scep", lab.folder());
    QVERIFY2(scepclient.start(scepclientArguments(lab)), scepclient.errors().constData());
    QTRY_COMPARE_WITH_TIMEOUT(lab.lastOutcome(), QString("PENDING"), 30'000);
    auto desk = lab.desk();
    const auto waiting = must(desk.enrollments());
    QCOMPARE(waiting.size(), 1);
    QCOMPARE(waiting.first().subject().commonName(), QString("foreign-1"));
    QVERIFY(desk.approve(waiting.first().transactionId));
    // It sends the whole PKCSReq again after its fixed 30 s; it knows no CertPoll.
    QVERIFY2(scepclient.waitForEnd(std::chrono::seconds(90)), scepclient.everything().constData());
    QVERIFY2(scepclient.exitCode() == 0, scepclient.everything().constData());
    QCOMPARE(lab.complaint("cert.pem", "key.pem"), QString());
    QCOMPARE(lab.count("PKIOperation PKCSReq"), 2);
    QCOMPARE(lab.desk().enrollments()->size(), 1);
}

void TestForeignClients::scepclientRenews()
{
    // With a certificate in place it sends RenewalReq, signed with it, and keeps the key.
    LabServer lab(Mode::Auto);
    ForeignProgram first("scepclient", "scep", lab.folder());
    QVERIFY2(first.run(scepclientArguments(lab)) == 0, first.everything().constData());
    const auto before = must(Pki::Certificate::fromPem(lab.openssl.read("cert.pem")));
    ForeignProgram second("scepclient", "scep", lab.folder());
    QVERIFY2(second.run(scepclientArguments(lab, "no challenge is needed now")) == 0, second.everything().constData());
    QCOMPARE(lab.count("PKIOperation RenewalReq"), 1);
    QVERIFY2(lab.lastOutcome().startsWith("issued"), qPrintable(lab.lastOutcome()));
    QCOMPARE(lab.complaint("cert.pem", "key.pem"), QString());
    QCOMPARE(lab.desk().enrollments()->size(), 2);
    const auto renewed = lab.desk().enrollments()->last().certificate;
    QVERIFY(renewed.serialNumber() != before.serialNumber());
    QCOMPARE(renewed.publicKey(), before.publicKey());
}

void TestForeignClients::strongSwanReadsTheCaCertificates()
{
    LabServer lab(Mode::Auto);
    ForeignProgram pki("pki", "strongswan-pki", lab.folder());
    QVERIFY2(pki.run({"--scepca", "--url", lab.url, "--caout", "got.crt"}) == 0, pki.everything().constData());
    // It puts the root into the file named and numbers what follows.
    QCOMPARE(lab.openssl.read("got.crt"), lab.openssl.read("root.der"));
    QCOMPARE(lab.openssl.read("got-1.crt"), lab.openssl.read("issuing.der"));
}

void TestForeignClients::strongSwanEnrols_data()
{
    QTest::addColumn<QString>("cipher");
    QTest::addColumn<QString>("digest");
    QTest::newRow("AES, SHA-256") << "aes" << "sha256";
    QTest::newRow("AES, SHA-512") << "aes" << "sha512";
    QTest::newRow("AES, SHA-384") << "aes" << "sha384";
    QTest::newRow("3DES, SHA-1") << "des3" << "sha1";
}

void TestForeignClients::strongSwanEnrols()
{
    QFETCH(const QString, cipher);
    QFETCH(const QString, digest);
    LabServer lab(Mode::Auto);
    lab.openssl.write("key.pem", lab.openssl.output({"genrsa", "2048"}));
    ForeignProgram pki("pki", "strongswan-pki libstrongswan-extra-plugins libstrongswan-standard-plugins", lab.folder());
    const QStringList options{"--cipher", cipher, "--digest", digest, "--san", "foreign-2.lab.example"};
    QVERIFY2(pki.run(strongSwanArguments(lab) + options) == 0, pki.everything().constData());
    lab.openssl.write("cert.pem", pki.output());
    QCOMPARE(lab.complaint("cert.pem", "key.pem"), QString());
    const auto certificate = must(Pki::Certificate::fromPem(pki.output()));
    QCOMPARE(certificate.subject().toText(), QString("C=SE, O=lab, CN=foreign-2"));
    QCOMPARE(Pki::toText(certificate.subjectAlternativeNames()), QString("DNS:foreign-2.lab.example"));
    QCOMPARE(lab.lastOutcome(), "issued " + certificate.serialNumber().toHex());
}

void TestForeignClients::strongSwanIsToldNo()
{
    LabServer lab(Mode::Auto);
    lab.openssl.write("key.pem", lab.openssl.output({"genrsa", "2048"}));
    ForeignProgram pki("pki", "strongswan-pki", lab.folder());
    const int code = pki.run(strongSwanArguments(lab, "guessed"));
    QVERIFY2(code > 0, pki.everything().constData());
    QVERIFY2(pki.errors().contains("badRequest") || pki.errors().contains("not permitted"), pki.errors().constData());
    QVERIFY(!pki.output().contains("BEGIN"));
    QVERIFY2(lab.lastOutcome().contains("challenge password is wrong"), qPrintable(lab.lastOutcome()));
}

void TestForeignClients::strongSwanPolls_data()
{
    QTest::addColumn<bool>("isApproved");
    QTest::newRow("approved") << true;
    QTest::newRow("rejected") << false;
}

void TestForeignClients::strongSwanPolls()
{
    QFETCH(const bool, isApproved);
    LabServer lab(Mode::Approve);
    lab.openssl.write("key.pem", lab.openssl.output({"genrsa", "2048"}));
    ForeignProgram pki("pki", "strongswan-pki", lab.folder());
    QVERIFY2(pki.start(strongSwanArguments(lab) + QStringList{"--interval", "1", "--maxpolltime", "60"}), pki.errors().constData());
    QTRY_VERIFY_WITH_TIMEOUT(lab.count("PKIOperation CertPoll") >= 1, 30'000);
    QCOMPARE(lab.lastOutcome(), QString("PENDING"));
    auto desk = lab.desk();
    const auto waiting = must(desk.enrollments());
    QCOMPARE(waiting.size(), 1);
    const auto id = waiting.first().transactionId;
    if (isApproved)
        QVERIFY(desk.approve(id));
    else
        QVERIFY(desk.reject(id, "not our device"));
    QVERIFY2(pki.waitForEnd(std::chrono::seconds(60)), pki.errors().constData());
    QCOMPARE(pki.exitCode() == 0, isApproved);
    QCOMPARE(lab.count("PKIOperation PKCSReq"), 1);
    if (isApproved) {
        lab.openssl.write("cert.pem", pki.output());
        QCOMPARE(lab.complaint("cert.pem", "key.pem"), QString());
        QCOMPARE(lab.desk().find(id)->value().state, Enrollment::State::Issued);
    } else {
        QVERIFY(!pki.output().contains("BEGIN"));
        QVERIFY2(lab.lastOutcome().contains("not our device"), qPrintable(lab.lastOutcome()));
    }
}

void TestForeignClients::strongSwanRenews()
{
    LabServer lab(Mode::Auto);
    for (const char *key : {"key.pem", "key-2.pem"})
        lab.openssl.output({"genrsa", "-out", key, "2048"});
    ForeignProgram first("pki", "strongswan-pki", lab.folder());
    QVERIFY2(first.run(strongSwanArguments(lab)) == 0, first.everything().constData());
    lab.openssl.write("old.pem", first.output());
    QCOMPARE(lab.complaint("old.pem", "key.pem"), QString());

    QStringList arguments = strongSwanArguments(lab, "no challenge is needed now");
    arguments[arguments.indexOf("key.pem")] = "key-2.pem";
    arguments << "--cert" << "old.pem" << "--key" << "key.pem";
    ForeignProgram second("pki", "strongswan-pki", lab.folder());
    QVERIFY2(second.run(arguments) == 0, second.everything().constData());
    lab.openssl.write("new.pem", second.output());
    QCOMPARE(lab.complaint("new.pem", "key-2.pem"), QString());
    QCOMPARE(lab.count("PKIOperation RenewalReq"), 1);
    QCOMPARE(lab.desk().enrollments()->size(), 2);
}

void TestForeignClients::certmongerReadsTheServer()
{
    LabServer lab(Mode::Auto);
    ForeignProgram capabilities(scepSubmit, "certmonger", lab.folder());
    QVERIFY2(capabilities.run({"-u", lab.url, "-c"}) == 0, capabilities.everything().constData());
    QVERIFY2(capabilities.output().contains("POSTPKIOperation"), capabilities.everything().constData());
    ForeignProgram certificates(scepSubmit, "certmonger", lab.folder());
    QVERIFY2(certificates.run({"-u", lab.url, "-C"}) == 0, certificates.everything().constData());
    const auto listed = must(Pki::Certificate::listFromPem(certificates.output()));
    QVERIFY(listed.contains(lab.desk().issuing()));
    QVERIFY(listed.contains(lab.desk().root()));
}

void TestForeignClients::certmongerCarriesAMessage()
{
    // certmonger's helper verifies and carries; the message itself is made here, and the reply that it hands over is read here.
    LabServer lab(Mode::Auto);
    const Pki::PrivateKey key = TestSupport::rsaKey("certmonger", 2048);
    const auto request = TestSupport::makeRequest("CN=foreign-3", key, {}, challenge);
    const QDateTime now = QDateTime::currentDateTimeUtc();
    Scep::PkiRequest message;
    message.transactionId = Scep::TransactionId::create(key.publicKey());
    message.senderNonce = Scep::Nonce::create();
    message.payload = request.der();
    message.signer = must(Scep::createRequestSigner(request.subject(), key, now));
    message.recipient = lab.desk().issuing();
    const QByteArray der = must(Scep::buildPkiRequest(message, key));
    lab.openssl.write("message.pem", "-----BEGIN PKCS7-----\n" + brokenIntoLines(der.toBase64()) + "-----END PKCS7-----\n");
    ForeignProgram submit(scepSubmit, "certmonger", lab.folder());
    QVERIFY2(submit.run({"-u", lab.url, "-r", "ca/issuing.pem", "-N", "ca/root.pem", "-I", "ca/issuing.pem", "-p", "message.pem"}) == 0,
             submit.everything().constData());
    QCOMPARE(lab.count("PKIOperation PKCSReq"), 1);
    QVERIFY2(lab.lastOutcome().startsWith("issued"), qPrintable(lab.lastOutcome()));

    // It has verified the signed part and hands over the envelope.
    lab.openssl.write("envelope.pem", submit.output());
    const QByteArray envelope = lab.openssl.output({"pkcs7", "-in", "envelope.pem", "-outform", "der"});
    const QByteArray bundle = must(must(Pki::EnvelopedData::fromDer(envelope)).decrypt(key, message.signer));
    const QList<Pki::Certificate> certificates = must(Pki::SignedData::fromDer(bundle)).certificates();
    QVERIFY(std::ranges::any_of(certificates, [&](const Pki::Certificate &certificate) {
        return certificate.publicKey() == key.publicKey() && certificate.subject() == request.subject();
    }));
}

QTEST_GUILESS_MAIN(TestForeignClients)
#include "tst_interop_foreign_clients.moc"
