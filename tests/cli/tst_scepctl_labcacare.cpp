// SPDX-License-Identifier: GPL-3.0-or-later
// scepctl lab-ca: what its keeper does with a CA that is there, beside one that serves, and what he is told when it does not go.
#include "scep/labca/depot.h"
#include "scep/labca/policyfile.h"
#include "tests/cli/labcaprocess.h"
#include "tests/support/testca.h"

#include <QDir>
#include <QHostAddress>
#include <QJsonArray>
#include <QJsonDocument>
#include <QNetworkInterface>
#include <QTcpServer>
#include <QTest>
#include <QUrl>

#include <algorithm>

using Test::LabCaProcess;
using Test::ScepctlProgram;
using Test::ScepctlResult;
using TestSupport::must;

class TestScepctlLabCaCare final : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void wrongWords_data();
    void wrongWords();
    void takesAPolicyBack();
    void servesWhatInitChanges();
    void saysWhatChangesNothing();
    void givesAnRa();
    void portInUseLeavesNothing();
    void anotherTryMayHaveAPassphrase();
    void servesAllAddresses();
    void clientsConfirmWhatIsSent_data();
    void clientsConfirmWhatIsSent();
    void ecKeysAreToldThatDesIsNotForThem();
    void revokedIsNotRenewed();
    void revokesBySerialNumber();
    void leavesOutWhatIsDamaged();
    void discardsTheNextCa();
    void writesTheFormerCrls();

private:
    ScepctlResult labCa(const QStringList &words) const { return m_scepctl.run(QStringList{"--json", "lab-ca"} + words); }
    ScepctlResult enroll(const LabCaProcess &lab, const QString &fingerprint, const QString &out, const QStringList &options = {}) const
    {
        return m_scepctl.run(QStringList{"--json", "enroll", "--url", lab.url(), "--fingerprint", fingerprint, "--subject", "CN=plc-7",
                                         "--out", out, "--timeout", "20"} +
                             options);
    }

    /// What a Lab CA prints when it listens.
    static QJsonObject servedBy(QProcess &process)
    {
        QByteArray line;
        const bool isServing = QTest::qWaitFor(
            [&] {
                line += process.readAllStandardOutput();
                return line.contains('\n') || process.state() == QProcess::NotRunning;
            },
            60'000);
        if (!isServing || !line.contains('\n'))
            qFatal("serve: %s", process.readAllStandardError().constData());
        return QJsonDocument::fromJson(line).object();
    }

    ScepctlProgram m_scepctl;
};

void TestScepctlLabCaCare::initTestCase()
{
    qputenv("SCEPTER_CHALLENGE", "");
    m_scepctl.write("challenge", "open-sesame\n");
    must(LabCa::Depot::openOrCreate(m_scepctl.path("ca")));
}

void TestScepctlLabCaCare::wrongWords_data()
{
    QTest::addColumn<QStringList>("words");
    QTest::addColumn<QByteArray>("said");
    const auto row = [](const char *name, const QStringList &words, const char *said) { QTest::newRow(name) << words << QByteArray(said); };
    row("weak CA key", {"init", "--dir", "x", "--key", "rsa:1024"}, "2048 to 4096 bits");
    row("weak CA key, serve", {"serve", "--dir", "x", "--key", "rsa:1024"}, "2048 to 4096 bits");
    row("serve one of them", {"serve", "--dir", "x", "--ca", "y"}, "ca");
    row("challenge and none", {"init", "--dir", "x", "--challenge-file", "challenge", "--no-challenge"}, "either --challenge-file or");
    row("both keys", {"init", "--dir", "x", "--new-key-on-renewal", "--same-key-on-renewal"}, "either --same-key-on-renewal or");
    row("both chains", {"init", "--dir", "x", "--full-chain", "--single-certificate"}, "either --full-chain or");
    row("both replies", {"init", "--dir", "x", "--ca-in-reply", "--no-ca-in-reply"}, "either --ca-in-reply or");
    row("both profiles", {"init", "--dir", "x", "--strict-profiles", "--lenient-profiles"}, "either --strict-profiles or");
    row("now and later", {"rollover", "--dir", "ca", "--now", "--at", "+5m"}, "only one of --now, --at");
    row("discarded and by hand", {"rollover", "--dir", "ca", "--by-hand", "--discard"}, "only one of --by-hand, --discard");
    row("now with a new root", {"rollover", "--dir", "ca", "--now", "--root"}, "--now is about one that is there");
    row("past", {"rollover", "--dir", "ca", "--at", "2020-01-01T00:00:00Z"}, "--at is in the past");
    row("nothing to discard", {"rollover", "--dir", "ca", "--discard"}, "no next issuing CA was made");
    row("reason of delta CRLs", {"revoke", "--dir", "ca", "x", "--reason", "removeFromCRL"}, "x");
}

void TestScepctlLabCaCare::wrongWords()
{
    QFETCH(const QStringList, words);
    QFETCH(const QByteArray, said);
    const QStringList before = m_scepctl.files("ca");
    const ScepctlResult result = m_scepctl.run(QStringList{"lab-ca"} + words);
    QCOMPARE(result.exitCode, 2);
    QVERIFY2(result.errors.contains(said), result.errors.constData());
    QVERIFY(!m_scepctl.exists("x"));
    QCOMPARE(m_scepctl.files("ca"), before);
}

void TestScepctlLabCaCare::takesAPolicyBack()
{
    const QStringList init{"init", "--dir", "back"};
    QCOMPARE(labCa(init + QStringList{"--challenge-file", "challenge", "--new-key-on-renewal", "--strict-profiles", "--single-certificate",
                                      "--no-ca-in-reply"})
                 .exitCode,
             0);
    auto kept = must(LabCa::policyOfFolder(m_scepctl.path("back")));
    QVERIFY(!kept.challenge.isEmpty() && !kept.renewal.allowsSameKey && kept.refusesUnknownProfiles && !kept.sendsFullChain &&
            !kept.includesCaInReply);
    // What is not mentioned stays.
    QCOMPARE(labCa(init + QStringList{"--validity-days", "7"}).exitCode, 0);
    kept = must(LabCa::policyOfFolder(m_scepctl.path("back")));
    QVERIFY(!kept.challenge.isEmpty() && !kept.renewal.allowsSameKey && kept.refusesUnknownProfiles && !kept.sendsFullChain);
    QCOMPARE(labCa(init + QStringList{"--no-challenge", "--same-key-on-renewal", "--lenient-profiles", "--full-chain", "--ca-in-reply"})
                 .exitCode,
             0);
    kept = must(LabCa::policyOfFolder(m_scepctl.path("back")));
    QVERIFY(kept.challenge.isEmpty() && kept.renewal.allowsSameKey && !kept.refusesUnknownProfiles && kept.sendsFullChain &&
            kept.includesCaInReply);
    QCOMPARE(kept.validityDays, 7);
    QVERIFY(!m_scepctl.exists("back/challenge.txt"));
}

void TestScepctlLabCaCare::servesWhatInitChanges()
{
    const LabCaProcess lab(m_scepctl, "changed", {});
    QCOMPARE(labCa({"init", "--dir", "changed", "--mode", "approve"}).exitCode, 0);
    const ScepctlResult pending = enroll(lab, lab.fingerprint(), "changed-out");
    QVERIFY2(pending.exitCode == 5, pending.errors.constData());
    QCOMPARE(labCa({"init", "--dir", "changed", "--ca", "plant2", "--name", "Plant 2"}).exitCode, 0);
    const ScepctlResult looked = m_scepctl.run({"--json", "ca", lab.url() + "/plant2"});
    QVERIFY2(looked.exitCode == 0 && looked.output.contains("Plant 2 Issuing (lab only)"), looked.errors.constData());
}

void TestScepctlLabCaCare::saysWhatChangesNothing()
{
    const ScepctlResult result =
        labCa({"init", "--dir", "ca", "--key", "rsa:3072", "--name", "Another", "--issuing-years", "3", "--validity-days", "9"});
    QCOMPARE(result.exitCode, 0);
    QVERIFY2(result.errors.contains("--name, --key, --issuing-years change nothing"), result.errors.constData());
    QVERIFY(!result.output.contains("Another"));
    QCOMPARE(must(LabCa::policyOfFolder(m_scepctl.path("ca"))).validityDays, 9);
    const ScepctlResult quiet = labCa({"init", "--dir", "ca", "--validity-days", "8"});
    QVERIFY2(quiet.errors.isEmpty(), quiet.errors.constData());
}

void TestScepctlLabCaCare::givesAnRa()
{
    must(LabCa::Depot::openOrCreate(m_scepctl.path("ra")));
    const ScepctlResult warned = labCa({"init", "--dir", "ra", "--personality", "ndes"});
    QCOMPARE(warned.exitCode, 0);
    QVERIFY2(warned.errors.contains("servers like ndes have an RA, this CA has none") && warned.errors.contains("--ra split"),
             warned.errors.constData());
    QCOMPARE(warned.json().value("ra").toString(), QString("none"));
    const ScepctlResult made = labCa({"init", "--dir", "ra", "--ra", "split"});
    QCOMPARE(made.json().value("ra").toString(), QString("split"));
    const ScepctlResult kept = labCa({"init", "--dir", "ra", "--ra", "one"});
    QVERIFY2(kept.errors.contains("stays as it is (split)"), kept.errors.constData());
    const LabCaProcess lab(m_scepctl, "ra", {});
    const ScepctlResult looked = m_scepctl.run({"--json", "ca", lab.url()});
    QVERIFY2(looked.output.contains("RA Encryption (lab only)"), looked.output.constData());
}

void TestScepctlLabCaCare::portInUseLeavesNothing()
{
    QTcpServer other;
    QVERIFY(other.listen(QHostAddress::LocalHost));
    const ScepctlResult result = labCa({"serve", "--dir", "taken", "--port", QString::number(other.serverPort())});
    QCOMPARE(result.exitCode, 2);
    QVERIFY2(result.errors.contains("another --port") && !result.errors.contains("proxy"), result.errors.constData());
    QVERIFY(!m_scepctl.exists("taken"));
}

void TestScepctlLabCaCare::anotherTryMayHaveAPassphrase()
{
    m_scepctl.write("passphrase", "correct horse\n");
    QCOMPARE(labCa({"init", "--dir", "again", "--name", QString(200, 'x')}).exitCode, 2);
    QVERIFY(!m_scepctl.exists("again/keys.secret"));
    const ScepctlResult made = labCa({"init", "--dir", "again", "--passphrase-file", "passphrase"});
    QVERIFY2(made.exitCode == 0, made.errors.constData());
    QCOMPARE(labCa({"list", "--dir", "again"}).jsonError().value("code").toString(), QString("PassphraseRequired"));
    // Nobody is asked for a pass phrase where it was the secret that got lost.
    must(LabCa::Depot::openOrCreate(m_scepctl.path("lost")));
    QVERIFY(QFile::remove(m_scepctl.path("lost/keys.secret")));
    const ScepctlResult lost = labCa({"list", "--dir", "lost"});
    QCOMPARE(lost.jsonError().value("code").toString(), QString("FileNotFound"));
    QVERIFY2(lost.errors.contains("keys.secret"), lost.errors.constData());
}

void TestScepctlLabCaCare::servesAllAddresses()
{
    must(LabCa::Depot::openOrCreate(m_scepctl.path("everywhere")));
    std::unique_ptr<QProcess> process =
        m_scepctl.start({"--json", "lab-ca", "serve", "--dir", "everywhere", "--port", "0", "--address", "0.0.0.0"});
    const QUrl url(servedBy(*process).value("url").toString());
    process->terminate();
    const QByteArray errors = ScepctlProgram::wait(*process).errors;
    QVERIFY2(errors.contains("--public-url") && errors.contains(url.host().toUtf8()), errors.constData());
    const QList<QHostAddress> own = QNetworkInterface::allAddresses();
    const bool isAlone = std::ranges::all_of(own, [](const QHostAddress &address) {
        return address.isLoopback() || address.isLinkLocal() || address.protocol() != QAbstractSocket::IPv4Protocol;
    });
    QCOMPARE(QHostAddress(url.host()).isLoopback(), isAlone);
}

void TestScepctlLabCaCare::clientsConfirmWhatIsSent_data()
{
    QTest::addColumn<QString>("personality");
    for (const char *name : {"standard", "ndes", "openxpki", "micromdm", "cisco"})
        QTest::newRow(name) << name;
}

void TestScepctlLabCaCare::clientsConfirmWhatIsSent()
{
    QFETCH(const QString, personality);
    const QString folder = "anchor-" + personality;
    const std::unique_ptr<QProcess> process =
        m_scepctl.start({"--json", "lab-ca", "serve", "--dir", folder, "--port", "0", "--personality", personality});
    const QJsonObject served = servedBy(*process);
    const QString anchor = served.value("anchorSha256").toString();
    QVERIFY(anchor == served.value("rootSha256").toString() || anchor == served.value("issuingSha256").toString());
    const ScepctlResult done = m_scepctl.run({"--json", "enroll", "--url", served.value("url").toString(), "--fingerprint", anchor,
                                              "--subject", "CN=plc-7", "--out", folder + "-out", "--timeout", "20", "--allow-des"});
    process->terminate();
    const QByteArray log = ScepctlProgram::wait(*process).errors;
    QVERIFY2(done.exitCode == 0, (done.errors + log).constData());
}

void TestScepctlLabCaCare::ecKeysAreToldThatDesIsNotForThem()
{
    const LabCaProcess lab(m_scepctl, "ec", {"--personality", "step-ca", "--challenge-file", "challenge"});
    const ScepctlResult refused =
        enroll(lab, lab.fingerprint(), "ec-out", {"--key-type", "ec:P-256", "--challenge-file", "challenge", "--allow-des"});
    QVERIFY2(refused.exitCode == 4, refused.errors.constData());
    QVERIFY2(refused.errors.contains("would be in DES"), refused.errors.constData());
    QVERIFY(labCa({"list", "--dir", "ec"}).json().value("enrollments").toArray().isEmpty());
}

void TestScepctlLabCaCare::revokedIsNotRenewed()
{
    const LabCaProcess lab(m_scepctl, "revoked", {});
    QCOMPARE(enroll(lab, lab.fingerprint(), "revoked-out").exitCode, 0);
    const QJsonObject issued = labCa({"list", "--dir", "revoked"}).json().value("enrollments").toArray().first().toObject();
    QCOMPARE(labCa({"revoke", "--dir", "revoked", "--reason", "keyCompromise", issued.value("transactionId").toString()}).exitCode, 0);
    const QByteArray before = m_scepctl.read("revoked-out/plc-7.cert.pem");
    const ScepctlResult renewed =
        m_scepctl.run({"--json", "renew", "--url", lab.url(), "--fingerprint", lab.fingerprint(), "--cert", "revoked-out/plc-7.cert.pem",
                       "--key", "revoked-out/plc-7.key.pem", "--out", "revoked-out"});
    QVERIFY2(renewed.exitCode == 4, renewed.errors.constData());
    QVERIFY2(renewed.errors.contains("is revoked"), renewed.errors.constData());
    QCOMPARE(m_scepctl.read("revoked-out/plc-7.cert.pem"), before);
    QCOMPARE(labCa({"list", "--dir", "revoked"}).json().value("enrollments").toArray().size(), 1);
}

void TestScepctlLabCaCare::revokesBySerialNumber()
{
    const LabCaProcess lab(m_scepctl, "serial", {});
    QCOMPARE(enroll(lab, lab.fingerprint(), "serial-out").exitCode, 0);
    const QJsonObject issued = labCa({"list", "--dir", "serial"}).json().value("enrollments").toArray().first().toObject();
    const QString serial = issued.value("serialNumber").toString();
    const ScepctlResult text = m_scepctl.run({"lab-ca", "list", "--dir", "serial"});
    QVERIFY2(text.output.contains("serial number " + serial.toLatin1()), text.output.constData());
    const ScepctlResult revoked = labCa({"revoke", "--dir", "serial", serial.toUpper()});
    QVERIFY2(revoked.exitCode == 0, revoked.errors.constData());
    QCOMPARE(revoked.json().value("transactionId").toString(), issued.value("transactionId").toString());
    QVERIFY(revoked.json().contains("revokedAt"));
}

void TestScepctlLabCaCare::leavesOutWhatIsDamaged()
{
    const LabCaProcess lab(m_scepctl, "damaged", {"--mode", "approve"});
    QCOMPARE(enroll(lab, lab.fingerprint(), "damaged-out").exitCode, 5);
    m_scepctl.write("damaged/enrollments/bad.json", "{");
    const ScepctlResult list = labCa({"list", "--dir", "damaged"});
    QCOMPARE(list.exitCode, 0);
    QVERIFY2(list.errors.contains("bad.json"), list.errors.constData());
    QVERIFY(list.json().value("damaged").toArray().first().toString().contains("bad.json"));
    const QString id = list.json().value("enrollments").toArray().first().toObject().value("transactionId").toString();
    const ScepctlResult approved = labCa({"approve", "--dir", "damaged", id});
    QVERIFY2(approved.exitCode == 0, approved.errors.constData());
    const ScepctlResult crl = labCa({"crl", "--dir", "damaged", "--out", "damaged.crl"});
    QCOMPARE(crl.exitCode, 0);
    QVERIFY2(crl.errors.contains("bad.json"), crl.errors.constData());
}

void TestScepctlLabCaCare::discardsTheNextCa()
{
    must(LabCa::Depot::openOrCreate(m_scepctl.path("next")));
    const QStringList rollover{"rollover", "--dir", "next"};
    const QString first = labCa(rollover + QStringList{"--at", "+2h"}).json().value("sha256").toString();
    const ScepctlResult again = labCa(rollover + QStringList{"--root"});
    QCOMPARE(again.exitCode, 2);
    QVERIFY2(again.errors.contains("--discard lets it go"), again.errors.constData());
    const ScepctlResult discarded = labCa(rollover + QStringList{"--discard"});
    QVERIFY2(discarded.exitCode == 0, discarded.errors.constData());
    QCOMPARE(discarded.json().value("state").toString(), QString("discarded"));
    QCOMPARE(discarded.json().value("sha256").toString(), must(LabCa::Depot::open(m_scepctl.path("next"))).issuing().fingerprint().toHex());
    const ScepctlResult made = labCa(rollover + QStringList{"--name", "Another"});
    QCOMPARE(made.json().value("state").toString(), QString("announced")); // without the time of the one before
    QVERIFY(made.json().value("sha256").toString() != first);
}

void TestScepctlLabCaCare::writesTheFormerCrls()
{
    auto depot = must(LabCa::Depot::openOrCreate(m_scepctl.path("crls")));
    const LabCaProcess lab(m_scepctl, "crls", {});
    QCOMPARE(enroll(lab, lab.fingerprint(), "crls-out").exitCode, 0);
    const Pki::Certificate former = depot.issuing();
    const auto enrollments = must(depot.enrollments());
    QVERIFY(depot.revoke(enrollments.first().transactionId, "superseded", QDateTime::currentDateTimeUtc()));
    QVERIFY(depot.makeNextIssuing());
    QVERIFY(depot.switchToNextIssuing());
    const ScepctlResult one = labCa({"crl", "--dir", "crls", "--out", "lab.crl"});
    QCOMPARE(one.json().value("revoked").toInt(-1), 0);
    QVERIFY(!one.json().contains("former") && !m_scepctl.exists("lab-former-1.crl"));
    QVERIFY(m_scepctl.run({"lab-ca", "crl", "--dir", "crls", "--out", "lab.crl"}).output.contains("--all"));
    const ScepctlResult all = labCa({"crl", "--dir", "crls", "--out", "lab.crl", "--all"});
    QVERIFY2(all.exitCode == 0, all.errors.constData());
    const QJsonObject second = all.json().value("former").toArray().first().toObject();
    QCOMPARE(second.value("file").toString(), QString("lab-former-1.crl"));
    QCOMPARE(second.value("issuer").toString(), former.subject().toText());
    const auto crl = must(Pki::Crl::fromBytes(m_scepctl.read("lab-former-1.crl")));
    QVERIFY(crl.isSignedBy(former));
    QVERIFY(crl.find(enrollments.first().certificate.serialNumber()));
    QVERIFY(must(Pki::Crl::fromBytes(m_scepctl.read("lab.crl"))).isSignedBy(depot.issuing()));
}

QTEST_GUILESS_MAIN(TestScepctlLabCaCare)
#include "tst_scepctl_labcacare.moc"
