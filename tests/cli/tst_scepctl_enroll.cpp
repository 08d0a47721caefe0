// SPDX-License-Identifier: GPL-3.0-or-later

// scepctl enroll, poll and ca against a real Lab CA: what a technician does, with the openssl program as the judge of the files.

#include "scep/labca/httpface.h"
#include "tests/cli/scepctlprogram.h"
#include "tests/support/opensslprogram.h"

#include <QJsonArray>
#include <QTest>

using Test::ScepctlProgram;
using Test::ScepctlResult;

namespace {

/// A Lab CA on loopback, in this process.
struct RunningLabCa {
    QTemporaryDir folder;
    LabCa::Depot depot = *LabCa::Depot::openOrCreate(folder.filePath("ca"));
    LabCa::Authority authority;
    LabCa::HttpFace face{authority};
    QList<LabCa::LogEntry> log;

    explicit RunningLabCa(LabCa::Mode mode)
        : authority(depot, {.mode = mode, .challenge = Pki::SecretBytes(QByteArrayView("open sesame"))}, &QDateTime::currentDateTimeUtc)
    {
        QObject::connect(&face, &LabCa::HttpFace::requestServed, &face, [this](const LabCa::LogEntry &entry) { log.append(entry); });
        if (!face.listen())
            qFatal("the Lab CA cannot listen");
    }

    [[nodiscard]] QStringList enrollArguments(const QString &folderName) const
    {
        return {"--json",
                "enroll",
                "--url",
                face.url().toString(),
                "--fingerprint",
                depot.root().fingerprint().toDisplay(),
                "--subject",
                "CN=plc-7,O=Lab",
                "--challenge-file",
                "challenge",
                "--out",
                folderName};
    }
};

} // namespace

class TestScepctlEnroll : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        m_scepctl.write("challenge", "open sesame\n");
        m_scepctl.write("p12-password", "für-die-SPS\n");
        m_scepctl.write("key.pem", m_openssl.output({"genrsa", "2048"}));
    }

    void writesFilesThatOpensslAccepts();
    void enrolsInEveryWay_data();
    void enrolsInEveryWay();
    void sendsTheDevicesOwnRequest();
    void keepsAnOlderKey();
    void goesOnAfterApproval();
    void tellsARejection();
    void showsTheServer();

private:
    ScepctlProgram m_scepctl;
    Test::OpensslProgram m_openssl;
    RunningLabCa m_auto{LabCa::Mode::Auto};
};

void TestScepctlEnroll::writesFilesThatOpensslAccepts()
{
    const ScepctlResult result =
        m_scepctl.run(m_auto.enrollArguments("out") + QStringList{"--san", "DNS:plc-7.lab.example,IP:192.0.2.7", "--p12", "out/plc-7.p12",
                                                                  "--p12-password-file", "p12-password"});
    QCOMPARE(result.exitCode, 0);
    const QJsonObject json = result.json();
    QCOMPARE(json.value("state").toString(), "issued");
    QCOMPARE(json.value("subject").toString(), "CN=plc-7, O=Lab");
    QCOMPARE(json.value("files").toObject().value("pkcs12").toString(), "out/plc-7.p12");
    QVERIFY(json.value("chainVerdict").toString().startsWith("trusted up to"));
    QCOMPARE(m_scepctl.files("out"), QStringList({"plc-7.cert.pem", "plc-7.chain.pem", "plc-7.key.pem", "plc-7.p12"}));
    QCOMPARE(QFile::permissions(m_scepctl.path("out/plc-7.key.pem")) & ~(QFile::ReadUser | QFile::WriteUser),
             QFile::ReadOwner | QFile::WriteOwner);

    const QString certificate = m_scepctl.path("out/plc-7.cert.pem");
    QVERIFY(m_openssl.run({"verify", "-CAfile", m_scepctl.path("out/plc-7.chain.pem"), certificate}).isGood());
    QCOMPARE(m_openssl.output({"x509", "-in", certificate, "-noout", "-pubkey"}),
             m_openssl.output({"pkey", "-in", m_scepctl.path("out/plc-7.key.pem"), "-pubout"}));
    QVERIFY(m_openssl.output({"x509", "-in", certificate, "-noout", "-ext", "subjectAltName"})
                .contains("DNS:plc-7.lab.example, IP Address:192.0.2.7"));
    const auto opened =
        m_openssl.run({"pkcs12", "-in", m_scepctl.path("out/plc-7.p12"), "-info", "-noenc", "-passin", "stdin"}, "für-die-SPS\n");
    QVERIFY2(opened.isGood(), opened.errors.constData());
    QVERIFY(opened.errors.contains("AES-256-CBC"));
    QCOMPARE(opened.output.count("BEGIN CERTIFICATE"), 3);
}

void TestScepctlEnroll::enrolsInEveryWay_data()
{
    QTest::addColumn<QStringList>("options");
    const QStringList pinned{"--fingerprint", m_auto.depot.root().fingerprint(Pki::Digest::Sha1).toHex()};
    QTest::newRow("SHA-1 fingerprint") << pinned;
    QTest::newRow("fingerprint of the issuing CA") << QStringList{"--fingerprint", m_auto.depot.issuing().fingerprint().toHex()};
    m_scepctl.write("root.pem", m_auto.depot.root().toPem());
    QTest::newRow("CA file") << QStringList{"--ca-file", "root.pem"};
    QTest::newRow("trust on first use") << QStringList{"--trust-on-first-use"};
    QTest::newRow("GET") << pinned + QStringList{"--method", "get"};
    QTest::newRow("3DES and SHA-1") << pinned + QStringList{"--cipher", "3des-cbc", "--digest", "sha1"};
    QTest::newRow("AES-256 and SHA-512") << pinned + QStringList{"--cipher", "aes256-cbc", "--digest", "sha512"};
    QTest::newRow("OAEP with SHA-1") << pinned + QStringList{"--key-transport", "oaep-sha1"};
    QTest::newRow("OAEP with SHA-256") << pinned + QStringList{"--key-transport", "oaep-sha256"};
    m_scepctl.write("ec.pem", m_openssl.output({"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"}));
    QTest::newRow("EC key, the reply opened with the challenge") << pinned + QStringList{"--key", "ec.pem"};
    QTest::newRow("DES by opt-in") << pinned + QStringList{"--cipher", "des-cbc", "--allow-des"};
    QTest::newRow("profile and usages") << pinned + QStringList{"--profile-name",       "tls",       "--key-usage", "digitalSignature",
                                                                "--extended-key-usage", "clientAuth"};
    QTest::newRow("given transaction identifier") << pinned + QStringList{"--transaction-id", "7XXEY-ERLPU-2JDR9"};
}

void TestScepctlEnroll::enrolsInEveryWay()
{
    QFETCH(QStringList, options);
    const QString folder = QString("way-%1").arg(QTest::currentDataTag()).replace(' ', '-');
    const ScepctlResult result =
        m_scepctl.run(QStringList{"--json", "enroll", "--url", m_auto.face.url().toString(), "--subject", "CN=dev,C=SE", "--key", "key.pem",
                                  "--challenge-file", "challenge", "--out", folder} +
                      options);
    QVERIFY2(result.exitCode == 0, result.errors.constData());
    QCOMPARE(m_scepctl.files(folder), QStringList({"dev.cert.pem", "dev.chain.pem", "dev.key.pem"}));
    if (options.contains("--transaction-id"))
        QCOMPARE(result.json().value("transactionId").toString(), "7XXEY-ERLPU-2JDR9");
}

void TestScepctlEnroll::sendsTheDevicesOwnRequest()
{
    m_scepctl.write("device.csr", m_openssl.output({"req", "-new", "-newkey", "rsa:2048", "-noenc", "-keyout", "device.key", "-subj",
                                                    "/O=Maker/CN=from-device", "-config", "/dev/stdin"},
                                                   "[req]\ndistinguished_name=dn\nattributes=at\n[dn]\n[at]\n"
                                                   "challengePassword=x\nchallengePassword_default=x\n"));
    const ScepctlResult wrongChallenge =
        m_scepctl.run({"enroll", "--url", m_auto.face.url().toString(), "--fingerprint", m_auto.depot.root().fingerprint().toHex(), "--csr",
                       "device.csr", "--out", "device"});
    QCOMPARE(wrongChallenge.exitCode, 4); // the device put no challenge in: the server's decision, told as such
    QVERIFY(wrongChallenge.errors.contains("challenge"));

    RunningLabCa lab(LabCa::Mode::Auto);
    LabCa::Authority open(lab.depot, {}, &QDateTime::currentDateTimeUtc);
    LabCa::HttpFace face(open);
    QVERIFY(face.listen());
    const ScepctlResult result = m_scepctl.run({"--json", "enroll", "--url", face.url().toString(), "--fingerprint",
                                                lab.depot.root().fingerprint().toHex(), "--csr", "device.csr", "--out", "device"});
    QVERIFY2(result.exitCode == 0, result.errors.constData());
    QCOMPARE(m_scepctl.files("device"), QStringList({"from-device.cert.pem", "from-device.chain.pem"}));
    QCOMPARE(m_openssl.output({"x509", "-in", m_scepctl.path("device/from-device.cert.pem"), "-noout", "-pubkey"}),
             m_openssl.output({"pkey", "-in", "device.key", "-pubout"}));
}

void TestScepctlEnroll::keepsAnOlderKey()
{
    QCOMPARE(m_scepctl.run(m_auto.enrollArguments("twice")).exitCode, 0);
    const QByteArray first = m_scepctl.read("twice/plc-7.key.pem");
    QCOMPARE(m_scepctl.run(m_auto.enrollArguments("twice")).exitCode, 0);
    QVERIFY(m_scepctl.read("twice/plc-7.key.pem") != first);
    bool isKept = false;
    for (const QString &file : m_scepctl.files("twice"))
        isKept = isKept || m_scepctl.read("twice/" + file) == first;
    QVERIFY(isKept);
}

void TestScepctlEnroll::goesOnAfterApproval()
{
    RunningLabCa lab(LabCa::Mode::Approve);
    const ScepctlResult pending = m_scepctl.run(lab.enrollArguments("approve") + QStringList{"--wait", "1"});
    QCOMPARE(pending.exitCode, 5);
    const QString transactionId = pending.jsonError().value("transactionId").toString();
    QVERIFY(!transactionId.isEmpty());
    QCOMPARE(m_scepctl.files("approve"), QStringList{"plc-7.transaction.json"});
    QVERIFY(!m_scepctl.read("approve/plc-7.transaction.json").isEmpty());

    // A second enroll must not throw the open transaction away.
    QCOMPARE(m_scepctl.run(lab.enrollArguments("approve")).exitCode, 8);
    QCOMPARE(m_scepctl.run({"poll", "--out", "approve"}).exitCode, 5);

    const ScepctlResult approved =
        m_scepctl.run({"--json", "lab-ca", "approve", "--dir", lab.folder.filePath("ca"), transactionId.left(8)});
    QVERIFY2(approved.exitCode == 0, approved.errors.constData());
    QCOMPARE(approved.json().value("state").toString(), "approved");
    const ScepctlResult polled = m_scepctl.run({"--json", "poll", "--out", "approve"});
    QVERIFY2(polled.exitCode == 0, polled.errors.constData());
    QCOMPARE(polled.json().value("transactionId").toString(), transactionId);
    QCOMPARE(m_scepctl.files("approve"), QStringList({"plc-7.cert.pem", "plc-7.chain.pem", "plc-7.key.pem"}));

    const ScepctlResult list = m_scepctl.run({"--json", "lab-ca", "list", "--dir", lab.folder.filePath("ca")});
    const QJsonArray enrollments = list.json().value("enrollments").toArray();
    QCOMPARE(enrollments.size(), 1);
    QCOMPARE(enrollments.at(0).toObject().value("state").toString(), "issued");
}

void TestScepctlEnroll::tellsARejection()
{
    RunningLabCa lab(LabCa::Mode::Approve);
    const ScepctlResult pending = m_scepctl.run(lab.enrollArguments("reject"));
    QCOMPARE(pending.exitCode, 5);
    const QString transactionId = pending.jsonError().value("transactionId").toString();
    QCOMPARE(m_scepctl.run({"lab-ca", "reject", "--dir", lab.folder.filePath("ca"), transactionId, "--reason", "unknown device"}).exitCode,
             0);
    const ScepctlResult polled = m_scepctl.run({"--json", "poll", "--out", "reject", "--label", "plc-7"});
    QCOMPARE(polled.exitCode, 4);
    QCOMPARE(polled.jsonError().value("failInfoText").toString(), "unknown device");
    QVERIFY(polled.errors.contains("unknown device"));
    QCOMPARE(m_scepctl.files("reject"), QStringList{"plc-7.key.pem"}); // the key of a sent request is never lost
}

void TestScepctlEnroll::showsTheServer()
{
    const QString url = m_auto.face.url().toString();
    const ScepctlResult seen = m_scepctl.run({"--json", "ca", url, "--out", "ca"});
    QVERIFY2(seen.exitCode == 0, seen.errors.constData());
    QCOMPARE(seen.json().value("isAuthenticated").toBool(), false);
    QCOMPARE(seen.json().value("certificates").toArray().size(), 2);
    QVERIFY(seen.json().value("capabilities").toArray().contains("SCEPStandard"));
    QCOMPARE(m_scepctl.files("ca"), QStringList({"issuing.pem", "root.pem"}));
    QCOMPARE(m_scepctl.read("ca/root.pem"), m_auto.depot.root().toPem());
    QCOMPARE(m_scepctl.run({"ca", url, "--fingerprint", QString(64, 'a')}).exitCode, 3);
    QCOMPARE(m_scepctl.run({"ca", url, "--fingerprint", m_auto.depot.root().fingerprint().toHex()}).exitCode, 0);
}

QTEST_GUILESS_MAIN(TestScepctlEnroll)
#include "tst_scepctl_enroll.moc"
