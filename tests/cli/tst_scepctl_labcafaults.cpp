// SPDX-License-Identifier: GPL-3.0-or-later
// scepctl lab-ca serve --personality and --fault, and what scepctl enroll says of them.
#include "scep/labca/faults.h"
#include "scep/labca/personality.h"
#include "tests/cli/labcaprocess.h"

#include <QJsonArray>
#include <QTest>

using Test::LabCaProcess;
using Test::ScepctlProgram;
using Test::ScepctlResult;

class TestScepctlLabCaFaults final : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase() { qputenv("SCEPTER_CHALLENGE", ""); }
    void listsThem();
    void refusesWhatItDoesNotKnow_data();
    void refusesWhatItDoesNotKnow();
    void goesWrongOnPurpose_data();
    void goesWrongOnPurpose();
    void behavesAsAnother_data();
    void behavesAsAnother();

private:
    ScepctlResult enroll(const LabCaProcess &lab, const QStringList &options = {}) const;

    ScepctlProgram m_scepctl;
};

ScepctlResult TestScepctlLabCaFaults::enroll(const LabCaProcess &lab, const QStringList &options) const
{
    return m_scepctl.run(QStringList{"--json", "enroll", "--timeout", "2", "--url", lab.url(), "--ca-file", lab.folder() + "/issuing.pem",
                                     "--subject", "CN=plc-7", "--out", lab.folder() + "-out"} +
                         options);
}

void TestScepctlLabCaFaults::listsThem()
{
    const ScepctlResult result = m_scepctl.run({"--json", "lab-ca", "faults"});
    QCOMPARE(result.exitCode, 0);
    QCOMPARE(result.json().value("personalities").toArray().size(), LabCa::personalities().size());
    QCOMPARE(result.json().value("faults").toArray().size(), LabCa::faultNames().size());
    const ScepctlResult text = m_scepctl.run({"lab-ca", "faults"});
    for (const QString &name : LabCa::personalityNames())
        QVERIFY(text.output.contains("--personality " + name.toUtf8()));
    for (const LabCa::FaultName &known : LabCa::faultNames())
        QVERIFY(text.output.contains("--fault " + known.name.toUtf8()));
}

void TestScepctlLabCaFaults::refusesWhatItDoesNotKnow_data()
{
    QTest::addColumn<QStringList>("options");
    QTest::addColumn<QByteArray>("said");
    QTest::newRow("personality") << QStringList{"--personality", "netscape"} << QByteArray("openxpki");
    QTest::newRow("fault") << QStringList{"--fault", "gremlins"} << QByteArray("gremlins");
    QTest::newRow("share") << QStringList{"--fault", "drop", "--fault", "html:0%"} << QByteArray("html:0%");
    QTest::newRow("seed") << QStringList{"--fault-seed", "x"} << QByteArray("--fault-seed");
}

void TestScepctlLabCaFaults::refusesWhatItDoesNotKnow()
{
    QFETCH(const QStringList, options);
    QFETCH(const QByteArray, said);
    const ScepctlResult result = m_scepctl.run(QStringList{"lab-ca", "serve", "--dir", "never"} + options);
    QCOMPARE(result.exitCode, 2);
    QVERIFY2(result.errors.contains(said), result.errors.constData());
    QVERIFY(!m_scepctl.exists("never"));
}

void TestScepctlLabCaFaults::goesWrongOnPurpose_data()
{
    QTest::addColumn<QString>("fault");
    QTest::addColumn<int>("exitCode");
    QTest::newRow("nothing wrong") << "drop@GetNextCACert" << 0;
    QTest::newRow("wrong nonce") << "wrong-nonce" << 3;
    QTest::newRow("foreign key") << "foreign-key" << 3;
    QTest::newRow("badAlg") << "bad-alg" << 4;
    QTest::newRow("no CA certificates") << "http-500@GetCACert" << 6;
    QTest::newRow("late") << "stall=20" << 6;
    QTest::newRow("a page") << "html" << 7;
}

void TestScepctlLabCaFaults::goesWrongOnPurpose()
{
    QFETCH(const QString, fault);
    QFETCH(const int, exitCode);
    const LabCaProcess lab(m_scepctl, "faulty", {"--fault", fault});
    const ScepctlResult result = enroll(lab);
    QVERIFY2(result.exitCode == exitCode, result.errors.constData());
    QCOMPARE(m_scepctl.exists("faulty-out/plc-7.cert.pem"), exitCode == 0);
    QVERIFY(!m_scepctl.exists("faulty-out/plc-7.p12"));
    for (const QString &file : m_scepctl.files("faulty-out"))
        QVERIFY(QFile::remove(m_scepctl.path("faulty-out/" + file)));
}

void TestScepctlLabCaFaults::behavesAsAnother_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QStringList>("options");
    QTest::newRow("ndes") << "ndes" << QStringList{};
    QTest::newRow("ejbca") << "ejbca" << QStringList{"--ca-ident", "lab"};
    QTest::newRow("cisco") << "cisco" << QStringList{};
}

void TestScepctlLabCaFaults::behavesAsAnother()
{
    QFETCH(const QString, name);
    QFETCH(const QStringList, options);
    const LabCaProcess lab(m_scepctl, name, {"--personality", name});
    const ScepctlResult result = enroll(lab, options);
    QVERIFY2(result.exitCode == 0, result.errors.constData());
    QVERIFY(m_scepctl.exists(name + "-out/plc-7.cert.pem"));
    const ScepctlResult certificates = m_scepctl.run(QStringList{"ca", lab.url(), "--out", name + "-ca"} + options);
    QVERIFY2(certificates.exitCode == 0, certificates.errors.constData());
    QCOMPARE(m_scepctl.exists(name + "-ca/ra-signing.pem"), name == "ndes");
}

QTEST_GUILESS_MAIN(TestScepctlLabCaFaults)
#include "tst_scepctl_labcafaults.moc"
