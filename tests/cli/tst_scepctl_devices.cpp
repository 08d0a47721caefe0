// SPDX-License-Identifier: GPL-3.0-or-later

// scepctl request for devices that make their CSRs themselves, for requests that are disabled, and for secrets that come and go.

#include "scep/pki/certificationrequest.h"
#include "tests/cli/workspacetest.h"
#include "tests/support/opensslprogram.h"

#include <QFile>
#include <QJsonArray>

using Test::LabCaProcess;
using Test::ScepctlProgram;
using Test::ScepctlResult;

class TestScepctlDevices : public Test::WorkspaceTest
{
    Q_OBJECT

    std::unique_ptr<LabCaProcess> m_free; ///< grants at once, and wants no challenge

    QJsonArray actions(const QString &label) { return request(label).value("actions").toArray(); }

private slots:
    void initTestCase();
    void aDeviceMakesEachOfItsRequests();
    void aCsrIsMadeReady();
    void csrsThatAreRefused_data();
    void csrsThatAreRefused();
    void disabledRequests();
    void challengesComeAndGo();
    void noPkcs12WithoutAPassword();
    void printsNoSecret();
};

void TestScepctlDevices::initTestCase()
{
    prepare();
    m_free = std::make_unique<LabCaProcess>(m_scepctl, "lab-free", QStringList{"--mode", "auto", "--renew-after", "0"});
    QCOMPARE(open({"workspace", "create"}).exitCode, 0);
    QCOMPARE(run({"server", "add"}, {"--label", "plant", "--url", m_free->url(), "--fingerprint", m_free->fingerprint()}).exitCode, 0);
}

void TestScepctlDevices::aDeviceMakesEachOfItsRequests()
{
    makeCsr("first", "/O=Lab/CN=press-1");
    const ScepctlResult added = open({"request", "add"}, {"--server", "plant", "--csr", "first.csr"});
    QCOMPARE(added.exitCode, 0);
    QCOMPARE(added.json().value("label").toString(), "press-1");
    QCOMPARE(added.json().value("hasCsr").toBool(), true);
    QCOMPARE(added.json().value("isKeyWithDevice").toBool(true), false);
    const ScepctlResult enrolled = open({"request", "enroll", "press-1"});
    QCOMPARE(enrolled.exitCode, 0);
    QCOMPARE(enrolled.json().value("isKeyWithDevice").toBool(), true);
    QCOMPARE(enrolled.json().value("hasCsr").toBool(true), false);

    // What cannot work is not offered, and what would is said.
    const QJsonArray possible = actions("press-1");
    QVERIFY(possible.contains("give-csr") && !possible.contains("enroll") && !possible.contains("renew"));
    QVERIFY(request("press-1").value("nextAction").toString().startsWith("needs a request of the device"));
    for (const QString verb : {"renew", "enroll"}) {
        const ScepctlResult refused = open({"request", verb, "press-1"});
        QCOMPARE(refused.exitCode, 2);
        QCOMPARE(refused.jsonError().value("code").toString(), "DeviceCsrNeeded");
        QVERIFY2(refused.jsonError().value("nextStep").toString().contains("--csr"), refused.errors.constData());
    }
    QCOMPARE(request("press-1").value("transactionState").toString(), "done"); // nothing was tried

    QString serial = enrolled.json().value("serialNumber").toString();
    int count = 1;
    for (const QString verb : {"renew", "enroll", "renew"}) {
        const QString name = QString("next%1").arg(++count);
        makeCsr(name, "/O=Lab/CN=press-1");
        const ScepctlResult renewed = open({"request", verb, "press-1"}, {"--csr", name + ".csr"});
        QCOMPARE(renewed.exitCode, 0);
        QVERIFY(renewed.json().value("serialNumber").toString() != serial);
        serial = renewed.json().value("serialNumber").toString();
        QCOMPARE(renewed.json().value("certificateCount").toInt(), count);
        QCOMPARE(renewed.json().value("isKeyWithDevice").toBool(), true);
    }
    // The device's key may come here after all: from then on nobody needs the device.
    const ScepctlResult taken = open({"request", "renew", "press-1"}, {"--key", QString("next%1.key").arg(count)});
    QCOMPARE(taken.exitCode, 0);
    QCOMPARE(taken.json().value("isKeyWithDevice").toBool(true), false);
    QCOMPARE(open({"request", "renew", "press-1"}).exitCode, 0);
}

void TestScepctlDevices::aCsrIsMadeReady()
{
    makeCsr("ready1", "/CN=ready");
    makeCsr("ready2", "/CN=ready");
    QCOMPARE(open({"request", "add"}, {"--server", "plant", "--csr", "ready1.csr"}).exitCode, 0);
    QCOMPARE(open({"request", "enroll", "ready"}).exitCode, 0);
    QCOMPARE(open({"request", "enroll", "ready"}).exitCode, 2);
    QCOMPARE(run({"request", "edit", "ready"}, {"--csr", "ready2.csr"}).exitCode, 8); // it goes into the vault
    const ScepctlResult given = open({"request", "edit", "ready"}, {"--csr", "ready2.csr"});
    QCOMPARE(given.exitCode, 0);
    QCOMPARE(given.json().value("changed").toArray(), QJsonArray({"csr"}));
    QCOMPARE(given.json().value("hasCsr").toBool(), true);
    QVERIFY(actions("ready").contains("renew"));
    const ScepctlResult dropped = run({"request", "edit", "ready"}, {"--reset", "csr"});
    QCOMPARE(dropped.json().value("hasCsr").toBool(true), false);
    QVERIFY(!actions("ready").contains("renew"));
    QCOMPARE(open({"request", "edit", "ready"}, {"--csr", "ready2.csr"}).exitCode, 0);
    QCOMPARE(open({"request", "renew", "ready"}).exitCode, 0);
    QCOMPARE(request("ready").value("certificateCount").toInt(), 2);

    // Another name: told, and a new enrollment.
    makeCsr("renamed", "/CN=renamed");
    const ScepctlResult asked = open({"request", "edit", "ready"}, {"--csr", "renamed.csr"});
    QCOMPARE(asked.exitCode, 2);
    QVERIFY2(asked.errors.contains("new enrollment"), asked.errors.constData());
    const ScepctlResult renamed = open({"request", "edit", "ready"}, {"--csr", "renamed.csr", "--yes"});
    QCOMPARE(renamed.exitCode, 0);
    QCOMPARE(renamed.json().value("subject").toString(), "CN=renamed");
    QCOMPARE(renamed.json().value("changed").toArray(), QJsonArray({"subject", "csr"}));
    QCOMPARE(open({"request", "retry", "ready"}).exitCode, 0);
    QCOMPARE(request("ready").value("certificate").toObject().value("subject").toString(), "CN=renamed");
}

void TestScepctlDevices::csrsThatAreRefused_data()
{
    QTest::addColumn<QString>("verb");
    QTest::addColumn<QStringList>("options");
    QTest::addColumn<QString>("code");
    QTest::newRow("not signed by its key") << "renew" << QStringList{"--csr", "forged.csr"} << "SignatureInvalid";
    QTest::newRow("no CSR") << "renew" << QStringList{"--csr", "first.key"} << "NotRecognised";
    QTest::newRow("no file") << "enroll" << QStringList{"--csr", "nothing.csr"} << "FileNotFound";
    QTest::newRow("no file named") << "enroll" << QStringList{"--csr", ""} << "FileNotFound";
    QTest::newRow("not its key") << "edit" << QStringList{"--csr", "good.csr", "--key", "other.key"} << "KeyMismatch";
    QTest::newRow("subject twice") << "edit" << QStringList{"--csr", "good.csr", "--subject", "CN=x"} << "InvalidArgument";
    QTest::newRow("renewed under another name") << "renew" << QStringList{"--csr", "other.csr"} << "InvalidArgument";
}

void TestScepctlDevices::csrsThatAreRefused()
{
    QFETCH(QString, verb);
    QFETCH(QStringList, options);
    QFETCH(QString, code);
    if (!m_scepctl.exists("good.csr")) {
        makeCsr("good", "/CN=good");
        makeCsr("other", "/CN=other");
        QByteArray der = Test::runProgram("openssl", {"req", "-in", "good.csr", "-outform", "DER"}, {}, m_scepctl.path("")).output;
        der[der.size() - 5] = char(der.at(der.size() - 5) ^ 1);
        m_scepctl.write("forged.csr", der);
        QCOMPARE(open({"request", "add"}, {"--server", "plant", "--csr", "good.csr"}).exitCode, 0);
        QCOMPARE(open({"request", "enroll", "good"}).exitCode, 0);
    }
    const QJsonObject before = request("good");
    const ScepctlResult refused = open({"request", verb, "good"}, options);
    QVERIFY(refused.exitCode != 0);
    QCOMPARE(refused.jsonError().value("code").toString(), code);
    QCOMPARE(refused.errors.count('\n'), 1);
    QCOMPARE(request("good"), before);
}

void TestScepctlDevices::disabledRequests()
{
    QCOMPARE(open({"request", "add"}, {"--server", "plant", "--subject", "CN=idle"}).exitCode, 0);
    const ScepctlResult disabled = run({"request", "disable", "idle"});
    QCOMPARE(disabled.exitCode, 0);
    COMPARE_FIELDS(disabled.json(), {"workspace request object", "request show"});
    QCOMPARE(disabled.json().value("isEnabled").toBool(true), false);
    QCOMPARE(disabled.json().value("settings").toObject().value("enabled").toString(), "off");
    QCOMPARE(open({"request", "add"}, {"--server", "plant", "--subject", "CN=busy"}).exitCode, 0);

    // The agent leaves it alone, a person does not have to.
    const auto agent = m_scepctl.start({"--json", "agent", "--workspace", "ws", "--passphrase-file", "pass"});
    QByteArray told;
    QVERIFY(QTest::qWaitFor(
        [&] {
            told += agent->readAllStandardOutput();
            return told.contains("\"issued\"");
        },
        60000));
    agent->terminate();
    QCOMPARE(ScepctlProgram::wait(*agent).exitCode, 0);
    QCOMPARE(request("busy").value("certificateState").toString(), "valid");
    QCOMPARE(request("idle").value("certificateState").toString(), "none");
    QCOMPARE(request("idle").value("transactionState").toString(), "none");
    QCOMPARE(open({"request", "enroll", "idle"}).exitCode, 0);
    QCOMPARE(request("idle").value("renewsAt").toString("x"), "");
    const QJsonObject enabled = run({"request", "enable", "idle"}).json();
    QCOMPARE(enabled.value("isEnabled").toBool(), true);
    QVERIFY(!enabled.value("renewsAt").toString().isEmpty());
    // As a setting its effect is told first.
    const ScepctlResult asked = run({"request", "edit", "idle"}, {"--enabled", "off"});
    QCOMPARE(asked.exitCode, 2);
    QVERIFY2(asked.errors.contains("begins by itself any more"), asked.errors.constData());
    QCOMPARE(request("idle").value("isEnabled").toBool(), true);
}

void TestScepctlDevices::challengesComeAndGo()
{
    const QStringList edit{"request", "edit", "late"};
    QCOMPARE(open({"request", "add"}, {"--server", "plant", "--subject", "CN=late"}).json().value("hasChallenge").toBool(true), false);
    const ScepctlResult set = open(edit, {"--challenge-file", "challenge"});
    QCOMPARE(set.exitCode, 0);
    QCOMPARE(set.json().value("changed").toArray(), QJsonArray({"challenge"}));
    QCOMPARE(set.json().value("hasChallenge").toBool(), true);
    QVERIFY(!storeHolds("open sesame"));
    QCOMPARE(run(edit, {"--notes", "x"}).json().value("hasChallenge").toBool(), true);
    const ScepctlResult removed = run(edit, {"--reset", "challenge"}); // takes no pass phrase
    QCOMPARE(removed.exitCode, 0);
    QCOMPARE(removed.json().value("changed").toArray(), QJsonArray({"challenge"}));
    QCOMPARE(removed.json().value("hasChallenge").toBool(true), false);
    QCOMPARE(run(edit, {"--reset", "challenge"}).json().value("changed").toArray(), QJsonArray());
    QCOMPARE(run(edit, {"--reset", "server"}).exitCode, 2);
    QCOMPARE(run(edit, {"--reset", "colour"}).exitCode, 2);
}

void TestScepctlDevices::noPkcs12WithoutAPassword()
{
    const QStringList wanted{"--deliver-to", "bundles", "--deliver-files", "p12"};
    const QStringList password{"--deliver-p12-password-file", "p12pass"};
    const QStringList add{"--server", "plant", "--subject", "CN=bundle"};
    const ScepctlResult refused = open({"request", "add"}, add + wanted);
    QCOMPARE(refused.exitCode, 2);
    QVERIFY2(refused.errors.contains("--deliver-p12-password-file"), refused.errors.constData());
    QCOMPARE(run({"request", "show", "bundle"}).exitCode, 2); // nothing was stored
    QCOMPARE(open({"request", "add"}, add).json().value("hasDeliverP12Password").toBool(true), false);
    QCOMPARE(open({"request", "edit", "bundle"}, wanted).exitCode, 2);
    const ScepctlResult set = open({"request", "edit", "bundle"}, wanted + password);
    QCOMPARE(set.exitCode, 0);
    QCOMPARE(set.json().value("hasDeliverP12Password").toBool(), true);
    QVERIFY(set.json().value("changed").toArray().contains("deliver-p12-password"));
    // The one that is kept does for other settings of it.
    QCOMPARE(run({"request", "edit", "bundle"}, {"--deliver-files", "p12,cert"}).exitCode, 0);
    const ScepctlResult enrolled = open({"request", "enroll", "bundle"});
    QCOMPARE(enrolled.exitCode, 0);
    for (const QJsonValue &file : enrolled.json().value("files").toArray())
        QVERIFY2(QFile::exists(file.toString()), qPrintable(file.toString()));
    QVERIFY(m_scepctl.exists("bundles/bundle-key-pair.p12"));

    // What cannot be written is not told, and is a delivery that failed.
    m_scepctl.write("in-the-way", "a file");
    QCOMPARE(run({"request", "edit", "bundle"}, {"--deliver-to", "in-the-way/below"}).exitCode, 0);
    const ScepctlResult failed = open({"request", "deliver", "bundle"});
    QCOMPARE(failed.exitCode, 8);
    QCOMPARE(failed.jsonError().value("code").toString(), "DeliveryFailed");
    const ScepctlResult renewed = open({"request", "renew", "bundle"});
    QCOMPARE(renewed.exitCode, 0); // the certificate is there
    QCOMPARE(renewed.json().value("files").toArray().size(), 0);
    QCOMPARE(run({"request", "edit", "bundle"}, {"--deliver-to", ""}).exitCode, 0);
}

void TestScepctlDevices::printsNoSecret()
{
    const QString printed = secretsPrinted();
    QVERIFY2(printed.isEmpty(), qPrintable(printed));
}

QTEST_GUILESS_MAIN(TestScepctlDevices)
#include "tst_scepctl_devices.moc"
